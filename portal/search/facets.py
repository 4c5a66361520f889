"""All facets of an answer from one pass over what matched.

The words and plain filters are matched once and kept (`MATERIALIZED`) as a string of bits, one
for each document; the selections of facets are strings of bits already (`portal.search.bits`).
Each facet is counted under the selections of the *other* facets, so that a count is what a click
gives; the years are counted without the period that was asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.db import connection
from django.db.models import BooleanField, ExpressionWrapper, Q, QuerySet, Value

from portal.search.bits import WORD, WORD_BITS, WORDS_OF_A_CHUNK, joined
from portal.search.models import FacetBits, SearchDocument

#: The name under which the years of the documents are counted.
YEARS = "year"
_TABLE = FacetBits._meta.db_table


def count_facets(
    database: str,
    base: QuerySet[SearchDocument],
    selected: dict[str, Sequence[str]],
    names: Sequence[str],
    period: Q | None = None,
) -> tuple[int, dict[str, dict[str, int]]]:
    """The number of matches and, for each facet, its values with their counts, most first.

    Args:
        database: where is counted.
        base: the match without the facets' selections and without the period.
        selected: the values chosen, by facet.
        names: the facets to count.
        period: the condition of the period, which `YEARS` leaves out.
    """
    inside = Value(True) if period is None else ExpressionWrapper(period, BooleanField())
    rows = base.order_by().annotate(inside=inside).values("ordinal", "inside")
    inner, arguments = rows.query.sql_with_params()
    sql, values = _counting(database, selected, names)
    with connection.cursor() as cursor:
        cursor.execute(_MATCHED.format(inner=inner) + sql, [*arguments, *values])
        found = cursor.fetchall()
    total = 0
    counts: dict[str, dict[str, int]] = {name: {} for name in names}
    for name, value, number in sorted(found, key=lambda row: (-(row[2] or 0), row[1])):
        if not name:
            total = int(number or 0)
        else:
            counts[name][value] = int(number)
    return total, counts


# The pieces are constants of this module and SQL made by Django; every value is a parameter.
_MATCHED = f"""
    WITH matched AS MATERIALIZED ({{inner}}),
    words AS (
        SELECT ordinal / {WORD} AS word, {WORD_BITS} FILTER (WHERE inside) AS narrow,
               {WORD_BITS} AS wide
        FROM matched GROUP BY 1
    ),
    places AS (
        SELECT chunk, slot
        FROM (SELECT DISTINCT word / {WORDS_OF_A_CHUNK} AS chunk FROM words) AS chunks
        CROSS JOIN generate_series(0, {WORDS_OF_A_CHUNK - 1}) AS slot
    ),
    base AS MATERIALIZED (
        SELECT chunk, {joined("narrow")} AS narrow, {joined("wide")} AS wide
        FROM places LEFT JOIN words ON word = chunk * {WORDS_OF_A_CHUNK} + slot
        GROUP BY chunk
    )"""  # noqa: S608 - constants; what is put in later is SQL made by Django
_CHOSEN = f"""
        SELECT chunk, bit_or(bits) AS bits FROM {_TABLE}
        WHERE database = %s AND parameter = %s AND value = ANY(%s) GROUP BY chunk"""  # noqa: S608
_TOTAL = "SELECT '' AS parameter, '' AS value, sum(bit_count(bits)) AS n FROM ({mask}) AS mask"
_COUNTED = f"""
    SELECT parameter, value, sum(bit_count(facet.bits & mask.bits)) AS n
    FROM {_TABLE} AS facet JOIN ({{mask}}) AS mask USING (chunk)
    WHERE database = %s AND parameter = ANY(%s)
    GROUP BY parameter, value HAVING sum(bit_count(facet.bits & mask.bits)) > 0"""  # noqa: S608


def _counting(
    database: str, selected: dict[str, Sequence[str]], names: Sequence[str]
) -> tuple[str, list[Any]]:
    """The part of the statement that counts, from `base` on, and its values."""
    chosen = {name: f"chosen_{place}" for place, name in enumerate(selected)}
    sql = "".join(f",\n    {alias} AS ({_CHOSEN})" for alias in chosen.values())
    values: list[Any] = []
    for name, entries in selected.items():
        values += [database, name, list(entries)]
    everything = tuple(chosen.values())
    pieces = [_TOTAL.format(mask=_mask("narrow", everything))]
    for width, aliases, counted in _groups(chosen, names):
        pieces.append(_COUNTED.format(mask=_mask(width, aliases)))
        values += [database, counted]
    return f"{sql}\n    " + "\n    UNION ALL ".join(pieces), values


def _groups(
    chosen: dict[str, str], names: Sequence[str]
) -> Iterator[tuple[str, tuple[str, ...], list[str]]]:
    """Facets that are counted under the same selections: their bits, selections and names."""
    free = [name for name in names if name not in chosen and name != YEARS]
    if free:
        yield "narrow", tuple(chosen.values()), free
    for name in names:
        if name in chosen:
            others = tuple(alias for other, alias in chosen.items() if other != name)
            yield "narrow", others, [name]
    if YEARS in names:
        yield "wide", tuple(chosen.values()), [YEARS]


def _mask(width: str, aliases: Sequence[str]) -> str:
    """The documents that count: those that matched and meet some selections."""
    bits = " & ".join((f"base.{width}", *(f"{alias}.bits" for alias in aliases)))
    joins = "".join(f" JOIN {alias} USING (chunk)" for alias in aliases)
    return f"SELECT chunk, {bits} AS bits FROM base{joins}"  # noqa: S608 - constants
