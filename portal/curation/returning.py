"""Bringing a record back to what it said, when part of what it named then is gone since.

Codes that were given up are replaced by those to which they lead. What is left is judged as the
line of a file would be, and told; what cannot be held is not written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.utils.translation import gettext as _

from portal.exchange import schema
from portal.exchange.foundations import present_codes
from portal.exchange.judging import line_faults
from portal.exchange.reading import Line
from portal.exchange.records import RecordImporter
from portal.exchange.schema import Schema
from portal.records.database import database_for
from portal.records.differences import LINK_NOTES, Difference, differences, field_label
from portal.records.lines import canonical
from portal.records.models import Record, Redirect, Revision
from portal.records.revisions import LOST_CODE, bring_back, lost_codes, returning, without_kept
from portal.reference.punctuation import labelled

Said = dict[str, Any]
#: Redirects lead to a record; a chain of them is rare, and never long.
MOST_STEPS = 5


@dataclass(frozen=True)
class Replaced:
    """A code that a revision names and that was given up since.

    Attributes:
        new: the code named in its place; '' where that is the record itself.
    """

    old: str
    new: str


class Return:
    """What happens when a record is brought back to a revision."""

    def __init__(self, record: Record, revision: Revision) -> None:
        self.record, self.revision = record, revision
        self.importer: RecordImporter[Any] = database_for(record.database).importer
        self.stored = self.importer.existing().get(pk=record.pk)
        self.now: Said = canonical(self.importer.history(self.stored))
        self.line, self.replaced = self._translated(returning(self.now, revision.line))

    @property
    def differences(self) -> list[Difference]:
        """What the record will say otherwise."""
        return differences(without_kept(self.now), without_kept(self.line))

    @cached_property
    def faults(self) -> list[tuple[str, str]]:
        """Why the record cannot say that again: pairs of key and message."""
        line = Line("", 0, self.line)
        codes = _codes_only(self.importer.schema(present_codes()))
        found = [(fault.key, fault.message) for fault in schema.faults_of(codes, [line])]
        there = _present((slug, code) for _key, slug, code in self._references(self.line))
        judged = line_faults(
            self.importer,
            line,
            lambda slug, code: (slug, code) in there,
            lambda slug: _("“%(name)s”") % {"name": database_for(slug).title},
        )
        found += [(fault.key, fault.message) for fault in judged]
        found += self._taken()
        lost = lost_codes(self.importer, self.stored, self.line)
        found += [("", LOST_CODE % code) for code in sorted(lost)]
        return found

    def carry_out(self, *, user: Any, why: str) -> None:
        """Write it; the caller keeps the search in step.

        Raises:
            ReturnError: the record cannot say that; nothing was written.
        """
        bring_back(self.record, self.revision, user=user, why=why, line=self.line)

    def _taken(self) -> Iterator[tuple[str, str]]:
        """What no two records share, and another one has by now."""
        pairs = set(self.importer.unique_keys(self.line))
        holders = self.importer.holders(pairs) if pairs else {}
        for (key, value), holder in sorted(holders.items()):
            if holder != self.record.code:
                said = _("“%(value)s” stands already in the record “%(code)s”")
                yield key, said % {"value": value, "code": holder}

    def _references(self, line: Said) -> list[tuple[str, str, str]]:
        return list(self.importer.references(line))

    def _translated(self, said: Said) -> tuple[Said, list[Replaced]]:
        """A line in the codes of today, and which were replaced for it."""
        named = self._references(said)
        there = _present((slug, code) for _key, slug, code in named)
        gone = {code for _key, slug, code in named if (slug, code) not in there}
        new = {code: present_code(code) for code in sorted(gone)}
        new = {old: code for old, code in new.items() if code != old}
        if not new:
            return said, []
        line = deepcopy(said)
        for key, _slug, code in named:
            if code in new:
                _put(line, key, new[code])
        for key in {key.partition("[")[0] for key, _slug, code in named if code in new}:
            if all(isinstance(entry, str) for entry in line[key]):
                # Two became one, or one became part of this record.
                codes = dict.fromkeys(line[key])
                line[key] = [code for code in codes if code != self.record.code]
        line[LINK_NOTES] = _notes(line, new)
        own = self.record.code
        told = [Replaced(old, "" if code == own else code) for old, code in new.items()]
        return canonical(self.importer.settled(line)) | {LINK_NOTES: line[LINK_NOTES]}, told


def present_code(code: str) -> str:
    """The code to which one leads that was given up; the code itself where it leads nowhere."""
    for _step in range(MOST_STEPS):
        owner, colon, part = code.partition(":")
        leads = dict(Redirect.objects.filter(code__in={code, owner}).values_list("code", "target"))
        if not leads:
            break
        # What an address says behind the code of the record is the same after a merger.
        code = leads.get(code) or f"{leads[owner]}{colon}{part}"
    return code


def in_words(faults: Iterable[tuple[str, str]]) -> list[str]:
    """Faults for a reader, with the names of fields in place of keys."""
    return [
        labelled(field_label(re.split(r"[.[]", key)[0]), message) if key else str(message)
        for key, message in faults
    ]


def _present(named: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    """Of pairs of database and code, those that are there; a code may be that of a part."""
    by_database: dict[str, set[str]] = {}
    for slug, code in named:
        by_database.setdefault(slug, set()).add(code)
    found = set()
    for slug, codes in by_database.items():
        database = database_for(slug)
        records = database.records.filter(code__in=codes)
        found |= {(slug, code) for code in records.values_list("code", flat=True)}
        owners = {code.partition(":")[0] for code in codes if ":" in code}
        for record in database.importer.existing().filter(code__in=owners) if owners else ():
            parts = database.importer.parts_with_codes(record)
            found |= {(slug, part.code) for part, _identity in parts}
    return found


def _put(line: Said, key: str, code: str) -> None:
    """Write a code into a line at a place such as `laws_applied[0].law_id`."""
    path = [int(step) if step.isdecimal() else step for step in re.findall(r"[^.\[\]]+", key)]
    inner: Any = line
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = code


def _notes(line: Said, new: dict[str, str]) -> dict[str, dict[str, str]]:
    """The notes on the links of a line by the codes of today; of two on one link, the first."""
    found: dict[str, dict[str, str]] = {}
    for key, by_code in line[LINK_NOTES].items():
        found[key] = {}
        for old, note in by_code.items():
            code = new.get(old, old)
            if code in line[key]:
                found[key].setdefault(code, note)
    return found


def _codes_only(part: Any) -> Schema:
    """Of a schema that which depends on the reference data.

    All else was held once. A draft may lack what a line of the collection needs.
    """
    kept: Schema = {key: part[key] for key in ("enum", "const") if key in part}
    if "properties" in part:
        kept["properties"] = {
            name: _codes_only(inner) for name, inner in part["properties"].items()
        }
    if "items" in part:
        kept["items"] = _codes_only(part["items"])
    if "anyOf" in part:
        kept["anyOf"] = [_codes_only(inner) for inner in part["anyOf"]]
    return kept
