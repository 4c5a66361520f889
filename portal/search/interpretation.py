"""A query as it is understood: each part what was typed, and the concepts that it names.

    contrebande mer Espagne capitaine
    [contrebande: Smuggling of migrants] [mer: Sea] [Espagne: Spain] [capitaine]

The longest name wins, from left to right; a quoted phrase and the beginning of a word name
nothing but themselves. Words that name a concept are still looked for as words, too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from django.utils.translation import gettext as _

from portal.reference.labels import active_language
from portal.search.analysis import is_stop_word, is_unspaced, words
from portal.search.concepts import Concept, Names, names, unspaced
from portal.search.query import Clause, Query


@dataclass(frozen=True)
class Part:
    """Some clauses of a query that belong together, and what they were taken for.

    Attributes:
        clauses: what was typed.
        concepts: what the clauses name; empty for plain words.
        is_ignored: whether it holds only words that stand in every text.
    """

    clauses: tuple[Clause, ...]
    concepts: tuple[Concept, ...] = ()
    is_ignored: bool = False

    @property
    def excluded(self) -> bool:
        return self.clauses[0].excluded

    @property
    def typed(self) -> str:
        """What was typed, in words."""
        if len(self.clauses) == 1:
            return str(self.clauses[0])
        return " ".join(clause.text for clause in self.clauses)

    @property
    def meaning(self) -> str:
        """The names of the concepts in the reader's language; '' for plain words."""
        either = _("or")
        return f" {either} ".join(dict.fromkeys(str(concept) for concept in self.concepts))

    @property
    def source(self) -> str:
        return " ".join(clause.source for clause in self.clauses)


@dataclass(frozen=True)
class Interpretation:
    """Alternatives of parts that must all hold."""

    groups: tuple[tuple[Part, ...], ...] = ()

    @property
    def parts(self) -> tuple[Part, ...]:
        return tuple(part for group in self.groups for part in group)

    @property
    def concepts(self) -> tuple[Concept, ...]:
        """All concepts that are asked for, each once."""
        asked = [c for part in self.parts if not part.excluded for c in part.concepts]
        return tuple({concept.key: concept for concept in asked}.values())

    @property
    def only_ignored(self) -> bool:
        """Whether nothing is left to look for."""
        return bool(self.parts) and all(part.is_ignored for part in self.parts)

    def without(self, dropped: Part) -> str:
        """The query as it would be typed without a part."""
        kept = [[part for part in group if part is not dropped] for group in self.groups]
        return " or ".join(" ".join(part.source for part in group) for group in kept if group)


def interpret(query: Query, language: str | None = None) -> Interpretation:
    """Read a query for a reader of a language, by default of the one in use."""
    return _interpret(query, language or active_language(), None if query.as_typed else names())


@lru_cache(maxsize=256)
def _interpret(query: Query, language: str, known: Names | None) -> Interpretation:
    groups = (tuple(_parts(group, language, known)) for group in query.alternatives)
    return Interpretation(tuple(group for group in groups if group))


@dataclass(frozen=True)
class _Piece:
    """A clause with the words that it is looked for by."""

    clause: Clause
    folded: tuple[str, ...]
    is_ignored: bool

    @property
    def is_plain(self) -> bool:
        """Whether it may be part of a name of several words."""
        return not (self.clause.is_phrase or self.clause.is_prefix or self.clause.excluded)


def _piece(clause: Clause, language: str) -> _Piece:
    found = [word.text for word in words(clause.text)]
    # Where nothing but words of every text is quoted, the phrase is not looked for either.
    kept = tuple(word for word in found if not is_stop_word(word, ("en", language)))
    return _Piece(clause, kept, not kept and not clause.is_prefix)


def _parts(group: Sequence[Clause], language: str, known: Names | None) -> Iterator[Part]:
    pieces = [
        _piece(part, language)
        for clause in group
        for part in (_segments(clause, known) if known else [clause])
    ]
    place = 0
    while place < len(pieces):
        end, concepts = _longest(pieces, place, language, known)
        chosen = tuple(piece.clause for piece in pieces[place:end])
        yield Part(chosen, concepts, not concepts and pieces[place].is_ignored)
        place = end


def _longest(
    pieces: Sequence[_Piece], start: int, language: str, known: Names | None
) -> tuple[int, tuple[Concept, ...]]:
    """Where the longest name that begins with a piece ends, and what it names."""
    first = pieces[start]
    if known is None or first.is_ignored or first.clause.is_phrase or first.clause.is_prefix:
        return start + 1, ()
    if is_unspaced(first.clause.text):
        return start + 1, known.of_text(unspaced(first.clause.text))
    end, best = start + 1, known.of_words(first.folded, language)
    row = first.folded
    for place in range(start + 1, len(pieces)):
        piece = pieces[place]
        if not (first.is_plain and piece.is_plain) or len(row) >= known.longest:
            break
        row = (*row, *piece.folded)
        if not piece.is_ignored and (found := known.of_words(row, language)):
            end, best = place + 1, found
    return end, best


def _segments(clause: Clause, known: Names) -> list[Clause]:
    """A run of a script without spaces, cut at the names that it holds."""
    if clause.is_phrase or clause.is_prefix or not is_unspaced(clause.text):
        return [clause]
    text = unspaced(clause.text)
    cut: list[str] = []
    rest, place = "", 0
    while place < len(text):
        # One character is a name only where it stands alone: it is a part of too many words.
        longest, shortest = min(known.longest_unspaced, len(text) - place), min(2, len(text))
        sizes = range(longest, shortest - 1, -1)
        length = next((size for size in sizes if known.of_text(text[place : place + size])), 0)
        if length:
            cut += [rest, text[place : place + length]]
            rest = ""
        else:
            rest += text[place]
        place += length or 1
    cut.append(rest)
    found = [piece for piece in cut if piece and not is_stop_word(piece, ("zh",))]
    return [replace(clause, text=piece) for piece in found] or [clause]
