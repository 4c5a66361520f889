"""How a chart is to look: its theme, its size, its language, and the words around it."""

from __future__ import annotations

import json
import unicodedata
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from babel import Locale
from babel.numbers import format_decimal
from django.http import QueryDict
from django.utils.translation import gettext as _

from portal.reference.labels import active_language
from portal.rest.parameters import Problem

SPECS = Path(__file__).with_name("specs")
THEMES = ("light", "dark")
#: Of each size, the width of a picture in pixels.
SIZES = {"wide": 920, "narrow": 360}
FORMATS = {"svg": "image/svg+xml", "png": "image/png"}
#: Parameters of a chart's address, beside the filters of what it shows.
CONTROLS = ("theme", "size", "caption")
_ISOLATED, _END = "\N{RIGHT-TO-LEFT ISOLATE}", "\N{POP DIRECTIONAL ISOLATE}"


@cache
def read_spec(name: str) -> Any:
    """The specification of that name in `specs/`."""
    return json.loads((SPECS / f"{name}.json").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Look:
    """The reader's theme, size of picture and language.

    Attributes:
        caption: whether title, origin and limits stand in the picture itself, as they must where
            it leaves the page.
    """

    theme: str = "light"
    size: str = "wide"
    caption: bool = False
    language: str = field(default_factory=active_language)

    @property
    def is_narrow(self) -> bool:
        return self.size == "narrow"

    @property
    def width(self) -> int:
        return SIZES[self.size]

    @property
    def is_right_to_left(self) -> bool:
        return self.language == "ar"

    @property
    def colours(self) -> dict[str, Any]:
        found: dict[str, Any] = read_spec("themes")[self.theme]
        return found

    def series(self, number: int, grey: int | None = None) -> list[str]:
        """Colours of so many series; that of what is not recorded is grey."""
        palette = self.colours["series"]
        found = [palette[place % len(palette)] for place in range(number)]
        if grey is not None:
            found[grey] = self.colours["grey"]
        return found

    def number(self, value: Any) -> str:
        """A number with the separators of the reader's language."""
        return format_decimal(value, locale=self.language)

    def isolated(self, text: str) -> str:
        """A text of words and figures in the direction of the reader's language."""
        return f"{_ISOLATED}{text}{_END}" if self.is_right_to_left else text

    def wrapped(self, labels: list[str], letters: int, lines: int = 2) -> dict[str, str]:
        """Labels in lines of so many letters, each label still different from the others."""
        if self.is_right_to_left and self.caption:
            # The renderer's own drawing, that of a PNG, mixes up the lines of right-to-left texts.
            letters, lines = int(letters * 1.2), 1
        found: dict[str, str] = {}
        for label in labels:
            text = "\n".join(wrap(label, letters, lines))
            while text in found.values():
                text += "\N{ZERO WIDTH SPACE}"
            found[label] = text
        return found

    def legend(self, labels: list[str], columns: int) -> list[str]:
        """Labels in the order in which a legend of so many columns is drawn from the left."""
        if not self.is_right_to_left:
            return labels
        rows = [labels[start : start + columns] for start in range(0, len(labels), columns)]
        return [label for row in rows for label in reversed(row)]

    @property
    def values(self) -> dict[str, Any]:
        """What stands for the names `$…` that every specification may use."""
        right = self.is_right_to_left
        small, size, large = (9, 10.5, 13) if self.is_narrow else (11, 12.5, 17)
        return {
            **self.colours,
            "width": self.width,
            "reversed": right,
            "start": "right" if right else "left",
            "start_text": "right" if right else "left",
            "anchor": "end" if right else "start",
            "ahead": -4 if right else 4,
            "small": small,
            "size": size,
            "large": large,
            "label_limit": 140 if self.is_narrow else 320,
            "legend_limit": 150 if self.is_narrow else 260,
        }

    @property
    def locale(self) -> dict[str, Any]:
        """How the renderer writes the numbers of axes."""
        symbols = Locale.parse(self.language).number_symbols["latn"]
        return {
            "decimal": symbols["decimal"],
            "thousands": symbols["group"],
            "grouping": [3],
            "currency": ["", ""],
        }


def letters_of(text: str) -> int:
    """How wide a text is, in letters; those of East Asia count twice, marks not at all."""
    return sum(
        0 if unicodedata.combining(sign) else 1 + (unicodedata.east_asian_width(sign) in "WF")
        for sign in text
    )


def wrap(text: str, letters: int, lines: int) -> list[str]:
    """A text in at most so many lines; what is left over is cut and shown to be."""
    pieces = text.split() if " " in text else [text]
    found: list[str] = [""]
    for piece in pieces:
        longer = f"{found[-1]} {piece}".strip()
        if found[-1] and letters_of(longer) > letters:
            found.append(piece)
        else:
            found[-1] = longer
    if len(found) > lines:
        found[lines - 1 :] = [" ".join(found[lines - 1 :])]
    return [cut(line, letters + 2) for line in found]


def cut(text: str, letters: int) -> str:
    """A text of at most so many letters."""
    if letters_of(text) <= letters:
        return text
    while text and letters_of(text) > letters - 1:
        text = text[:-1]
    return f"{text.rstrip()}…"


def looked(data: QueryDict, form: str) -> tuple[Look, list[Problem]]:
    """The look that an address asks for, and what is wrong with it.

    A PNG always has its caption: it is made to be taken along.
    """
    problems: list[Problem] = []

    def one(name: str, known: tuple[str, ...]) -> str:
        given = data.getlist(name)
        if not given:
            return known[0]
        if len(given) == 1 and given[0] in known:
            return given[0]
        message = _("Unknown value: %(values)s.") % {"values": ", ".join(given)}
        problems.append(Problem(name, message, known))
        return known[0]

    theme, size = one("theme", THEMES), one("size", tuple(SIZES))
    caption = one("caption", ("true",) if form == "png" else ("false", "true"))
    return Look(theme, size, caption == "true"), problems
