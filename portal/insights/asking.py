"""From an address to the table that it asks for, strictly: what is not understood is named."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import QueryDict
from django.utils.translation import gettext as _

from portal.insights.declared import INSIGHTS, Insight
from portal.insights.tables import CrossTable
from portal.records.database import Database, database_for, databases
from portal.rest.parameters import Problem
from portal.search.facets import YEARS
from portal.search.request import parse

#: What a table of the reader's own is made of, beside the filters of its database.
CHOICES = ("database", "rows", "columns")


@dataclass(frozen=True)
class Asked:
    """A table that was asked for, and what was wrong with the address."""

    table: CrossTable
    problems: tuple[Problem, ...]
    known: tuple[str, ...]


def insight_for(slug: str) -> Insight:
    """The insight of that slug.

    Raises:
        LookupError: there is none.
    """
    for insight in INSIGHTS:
        if insight.slug == slug:
            return insight
    raise LookupError(slug)


def asked(insight: Insight, data: QueryDict, controls: tuple[str, ...] = ()) -> Asked:
    """The table of an insight under the filters of an address."""
    database = database_for(insight.database)
    parsed = parse(database, data, controls)
    known = (*database.filterset.parameters(), *controls)
    return Asked(CrossTable(parsed.request, insight.rows, insight.columns), parsed.problems, known)


def axis_names(database: Database) -> tuple[str, ...]:
    """What a table of a database may have as rows or columns."""
    return (*database.filterset.facets(), YEARS)


def asked_freely(data: QueryDict) -> Asked:
    """The table that a reader chooses: a database, a facet as rows, and one as columns or none."""
    problems: list[Problem] = []
    slugs = [database.slug for database in databases()]
    database = database_for(_one(data, "database", slugs, slugs[0], problems))
    names = axis_names(database)
    rows = _one(data, "rows", names, database.filterset.open_facets[0], problems)
    columns = _one(data, "columns", ("", *(n for n in names if n != rows)), "", problems)
    parsed = parse(database, data, CHOICES)
    known = (*database.filterset.parameters(), *CHOICES)
    return Asked(CrossTable(parsed.request, rows, columns), (*problems, *parsed.problems), known)


def _one(
    data: QueryDict,
    name: str,
    known: list[str] | tuple[str, ...],
    default: str,
    problems: list[Problem],
) -> str:
    given = data.get(name, "").strip()
    if not given:
        return default
    if given in known and len(data.getlist(name)) == 1:
        return given
    problems.append(
        Problem(
            name, _("Unknown value: %(values)s.") % {"values": given}, tuple(filter(None, known))
        )
    )
    return default
