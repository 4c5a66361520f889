"""What is wrong with a file, named so that somebody can mend it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

#: A fault is read by a person: a longer text is cut.
MAX_SHOWN = 300
#: Blanks that hold marks to their words, in French and Russian: Python calls them unprintable.
_BLANKS = "\u00a0\u202f"


def place_of(path: Iterable[str | int]) -> str:
    """A place in an object as it is written: `defendants[0].charges[1].verdict`."""
    key = ""
    for part in path:
        key += f"[{part}]" if isinstance(part, int) else f".{part}"
    return key.removeprefix(".")


def shown(text: str, limit: int = MAX_SHOWN) -> str:
    """A text of unknown origin, fit for a terminal: short, and every letter printable."""
    cut = text if len(text) <= limit else f"{text[:limit]} …"
    return "".join(
        letter if letter.isprintable() or letter in _BLANKS else "\ufffd" for letter in cut
    )


@dataclass(frozen=True, order=True)
class Fault:
    """One fault.

    Attributes:
        file: the file's name.
        line: the line, counted from 1; 0 for the file as a whole.
        key: where in the object, as in `defendants[0].charges[1].verdict`; '' for all of it.
        message: what is wrong.
        sheet: the sheet of a workbook, whose row `line` is.
        column: the column by its letters, as spreadsheets show it; '' where there is none.
    """

    file: str
    line: int
    key: str
    message: str
    sheet: str = ""
    column: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        if self.sheet or self.column:
            cell = f"{self.column}{self.line or ''}"
            place = ":".join(part for part in (self.file, shown(self.sheet, 60), cell) if part)
        key = f"{self.key}: " if self.key else ""
        return f"{place}: {shown(key)}{shown(self.message)}"


class CollectionError(Exception):
    """The collection cannot be loaded; `faults` says why."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = sorted(faults)
        super().__init__(f"{len(self.faults)} faults")
