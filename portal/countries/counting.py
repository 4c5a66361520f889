"""Numbers about jurisdictions, each page's in one question to the database.

They are counted from the same bits as those of the search (`portal.search.bits`), so that each
is the number of the records that a search for the same values lists.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import BooleanField, F, Func

from portal.databases.choice import reading
from portal.search.bits import PUBLIC
from portal.search.engine import match
from portal.search.models import FacetBits
from portal.search.request import SearchRequest

_TABLE = FacetBits._meta.db_table
_PUBLIC = f"""
    public AS MATERIALIZED (
        SELECT value AS database, chunk, bits FROM {_TABLE} WHERE parameter = '{PUBLIC}'
    )"""  # noqa: S608 - constants of this module
_EVERYWHERE = f"""
    WITH {_PUBLIC}
    SELECT database, parameter, value, sum(bit_count(facet.bits & public.bits)::int)
    FROM public JOIN {_TABLE} AS facet USING (chunk) WHERE parameter = ANY(%s)
    GROUP BY 1, 2, 3 HAVING sum(bit_count(facet.bits & public.bits)::int) > 0"""  # noqa: S608 - of constants; values are parameters
_BESIDE = f"""
    WITH {_PUBLIC}, wanted AS (
        SELECT * FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[])
        AS wanted (database, parameter, value, counted)
    ), mask AS MATERIALIZED (
        SELECT database, parameter, value, chunk, chosen.bits & public.bits AS bits
        FROM (SELECT DISTINCT database, parameter, value FROM wanted) AS one
        JOIN {_TABLE} AS chosen USING (parameter, value) JOIN public USING (database, chunk)
    )
    SELECT database, parameter, value, '', '', sum(bit_count(bits)::int)
    FROM mask GROUP BY 1, 2, 3
    UNION ALL
    SELECT mask.database, mask.parameter, mask.value, facet.parameter, facet.value,
           sum(bit_count(facet.bits & mask.bits)::int)
    FROM wanted JOIN mask USING (database, parameter, value)
    JOIN {_TABLE} AS facet ON facet.parameter = counted AND facet.chunk = mask.chunk
    GROUP BY 1, 2, 3, 4, 5 HAVING sum(bit_count(facet.bits & mask.bits)::int) > 0"""  # noqa: S608 - of constants; values are parameters


class Carrying(NamedTuple):
    """The public records of a database that carry a value of a facet."""

    database: str
    parameter: str
    value: str


class Beside:
    """How many records carry a value, and what else they carry."""

    def __init__(self, asked: Iterable[tuple[Carrying, Sequence[str]]]) -> None:
        """`asked` names for each set of records the facets whose values are counted in it."""
        rows = [(*records, name) for records, names in asked for name in (*names, "")]
        columns = [list(column) for column in zip(*rows, strict=True)]
        self._totals: dict[Carrying, int] = {}
        self._counts: dict[tuple[Carrying, str], dict[str, int]] = {}
        with reading().cursor() as cursor:
            cursor.execute(_BESIDE, columns)
            for database, parameter, value, name, found, number in cursor.fetchall():
                records = Carrying(database, parameter, value)
                if name:
                    self._counts.setdefault((records, name), {})[found] = number
                else:
                    self._totals[records] = number

    def total(self, records: Carrying) -> int:
        return self._totals.get(records, 0)

    def counts(self, records: Carrying, name: str) -> dict[str, int]:
        """Of each value of a facet, how many of the records carry it."""
        return self._counts.get((records, name), {})


class _IsAmong(Func):
    """Whether a key is one of an array."""

    arg_joiner = " = ANY ("
    template = "%(expressions)s)"
    output_field = BooleanField()


def found_by(request: SearchRequest) -> Func:
    """The condition that a record is one of those that a search finds.

    As an array the keys are looked up once; of `key IN (…)` PostgreSQL may make a search for each
    record, as long as it does not know how few there are.
    """
    return _IsAmong(F("pk"), ArraySubquery(match(request).order_by().values("object_id")))


def everywhere(names: Sequence[str]) -> dict[Carrying, int]:
    """Of every value of some facets, how many public records of each database carry it."""
    with reading().cursor() as cursor:
        cursor.execute(_EVERYWHERE, [list(names)])
        return {Carrying(*row[:3]): row[3] for row in cursor.fetchall()}
