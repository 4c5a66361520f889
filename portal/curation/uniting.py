"""Two lines made into one: key by key, one's value, the other's, or both where both fit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.exchange.records import RecordImporter
from portal.records.differences import Difference, changed_keys, differences, field_label, same

Line = dict[str, Any]
#: What is of the record that stays, whatever the other says.
KEPT = ("id", "state", "withdrawal_reason")
#: Objects of which a part of one and a part of the other would say nothing true.
INDIVISIBLE = ("fee", "issued")


class Take(models.TextChoices):
    """Which value the record that stays shall have."""

    OWN = "own", _("Its own")
    OTHER = "other", _("The other's")
    BOTH = "both", _("Both")


@dataclass(frozen=True)
class Choice:
    """A key in which two lines differ.

    Attributes:
        offered: what can be taken: never what would make a line that cannot be.
        taken: what is taken.
        differences: what they say, own and other.
    """

    key: str
    offered: tuple[Take, ...]
    taken: Take
    differences: tuple[Difference, ...]

    @property
    def label(self) -> str:
        return field_label(self.key)

    @property
    def name(self) -> str:
        """The name of its field in the form."""
        return f"take-{self.key}"


def choices(
    importer: RecordImporter[Any], own: Line, other: Line, asked: Mapping[str, str]
) -> list[Choice]:
    """The keys in which two lines differ, with what is taken of each.

    Args:
        importer: of the records' database.
        own, other: what the record that stays says, and the one that goes.
        asked: names of `Take` by key; where nothing, or nothing possible, is asked the own value
            is taken, the other's where there is none, and both where other records refer to the
            parts, which must not be lost.
    """
    found = []
    for key in changed_keys(own, other):
        if key in KEPT:
            continue
        offered = tuple(_offered(importer, own, other, key))
        if not offered:
            continue
        default = Take.OWN if not same(own.get(key), None) else offered[-1]
        if Take.BOTH in offered and _defines_codes(importer, other, key):
            default = Take.BOTH
        wanted = asked.get(key, "")
        taken = Take(wanted) if wanted in offered else default
        told = differences({key: own.get(key)}, {key: other.get(key)})
        found.append(Choice(key, offered, taken, tuple(told)))
    return found


def _offered(importer: RecordImporter[Any], own: Line, other: Line, key: str) -> Iterator[Take]:
    mine, others = own.get(key), other.get(key)
    yield Take.OWN
    # Codes that other records, or readers, know must not get lost.
    if not same(others, None) and not _defines_codes(importer, own, key):
        yield Take.OTHER
    if _can_be_both(importer, mine, others, key):
        yield Take.BOTH


def _can_be_both(importer: RecordImporter[Any], mine: Any, others: Any, key: str) -> bool:
    if isinstance(mine, list) and isinstance(others, list):
        return united(importer, mine, others, key) != mine
    if isinstance(mine, dict) and isinstance(others, dict) and key not in INDIVISIBLE:
        return {**others, **mine} != mine
    return False


def _defines_codes(importer: RecordImporter[Any], line: Line, key: str) -> bool:
    """Whether the value of a key holds parts with permanent codes of their own."""
    without = {name: value for name, value in line.items() if name != key}
    return set(importer.codes(line)) != set(importer.codes(without))


def united(
    importer: RecordImporter[Any], mine: list[Any], others: list[Any], key: str
) -> list[Any]:
    """The rows of one list, and behind them those of the other that the first does not have."""
    have = set(numbered(importer.identity_of_part(key, row) for row in mine))
    theirs = numbered(importer.identity_of_part(key, row) for row in others)
    new = [row for row, identity in zip(others, theirs, strict=True) if identity not in have]
    return [*mine, *new]


def numbered(identities: Iterable[Any]) -> list[tuple[Any, int]]:
    """Identities of entries, each with how often it stood before: a list may hold one twice."""
    seen: Counter[Any] = Counter()
    found = []
    for identity in identities:
        found.append((identity, seen[identity]))
        seen[identity] += 1
    return found


def unite(importer: RecordImporter[Any], own: Line, other: Line, taken: list[Choice]) -> Line:
    """The line that the record which stays will have; it names neither itself nor the other."""
    line = dict(own)
    for choice in taken:
        mine, others = own.get(choice.key), other.get(choice.key)
        if choice.taken == Take.OTHER:
            line[choice.key] = others
        elif choice.taken == Take.BOTH and isinstance(mine, list):
            line[choice.key] = united(importer, mine, others or [], choice.key)
        elif choice.taken == Take.BOTH and isinstance(mine, dict):
            line[choice.key] = {**(others or {}), **mine}
    return _without_the_two(importer, line, {own["id"], other["id"]})


def _without_the_two(importer: RecordImporter[Any], line: Line, two: set[str]) -> Line:
    """A line without the relations between the two records, or of one to itself."""
    named = {
        place.partition("[")[0] for place, _db, code in importer.references(line) if code in two
    }
    cleaned = dict(line)
    for key in named:
        if all(isinstance(entry, str) for entry in line[key]):
            cleaned[key] = [code for code in line[key] if code not in two]
    return {key: value for key, value in cleaned.items() if value not in ([], None)}
