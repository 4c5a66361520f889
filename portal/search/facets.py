"""All numbers of an answer from one pass over what matched.

The words are matched once and kept (`MATERIALIZED`), as a string of bits for counting: one bit
for each document. The selections of facets are strings of bits already (`portal.search.bits`), and
so are the public documents of each database. Each facet is counted under the selections of the
*other* facets, so that a count is what a click gives; the years are counted without the period
that was asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import BooleanField, ExpressionWrapper, Q, QuerySet

from portal.databases.choice import reading
from portal.search.bits import PUBLIC, WORD, WORD_BITS, WORDS_OF_A_CHUNK, joined
from portal.search.models import FacetBits, SearchDocument

#: The name under which the years of the documents are counted.
YEARS = "year"
#: Up to so many matches are named one by one, so that their texts can be ranked.
FEW = 2_000
_TABLE = FacetBits._meta.db_table


@dataclass(frozen=True)
class Matching:
    """What an answer is counted from.

    Attributes:
        database: the slug of the database where the facets are counted.
        held: the documents of all databases that hold the words; None where none were asked for.
        filtered: the documents of the database that meet the plain filters; None without any.
        period: the condition of the period, which `YEARS` leaves out.
        selected: the values chosen, by facet.
        shared: the facets whose selection holds in the other databases as well.
    """

    database: str
    held: QuerySet[SearchDocument] | None = None
    filtered: QuerySet[SearchDocument] | None = None
    period: Q | None = None
    selected: Mapping[str, Sequence[str]] = field(default_factory=dict)
    shared: Sequence[str] = ()


@dataclass(frozen=True)
class Counts:
    """What was counted.

    Attributes:
        total: how many documents match.
        facets: of each facet asked for, its values with their counts, most first.
        hits: of each database, how many public documents hold the words and meet the selections
            that are shared.
        records: of each database, how many public documents it has.
        ids: the documents that match, in no order, if they are `FEW` and were looked at one by
            one; else None.
    """

    total: int
    facets: dict[str, dict[str, int]] = field(default_factory=dict)
    hits: dict[str, int] = field(default_factory=dict)
    records: dict[str, int] = field(default_factory=dict)
    ids: tuple[int, ...] | None = None


def count(matching: Matching, names: Sequence[str] = (), *, everywhere: bool = False) -> Counts:
    """Count an answer in one question to the database.

    Args:
        matching: what matched.
        names: the facets to count.
        everywhere: whether the databases beside it are counted, too (`hits`, `records`).
    """
    sql, values = _statement(matching, names, everywhere=everywhere)
    with reading().cursor() as cursor:
        cursor.execute(sql, values)
        found = cursor.fetchall()
    total, ids = 0, None
    numbers: dict[str, dict[str, int]] = {name: {} for name in (*names, *_EVERYWHERE)}
    for name, value, number, keys in sorted(found, key=lambda row: (-(row[2] or 0), row[1])):
        if name == _TOTAL_ROW:
            total, ids = int(number or 0), keys
        else:
            numbers[name][value] = int(number)
    records, hits = (numbers.pop(name) for name in _EVERYWHERE)
    is_enumerated = matching.held is not None or matching.filtered is not None
    known = tuple(ids or ()) if is_enumerated and total <= FEW else None
    return Counts(total, numbers, hits if matching.held is not None else records, records, known)


# The pieces are constants of this module and SQL made by Django; every value is a parameter.
_TOTAL_ROW = ""
_EVERYWHERE = ("*records", "*hits")
_WORDS = f"""
    {{name}}_words AS (
        SELECT ordinal / {WORD} AS word, {{columns}} FROM {{name}} GROUP BY 1
    ),
    {{name}}_bits AS MATERIALIZED (
        SELECT chunk, {{joined}}
        FROM (SELECT DISTINCT word / {WORDS_OF_A_CHUNK} AS chunk FROM {{name}}_words) AS chunks
        CROSS JOIN generate_series(0, {WORDS_OF_A_CHUNK - 1}) AS slot
        LEFT JOIN {{name}}_words ON word = chunk * {WORDS_OF_A_CHUNK} + slot
        GROUP BY chunk
    )"""  # noqa: S608 - of constants; values are parameters
_PUBLIC = f"""
    public AS MATERIALIZED (
        SELECT value AS database, chunk, bits FROM {_TABLE} WHERE parameter = '{PUBLIC}'
    )"""  # noqa: S608 - of constants; values are parameters
_CHOSEN = f"""(
        SELECT chunk, bit_or(bits) AS bits FROM {_TABLE}
        WHERE parameter = %s AND value = ANY(%s) GROUP BY chunk
    )"""  # noqa: S608 - of constants; values are parameters
_MASK = "SELECT chunk, {bits} AS bits FROM {joins} WHERE public.database = %s"
_TOTAL = f"""
    SELECT '{_TOTAL_ROW}' AS parameter, '' AS value, sum(bit_count(bits)) AS n,
           {{ids}}::bigint[] AS ids FROM mask"""  # noqa: S608 - of constants; values are parameters
_IDS = f"""(
        SELECT array_agg(id) FROM (
            SELECT id FROM {{name}} JOIN mask ON chunk = ordinal / {FacetBits.CHUNK}
            WHERE get_bit(mask.bits, ordinal %% {FacetBits.CHUNK}) = 1 LIMIT {FEW}
        ) AS few)"""  # noqa: S608 - of constants; values are parameters
# The counts of one chunk fit an integer, whose sum is many times faster than that of a bigint.
_COUNTED = f"""
    SELECT parameter, value, sum(bit_count(facet.bits & mask.bits)::int) AS n, NULL
    FROM {_TABLE} AS facet JOIN {{mask}} AS mask USING (chunk)
    WHERE parameter = ANY(%s) GROUP BY parameter, value
    HAVING sum(bit_count(facet.bits & mask.bits)::int) > 0"""  # noqa: S608 - of constants; values are parameters
_CARRIED = f"""
    SELECT value, value, sum(bit_count(one.bits & mask.bits)::int)
    FROM mask JOIN {_TABLE} AS one USING (chunk) WHERE parameter = %s GROUP BY 1
    HAVING sum(bit_count(one.bits & mask.bits)::int) > 0"""  # noqa: S608 - of constants; values are parameters
_CROSSED = f"""
    SELECT one.value, other.value, sum(bit_count(one.bits & other.bits & mask.bits)::int)
    FROM mask JOIN {_TABLE} AS one USING (chunk) JOIN {_TABLE} AS other USING (chunk)
    WHERE one.parameter = %s AND other.parameter = %s GROUP BY 1, 2
    HAVING sum(bit_count(one.bits & other.bits & mask.bits)::int) > 0"""  # noqa: S608 - of constants; values are parameters
_RECORDS = f"""
    SELECT '{_EVERYWHERE[0]}', database, sum(bit_count(bits)), NULL
    FROM public GROUP BY database"""  # noqa: S608 - of constants; values are parameters
_HITS = f"""
    SELECT '{_EVERYWHERE[1]}', database, sum(bit_count({{bits}})), NULL
    FROM {{joins}} GROUP BY database"""  # noqa: S608 - of constants; values are parameters


def cross(matching: Matching, rows: str, columns: str) -> dict[tuple[str, str], int]:
    """How many of the records that match have both a value of one facet and one of another.

    All selections hold, also those of the two facets: a number is what a search for both gives.
    """
    pieces, values, _name, _chosen, _narrow = _masked(matching)
    # A facet with itself is asked for how many records carry each value.
    asked, names = (_CARRIED, [rows]) if rows == columns else (_CROSSED, [rows, columns])
    with reading().cursor() as cursor:
        cursor.execute("WITH " + ",".join(pieces) + asked, [*values, *names])
        return {(row, column): number for row, column, number in cursor.fetchall()}


def _masked(
    matching: Matching,
) -> tuple[list[str], list[Any], str, dict[str, str], str]:
    """The pieces of a statement up to `mask`, the bits of what matches; and what they are made of:
    the name of the matched documents, the names of the selections, the column of the period."""
    pieces, values = _matched(matching)
    name = "matched" if matching.filtered is not None else "held" if pieces else ""
    pieces.append(_PUBLIC)
    chosen = {facet: f"chosen_{place}" for place, facet in enumerate(matching.selected)}
    for facet, entries in matching.selected.items():
        pieces.append(f"\n    {chosen[facet]} AS {_CHOSEN}")
        values += [facet, list(entries)]
    narrow = "narrow" if matching.period is not None else "wide"
    pieces.append(f"\n    mask AS MATERIALIZED ({_mask(name, narrow, tuple(chosen.values()))})")
    return pieces, [*values, matching.database], name, chosen, narrow


def _statement(
    matching: Matching, names: Sequence[str], *, everywhere: bool
) -> tuple[str, list[Any]]:
    pieces, values, name, chosen, narrow = _masked(matching)
    results = [_TOTAL.format(ids=_IDS.format(name=name) if name else "NULL")]
    for width, aliases, counted in _groups(chosen, names):
        if aliases is None:
            results.append(_COUNTED.format(mask="mask"))
        else:
            mask = _mask(name, "wide" if width == "wide" else narrow, aliases)
            results.append(_COUNTED.format(mask=f"({mask})"))
            values.append(matching.database)
        values.append(counted)
    if everywhere:
        results.append(_RECORDS)
    if everywhere and matching.held is not None:
        bits, joins = _together("held", "wide", [chosen[facet] for facet in matching.shared])
        results.append(_HITS.format(bits=bits, joins=joins))
    return "WITH " + ",".join(pieces) + "\n    UNION ALL ".join(results), values


def _matched(matching: Matching) -> tuple[list[str], list[Any]]:
    """The part of the statement that names the documents; nothing where all public ones match."""
    pieces: list[str] = []
    values: list[Any] = []
    if matching.held is not None:
        sql, arguments = matching.held.order_by().values("id", "ordinal").query.sql_with_params()
        pieces += [f"held AS MATERIALIZED ({sql})", _bits_of("held", is_narrowed=False)]
        values += arguments
    if matching.filtered is not None:
        rows, columns = matching.filtered.order_by(), ["id", "ordinal"]
        if matching.period is not None:
            inside = ExpressionWrapper(matching.period, BooleanField())
            rows, columns = rows.annotate(inside=inside), [*columns, "inside"]
        sql, arguments = rows.values(*columns).query.sql_with_params()
        if pieces:
            named = ", ".join(f"filtered.{column}" for column in columns)
            sql = f"SELECT {named} FROM ({sql}) AS filtered JOIN held USING (id)"  # noqa: S608 - of constants; values are parameters
        pieces.append(f"\n    matched AS MATERIALIZED ({sql})")
        pieces.append(_bits_of("matched", is_narrowed=matching.period is not None))
        values += arguments
    return pieces, values


def _bits_of(name: str, *, is_narrowed: bool) -> str:
    """The bits of the documents of a row source; `narrow` are those inside of the period."""
    columns = {"wide": WORD_BITS}
    if is_narrowed:
        columns["narrow"] = f"{WORD_BITS} FILTER (WHERE inside)"
    return _WORDS.format(
        name=name,
        columns=", ".join(f"{sql} AS {column}" for column, sql in columns.items()),
        joined=", ".join(f"{joined(column)} AS {column}" for column in columns),
    )


def _groups(
    chosen: dict[str, str], names: Sequence[str]
) -> Iterator[tuple[str, tuple[str, ...] | None, list[str]]]:
    """Facets that are counted under the same selections: their bits, selections and names.

    None stands for all selections.
    """
    free = [name for name in names if name not in chosen and name != YEARS]
    if free:
        yield "narrow", None, free
    for name in names:
        if name in chosen:
            others = tuple(alias for other, alias in chosen.items() if other != name)
            yield "narrow", others, [name]
    if YEARS in names:
        yield "wide", tuple(chosen.values()), [YEARS]


def _mask(name: str, width: str, aliases: Sequence[str]) -> str:
    """The documents that count: those of the database that matched and meet some selections."""
    bits, joins = _together(name, width, aliases)
    return _MASK.format(bits=bits, joins=joins)


def _together(name: str, width: str, aliases: Sequence[str]) -> tuple[str, str]:
    """The public documents of all databases that matched and meet some selections: bits, tables."""
    matched = [f"{name}_bits"] if name else []
    tables = ["public", *matched, *aliases]
    bits = " & ".join(f"{table}.{width if table in matched else 'bits'}" for table in tables)
    return bits, tables[0] + "".join(f" JOIN {table} USING (chunk)" for table in tables[1:])
