"""All pairs of records that may be one, found in one statement a database and kept.

The plan: the documents of the database are read once into a table of the statement (key,
jurisdiction, year, folded title), which is joined with itself by hashes of jurisdiction and year,
so that only titles of one group are compared; no index is needed, and memory holds the titles
once. Titles without a year, of which only very near ones count, are joined by their first or last
letters instead, since so near a title differs in one place. Identifiers are joined by their keys,
short numbers of laws by their digits.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from django.db import connection, transaction

from portal.curation.duplicates import (
    LOCAL,
    MOST,
    NEAR,
    SHORT_NUMBER,
    TELLING_KEY,
    UNIVERSAL,
    VERY_NEAR,
    Reason,
    has_place,
    number_field,
    open_pairs,
)
from portal.curation.models import SuspectedPair
from portal.records.database import Database
from portal.search.models import Identifier, SearchDocument

#: A key that more records share names none of them.
CROWD = 20
#: So many letters at the beginning or the end of two very near titles are the same.
SAME_END = 12
_BATCH = 500


@dataclass
class Found:
    """What is known of a pair."""

    likeness: float
    reasons: list[Reason] = field(default_factory=list)


_SQL = r"""
WITH known AS MATERIALIZED (
    SELECT d.id, d.object_id, d.title_key AS title, d.date_key / 10000 AS year, {place} AS place,
        regexp_replace(d.title_key, '\D', '', 'g') AS digits,
        cardinality(show_trgm(d.title_key)) AS size, {number} AS number
    FROM {documents} d {join} WHERE d.database = %(database)s
), titles AS (
    SELECT a.object_id AS a, b.object_id AS b, a.place, a.year
    FROM known a JOIN known b ON a.place = b.place AND a.year = b.year
    WHERE a.object_id < b.object_id AND a.year > 0
        AND (a.digits = b.digits OR '' IN (a.digits, b.digits))
        -- What is much shorter cannot be near: this spares most of the comparing.
        AND least(a.size, b.size) >= %(near)s * greatest(a.size, b.size)
        AND similarity(a.title, b.title) >= %(near)s
    UNION
    SELECT least(a.object_id, b.object_id), greatest(a.object_id, b.object_id), a.place, 0
    FROM known a JOIN known b ON a.place = b.place
        AND (left(a.title, %(end)s) = left(b.title, %(end)s))
    WHERE a.year = 0 AND a.object_id <> b.object_id
        AND (a.digits = b.digits OR '' IN (a.digits, b.digits))
        AND similarity(a.title, b.title) >= %(very_near)s
    UNION
    SELECT least(a.object_id, b.object_id), greatest(a.object_id, b.object_id), a.place, 0
    FROM known a JOIN known b ON a.place = b.place
        AND (right(a.title, %(end)s) = right(b.title, %(end)s))
    WHERE a.year = 0 AND a.object_id <> b.object_id
        AND (a.digits = b.digits OR '' IN (a.digits, b.digits))
        AND similarity(a.title, b.title) >= %(very_near)s
), named AS MATERIALIZED (
    SELECT k.object_id, i.kind, i.key, i.text,
        CASE WHEN i.kind = ANY(%(local)s) THEN k.place ELSE '' END AS place
    FROM {identifiers} i JOIN known k ON k.id = i.document_id
    WHERE i.kind = ANY(%(kinds)s) AND i.key ~ %(telling)s
        AND (i.kind <> 'citation'
            OR length(i.key) >= %(most)s * length(regexp_replace(i.text, '\W|_', '', 'g')))
), telling AS (
    SELECT kind, key, place FROM named GROUP BY kind, key, place
    HAVING count(DISTINCT object_id) BETWEEN 2 AND %(crowd)s
), short AS MATERIALIZED (
    SELECT object_id, place, year, number AS text,
        btrim(regexp_replace(number, '[^0-9]+', '/', 'g'), '/') AS digits
    FROM known WHERE number ~ %(short)s
), few AS (
    SELECT place, digits FROM short GROUP BY place, digits HAVING count(*) <= %(crowd)s
), pairs AS (
    SELECT a, b, 'title' AS kind, '' AS text, place, year FROM titles
    UNION ALL
    SELECT n.object_id, m.object_id, n.kind, n.text, '', 0
    FROM telling JOIN named n USING (kind, key, place) JOIN named m USING (kind, key, place)
    WHERE n.object_id < m.object_id
    UNION ALL
    SELECT s.object_id, t.object_id, 'number', s.text, '', 0
    FROM few JOIN short s USING (place, digits) JOIN short t USING (place, digits)
    WHERE s.object_id < t.object_id AND (s.year = t.year OR 0 IN (s.year, t.year))
)
SELECT p.a, p.b, p.kind, p.text, p.place, p.year, similarity(x.title, y.title)
FROM pairs p JOIN known x ON x.object_id = p.a JOIN known y ON y.object_id = p.b
ORDER BY p.a, p.b, p.kind, p.text
"""


def find(database: Database) -> dict[tuple[int, int], Found]:
    """The pairs of a database that may be one, by the keys of their records."""
    found: dict[tuple[int, int], Found] = {}
    for first, second, kind, text, place, year, likeness in _rows(database):
        pair = found.setdefault((first, second), Found(round(likeness, 2)))
        reason = Reason.of_title(likeness, place, year) if kind == "title" else Reason(kind, text)
        if reason not in pair.reasons:
            pair.reasons.append(reason)
    return found


def _rows(database: Database) -> Iterator[tuple[int, int, str, str, str, int, float]]:
    quote = connection.ops.quote_name
    table = quote(database.model._meta.db_table)
    placed, number = has_place(database), number_field(database)
    sql = _SQL.format(
        documents=quote(SearchDocument._meta.db_table),
        identifiers=quote(Identifier._meta.db_table),
        place="r.jurisdiction_id::text" if placed else "''",
        number=f"r.{quote(number)}" if number else "''",
        join=f"JOIN {table} r ON r.id = d.object_id" if placed else "",
    )
    values: dict[str, Any] = {
        "database": database.slug,
        "near": NEAR,
        "very_near": VERY_NEAR,
        "end": SAME_END,
        "local": [str(kind) for kind in LOCAL],
        "kinds": [str(kind) for kind in (*LOCAL, *UNIVERSAL)],
        "telling": TELLING_KEY,
        "short": SHORT_NUMBER,
        "most": MOST,
        "crowd": CROWD,
    }
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        yield from cursor.fetchall()


@dataclass(frozen=True)
class Outcome:
    """What became of the table of pairs."""

    new: int
    forgotten: int
    waiting: int


def keep(database: Database) -> Outcome:
    """Bring the table of pairs in line with what is found now.

    What a curator judged stays, as long as both records are there.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            # A page must not wait for long; tens of thousands of titles may.
            cursor.execute("SET LOCAL statement_timeout = 0")
        found = find(database)
        kept = {
            (pair.first_id, pair.second_id): pair
            for pair in SuspectedPair.objects.select_for_update().filter(database=database.slug)
        }
        records = set(database.records.order_by().values_list("pk", flat=True)) if kept else set()
        gone = [
            pair.pk
            for key, pair in kept.items()
            if not records.issuperset(key) or (pair.judged_at is None and key not in found)
        ]
        SuspectedPair.objects.filter(pk__in=gone).delete()
        new = [
            _filled(SuspectedPair(database=database.slug, first_id=key[0], second_id=key[1]), pair)
            for key, pair in found.items()
            if key not in kept
        ]
        SuspectedPair.objects.bulk_create(new, batch_size=_BATCH)
        changed = [
            _filled(kept[key], pair)
            for key, pair in found.items()
            if key in kept and (kept[key].reasons, kept[key].likeness) != _said(pair)
        ]
        SuspectedPair.objects.bulk_update(changed, ["reasons", "likeness"], batch_size=_BATCH)
        return Outcome(len(new), len(gone), open_pairs(database).count())


def _said(pair: Found) -> tuple[list[dict[str, str]], float]:
    return [asdict(reason) for reason in pair.reasons], pair.likeness


def _filled(kept: SuspectedPair, pair: Found) -> SuspectedPair:
    kept.reasons, kept.likeness = _said(pair)
    return kept
