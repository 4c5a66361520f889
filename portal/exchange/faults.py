"""What is wrong with a file, named so that somebody can mend it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Fault:
    """One fault.

    Attributes:
        file: the file's name.
        line: the line, counted from 1; 0 for the file as a whole.
        key: where in the object, as in `defendants[0].charges[1].verdict`; '' for all of it.
        message: what is wrong.
    """

    file: str
    line: int
    key: str
    message: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.key}: {self.message}" if self.key else f"{place}: {self.message}"


class CollectionError(Exception):
    """The collection cannot be loaded; `faults` says why."""

    def __init__(self, faults: list[Fault]) -> None:
        self.faults = sorted(faults)
        super().__init__(f"{len(self.faults)} faults")
