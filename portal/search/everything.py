"""One question to all databases, as its page shows it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from portal.records.database import Database, databases
from portal.rest.parameters import Problem
from portal.search.chips import as_typed_url, chips_of
from portal.search.engine import top_hits
from portal.search.request import SearchRequest
from portal.search.rows import Row, address_of, exact_of, feed_of, rows_of, tabs_of
from portal.search.snippets import reasons
from portal.search.suggest import droppable, most_of_it, spellings

#: Records of each database that are shown.
SHOWN = 5


@dataclass(frozen=True)
class Section:
    """What one database answers; the address is that of all of it."""

    database: Database
    total: int
    rows: tuple[Row, ...]
    url: str


class EverythingPage:
    """Everything that `search/all.html` shows of a request to all databases."""

    def __init__(self, request: SearchRequest, problems: Iterable[Problem], typed: str) -> None:
        self.request = request
        self.query_text = typed
        self.notices = tuple(problems)
        self.sections = self._sections() if request.query else []
        self.total = sum(section.total for section in self.sections)
        hits = {section.database.slug: section.total for section in self.sections}
        self.tabs = tabs_of(request, hits)
        self.exact = exact_of(request.query.text) if request.query else []
        self.chips = chips_of(request, address_of)
        self.as_typed_url = as_typed_url(request, address_of)
        self.clear_url = address_of(request.cleared())
        self.feed_url = feed_of(request)
        self.hidden = [pair for pair in request.pairs() if pair[0] not in ("q", "page")]
        is_lost = bool(request.query) and not self.total
        self.spellings = spellings(request) if is_lost else []
        self.nearest = most_of_it(request) if is_lost else []
        self.droppable = droppable(request) if is_lost else []

    def _sections(self) -> list[Section]:
        hits = top_hits(self.request, SHOWN)
        pieces = reasons(self.request.query, {slug: ids for slug, (_total, ids) in hits.items()})
        found = []
        for database in databases():
            total, ids = hits.get(database.slug, (0, ()))
            url = address_of(self.request.narrowed_to(database.slug))
            found.append(Section(database, total, rows_of(database, ids, pieces), url))
        return found
