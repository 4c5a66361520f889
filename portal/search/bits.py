"""Facet bits: for each value of a facet, one bit for every document that carries it.

Counting tokens one by one costs a second at 100,000 documents; counting the bits that two strings
have in common costs a few milliseconds, and PostgreSQL does both the *and* and the count. The
documents of all databases share one row of bits; which of them are public, and in which database,
is a value like any other, under the name `PUBLIC`.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection

from portal.records.models import State
from portal.search.models import FacetBits, SearchDocument

#: The name of the bits of the public documents of each database; no parameter is called so.
PUBLIC = "*public"
#: Documents of one machine word; bits are collected in words before they are joined to a chunk.
WORD = 64
WORDS_OF_A_CHUNK = FacetBits.CHUNK // WORD
#: The bits of rows with an `ordinal` that lie in one word. In SQL for psycopg2: `%%` is modulo.
WORD_BITS = f"bit_or(1::bigint << ({WORD - 1} - ordinal %% {WORD})::int)"


def joined(column: str) -> str:
    """SQL that joins the words of a chunk in the order of `slot`; a missing word is empty."""
    return f"string_agg(coalesce({column}, 0)::bit({WORD})::text, '' ORDER BY slot)::bit varying"


def tokens_of_bits(document: SearchDocument) -> set[str]:
    """The tokens that a document has a bit for."""
    public = {f"{PUBLIC}:{document.database}"} if document.state == State.PUBLISHED else set()
    return {*document.facets, *public}


_TABLE = FacetBits._meta.db_table
_MAKE = f"""
    WITH words AS (
        SELECT ordinal / {FacetBits.CHUNK} AS chunk, token,
               ordinal / {WORD} %% {WORDS_OF_A_CHUNK} AS slot, {WORD_BITS} AS bits
        FROM {SearchDocument._meta.db_table}, unnest(
            facets || CASE WHEN state = %s THEN ARRAY['{PUBLIC}:' || database] END
        ) AS token
        WHERE ordinal / {FacetBits.CHUNK} = %s
        GROUP BY 1, 2, 3
    ), tokens AS (SELECT DISTINCT chunk, token FROM words)
    INSERT INTO {_TABLE} (parameter, value, chunk, bits)
    SELECT split_part(token, ':', 1), substr(token, strpos(token, ':') + 1), chunk,
           {joined("words.bits")}
    FROM tokens CROSS JOIN generate_series(0, {WORDS_OF_A_CHUNK - 1}) AS slot
    LEFT JOIN words USING (chunk, token, slot)
    GROUP BY chunk, token
"""  # noqa: S608 - constants of this module
_ROWS = "unnest(%s::text[], %s::text[], %s::int[], %s::bit varying[])"
_SET = f"""
    INSERT INTO {_TABLE} AS kept (parameter, value, chunk, bits) SELECT * FROM {_ROWS}
    ON CONFLICT (parameter, value, chunk) DO UPDATE SET bits = kept.bits | excluded.bits
"""  # noqa: S608 - of constants; values are parameters
_CLEAR = f"""
    UPDATE {_TABLE} AS kept SET bits = kept.bits & ~ gone.bits
    FROM {_ROWS} AS gone (parameter, value, chunk, bits)
    WHERE (kept.parameter, kept.value, kept.chunk) = (gone.parameter, gone.value, gone.chunk)
"""  # noqa: S608 - of constants; values are parameters


def remake() -> None:
    """Make the bits of all documents anew."""
    FacetBits.objects.all().delete()
    last = SearchDocument.objects.order_by("ordinal").values_list("ordinal", flat=True).last()
    for chunk in range(0 if last is None else last // FacetBits.CHUNK + 1):
        with connection.cursor() as cursor:
            cursor.execute(_MAKE, [State.PUBLISHED, chunk])


def change(changed: Iterable[tuple[int, set[str], set[str]]]) -> None:
    """Change the bits of some documents.

    Args:
        changed: for each, its ordinal, its tokens before and its tokens now.
    """
    gained: dict[tuple[str, int], int] = {}
    lost: dict[tuple[str, int], int] = {}
    for ordinal, before, now in changed:
        chunk, place = divmod(ordinal, FacetBits.CHUNK)
        bit = 1 << (FacetBits.CHUNK - 1 - place)
        for masks, tokens in ((gained, now - before), (lost, before - now)):
            for token in tokens:
                masks[token, chunk] = masks.get((token, chunk), 0) | bit
    for sql, masks in ((_SET, gained), (_CLEAR, lost)):
        if masks:
            rows = [
                (*token.split(":", 1), chunk, format(mask, f"0{FacetBits.CHUNK}b"))
                for (token, chunk), mask in sorted(masks.items())
            ]
            with connection.cursor() as cursor:
                cursor.execute(sql, [list(column) for column in zip(*rows, strict=True)])
