"""Versions of data releases: year and month, and a number where a month has several."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self

_PATTERN = re.compile(r"([0-9]{4})\.(0[1-9]|1[0-2])(?:\.([1-9][0-9]{0,2}))?", re.ASCII)


@dataclass(frozen=True, order=True)
class Version:
    """`2026.12`, or `2026.12.1` for the first release after it in the same month."""

    year: int
    month: int
    number: int = 0

    @classmethod
    def parse(cls, text: str) -> Self:
        """The version that a text says.

        Raises:
            ValueError: it is none.
        """
        match = _PATTERN.fullmatch(text)
        if match is None:
            raise ValueError(text)
        return cls(*(int(part or 0) for part in match.groups()))

    def __str__(self) -> str:
        number = f".{self.number}" if self.number else ""
        return f"{self.year:04d}.{self.month:02d}{number}"
