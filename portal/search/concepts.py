"""Terms, places and concepts by all the names that readers give them in any language.

The names are the labels of the vocabularies, the names of jurisdictions and regions, and the
thesaurus (`collection/thesaurus.json`): other words, adjectives, long and former names. A concept
is found in a query by whole names only, in the singular or plural; documents carry it as a lexeme
such as `modes:sea` or `place:ESP`, which no text contains.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db import models

from portal.reference.catalog import Catalog, catalog
from portal.reference.labels import localized
from portal.reference.models import (
    Jurisdiction,
    Process,
    Region,
    Term,
    ThesaurusEntry,
    TreatyArticle,
)
from portal.search.analysis import is_stop_word, is_unspaced, query_languages, stem, words

#: Terms of these vocabularies are answers to a question of a form, and mean nothing alone.
UNNAMED = frozenset(
    {"benefit", "fee_per", "benefit_element", "law_status", "proceedings_stages", "law_types"}
)
_PARENTHESIS = re.compile(r"\s*[(（][^)）]*[)）]")
_PLURALS = {"en": ("s",), "fr": ("s", "x"), "es": ("es", "s"), "pt": ("es", "s")}


@dataclass(frozen=True)
class Concept:
    """Something that a query can name.

    Attributes:
        key: what names it once and for all: `modes:sea`, `place:ESP`, `concept:smuggler`.
        lexemes: what documents that carry it hold.
        labels: what it is called, by language.
        names: all its names with their languages, the labels among them.
    """

    key: str
    lexemes: tuple[str, ...]
    labels: dict[str, str] = field(compare=False, hash=False)
    names: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        return localized(self.labels)


class Names:
    """All names of all concepts of a catalog, to be looked up."""

    def __init__(self, concepts: Iterable[Concept]) -> None:
        self.concepts = tuple(concepts)
        self.longest = 1
        self.longest_unspaced = 1
        self._by_words: dict[tuple[str, ...], list[Concept]] = {}
        self._by_text: dict[str, list[Concept]] = {}
        for concept in self.concepts:
            for language, name in concept.names:
                self._add(concept, language, name)

    def _add(self, concept: Concept, language: str, name: str) -> None:
        for variant in {name, _PARENTHESIS.sub("", name)}:
            found = [word.text for word in words(variant)]
            if found and is_unspaced(found[0]):
                text = unspaced(variant)
                self.longest_unspaced = max(self.longest_unspaced, len(text))
                _append(self._by_text, text, concept)
                continue
            key = tuple(
                _form(word, language) for word in found if not is_stop_word(word, ["en", language])
            )
            if key:
                self.longest = max(self.longest, len(key))
                _append(self._by_words, key, concept)

    def of_words(self, folded: tuple[str, ...], interface: str) -> tuple[Concept, ...]:
        """The concepts whose name a row of folded words is, without stop words."""
        found: dict[str, Concept] = {}
        for language in (*query_languages(folded[0], interface), *_PLURALS):
            key = tuple(_form(word, language) for word in folded)
            found.update((concept.key, concept) for concept in self._by_words.get(key, ()))
        return _widest(found.values())

    def of_text(self, text: str) -> tuple[Concept, ...]:
        """The concepts whose name is a text of a script without spaces."""
        return _widest(self._by_text.get(text, ()))


def _append(names: dict[Any, list[Concept]], key: Any, concept: Concept) -> None:
    known = names.setdefault(key, [])
    if concept not in known:
        known.append(concept)


def _widest(concepts: Iterable[Concept]) -> tuple[Concept, ...]:
    """Concepts without those whose documents another one of them finds as well."""
    ordered = sorted(concepts, key=lambda concept: -len(concept.lexemes))
    kept: list[Concept] = []
    for concept in ordered:
        if not any(set(concept.lexemes) <= set(wider.lexemes) for wider in kept if concept.lexemes):
            kept.append(concept)
    return tuple(kept)


def _form(word: str, language: str) -> str:
    """A word in the form by which names are compared.

    Stems would take *landed* for *land* and *organs* for *organizer*; so only the plural is taken
    away, but for Russian, whose nouns have many endings; and the article from Arabic.
    """
    if language == "ru":
        return stem(word, language)
    if language == "ar":
        return word[2:] if word.startswith("ال") and len(word) > 4 else word
    for ending in _PLURALS.get(language, ()):
        if len(word) > len(ending) + 2 and word.endswith(ending) and not word.endswith("ss"):
            return word[: -len(ending)]
    return word


def unspaced(text: str) -> str:
    """A text of a script without spaces as names are compared: its letters alone."""
    plain = unicodedata.normalize("NFKC", text)
    return "".join(letter for letter in plain if letter.isalnum())


_lock = threading.Lock()
_kept: list[tuple[Catalog, Names]] = []


def names() -> Names:
    """The names of the present reference data; made once for each state of it."""
    current = catalog()
    with _lock:
        if _kept and _kept[0][0] is current:
            return _kept[0][1]
    made = Names(_concepts(current))
    with _lock:
        _kept[:] = [(current, made)]
    return made


def keys_of(changed: models.Model) -> tuple[str, ...]:
    """The keys of the concepts whose names an object of the reference data gives; () for none."""
    if isinstance(changed, ThesaurusEntry):
        return (f"place:{changed.place_id}",) if changed.place_id else (f"concept:{changed.code}",)
    if isinstance(changed, Term):
        return (changed.pk,)
    kinds: dict[type[models.Model], str] = {
        Jurisdiction: "place",
        Region: "region",
        Process: "process",
        TreatyArticle: "article",
    }
    kind = kinds.get(type(changed))
    return (f"{kind}:{changed.pk}",) if kind else ()


def _labelled(key: str, labels: dict[str, str], *more: tuple[str, str]) -> Concept:
    all_names = dict.fromkeys([*((code, text) for code, text in labels.items() if text), *more])
    return Concept(key, (key,), labels, tuple(all_names))


def _concepts(known: Catalog) -> Iterator[Concept]:
    for key, labels in known.terms.items():
        vocabulary, _colon, code = key.partition(":")
        if vocabulary not in UNNAMED and code != "other":
            yield _labelled(key, labels)
    other_names: dict[str, list[tuple[str, str]]] = {}
    for entry in known.thesaurus:
        pairs = [(language, word) for language, found in entry.words.items() for word in found]
        if entry.place_id:
            other_names.setdefault(entry.place_id, []).extend(pairs)
            continue
        lexemes = tuple(key.replace("protocol_articles:", "article:") for key in entry.terms)
        labels = {code: text for code, text in entry.labels.items() if text}
        everything = dict.fromkeys([*labels.items(), *pairs])
        yield Concept(f"concept:{entry.code}", lexemes, labels, tuple(everything))
    for code, labels in known.jurisdictions.items():
        un_names = known.un_names.get(code, {}).items()
        yield _labelled(f"place:{code}", labels, *un_names, *other_names.get(code, ()))
    for code, labels in known.regions.items():
        yield _labelled(f"region:{code}", labels)
    for code, labels in known.processes.items():
        yield _labelled(f"process:{code}", labels)
    for code, article in known.articles.items():
        yield _labelled(f"article:{code}", article.labels)
