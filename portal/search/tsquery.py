"""An interpreted query in PostgreSQL's own writing, for matching and for ranking.

A part that names concepts matches a document that holds what was typed, or carries one of the
concepts, or names it in any language (`portal.search.mentions`). All of it is one `tsquery` of a
few lexemes, so that one index serves, whatever was asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from portal.search.analysis import (
    Word,
    is_stop_word,
    is_unspaced,
    query_languages,
    stem,
    words,
)
from portal.search.interpretation import Interpretation, Part
from portal.search.mentions import looked_for, readings, said
from portal.search.query import Clause
from portal.search.vectors import quoted


@dataclass(frozen=True)
class Compiled:
    """What is sent to PostgreSQL for a query; '' where there is nothing to ask.

    Attributes:
        match: what documents must hold.
        typed: the words that were typed, any of them: what ranks first.
        named: the concepts that were named, any of them.
        near: the words that were typed, all of them: what ranks by nearness.
    """

    match: str
    typed: str
    named: str
    near: str


def compiled(interpretation: Interpretation, interface: str) -> Compiled:
    """Write a query for PostgreSQL; `interface` is the reader's language."""
    groups, near_groups = [], []
    typed: dict[str, None] = {}
    named: dict[str, None] = {}
    for group in interpretation.groups:
        wanted, near = [], []
        for part in group:
            if part.is_ignored:
                continue
            literal = _all([_clause(clause, interface) for clause in part.clauses])
            others = _names(part)
            whole = _any([literal, *others])
            if not whole:
                continue
            wanted.append(f"!{_bracketed(whole)}" if part.excluded else _bracketed(whole))
            if part.excluded:
                continue
            if literal:
                near.append(_bracketed(literal))
            for clause in part.clauses:
                typed.update(dict.fromkeys(_lexemes_of(clause, interface)))
            named.update(dict.fromkeys(quoted(x) for c in part.concepts for x in c.lexemes))
        if wanted:
            groups.append(" & ".join(wanted))
        if near:
            near_groups.append(" & ".join(near))
    return Compiled(
        match=_any(f"({group})" for group in groups),
        typed=_any(quoted(lexeme) for lexeme in typed),
        named=_any(named),
        near=_any(f"({group})" for group in near_groups),
    )


def _any(pieces: Iterable[str]) -> str:
    return " | ".join(dict.fromkeys(piece for piece in pieces if piece))


def _all(pieces: Iterable[str]) -> str:
    return " & ".join(_bracketed(piece) for piece in pieces if piece)


def _bracketed(piece: str) -> str:
    return f"({piece})" if " " in piece and not piece.startswith("!") else piece


def _forms(word: Word, interface: str) -> tuple[str, ...]:
    """The lexemes that a typed word may be indexed by; none for a word of every text."""
    if is_unspaced(word.text):
        return (word.text,)
    if is_stop_word(word.text, ("en", interface)):
        return ()
    languages = query_languages(word.text, interface)
    return tuple(dict.fromkeys([*(stem(word.text, code) for code in languages), word.text]))


def _lexemes_of(clause: Clause, interface: str) -> Iterator[str]:
    for word in looked_for(clause.text):
        yield from _forms(word, interface)


#: A row of words: for each its position, the forms that it may have, and '' or a beginning.
Steps = list[tuple[int, tuple[str, ...], str]]


def _steps(clause: Clause, interface: str) -> Steps:
    """The words of a clause; a word of every text is left out, but keeps its place."""
    found = looked_for(clause.text)
    steps: Steps = []
    for word in found:
        begins = clause.is_prefix and word is found[-1]
        if is_unspaced(word.text) and len(word.text) == 1:
            begins = True
        forms = _forms(word, interface)
        if forms or begins:
            steps.append((word.position, forms, word.text if begins else ""))
    return steps


def _is_run(clause: Clause) -> bool:
    """Whether a clause is a run of a script without spaces, whose pairs may stand anywhere."""
    return not clause.is_phrase and all(is_unspaced(word.text) for word in words(clause.text))


def _step(forms: Iterable[str], prefix: str) -> str:
    pieces = [quoted(form) for form in forms if form != prefix]
    return _any([*pieces, *([f"{quoted(prefix)}:*"] if prefix else [])])


def _clause(clause: Clause, interface: str) -> str:
    """A clause: a word, or words that stand in this order beside one another."""
    steps = _steps(clause, interface)
    if _is_run(clause):
        return _all(_step(forms, prefix) for _position, forms, prefix in steps)
    return _in_order(steps)


def _in_order(steps: Steps) -> str:
    text, before = "", 0
    for position, forms, prefix in steps:
        piece = _step(forms, prefix)
        if len(steps) == 1:
            return piece
        text = f"{text} <{position - before}> {_bracketed(piece)}" if text else _bracketed(piece)
        before = position
    return text


def _names(part: Part) -> list[str]:
    """The lexemes of documents that carry a concept of a part, or name it in their words."""
    found = [
        lexeme for concept in part.concepts for lexeme in (*concept.lexemes, said(concept.key))
    ]
    return [quoted(lexeme) for lexeme in dict.fromkeys(found)]


#: For each word how far it stands from the first and its forms; and the beginning of the last.
PatternSteps = tuple[tuple[tuple[int, frozenset[str]], ...], str]


def patterns_of(part: Part, interface: str) -> Iterator[PatternSteps]:
    """What has to be marked in a text that a part of a query found."""
    rows: list[Steps] = []
    for clause in part.clauses:
        steps = _steps(clause, interface)
        rows += [[step] for step in steps] if _is_run(clause) else [steps]
    for concept in part.concepts:
        rows += [
            [(position, forms, "") for position, forms in reading] for reading in readings(concept)
        ]
    for row in rows:
        if row:
            first, prefix = row[0][0], row[-1][2]
            pattern = tuple((position - first, frozenset(forms)) for position, forms, _p in row)
            yield pattern, prefix
