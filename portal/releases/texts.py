"""The texts of a release for people: what it is, how it may be used, how it is cited.

They are in English, as the records are, and say nothing that another build of the same data would
not say.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml
from django.template.loader import render_to_string

from portal.records.database import Database, databases
from portal.reference.catalog import catalog
from portal.releases.package import LICENCE, TITLE
from portal.releases.versions import Version
from portal.search.domains import NOT_RECORDED
from portal.search.engine import search
from portal.search.request import SearchRequest

SUMMARY = (
    "Court cases, national laws and literature on the smuggling of migrants, linked: complete "
    "records with their sources, vocabularies in six languages, and the status of the Protocol "
    "against the Smuggling of Migrants by Land, Sea and Air."
)
KEYWORDS = ("smuggling of migrants", "case law", "legislation", "bibliography", "migration")


@dataclass(frozen=True)
class Facts:
    """What the texts say of a release.

    Attributes:
        version: of it.
        address: where it is told of; permanent.
        note: what whoever built it says, or ''.
        as_of: when a record was last changed (ISO 8601), or ''.
        counts: of each resource, by its name, the number of its objects.
        columns: of each resource, the number of the columns of its table.
        since: the version of the release before, or ''.
        changes: of each resource, by its name, what changed (`Changes.told`).
    """

    version: Version
    address: str
    note: str
    as_of: str
    counts: Mapping[str, int]
    columns: Mapping[str, int]
    since: str
    changes: Mapping[str, Mapping[str, Any]]


def by_jurisdiction() -> dict[str, dict[str, int]]:
    """Of each database, by its slug, the public records of each jurisdiction by its code.

    A record may be of several jurisdictions, as a work is of all that it studies.
    """
    found = {}
    for database in databases():
        result = search(SearchRequest(database.slug), facets=("jurisdiction",))
        counts = result.facets["jurisdiction"]
        found[database.slug] = {
            code: count for code, count in counts.items() if code != NOT_RECORDED and count
        }
    return found


def readme(facts: Facts) -> str:
    """README.md."""
    counted = by_jurisdiction()
    all_databases = databases()
    codes = {code for counts in counted.values() for code in counts}
    places = sorted((catalog().jurisdiction_name(code), code) for code in codes)
    context = {
        "facts": facts,
        "title": TITLE,
        "summary": SUMMARY,
        "licence": LICENCE,
        "databases": all_databases,
        "counts": [(name, f"{n:,}", facts.columns[name]) for name, n in facts.counts.items()],
        "places": [
            (name, code, [counted[database.slug].get(code, 0) for database in all_databases])
            for name, code in places
        ],
        "totals": [_totals(database, facts, counted) for database in all_databases],
        "changes": [(name, _told(found)) for name, found in facts.changes.items() if _told(found)],
    }
    return render_to_string("releases/README.md", context)


def _totals(
    database: Database, facts: Facts, counted: Mapping[str, Mapping[str, int]]
) -> dict[str, Any]:
    return {
        "title": database.title,
        "records": f"{facts.counts[database.slug]:,}",
        "jurisdictions": len(counted[database.slug]),
    }


def _told(changes: Mapping[str, Sequence[Any]]) -> str:
    """Changes in words: `3 added, 1 withdrawn`; '' for none."""
    kinds = ("added", "changed", "withdrawn", "merged", "removed")
    parts = [f"{len(changes[kind]):,} {kind}" for kind in kinds if changes[kind]]
    for kind, verb in (("fields_added", "new"), ("fields_removed", "no longer there")):
        if changes[kind]:
            parts.append(f"fields {verb}: {', '.join(changes[kind])}")
    return ", ".join(parts)


def licence() -> str:
    """LICENSE.txt."""
    return render_to_string("releases/LICENSE.txt", {"licence": LICENCE, "title": TITLE})


def citation(facts: Facts) -> str:
    """CITATION.cff, in version 1.2.0 of the Citation File Format.

    The version says year and month. The day of the build is left out: it would differ from build
    to build of the same data.
    """
    shared: dict[str, Any] = {
        "title": f"{TITLE}: data release {facts.version}",
        "version": str(facts.version),
        "url": facts.address,
    }
    told: dict[str, Any] = {
        "cff-version": "1.2.0",
        "message": "If you use these data, please cite them as below.",
        "type": "dataset",
        **shared,
        "authors": [{"name": TITLE}],
        "abstract": SUMMARY,
        "keywords": list(KEYWORDS),
        "license": LICENCE["name"],
        "license-url": LICENCE["path"],
        "preferred-citation": {
            "type": "data",
            **shared,
            "authors": [{"name": TITLE}],
            "year": facts.version.year,
            "month": facts.version.month,
            "publisher": {"name": TITLE},
            "license": LICENCE["name"],
        },
    }
    text: str = yaml.safe_dump(told, sort_keys=False, allow_unicode=True, width=10_000)
    return text
