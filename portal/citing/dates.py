"""Dates as styles of citation write them, where the item must hold them as a text."""

from __future__ import annotations

from collections.abc import Sequence

_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July", "August", "September"),
    *("October", "November", "December"),
)
#: Bluebook (21st edition), table T12.
_SHORT_MONTHS = (
    *("Jan.", "Feb.", "Mar.", "Apr.", "May", "June", "July", "Aug.", "Sept.", "Oct.", "Nov."),
    "Dec.",
)


def parts_of(date: str) -> list[int]:
    """Year, month and day of an ISO 8601 date, as many as it has."""
    return [int(part) for part in date.split("-")] if date else []


def british(parts: Sequence[int]) -> str:
    """OSCOLA (4th edition, 1.5): `26 January 2021`, `January 2021`, `2021`."""
    if not parts:
        return ""
    month = [_MONTHS[parts[1] - 1]] if len(parts) > 1 else []
    return " ".join([*map(str, parts[2:3]), *month, str(parts[0])])


def american(parts: Sequence[int]) -> str:
    """Bluebook (21st edition), rule 10.5: `Jan. 26, 2021`, `Jan. 2021`, `2021`."""
    if len(parts) < 2:
        return "".join(map(str, parts))
    month = _SHORT_MONTHS[parts[1] - 1]
    return f"{month} {parts[2]}, {parts[0]}" if len(parts) > 2 else f"{month} {parts[0]}"
