"""Many more synthetic cases by multiplying rows inside PostgreSQL.

To write and index a million cases in Python takes hours. Here the cases of a benchmark database
(`generate.py`) are copied by `INSERT … SELECT`, with all their parts, search documents and
identifiers. A copy has keys, code, title, numbers and sources of its own, and dates moved within
their years; terms, places, texts and links are those of its original, so that every filter and word
keeps its share of the rows. Facet bits are made of the documents by the portal's own code.

Numbers of cases have six digits (`FIRST`), so that a number is one word wherever it stands: a
copy's is that of its original with the number of the copy before it, and replaces it in every text
and text vector. `differences()` holds a sample against what the index makes of these records.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.search import SearchVectorField
from django.db import connection, models

from benchmarks.databases import refuse_unless_benchmark

#: The first number of the cases that are multiplied.
FIRST = 100_001
#: What is added to all keys for each copy; the originals' are below it.
STRIDE = 10_000_000
#: Copies of all cases that one statement writes.
STEP = 10
MEMORY = "512MB"
_TEXTS = (models.CharField, models.TextField)
#: A date of a copy: the same year to the same precision, another month and day.
_MOVED = """
CREATE OR REPLACE FUNCTION pg_temp.moved(known daterange, k int) RETURNS daterange AS $$
    SELECT CASE
        WHEN known IS NULL OR upper(known) - lower(known) > 31 THEN known
        WHEN upper(known) - lower(known) > 1 THEN daterange(
            moved.month, (moved.month + interval '1 month')::date)
        ELSE daterange(moved.day, moved.day + 1) END
    FROM (SELECT make_date(y, (m - 1 + 5 * k) % 12 + 1, 1) AS month,
                 make_date(y, (m - 1 + 5 * k) % 12 + 1, (d - 1 + 11 * k) % 28 + 1) AS day
          FROM (SELECT extract(year FROM lower(known))::int AS y,
                       extract(month FROM lower(known))::int AS m,
                       extract(day FROM lower(known))::int AS d) AS parts) AS moved
$$ LANGUAGE sql IMMUTABLE
"""
_DATE_KEY = """CASE WHEN {0} IS NULL THEN 0 ELSE
    extract(year FROM lower({0}))::int * 10000
    + CASE WHEN upper({0}) - lower({0}) > 31 THEN 0 ELSE extract(month FROM lower({0}))::int * 100
        + CASE WHEN upper({0}) - lower({0}) > 1 THEN 0 ELSE extract(day FROM lower({0}))::int END
      END END"""

#: Columns of which the name says what a copy holds.
_OWN = {
    "object_id": f"own.object_id + k * {STRIDE}::bigint",
    "ordinal": "following + (k - 1) * many + place",
    "date_key": _DATE_KEY.format("pg_temp.moved(own.date, k)"),
    "changed_at": "own.changed_at + k * interval '1 second'",
    "created_at": "own.created_at + k * interval '1 second'",
}


@dataclass(frozen=True)
class Table:
    """A table whose rows are multiplied.

    Attributes:
        model: its model.
        path: the foreign keys that lead from it to the case; of the search's tables, none.
    """

    model: type[models.Model]
    path: tuple[Any, ...] = ()

    @property
    def name(self) -> str:
        return self.model._meta.db_table


def multiply(copies: int, done: int = 1, progress: Callable[[int], Any] = lambda n: None) -> float:
    """Have so many of each case: the originals, and copies.

    Args:
        copies: of each case, the original among them.
        done: how many there are already.
        progress: told how many of each there are.

    Returns:
        Seconds that it took to build the GIN indexes of the documents.

    Raises:
        NotABenchmarkError: the database is not one of a benchmark.
    """
    from portal.search import bits

    built = 0.0
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_database()")
        refuse_unless_benchmark(cursor.fetchone()[0])
        cursor.execute(f"SET maintenance_work_mem = '{MEMORY}'")
        # Rows are copied with what they refer to: there is nothing for foreign keys to find out.
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(_MOVED)
        _note_originals(cursor)
        found = tables()
        models_of = {table.model for table in found}
        definitions = [each for table in found for each in _dropped(cursor, table)]
        for first in range(done, copies, STEP):
            last = min(first + STEP, copies) - 1
            for table in found:
                cursor.execute(_copying(table, models_of), [first, last])
            progress(last + 1)
        for definition in definitions:
            began = time.perf_counter()
            cursor.execute(definition)
            if "USING gin" in definition:
                built += time.perf_counter() - began
        for table in found:
            sequence = f"pg_get_serial_sequence('{table.name}', 'id')"
            cursor.execute(f"SELECT setval({sequence}, coalesce(max(id), 1)) FROM {table.name}")
        cursor.execute("SET session_replication_role = DEFAULT")
        bits.remake()
        cursor.execute("VACUUM (ANALYZE)")
    return built


def tables() -> list[Table]:
    """The tables of the cases, of their parts, and of what the search keeps of them."""
    from caselaw.models import Case
    from portal.search.models import Identifier, SearchDocument

    found = [Table(Case)]
    # The list grows while it is walked: parts have parts.
    for table in found:
        for relation in table.model._meta.related_objects:
            field: Any = relation.field
            is_part = field.remote_field.on_delete is models.CASCADE
            known = {each.model for each in found}
            if is_part and field.model not in known and field.model._meta.app_label == "caselaw":
                found.append(Table(field.model, (field, *table.path)))
    return [*found, Table(SearchDocument), Table(Identifier)]


def _note_originals(cursor: Any) -> None:
    """The cases that are multiplied, with number, document, and place among them."""
    cursor.execute("DROP TABLE IF EXISTS pg_temp.original")
    cursor.execute(
        "CREATE TEMPORARY TABLE original AS SELECT record.id AS case_id,"
        " document.id AS document_id, split_part(record.code, '-', 2) AS number,"
        " row_number() OVER (ORDER BY record.id) - 1 AS place, count(*) OVER () AS many,"
        " (SELECT max(ordinal) + 1 FROM search_document WHERE id < %s) AS following"
        " FROM caselaw_case AS record JOIN search_document AS document"
        " ON object_id = record.id AND database = 'cases'"
        " WHERE record.id < %s AND record.code LIKE %s",
        [STRIDE, STRIDE, "synthetic-%"],
    )
    cursor.execute("ANALYZE original")
    cursor.execute("SELECT number FROM original WHERE length(number) <> %s", [len(str(FIRST))])
    if odd := cursor.fetchone():
        raise ValueError(f"The number {odd[0]} does not have {len(str(FIRST))} digits")


def _dropped(cursor: Any, table: Table) -> Iterator[str]:
    """Drop the indexes that stand for no constraint; the statements that make them again."""
    cursor.execute(
        "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index"
        " WHERE indrelid = %s::regclass AND NOT EXISTS ("
        "   SELECT 1 FROM pg_constraint WHERE conindid = indexrelid)",
        [table.name],
    )
    for name, definition in cursor.fetchall():
        cursor.execute(f"DROP INDEX {name}")
        yield definition


def _copying(table: Table, copied: Collection[type[models.Model]]) -> str:
    """The statement that copies the rows of a table; it takes the first and last copy."""
    columns: list[str] = []
    values: list[str] = []
    for field in table.model._meta.local_concrete_fields:
        columns.append(f'"{field.column}"')
        values.append(_value(field, copied))
    # From the row to its case, one part after another.
    joins, last = "", "own"
    for place, key in enumerate(table.path[:-1]):
        parent = key.remote_field.model._meta.db_table
        joins += f' JOIN {parent} AS part_{place} ON part_{place}.id = {last}."{key.column}"'
        last = f"part_{place}"
    to_case = f'{last}."{table.path[-1].column}"' if table.path else "own.id"
    if table.name == "search_document":
        meeting = "own.id = original.document_id"
    elif table.name == "search_identifier":
        meeting = "own.document_id = original.document_id"
    else:
        meeting = f"original.case_id = {to_case}"
    return (
        f"INSERT INTO {table.name} ({', '.join(columns)}) SELECT {', '.join(values)}"
        f" FROM {table.name} AS own{joins} JOIN original ON {meeting}"
        " CROSS JOIN generate_series(%s, %s) AS k"
    )


def _value(field: Any, copied: Collection[type[models.Model]]) -> str:
    """What a column of a copy holds, in SQL."""
    column = f'own."{field.column}"'
    if field.name in _OWN:
        return _OWN[field.name]
    kind = field.db_type(connection)
    is_list = isinstance(field, ArrayField) and field.name != "facets"
    if field.primary_key or (field.remote_field and field.remote_field.model in copied):
        return f"{column} + k * {STRIDE}::bigint"
    if kind == "daterange":
        return f"pg_temp.moved({column}, k)"
    if isinstance(field, SearchVectorField):
        quoted = "'''' || number || ''''", "'''' || k || number || ''''"
        return f"replace({column}::text, {quoted[0]}, {quoted[1]})::tsvector"
    if (is_list or isinstance(field, _TEXTS)) and not field.remote_field:
        # Wherever the number stands; and where it stands by chance, in text and vector alike.
        return f"replace({column}::text, number, k || number)::{kind}"
    return column


def differences(sample: int, seed: int = 1) -> list[str]:
    """What search rows of some copies hold that the index would not make of their records.

    Args:
        sample: how many copies are looked at.
        seed: the same chooses the same.
    """
    from caselaw.models import Case
    from portal.records.database import database_for
    from portal.reference.catalog import pinned
    from portal.search import index
    from portal.search.models import SearchDocument

    cases = database_for("cases")
    keys = list(Case.objects.filter(pk__gt=STRIDE).values_list("pk", flat=True))
    chosen = random.Random(seed).sample(keys, min(sample, len(keys)))
    told: list[str] = []
    with pinned():
        for record in cases.records.for_index().filter(pk__in=chosen):
            document = cases.document(record)
            kept = SearchDocument.objects.get(database="cases", object_id=record.pk)
            wanted = index._row(cases, record, document, kept.ordinal)
            told += [f"{record.code}: {what}" for what in _unlike(kept, wanted)]
            named = [(kept, record, list(document.identifiers))]
            told += [f"{record.code}: {what}" for what in _other_names(kept, named)]
    return told


def _unlike(kept: Any, wanted: Any) -> Iterator[str]:
    """The columns in which a document differs from what it should be, and missing bits."""
    from portal.search.models import FacetBits

    for field in kept._meta.concrete_fields:
        ours, theirs = getattr(kept, field.attname), getattr(wanted, field.attname)
        if isinstance(field, SearchVectorField):
            with connection.cursor() as cursor:
                cursor.execute("SELECT %s::tsvector = %s::tsvector", [ours, theirs])
                if not cursor.fetchone()[0]:
                    yield field.name
        elif field.name != "id" and ours != theirs:
            yield f"{field.name} is {ours!r} and not {theirs!r}"
    chunk, place = divmod(kept.ordinal, FacetBits.CHUNK)
    rows = FacetBits.objects.filter(chunk=chunk).extra(  # noqa: S610 - a number of ours
        where=[f"get_bit(bits, {place}) = 1"]
    )
    from portal.search.bits import tokens_of_bits

    ours = {f"{name}:{value}" for name, value in rows.values_list("parameter", "value")}
    if ours != tokens_of_bits(wanted):
        yield f"the bits {sorted(ours ^ tokens_of_bits(wanted))}"


def _other_names(kept: Any, named: list[Any]) -> Iterator[str]:
    from portal.search import index

    ours = set(kept.identifiers.values_list("kind", "key", "text"))
    theirs = {(each.kind, each.key, each.text) for each in index.identifiers_in(named)}
    if ours != theirs:
        yield f"the identifiers {sorted(ours ^ theirs)}"
