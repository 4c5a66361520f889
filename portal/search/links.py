"""From a record to the records of a database above it, without importing that database.

Cases point to laws, works to both; the way back goes through the search, where each link is a
token. So the number shown is the number behind the link, by construction.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlencode

from portal.records.database import Database, database_for
from portal.records.models import Record
from portal.search.engine import search
from portal.search.request import SearchRequest


@dataclass(frozen=True)
class LinkedRecords:
    """Records that a link leads to.

    Attributes:
        records: the newest of them.
        total: how many there are.
        counts: of each value of the parameter asked for, how many carry it.
    """

    database: Database
    records: list[Record]
    total: int
    counts: dict[str, int] = field(default_factory=dict)

    def url_for(self, parameter: str, value: str) -> str:
        """The address of the search for exactly the records that carry a value."""
        return f"{self.database.search_path}?{urlencode({parameter: value})}"


def linked_records(
    database_slug: str, parameter: str, value: str, *, count: str = "", shown: int = 50
) -> LinkedRecords:
    """The public records of a database that carry a value of a parameter.

    Args:
        database_slug: the database to look in.
        parameter, value: what the records must carry, as in `law` and a law's code.
        count: a parameter whose values are to be counted among them.
        shown: how many records are read.
    """
    database = database_for(database_slug)
    request = SearchRequest(
        database_slug, values=((parameter, (value,)),), sort="newest", page_size=shown
    )
    result = search(request, facets=[count] if count else [])
    order = {key: place for place, key in enumerate(result.ids)}
    records = database.records.public().for_list().filter(pk__in=result.ids) if order else []
    return LinkedRecords(
        database=database,
        records=sorted(records, key=lambda record: order[record.pk]),
        total=result.total,
        counts=result.facets.get(count, {}),
    )
