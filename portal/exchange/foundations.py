"""The two files on which all records stand: vocabularies and jurisdictions."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from portal.exchange import schema
from portal.exchange.faults import Fault
from portal.exchange.reading import Line, read_object
from portal.exchange.reference import (
    ARTICLES,
    VOCABULARY_PATTERN,
    ArticleImporter,
    JurisdictionImporter,
    ProcessImporter,
    RegionImporter,
    TermImporter,
)
from portal.exchange.schema import Schema
from portal.reference.catalog import catalog
from portal.reference.models import Region

VOCABULARIES = "vocabularies.json"
JURISDICTIONS = "jurisdictions.json"
#: From the smallest region to the largest.
_LEVELS = tuple(str(level) for level in reversed(Region.Level.values))


class Codes(dict[str, list[str]]):
    """Codes by vocabulary; remembers which vocabularies somebody asked for in vain."""

    def __init__(self, found: dict[str, list[str]]) -> None:
        super().__init__(found)
        self.missing: set[str] = set()

    def __missing__(self, name: str) -> list[str]:
        self.missing.add(name)
        return []


def codes_of(reference: dict[str, list[Line]]) -> Codes:
    """The codes that records may use, by vocabulary."""
    codes: dict[str, list[str]] = {}
    for line in reference["terms"]:
        codes.setdefault(line.data["vocabulary"], []).append(line.data["code"])
    codes[ARTICLES] = [line.data["code"] for line in reference["treaty articles"]]
    codes["jurisdictions"] = [line.data["code"] for line in reference["jurisdictions"]]
    return Codes(codes)


def present_codes() -> Codes:
    """The codes that records may use now, by vocabulary, from the reference data in memory."""
    known = catalog()
    return Codes(
        {
            **{name: list(codes) for name, codes in known.vocabularies.items()},
            ARTICLES: list(known.articles),
            "jurisdictions": list(known.jurisdictions),
        }
    )


def twice(lines: Iterable[Line], key: str, value_of: Callable[[Any], Any]) -> list[Fault]:
    """Lines with a value that an earlier line has already."""
    first: dict[str, Line] = {}
    faults = []
    for line in lines:
        value = value_of(line.data)
        if not isinstance(value, str):
            continue
        if value in first:
            other = first[value]
            said = (
                _("“%(value)s” stands already in line %(line)d of %(file)s")
                if other.number
                else _("“%(value)s” stands already in %(place)s")
            )
            values = {"line": other.number, "file": other.file, "place": other.place}
            faults.append(line.fault(key, said % {"value": value, **values}))
        first.setdefault(value, line)
    return faults


def sound_entries(
    name: str, key: str, entries: Any, wanted: Schema, faults: list[Fault]
) -> list[Line]:
    """The entries of a list in a file; none of them unless all are sound."""
    if not isinstance(entries, list) or not entries:
        faults.append(Fault(name, 0, key, "is not a list with entries"))
        return []
    lines = [Line(name, 0, entry, f"{key}[{place}]") for place, entry in enumerate(entries)]
    found = schema.faults_of(wanted, lines) or twice(lines, "code", lambda data: data["code"])
    faults += found
    return [] if found else lines


def read_vocabularies(path: Path, faults: list[Fault]) -> dict[str, list[Line]]:
    """The terms of all vocabularies and the treaty articles, with their places."""
    found: dict[str, list[Line]] = {"terms": [], "treaty articles": []}
    data = read_object(path / VOCABULARIES, faults)
    for vocabulary, entries in (data or {}).items():
        if not re.fullmatch(VOCABULARY_PATTERN, vocabulary):
            faults.append(Fault(VOCABULARIES, 0, vocabulary, "is no name of a vocabulary"))
            continue
        is_articles = vocabulary == ARTICLES
        wanted = (ArticleImporter if is_articles else TermImporter).schema
        lines = sound_entries(VOCABULARIES, vocabulary, entries, wanted, faults)
        for position, line in enumerate(lines):
            line.data["position"] = position
            if not is_articles:
                line.data["vocabulary"] = vocabulary
        found["treaty articles" if is_articles else "terms"] += lines
    return found


def read_jurisdictions(path: Path, faults: list[Fault]) -> dict[str, list[Line]]:
    """Regions, regional processes and jurisdictions."""
    data = read_object(path / JURISDICTIONS, faults)
    if data is None:
        return {}
    before = len(faults)
    parts = {
        "regions": ("regions", RegionImporter.schema),
        "regional processes": ("memberships", ProcessImporter.schema),
        "jurisdictions": ("jurisdictions", JurisdictionImporter.schema),
    }
    found = {
        kind: sound_entries(JURISDICTIONS, key, data.get(key), wanted, faults)
        for kind, (key, wanted) in parts.items()
    }
    for kind in ("regions", "regional processes"):
        for position, line in enumerate(found[kind]):
            line.data["position"] = position
    if len(faults) == before:
        regions = {line.data["code"]: line.data for line in found["regions"]}
        processes = {line.data["code"] for line in found["regional processes"]}
        for line in found["regions"]:
            faults += _region_faults(line, regions)
        are_sound = len(faults) == before
        for line in found["jurisdictions"]:
            # Only regions that lie in none of themselves can be followed upwards.
            faults += _region_path_faults(line, regions) if are_sound else ()
            faults += _membership_faults(line, processes)
        faults += twice(found["jurisdictions"], "alpha2", lambda entry: entry.get("alpha2"))
    return found


def _region_faults(line: Line, regions: dict[str, dict[str, Any]]) -> Iterator[Fault]:
    """A region lies in one of a higher level, so that none lies in itself."""
    code = line.data.get("parent")
    if code is None:
        return
    parent = regions.get(code)
    if parent is None:
        yield line.fault("parent", f"no region {code}")
    elif _LEVELS.index(parent["level"]) <= _LEVELS.index(line.data["level"]):
        yield line.fault("parent", f"region {code} is not of a higher level")


def _region_path_faults(line: Line, regions: dict[str, dict[str, Any]]) -> Iterator[Fault]:
    """A jurisdiction names its smallest region and all in which that one lies."""
    named = {level: line.data[level] for level in _LEVELS if level in line.data}
    unknown = {level: code for level, code in named.items() if code not in regions}
    for level, code in unknown.items():
        yield line.fault(level, f"no region {code}")
    if unknown or not named:
        return
    expected = {}
    code = next(iter(named.values()))
    while code is not None:
        expected[regions[code]["level"]] = code
        code = regions[code].get("parent")
    for level in _LEVELS:
        if named.get(level) != expected.get(level):
            yield line.fault(level, f"should be {expected.get(level, 'left out')}")


def _membership_faults(line: Line, processes: set[str]) -> Iterator[Fault]:
    seen = set()
    for index, text in enumerate(line.data.get("memberships", [])):
        code = text.partition(":")[0]
        if code not in processes:
            yield line.fault(f"memberships[{index}]", f"no regional process {code}")
        if code in seen:
            yield line.fault(f"memberships[{index}]", f"“{code}” stands twice")
        seen.add(code)
