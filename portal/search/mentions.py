"""Names of concepts in texts, found once when a text is indexed.

A text that says *Spanish*, *España* or *Королевство Испания* is found by the one lexeme
`said:place:ESP`, so a query asks for a concept and not for all its names: some have two hundred.
Beside it stand the lexemes of what a record is tagged with (`place:ESP`).
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence

from portal.search.analysis import Word, is_stop_word, is_unspaced, stem, words
from portal.search.concepts import Concept, Names, names
from portal.search.vectors import quoted

#: A name as a row of words: of each, its position from the first and the forms it may have.
Reading = list[tuple[int, tuple[str, ...]]]


def said(concept_key: str) -> str:
    """The lexeme of a document that names a concept in its words."""
    return f"said:{concept_key}"


def looked_for(text: str) -> list[Word]:
    """The words of a name; a run of pairs without the lone character that ends it."""
    found = list(words(text))
    return [
        word
        for place, word in enumerate(found)
        if not (
            place
            and len(word.text) == 1
            and is_unspaced(word.text)
            and found[place - 1].end == word.end
        )
    ]


def readings(concept: Concept) -> Iterator[Reading]:
    """Each name of a concept as a row of words, without the words of every text."""
    for language, name in concept.names:
        kept = [word for word in looked_for(name) if not is_stop_word(word.text, (language,))]
        if kept:
            yield [(word.position - kept[0].position, _forms(word.text, language)) for word in kept]


def _forms(word: str, language: str) -> tuple[str, ...]:
    """The lexemes that a word of a name may stand for: texts are in English or in its language."""
    languages = (language, "en") if word.isascii() else (language,)
    return tuple(dict.fromkeys(stem(word, code) for code in languages))


def naming(concept_keys: Iterable[str]) -> str:
    """A `tsquery` for the documents that name some concepts, by the names of now or of before.

    The names of before are known by the lexeme that they left in the documents.
    """
    wanted = set(concept_keys)
    pieces = [quoted(said(key)) for key in sorted(wanted)]
    for concept in names().concepts:
        if concept.key in wanted:
            for reading in readings(concept):
                start, steps = 0, ""
                for distance, forms in reading:
                    any_form = f"({' | '.join(quoted(form) for form in forms)})"
                    steps = f"{steps} <{distance - start}> {any_form}" if steps else any_form
                    start = distance
                pieces.append(steps)
    return " | ".join(dict.fromkeys(pieces))


class Mentions:
    """All names of all concepts, to be found in texts."""

    def __init__(self, concepts: Iterable[Concept]) -> None:
        self._single: dict[str, set[str]] = {}
        self._longer: dict[str, dict[str, list[tuple[Reading, str]]]] = {}
        for concept in concepts:
            for reading in readings(concept):
                self._add(reading, said(concept.key))

    def _add(self, reading: Reading, lexeme: str) -> None:
        for form in reading[0][1]:
            if len(reading) == 1:
                self._single.setdefault(form, set()).add(lexeme)
                continue
            # By the first two words: hundreds of names begin with the same one.
            followers = self._longer.setdefault(form, {})
            for second in reading[1][1]:
                followers.setdefault(second, []).append((reading, lexeme))

    def of(self, text: Sequence[tuple[Word, tuple[str, ...]]]) -> set[str]:
        """The lexemes of the concepts that a text names, as `portal.search.analysis.read` it."""
        found: set[str] = set()
        rows = [forms for _word, forms in text]
        for place, forms in enumerate(rows):
            for form in forms:
                found |= self._single.get(form, set())
                followers = self._longer.get(form)
                if followers is not None:
                    found.update(self._beginning(followers, rows, place))
        return found

    @staticmethod
    def _beginning(
        followers: dict[str, list[tuple[Reading, str]]],
        rows: Sequence[tuple[str, ...]],
        start: int,
    ) -> Iterator[str]:
        """The names of several words that begin at a place."""
        # Words of every text may stand between the first two words of a name.
        for place in range(start + 1, min(start + 4, len(rows))):
            for form in rows[place]:
                for reading, lexeme in followers.get(form, ()):
                    if reading[1][0] == place - start and all(
                        start + distance < len(rows)
                        and not set(wanted).isdisjoint(rows[start + distance])
                        for distance, wanted in reading[1:]
                    ):
                        yield lexeme


_lock = threading.Lock()
_kept: list[tuple[Names, Mentions]] = []


def mentions() -> Mentions:
    """The names of the present reference data; made once for each state of it."""
    current = names()
    with _lock:
        if not (_kept and _kept[0][0] is current):
            _kept[:] = [(current, Mentions(current.concepts))]
        return _kept[0][1]
