"""PostgreSQL's own text types, written from ready lexemes: `tsvector` and `tsquery`.

No text search configuration takes part: what is written here is what is stored and asked for, so
the GIN index always serves, whatever the language of the reader.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.postgres.search import SearchQuery

from portal.search.analysis import Text, Word, lexemes, words

#: PostgreSQL keeps no position above this one, and no more positions of a lexeme.
MAX_POSITION = 16_383
MAX_POSITIONS_OF_A_LEXEME = 255
#: Words of one vector that are read, and bytes that they may take: a `tsvector` holds at most a
#: megabyte, and a document of many different words comes to that sooner.
MAX_WORDS = 60_000
MAX_BYTES = 900_000
#: No phrase reaches from one text to the next.
_GAP = 8


def quoted(lexeme: str) -> str:
    """A lexeme as it is written in a `tsvector` or `tsquery`."""
    escaped = lexeme.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"


class Vector:
    """A `tsvector` in the making; `str()` writes it."""

    def __init__(self) -> None:
        self._places: dict[str, list[str]] = {}
        self._position = 0
        self._read = 0
        self._bytes = 0

    def add(self, text: Text, weight: str = "") -> None:
        """Add the words of a text, with one of the weights A to D (D is written as nothing)."""
        self.add_words(
            ((word, lexemes(word.text, text.languages)) for word in words(text.text)), weight
        )

    def add_words(self, found: Iterable[tuple[Word, tuple[str, ...]]], weight: str = "") -> None:
        """Add the words of a text that was read already (`portal.search.analysis.read`)."""
        start = self._position
        for word, forms in found:
            if self._read >= MAX_WORDS or self._bytes >= MAX_BYTES:
                return
            self._read += 1
            self._position = start + word.position
            for lexeme in forms:
                self._put(lexeme, weight)
        self._position += _GAP

    def add_lexemes(self, found: Iterable[str], weight: str = "") -> None:
        """Add lexemes that are no words of a text, as the keys of terms and places."""
        for lexeme in found:
            self._position += 1
            self._put(lexeme, weight)
        self._position += _GAP

    def _put(self, lexeme: str, weight: str) -> None:
        places = self._places.get(lexeme)
        if places is None:
            places = self._places[lexeme] = []
            # The lexeme, the number of its positions, and what aligns them.
            self._bytes += len(lexeme.encode()) + 4
        if len(places) < MAX_POSITIONS_OF_A_LEXEME:
            self._bytes += 2
            places.append(f"{min(self._position, MAX_POSITION)}{weight}")

    def __str__(self) -> str:
        return " ".join(
            f"{quoted(lexeme)}:{','.join(places)}" for lexeme, places in self._places.items()
        )


class LexemeQuery(SearchQuery):
    """A `tsquery` of ready lexemes.

    Args:
        text: the query in PostgreSQL's own writing, its lexemes quoted by `quoted`.
    """

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text

    def as_sql(self, compiler: Any, connection: Any, *args: Any, **kwargs: Any) -> Any:
        return "%s::tsquery", [self.text]
