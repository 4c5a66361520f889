"""Marks between parts of a text, by the language that is read: "a, b" is "a、b" in Chinese.

For words that people read. Codes and typed values keep the comma and the space of the address, the
file or the form in which they stand, in every language.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from babel.lists import format_list
from babel.numbers import format_decimal
from django.utils.translation import gettext as _

from portal.reference.labels import active_language

#: What people type between the items of a list, on keyboards of the six languages, for a class of
#: characters of a regular expression: comma and semicolon, Arabic, full-width and ideographic ones.
TYPED_BETWEEN = ",;،؛，；、"

#: CLDR has American habits for plain English: no comma stands before "and" in this portal.
_LOCALES = {"en": "en_GB"}


def between() -> str:
    """What stands between the items of a list."""
    # Translators: between the items of a list: Italy, Spain.
    return _(", ")


def between_clauses() -> str:
    """What stands between items that are long, or that have commas of their own."""
    # Translators: between the parts of a sentence: 2 years; fine of 500 euros.
    return _("; ")


def listed(items: Iterable[object]) -> str:
    """The items of a list, without a word between the last two."""
    return between().join(map(str, items))


def clauses(items: Iterable[object]) -> str:
    """Items that are long, or that have commas of their own."""
    return between_clauses().join(map(str, items))


def together(items: Sequence[object]) -> str:
    """All items of a list, in a sentence: "a, b and c" (Unicode CLDR, list patterns)."""
    language = active_language()
    return format_list(list(map(str, items)), locale=_LOCALES.get(language, language))


def either(items: Sequence[object]) -> str:
    """The items of a list of which one is meant: "a, b or c" (Unicode CLDR, list patterns)."""
    language = active_language()
    return format_list(list(map(str, items)), style="or", locale=_LOCALES.get(language, language))


def grouped(number: int) -> str:
    """A number with its thousands set apart: 20,000."""
    return format_decimal(number, locale=active_language())


def colon(label: object) -> str:
    """A label with the colon and the space behind it: French has a space before it, too."""
    # Translators: before a value: “Mode: ”, with the space that follows.
    return _("%(label)s: ") % {"label": label}


def labelled(label: object, value: object) -> str:
    """A label with its value: "Mode: sea"."""
    return f"{colon(label)}{value}"
