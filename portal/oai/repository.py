"""What can be harvested: public records, and the codes of those that once were.

A list goes by datestamp and code. A record that changes meanwhile moves to its end and is given
there as it is then: nothing is lost, and nothing comes twice but what has changed.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.cache import cache
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Collate

from portal.oai.arguments import Selection
from portal.publishing.lines import public_records
from portal.records.database import database_for, databases
from portal.records.models import Revision, State
from portal.reference.version import read as read_version
from portal.search.engine import counted
from portal.search.models import SearchDocument
from portal.search.request import SearchRequest

_PLACE = "jurisdiction:"
_COLUMNS = ("changed_at", "code", "database", "object_id", "facets")
_KEPT_SECONDS = 3600


@dataclass(frozen=True)
class Item:
    """A record of the repository.

    Attributes:
        at: when it was last changed, or taken away.
        code, database: which it is.
        places: the codes of its jurisdictions.
        key: its primary key; None where the record is deleted.
    """

    at: datetime
    code: str
    database: str
    places: tuple[str, ...]
    key: int | None = None

    @property
    def order(self) -> tuple[datetime, str]:
        return self.at, self.code

    def is_in(self, selection: Selection) -> bool:
        return (
            (not selection.since or self.at >= selection.since)
            and (not selection.before or self.at < selection.before)
            and selection.database in ("", self.database)
            and (not selection.place or selection.place in self.places)
        )


def part(
    selection: Selection, beyond: tuple[datetime, str] | None, number: int
) -> tuple[list[Item], bool]:
    """So many records behind a place, in order, and whether there are more."""
    gone = _gone_in(selection)
    if beyond:
        gone = gone[bisect_right(gone, beyond, key=lambda item: item.order) :]
    found = [*_live(selection, beyond, number + 1), *gone[: number + 1]]
    found.sort(key=lambda item: item.order)
    return found[:number], len(found) > number


def count(selection: Selection) -> int:
    """How many records there are, deleted ones among them."""
    return _selected(selection, selection.database).count() + len(_gone_in(selection))


def item_of(code: str) -> Item | None:
    """The record of a code; None where there never was a public one."""
    row = SearchDocument.objects.public().filter(code=code).values_list(*_COLUMNS).first()
    if row is not None:
        return _item(*row)
    return next((item for item in gone_records() if item.code == code), None)


def lines_of(items: Iterable[Item]) -> dict[tuple[str, int], dict[str, Any]]:
    """The lines of records by database and primary key, for those that are public."""
    keys: dict[str, list[int]] = {}
    for item in items:
        if item.key is not None:
            keys.setdefault(item.database, []).append(item.key)
    return {
        (slug, record.pk): line
        for slug, found in keys.items()
        for record, line in public_records(database_for(slug), found)
    }


def sets() -> Iterator[tuple[str, str]]:
    """The sets that hold records: each database, and in it each jurisdiction, in English."""
    for database in databases():
        result = counted(SearchRequest(database.slug), ["jurisdiction"])
        if not result.total:
            continue
        places = database.filterset.parameters()["jurisdiction"].domain
        yield database.slug, str(database.title)
        labels = places.labels(result.facets["jurisdiction"])
        for code in sorted(labels):
            yield f"{database.slug}:{code}", f"{database.title}: {labels[code]}"


def _selected(selection: Selection, database: str) -> Any:
    found = SearchDocument.objects.public()
    if database:
        found = found.of(database)
    if selection.since:
        found = found.filter(changed_at__gte=selection.since)
    if selection.before:
        found = found.filter(changed_at__lt=selection.before)
    if selection.place:
        found = found.filter(facets__contains=[f"{_PLACE}{selection.place}"])
    return found


def _live(selection: Selection, beyond: tuple[datetime, str] | None, number: int) -> list[Item]:
    """The first public records behind a place.

    Each database is asked for as many, since its index has them in this order; codes are compared
    by their bytes, as Python compares those of the deleted ones.
    """
    slugs = [selection.database] if selection.database else [found.slug for found in databases()]
    parts = []
    for slug in slugs:
        rows = _selected(selection, slug).annotate(by_code=Collate("code", "C"))
        if beyond:
            at, code = beyond
            # The first condition is what the index can begin at.
            rows = rows.filter(changed_at__gte=at)
            rows = rows.filter(Q(changed_at__gt=at) | Q(by_code__gt=code))
        parts.append(rows.order_by("changed_at", "by_code").values_list(*_COLUMNS)[:number])
    rows = parts[0].union(*parts[1:], all=True) if len(parts) > 1 else parts[0]
    return sorted((_item(*row) for row in rows), key=lambda item: item.order)[:number]


def _item(at: datetime, code: str, database: str, key: int | None, facets: Sequence[str]) -> Item:
    places = (token.removeprefix(_PLACE) for token in facets if token.startswith(_PLACE))
    return Item(at, code, database, tuple(sorted(places)), key)


def _gone_in(selection: Selection) -> list[Item]:
    return [item for item in gone_records() if item.is_in(selection)]


def gone_records() -> list[Item]:
    """All that was public and is not, in order; kept in memory until the data change."""
    key = f"oai-gone:{read_version().mark}"
    found: list[Item] | None = cache.get(key)
    if found is None:
        found = sorted([*_taken_back(), *_given_up()], key=lambda item: item.order)
        cache.set(key, found, _KEPT_SECONDS)
    return found


def _taken_back() -> Iterator[Item]:
    """Records that are still there and no longer public: withdrawn, or back in preparation."""
    for database in databases():
        were_public = database.records.filter(first_published_at__isnull=False)
        keys = were_public.exclude(state=State.PUBLISHED).values("pk")
        rows = SearchDocument.objects.of(database.slug).filter(object_id__in=keys)
        for at, code, slug, _key, facets in rows.values_list(*_COLUMNS):
            yield _item(at, code, slug, None, facets)


def _given_up() -> Iterator[Item]:
    """Codes of records that were merged or deleted after they had been public.

    The history alone knows that: a redirect may also lead from a draft or from a mistyped code.
    """
    same = {"database": OuterRef("database"), "object_id": OuterRef("object_id")}
    public = Revision.objects.filter(state=State.PUBLISHED, **same)
    deleted = Revision.objects.filter(Exists(public), action=Revision.Action.DELETED)
    rows = deleted.order_by("at").values_list("at", "code", "database", "line")
    # A code that was given up twice is told once, with the later moment.
    found = {code: (at, slug, line) for at, code, slug, line in rows}
    present = SearchDocument.objects.filter(code__in=list(found)).values_list("code", flat=True)
    for code in found.keys() - set(present):
        at, slug, line = found[code]
        yield Item(at, code, slug, database_for(slug).describe(line).jurisdictions)
