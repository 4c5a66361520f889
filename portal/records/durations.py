"""Lengths of imprisonment: months as they are stored, and the words in which people say them.

A sentence is stored as months with two decimals. Thirty days are a month, and seven days a week:
so the reference collection counts ("45 days" is 1.5 months, "2 months and 15 days" is 2.5).
"""

from __future__ import annotations

import re
import unicodedata
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from typing import Any

from babel.numbers import format_decimal
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext

from portal.reference.labels import active_language
from portal.reference.widgets import UnderstoodInput

MONTHS_OF_A_YEAR = 12
DAYS_OF_A_MONTH = 30
DAYS_OF_A_WEEK = 7

#: What the units are called: English, French, Spanish, Portuguese, Italian, German, Dutch,
#: Russian, Arabic and Chinese.
_WORDS = {
    "years": (
        "y yr yrs year years an ans année années año años ano anos anno anni jahr jahre jahren"
        " jaar jaren г год года лет سنة سنه سنوات سنين عام عاما أعوام 年"
    ),
    "months": (
        "m mo mos mth mths month months mois mes meses mês mese mesi monat monate monaten maand"
        " maanden мес месяц месяца месяцев شهر شهرا أشهر شهور 个月 個月 月"
    ),
    "weeks": (
        "w wk wks week weeks semaine semaines semana semanas settimana settimane woche wochen weken"
        " неделя недели недель неделю أسبوع أسبوعا أسابيع 周 週 星期"
    ),
    "days": (
        "d day days jour jours día días dia dias giorno giorni tag tage tagen dag dagen"
        " день дня дней сутки суток يوم يوما أيام 天 日"
    ),
}
#: Arabic has a number of its own for two, said without a numeral.
_TWO = {
    "years": "سنتان سنتين عامان عامين",
    "months": "شهران شهرين",
    "weeks": "أسبوعان أسبوعين",
    "days": "يومان يومين",
}
_AND = {"and", "et", "y", "e", "und", "en", "и", "و", "又", "零", ",", "、"}
_LIFE = (
    "life perpétuité perpetua perpétua ergastolo lebenslang levenslang пожизненно пожизненное"
    " مؤبد المؤبد 无期 无期徒刑 無期徒刑"
)
_FRACTIONS = {"¼": ".25", "½": ".5", "¾": ".75"}
_TOKEN = re.compile(r"\d+(?:[.,٫]\d+)?|[^\W\d_]+|\S")


def read_months(text: str) -> Decimal:
    """The months that a length of imprisonment means: "4 years 6 months" gives 54.

    A number alone is a number of months. Units may be written in ten languages, digits in any
    script.

    Raises ValueError, with a message for curators, for what has no one meaning.
    """
    tokens = _TOKEN.findall(_plain(text))
    if {_plain(word).strip() for word in _LIFE.split()} & set(tokens):
        raise ValueError(
            _(
                "Life imprisonment has no length: leave this empty and write “life imprisonment”"
                " under “other”."
            )
        )
    # A digit that is no decimal, as of Ethiopic numbers, is no number that can be read.
    if len(tokens) == 1 and tokens[0][0].isdecimal():
        return _rounded(_number(tokens[0]))
    parts = _parts(tokens, text)
    amounts = list(parts.values())
    if any(amount != int(amount) for amount in amounts[:-1]):
        raise ValueError(
            _("Only the last part may have a fraction: 2.5 years, or 2 years 6.5 months.")
        )
    days = parts.get("weeks", Decimal(0)) * DAYS_OF_A_WEEK + parts.get("days", Decimal(0))
    months = parts.get("years", Decimal(0)) * MONTHS_OF_A_YEAR + parts.get("months", Decimal(0))
    return _rounded(months + days / DAYS_OF_A_MONTH)


def _parts(tokens: list[str], text: str) -> dict[str, Decimal]:
    """The amount of each unit, in the order in which they were said."""
    parts: dict[str, Decimal] = {}
    waiting = list(reversed(tokens))
    while waiting:
        token = waiting.pop()
        if token in _AND and parts and waiting:
            continue
        # Arabic writes "and" as a part of the word that follows.
        bare = token.removeprefix("و") if parts else token
        if bare in _twos():
            unit, amount = _twos()[bare], Decimal(2)
        elif token[0].isdecimal():
            unit, amount = _unit(waiting, token), _number(token)
        else:
            raise ValueError(
                _("“%(text)s” is no length of time. Write 4 years 6 months, 54 months or 54.")
                % {"text": text.strip()}
            )
        if unit in parts:
            raise ValueError(_("Years, months, weeks and days are each said once."))
        parts[unit] = amount
    return parts


def _unit(waiting: list[str], number: str) -> str:
    word = waiting.pop() if waiting else ""
    if word not in _units():
        raise ValueError(
            _("Say what %(number)s counts: years, months, weeks or days.") % {"number": number}
        )
    if waiting and waiting[-1] == ".":
        waiting.pop()
    return _units()[word]


@cache
def _units() -> dict[str, str]:
    """Of each word for a unit, the unit."""
    return {_plain(word).strip(): unit for unit, words in _WORDS.items() for word in words.split()}


@cache
def _twos() -> dict[str, str]:
    """Of each word for two of a unit, the unit."""
    return {_plain(word).strip(): unit for unit, words in _TWO.items() for word in words.split()}


def _plain(text: str) -> str:
    """A text in small letters without accents, its digits those of ASCII."""
    for sign, fraction in _FRACTIONS.items():
        text = re.sub(rf"(?<=\d)\s?{sign}", fraction, text).replace(sign, f"0{fraction}")
    letters = unicodedata.normalize("NFKD", text.casefold()).replace("،", ",")
    bare = "".join(
        str(unicodedata.decimal(letter)) if letter.isdecimal() else letter
        for letter in letters
        if unicodedata.category(letter) not in ("Mn", "Cf")
    )
    # Chinese is written without spaces.
    return re.sub(r"([又零]|(?:(?![又零])[\u4e00-\u9fff])+)", r" \1 ", bare)


def _number(text: str) -> Decimal:
    if re.fullmatch(r"\d+[.,]\d{3}", text):
        raise ValueError(
            _("%(text)s may be thousands or a fraction: write it without a sign between digits.")
            % {"text": text}
        )
    return Decimal(re.sub("[,٫]", ".", text))


def _rounded(months: Decimal) -> Decimal:
    if months >= 100_000:
        raise ValueError(_("A sentence has fewer than 100,000 months."))
    rounded = months.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
    if not rounded:
        raise ValueError(
            _("A sentence is longer than nothing: leave it empty where there is none.")
        )
    return rounded


def in_words(months: Decimal) -> str:
    """Years and months of a positive number of months, in the active language."""
    whole_years, rest = divmod(months, MONTHS_OF_A_YEAR)
    years, parts = int(whole_years), []
    if years:
        parts.append(
            ngettext("%(number)s year", "%(number)s years", years) % {"number": _written(years)}
        )
    if rest and rest == int(rest):
        count = int(rest)
        parts.append(
            ngettext("%(number)s month", "%(number)s months", count) % {"number": _written(count)}
        )
    elif rest:
        fraction = pgettext("a number with a fraction", "%(number)s months")
        parts.append(fraction % {"number": _written(rest.normalize())})
    if len(parts) == 2:
        joined = pgettext("a span of time", "%(years)s %(months)s")
        return joined % {"years": parts[0], "months": parts[1]}
    return "".join(parts)


def _written(number: Decimal | int) -> str:
    return format_decimal(number, locale=active_language())


def as_typed(months: Decimal) -> str:
    """Months in words that `read_months` reads back; as a number where no words do."""
    words = in_words(months)
    try:
        if read_months(words) == months:
            return words
    except ValueError:
        pass
    return f"{months.normalize():f}"


def _understood(value: Any) -> str:
    """How many months a field holds, or what was typed into it means; '' for neither."""
    try:
        months = value if isinstance(value, Decimal) else read_months(str(value))
    except ValueError:
        return ""
    return _("%(number)s months in all") % {"number": f"{months.normalize():f}"}


class ImprisonmentFormField(forms.CharField):
    """A length of imprisonment as people say it; its value is months, or None when left empty."""

    def __init__(self, **kwargs: Any) -> None:
        widget = UnderstoodInput(
            _understood, attrs={"size": 18, "placeholder": gettext_lazy("4 years 6 months")}
        )
        super().__init__(**{"widget": widget, **kwargs, "empty_value": None})

    def prepare_value(self, value: Any) -> Any:
        return as_typed(value) if isinstance(value, Decimal) else value

    def to_python(self, value: Any) -> Any:
        typed = value if isinstance(value, Decimal) else super().to_python(value)
        if typed is None or isinstance(typed, Decimal):
            return typed
        try:
            return read_months(typed)
        except ValueError as error:
            raise ValidationError(str(error), code="invalid") from error
