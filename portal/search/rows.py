"""Records in a list of results: in their order, with what shows why they matched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from django.urls import reverse
from django.utils.translation import gettext as _

from portal.records.database import Database, database_for, databases
from portal.records.models import Record
from portal.rest.parameters import PAGE_SIZE
from portal.search.exact import Match, exact_matches
from portal.search.request import SearchRequest
from portal.search.snippets import Reason


@dataclass(frozen=True)
class Row:
    record: Record
    url: str
    title: str
    snippet: str
    concepts: tuple[str, ...] = ()


def rows_of(
    database: Database, ids: Sequence[int], why: Mapping[tuple[str, int], Reason]
) -> tuple[Row, ...]:
    """Records in the order of their keys, with what shows why they matched."""
    found = {record.pk: record for record in database.records.for_list().filter(pk__in=ids)}
    return tuple(_row(found[key], why.get((database.slug, key))) for key in ids if key in found)


def _row(record: Record, reason: Reason | None) -> Row:
    url = record.get_absolute_url()
    if reason is None:
        return Row(record, url, record.title, "")
    return Row(record, url, reason.title, reason.snippet, reason.concepts)


@dataclass(frozen=True)
class ExactMatch:
    """A record that bears exactly what was typed, as the page shows it."""

    database: Database
    record: Record
    url: str
    match: Match


def exact_of(query_text: str, first: str = "") -> list[ExactMatch]:
    """The records that bear exactly what was typed, those of one database before the others."""
    matches = exact_matches(query_text)
    found = []
    for database in sorted(databases(), key=lambda database: database.slug != first):
        own = [match for match in matches if match.database == database.slug]
        if own:
            keys = [match.object_id for match in own]
            records = database.records.public().in_bulk(keys)
            found += [
                ExactMatch(database, record, record.get_absolute_url(), match)
                for match in own
                if (record := records.get(match.object_id)) is not None
            ]
    return found


@dataclass(frozen=True)
class Tab:
    """The same question asked of all databases (`total` is None) or of one."""

    title: str
    url: str
    total: int | None
    is_current: bool


def tabs_of(request: SearchRequest, hits: Mapping[str, int]) -> list[Tab]:
    """Where a question can be asked as well, with what it finds there; nothing without words."""
    if not request.query:
        return []
    tabs = [Tab(_("All"), address_of(request.asked_of("")), None, not request.database)]
    return tabs + [
        Tab(
            str(database.title),
            address_of(request.asked_of(database.slug)),
            hits.get(database.slug, 0),
            database.slug == request.database,
        )
        for database in databases()
    ]


def address_of(request: SearchRequest) -> str:
    """The address of the page that answers a request."""
    database = request.database
    path = database_for(database).search_path if database else reverse("search-all")
    return request.address(path)


def feed_of(request: SearchRequest) -> str:
    """The address of the Atom feed of a request, which has an order and pages of its own."""
    path = reverse(f"{request.database}:feed" if request.database else "search-feed")
    whole = replace(request, page=1, page_size=PAGE_SIZE, explicit_sort=False)
    return whole.address(path)
