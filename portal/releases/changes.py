"""What changed since the release before: both are read side by side in the order of their codes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from portal.records.models import Redirect, State
from portal.releases.contents import Resource

#: What may differ in a record that says the same: where it stands, and when it was last saved.
_NOT_SAID = frozenset({"url", "api_url", "last_changed"})
#: Codes that one question to the database names.
_AT_ONCE = 1_000

Line = Mapping[str, Any]


@dataclass
class Changes:
    """What became of the objects of a resource, by their codes.

    Attributes:
        added, changed: told by comparing what both releases say.
        withdrawn: records that a curator withdrew; their addresses say why.
        merged: of records that went into others, the code that took their place.
        removed: gone in another way.
        fields_added, fields_removed: fields that one of the releases has and the other has not;
            no object counts as changed for them.
    """

    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    withdrawn: list[str] = field(default_factory=list)
    merged: dict[str, str] = field(default_factory=dict)
    removed: list[str] = field(default_factory=list)
    fields_added: list[str] = field(default_factory=list)
    fields_removed: list[str] = field(default_factory=list)

    def told(self) -> dict[str, Any]:
        """The changes as JSON."""
        return {
            "added": self.added,
            "changed": self.changed,
            "withdrawn": self.withdrawn,
            "merged": [{"code": code, "into": into} for code, into in self.merged.items()],
            "removed": self.removed,
            "fields_added": self.fields_added,
            "fields_removed": self.fields_removed,
        }


@dataclass(frozen=True)
class Before:
    """The release before.

    Attributes:
        version: of it.
        path: of its archive.
        origin: scheme and host of the portal, as its addresses have them.
    """

    version: str
    path: Path
    origin: str

    def lines(self, name: str) -> Iterator[Line]:
        """The objects of a resource in it; none where it did not have the resource."""
        with ZipFile(self.path) as archive:
            member = f"data/{name}.jsonl"
            if member in archive.namelist():
                with archive.open(member) as stream:
                    for raw in stream:
                        yield _read(raw.decode("utf-8"), self.origin)


def lines_of(path: Path, origin: str) -> Iterator[Line]:
    """The objects of a file of the release that is being made."""
    with path.open(encoding="utf-8", newline="\n") as stream:
        for line in stream:
            yield _read(line, origin)


def _read(line: str, origin: str) -> Line:
    # The portal may have moved: an address within it is the same.
    found: Line = json.loads(line.replace(f'"{origin}/', '"/'))
    return found


def compare(resource: Resource, before: Iterable[Line], now: Iterable[Line]) -> Changes:
    """What became of the objects of a resource; both releases in the order of their codes."""
    changes, gone = Changes(), []
    seen: tuple[set[str], set[str]] = (set(), set())
    for code, old, new in _side_by_side(resource.key, before, now):
        for keys, line in zip(seen, (old, new), strict=True):
            keys.update(line or ())
        if old is None:
            changes.added.append(code)
        elif new is None:
            gone.append(code)
        elif any(old[key] != new[key] for key in (old.keys() & new.keys()) - _NOT_SAID):
            changes.changed.append(code)
    if all(seen):
        changes.fields_added = sorted(seen[1] - seen[0])
        changes.fields_removed = sorted(seen[0] - seen[1])
    _classify(resource, gone, changes)
    return changes


def _side_by_side(
    key: str, before: Iterable[Line], now: Iterable[Line]
) -> Iterator[tuple[str, Line | None, Line | None]]:
    """Of each code what the two releases say; None where one does not have it."""
    olds, news = iter(before), iter(now)
    old, new = next(olds, None), next(news, None)
    while old is not None or new is not None:
        codes = [str(line[key]) for line in (old, new) if line is not None]
        code = min(codes)
        of_old = old if old is not None and str(old[key]) == code else None
        of_new = new if new is not None and str(new[key]) == code else None
        yield code, of_old, of_new
        if of_old is not None:
            old = next(olds, None)
        if of_new is not None:
            new = next(news, None)


def _classify(resource: Resource, gone: list[str], changes: Changes) -> None:
    """Say of codes that are public no more where they went, as far as their addresses tell."""
    for start in range(0, len(gone), _AT_ONCE):
        codes = gone[start : start + _AT_ONCE]
        redirects = Redirect.objects.filter(code__in=codes)
        targets = dict(redirects.values_list("code", "target"))
        withdrawn: set[str] = set()
        if resource.database:
            records = resource.database.records.filter(code__in=codes, state=State.WITHDRAWN)
            withdrawn = set(records.values_list("code", flat=True))
        for code in codes:
            if code in withdrawn:
                changes.withdrawn.append(code)
            elif code in targets:
                changes.merged[code] = targets[code]
            else:
                changes.removed.append(code)
