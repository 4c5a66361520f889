"""Dates as people type them: "12 March 2014", "марта 2014", "12.3.2014", "٢٠١٤".

Files and the API give dates as ISO 8601 alone (`PartialDate.parse`); this is the other entrance,
for the forms of curators. What may mean two dates is refused.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import Any

from babel import Locale
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.records.dates import PartialDate, PartialDateField, PartialDateFormField
from portal.reference.widgets import UnderstoodInput

#: The portal's languages and those of many judgments; Arabic has three sets of names of months.
_LOCALES = ("en", "fr", "es", "ru", "ar", "ar_SY", "ar_DZ", "zh", "de", "it", "nl", "pt")
_YEAR_FIRST = re.compile(r"(\d{4})([-/.])(\d{1,2})(?:\2(\d{1,2}))?\.?")
_YEAR_LAST = re.compile(r"(?:(\d{1,2})([-/.]))?(\d{1,2})([-/.])(\d{4})\.?")
_CHINESE = re.compile(r"(\d{4})\s?年(?:\s?(\d{1,2})\s?月(?:\s?(\d{1,2})\s?[日号號])?)?")
_SHORT_YEAR = re.compile(r"\d{1,2}[-/.]\d{1,2}[-/.]\d{2}")
_NUMBER = re.compile(r"\d+")
#: Words that may stand beside a number or a month and say nothing.
_FILLERS = {"de", "del", "di", "of", "the", "st", "nd", "rd", "th", "er", "г", "года", "год",
            "le", "el", "il", "den", "عام", "سنه", "من", "في"}  # fmt: skip


def read_date(text: str) -> PartialDate:
    """The date that somebody typed, as precise as it was typed.

    Raises ValueError, with a message for curators, for what is no date or may be two.
    """
    plain = _plain(text)
    if match := _CHINESE.fullmatch(plain) or _YEAR_FIRST.fullmatch(plain):
        groups = [part for part in match.groups() if part and part.isdecimal()]
        return PartialDate(*map(int, groups))
    if plain.isdecimal() and len(plain) == 4:
        return PartialDate(int(plain))
    if match := _YEAR_LAST.fullmatch(plain):
        return _year_last(text, match)
    if _SHORT_YEAR.fullmatch(plain):
        raise ValueError(_("Write the year with four digits."))
    return _named(text, plain)


def _year_last(text: str, match: re.Match[str]) -> PartialDate:
    first, sign, second, other, year = match.groups()
    if first is None:
        return PartialDate(int(year), int(second))
    if sign != other:
        raise _no_date(text)
    one, two = int(first), int(second)
    # With dots the day stands first wherever dates are so written.
    if sign == "." or one > 12 or one == two:
        return PartialDate(int(year), two, one)
    if two > 12:
        return PartialDate(int(year), one, two)
    raise ValueError(
        _("Is this %(one)s or %(other)s? Write the month as a word, or %(iso)s.")
        % {
            "one": PartialDate(int(year), two, one).display(),
            "other": PartialDate(int(year), one, two).display(),
            "iso": PartialDate(int(year), two, one),
        }
    )


def _named(text: str, plain: str) -> PartialDate:
    """A date whose month is a word."""
    numbers = _NUMBER.findall(plain)
    words = [word for word in re.split(r"[\s\d.,،]+", plain) if word and word not in _FILLERS]
    # Arabic texts of the United Nations give a month both of its names.
    meant = [month_names().get(name, frozenset()) for name in " ".join(words).split("/")]
    months = frozenset.intersection(*meant)
    years = [number for number in numbers if len(number) == 4]
    days = [number for number in numbers if len(number) <= 2]
    if len(months) != 1 or len(years) != 1 or len(days) > 1 or len(numbers) > 2:
        raise _no_date(text)
    if len(days) + len(years) != len(numbers):
        raise _no_date(text)
    return PartialDate(int(years[0]), *months, *map(int, days))


def _no_date(text: str) -> ValueError:
    return ValueError(
        _("“%(text)s” is no date. Write 2014, March 2014, 12 March 2014 or 2014-03-12.")
        % {"text": text.strip()[:60]}
    )


def _plain(text: str) -> str:
    """A text in small letters without accents and unseen signs, its digits those of ASCII."""
    letters = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(
        str(unicodedata.decimal(letter)) if letter.isdecimal() else letter
        for letter in letters
        if unicodedata.category(letter) not in ("Mn", "Cf")
    )
    return " ".join(bare.split())


@cache
def month_names() -> dict[str, frozenset[int]]:
    """Names of months in full and short, and which month or months each means."""
    found: dict[str, set[int]] = {"sept": {9}}
    for code in _LOCALES:
        months: Any = Locale.parse(code).months
        for context in ("format", "stand-alone"):
            for width in ("wide", "abbreviated"):
                for month, name in months[context][width].items():
                    key = " ".join(re.split(r"[\s.]+", _plain(name))).strip()
                    if not key.isdecimal():
                        found.setdefault(key, set()).add(month)
    return {name: frozenset(months) for name, months in found.items()}


def _understood(value: Any) -> str:
    """In words, the date that a field holds or that was typed into it; '' for neither."""
    try:
        date = value if isinstance(value, PartialDate) else read_date(str(value))
    except ValueError:
        return ""
    return date.display()


class TypedDateFormField(PartialDateFormField):
    """A text input for a partial date as people type them."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{**kwargs, "widget": UnderstoodInput(_understood, attrs={"size": 30})})

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str) and value.strip() and "\x00" not in value:
            try:
                value = read_date(value)
            except ValueError as error:
                raise ValidationError(str(error), code="invalid") from error
        return super().to_python(value)

    def widget_attrs(self, widget: Any) -> dict[str, Any]:
        return {
            **super().widget_attrs(widget),
            "placeholder": gettext_lazy("2014, March 2014 or 12 March 2014"),
        }


#: For `formfield_overrides` of an admin: its dates are typed.
DATES_AS_TYPED: dict[Any, dict[str, Any]] = {PartialDateField: {"form_class": TypedDateFormField}}
