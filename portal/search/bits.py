"""Facet bits: for each value of a facet, one bit for every document that carries it.

Counting tokens one by one costs a second at 100,000 documents; counting the bits that two strings
have in common costs a few milliseconds, and PostgreSQL does both the *and* and the count. The
bits of a chunk are made anew from its documents whenever one of them changes.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection

from portal.search.models import FacetBits, SearchDocument

#: Documents of one machine word; bits are collected in words before they are joined to a chunk.
WORD = 64
WORDS_OF_A_CHUNK = FacetBits.CHUNK // WORD
#: The bits of rows with an `ordinal` that lie in one word. In SQL for psycopg2: `%%` is modulo.
WORD_BITS = f"bit_or(1::bigint << (ordinal %% {WORD})::int)"


def joined(column: str) -> str:
    """SQL that joins the words of a chunk in the order of `slot`; a missing word is empty."""
    return f"string_agg(coalesce({column}, 0)::bit({WORD})::text, '' ORDER BY slot)::bit varying"


_MAKE = f"""
    WITH words AS (
        SELECT ordinal / {FacetBits.CHUNK} AS chunk, token,
               ordinal / {WORD} %% {WORDS_OF_A_CHUNK} AS slot, {WORD_BITS} AS bits
        FROM {SearchDocument._meta.db_table}, unnest(facets) AS token
        WHERE database = %s AND ordinal / {FacetBits.CHUNK} = ANY(%s)
        GROUP BY 1, 2, 3
    ), tokens AS (SELECT DISTINCT chunk, token FROM words)
    INSERT INTO {FacetBits._meta.db_table} (database, chunk, parameter, value, bits)
    SELECT %s, chunk, split_part(token, ':', 1), substr(token, strpos(token, ':') + 1),
           {joined("words.bits")}
    FROM tokens CROSS JOIN generate_series(0, {WORDS_OF_A_CHUNK - 1}) AS slot
    LEFT JOIN words USING (chunk, token, slot)
    GROUP BY chunk, token
"""  # noqa: S608 - constants of this module


def refresh_chunks(database: str, ordinals: Iterable[int]) -> None:
    """Make the bits of the chunks of some documents anew, inside the transaction of the change."""
    chunks = sorted({ordinal // FacetBits.CHUNK for ordinal in ordinals})
    for chunk in chunks:
        FacetBits.objects.filter(database=database, chunk=chunk).delete()
        with connection.cursor() as cursor:
            cursor.execute(_MAKE, [database, [chunk], database])
