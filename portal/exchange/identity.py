"""Which record a line without a code means, and the code that a new one gets."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from typing import Any

#: So many words of a title, and letters in all, make a code that can be read and typed.
MAX_WORDS = 8
MAX_LETTERS = 70
#: What a code says in the place of a year that is not known.
NO_YEAR = "nd"


@dataclass(frozen=True)
class Identity:
    """What a line says of which record it means.

    Attributes:
        title, place, author: as the line has them; anything but a text says nothing.
        year: of the date by which records of the database are found.
        named: what names one record: pairs of an `Identifier.Kind` and the text.
        rules: each names what has to be the same in a record for it to be meant ("title",
            "place", "year", or a kind of `named`), the surest rule first.
        begins: what its code begins with, before the words of the title.
    """

    title: Any = ""
    place: Any = ""
    author: Any = ""
    year: int | None = None
    named: tuple[tuple[str, Any], ...] = ()
    rules: tuple[tuple[str, ...], ...] = ()
    begins: tuple[str, ...] = ()

    def code(self) -> str:
        """The permanent code that a new record of this line gets; '' where it has no title.

        It depends on the line alone, so that the same line always gets the same code. A title
        without a Latin letter gets a digest of itself.
        """
        if not isinstance(self.title, str) or not self.title.strip():
            return ""
        year = str(self.year) if self.year else NO_YEAR
        said = {"place": self.place, "author": self.author, "year": year}
        head = [_slug(said[name]) for name in self.begins if isinstance(said[name], str)]
        words = [word for word in _slug(self.title).split("-") if word][:MAX_WORDS]
        while len("-".join(words)) > MAX_LETTERS and len(words) > 1:
            words.pop()
        if not words:
            words = [hashlib.sha256(self.title.encode()).hexdigest()[:8]]
        return "-".join([part for part in head if part] + words)[:120].strip("-")


def _slug(text: str) -> str:
    """A text in the letters of a code."""
    folded = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(letter for letter in folded if not unicodedata.combining(letter))
    return re.sub(r"[^a-z0-9]+", "-", re.sub(r"['’ʼ]", "", bare)).strip("-")


def year_of(date: Any) -> int | None:
    """The year of a date of a line: a partial date, or CSL's `date-parts`; None without one."""
    if isinstance(date, dict):
        parts = date.get("date-parts")
        while isinstance(parts, list) and parts:
            parts = parts[0]
        date = parts if isinstance(parts, int) else None
    found = re.match(r"\d{4}", str(date)) if isinstance(date, str | int) else None
    return int(found[0]) if found else None
