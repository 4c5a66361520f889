"""What templates use to name codes, write numbers and link to searches, by the language read."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from html import escape
from typing import Any

from babel.numbers import format_decimal
from django import template
from django.http import QueryDict
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language_bidi, gettext

from portal.records.database import Database
from portal.records.dates import PartialDate
from portal.records.durations import MONTHS_OF_A_YEAR, in_words
from portal.records.models import Record
from portal.reference import punctuation
from portal.reference.catalog import catalog
from portal.reference.labels import active_language
from portal.reference.labels import localized as localized_label
from portal.reference.models import TreatyArticle
from portal.search.domains import language_names
from portal.search.facet_lists import FacetValue

register = template.Library()

RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "ur", "ps", "ckb", "dv", "yi", "ug", "sd"})
NO_BREAK_SPACE = "\N{NO-BREAK SPACE}"
#: The number of an article or a section with its parts, as "6(1)(a)".
_NUMBERED = re.compile(r"\d+(?:\(\w+\))+")
_ISOLATED = "\N{LEFT-TO-RIGHT ISOLATE}\\g<0>\N{POP DIRECTIONAL ISOLATE}"


@register.filter
def term(key: str | None) -> str:
    """The label of a term: `modes:sea` gives "Sea"; a key that is not known gives ''."""
    return catalog().term_label(key)


@register.filter
def of_vocabularies(keys: Iterable[str], vocabularies: str) -> list[str]:
    """Those of some terms' keys that belong to vocabularies, given by their codes and spaces."""
    wanted = frozenset(vocabularies.split())
    return [key for key in keys if key.partition(":")[0] in wanted]


@register.filter
def term_code(key: str | None) -> str:
    """The code of a term, as addresses carry it: `modes:sea` gives `sea`."""
    return (key or "").partition(":")[2]


@register.filter
def term_definition(key: str | None) -> str:
    """What a term means, in English; '' where nothing is written."""
    return catalog().definitions.get(key, "") if key else ""


@register.filter
def jurisdiction(code: str | None) -> str:
    """The name of a jurisdiction: `ITA` gives "Italy"; a code that is not known stays a code."""
    return catalog().jurisdiction_name(code)


@register.filter
def article(code: str | None) -> TreatyArticle | None:
    """The treaty article of a code such as `6.1.a`, or None."""
    return catalog().articles.get(code) if code else None


@register.filter
def localized(labels: dict[str, str] | None) -> str:
    """One of several labels: that in the reader's language, else the English one."""
    return localized_label(labels)


@register.filter
def partial_date(value: PartialDate | None) -> str:
    """A date in words, no more precise than it is known; '' for none."""
    return value.display() if value is not None else ""


@register.filter
def number(value: Decimal | int | str | None) -> str:
    """A number with the separators of the reader's language; decimals only where there are any."""
    if value is None or value == "":
        return ""
    return _formatted(Decimal(value), active_language())


@lru_cache(maxsize=4096)
def _formatted(value: Decimal, language: str) -> str:
    return format_decimal(value, locale=language)


@register.filter
def counted(database: Database, total: int) -> str:
    """A number of a database's records in words: `{{ database|counted:3 }}` gives "3 cases"."""
    return database.counted(total) % {"number": number(total)}


@register.filter
def counted_without_number(database: Database, total: int) -> str:
    """What a number of records is called where the number stands by itself: "cases".

    Languages have other words for 1, 2, 5 and 21, so that the words of the number are taken.
    """
    return " ".join((database.counted(total) % {"number": ""}).split())


@register.filter
def isolated(text: object) -> str:
    """A text in which numbers of articles keep their order among right-to-left words.

    "6(1)(a)" in an Arabic text would else be read "(a)(1)6": Unicode Bidirectional Algorithm, 2.4.
    """
    return _NUMBERED.sub(_ISOLATED, str(text)) if get_language_bidi() else str(text)


@register.filter
def listed(items: Iterable[object]) -> SafeString:
    """Items with what the reader's language has between them: "Italy, Spain"."""
    return format_html_join(punctuation.between(), "{}", ((item,) for item in items))


@register.filter
def clauses(items: Iterable[object]) -> SafeString:
    """Items that are long, or that have commas of their own."""
    return format_html_join(punctuation.between_clauses(), "{}", ((item,) for item in items))


@register.simple_tag
def separator() -> str:
    """What stands between the items of a list that a template writes itself."""
    return punctuation.between()


@register.simple_tag
def colon() -> str:
    """The colon behind a label, with its spaces."""
    return punctuation.colon("")


@register.simple_tag
def facet_options(name: str, options: Iterable[FacetValue]) -> SafeString:
    """The values of a facet as check boxes, each with its count inside its label.

    Written here and not as a piece of template: a page has hundreds of them, and a template takes
    ten times as long.
    """
    safe_name, language = escape(name), active_language()
    rows = [
        f'<label class="opt"><input type="checkbox" name="{safe_name}"'
        f' value="{escape(option.value)}"{" checked" if option.selected else ""}>'
        f"<span>{escape(isolated(option.label))}</span>"
        f" <small>{_formatted(Decimal(option.count), language)}</small></label>\n"
        for option in options
    ]
    return mark_safe("".join(rows))  # noqa: S308 - every value is escaped where it is put in


@register.simple_tag
def facet_option(name: str, option: FacetValue) -> SafeString:
    """One value of a facet as a check box."""
    return facet_options(name, [option])


@register.simple_tag
def number_cells(numbers: Iterable[Any]) -> SafeString:
    """The numbers of a row of a table, each a link; in Python, as `facet_options` is."""
    language = active_language()
    cells = [
        f'<td class="num"><a href="{escape(entry.url)}">'
        f"{_formatted(Decimal(entry.count), language)}</a></td>"
        if entry.count
        else '<td class="num none">0</td>'
        for entry in numbers
    ]
    return mark_safe("".join(cells))  # noqa: S308 - every value is escaped where it is put in


@register.simple_tag
def presence_fields(entries: Iterable[dict[str, Any]]) -> SafeString:
    """A choice for each field whether it is recorded; in Python, as `facet_options` is."""
    choices = [("", gettext("Any")), ("true", gettext("Recorded"))]
    choices.append(("false", gettext("Not recorded")))
    rows = []
    for entry in entries:
        options = "".join(
            f'<option value="{value}"{" selected" if value == entry["value"] else ""}>'
            f"{escape(text)}"
            for value, text in choices
        )
        name, label = escape(entry["name"]), escape(str(entry["label"]))
        rows.append(
            f'<label class="field">{label}<select name="{name}">{options}</select></label>\n'
        )
    return mark_safe("".join(rows))  # noqa: S308 - every value is escaped where it is put in


@register.filter
def months(value: Decimal | int | None) -> str:
    """A term of imprisonment given in months: 54 gives "4 years 6 months"; '' for none."""
    return in_words(Decimal(value)) if value is not None else ""


@register.filter
def years(value: Decimal | int | None) -> str:
    """A term given in years: 10 gives "10 years", 0.5 gives "6 months"; '' for none.

    The months are rounded to one decimal: a third of a year is written 0.33 and means 4 months.
    """
    if value is None:
        return ""
    exact = Decimal(value) * MONTHS_OF_A_YEAR
    return in_words(exact.quantize(Decimal("0.1"), rounding=ROUND_HALF_UP))


@register.filter
def language_name(code: str | None) -> str:
    """The name of a language in the reader's language; a code that is not known stays a code."""
    return language_names(active_language()).get(code, code) if code else ""


@register.filter
def language_dir(code: str | None) -> str:
    """The direction in which a language is written: `rtl` or `ltr`."""
    return "rtl" if code in RIGHT_TO_LEFT else "ltr"


@register.simple_tag
def money(amount: Decimal | int | None, currency: str) -> str:
    """An amount as the source gives it: "84,000 EUR"; '' for none."""
    return f"{number(amount)}{NO_BREAK_SPACE}{currency}" if amount is not None else ""


@register.simple_tag
def search_url(slug: str, **parameters: Any) -> str:
    """The address of a search in one database.

    A parameter without a value is left out; the key of a term stands for its code.

        {% search_url "cases" mode="modes:sea" law=record.code %}
    """
    query = QueryDict(mutable=True)
    for name, value in parameters.items():
        entries = value if isinstance(value, list | tuple) else [value]
        query.setlist(name, [_plain(entry) for entry in entries if entry not in (None, "")])
    path = reverse(f"{slug}:search")
    encoded = query.urlencode()
    return f"{path}?{encoded}" if encoded else path


@register.simple_tag
def search_link(slug: str, parameter: str, value: Any) -> str:
    """The address of a search by one parameter whose name is a variable of the template."""
    return search_url(slug, **{parameter: value})


def _plain(value: Any) -> str:
    """The text of a parameter's value; `modes:sea` is the key of a term, and gives `sea`."""
    text = str(value)
    return term_code(text) if text in catalog().terms else text


@register.simple_tag(takes_context=True)
def permanent_url(context: template.Context, record: Record) -> str:
    """The whole permanent address of a record, or its path where no request is at hand."""
    request = context.get("request")
    path = record.permanent_path
    return request.build_absolute_uri(path) if request is not None else path


@register.filter
def yes_or_no(value: bool | None) -> str:
    """Yes, No, or nothing for what is not known."""
    if value is None:
        return ""
    return gettext("Yes") if value else gettext("No")
