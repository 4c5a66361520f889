"""What became of each person of a case: the one reading that search and insights count by.

A defendant of the database may be several persons alike (`count`). Two things are read out of the
charges of a person: which sentence of imprisonment is the heaviest, and the profiles under which
the search finds the case (`person=female.organizer.convicted`), each of one and the same person.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from portal.search.domains import NO_NATIONALITY, NOT_RECORDED, Profiles

#: Life has no months: the collection says it in these words, at the head of `other`.
LIFE_WORDS = "life imprisonment"
#: A sentence fell with its conviction, or was never passed, under any other verdict.
_STANDING = frozenset({None, "verdicts:convicted"})


@dataclass(frozen=True)
class Sentence:
    """The heaviest sentence of imprisonment of a person.

    Attributes:
        kind: one of `Profiles.SENTENCES`: to be served, suspended, for life, or none recorded.
        months: how long; None for life and where none is recorded.
    """

    kind: str
    months: Decimal | None = None


NONE = Sentence(Profiles.NO_IMPRISONMENT)


def sentence_of(charge: Any) -> Sentence:
    """The sentence of imprisonment of one charge, as far as it stands."""
    if charge.verdict_id not in _STANDING:
        return NONE
    if charge.other.casefold().startswith(LIFE_WORDS):
        return Sentence(Profiles.LIFE)
    if charge.imprisonment_months is None:
        return NONE
    kind = Profiles.SUSPENDED if charge.suspended else Profiles.TERM
    return Sentence(kind, charge.imprisonment_months)


def heaviest(charges: Iterable[Any]) -> Sentence:
    """The heaviest sentence of a person's charges: life, else the longest term.

    Of two terms of the same length the one to be served is the heavier.
    """
    return max(map(sentence_of, charges), key=_weight, default=NONE)


def _weight(sentence: Sentence) -> tuple[bool, Decimal, bool]:
    return (
        sentence.kind == Profiles.LIFE,
        sentence.months or Decimal(0),
        sentence.kind == Profiles.TERM,
    )


def code_of(key: str | None) -> str:
    """The code of a term's key, as addresses carry it; `not_recorded` for none."""
    return key.rpartition(":")[2] if key else NOT_RECORDED


def verdicts_of(charges: Iterable[Any]) -> set[str]:
    """The verdicts on a person; `not_recorded` where no charge has one."""
    return {code_of(c.verdict_id) for c in charges if c.verdict_id} or {NOT_RECORDED}


def pleas_of(charges: Iterable[Any]) -> set[str]:
    """The pleas of a person; `not_recorded` where no charge has one."""
    return {code_of(c.plea_id) for c in charges if c.plea_id} or {NOT_RECORDED}


def profiles(defendant: Any) -> Iterator[str]:
    """All profiles of a defendant read with its charges, for the parameter `person`."""
    charges = list(defendant.charges.all())
    sentence = heaviest(charges)
    outcomes = {Profiles.ANY, sentence.kind, *verdicts_of(charges)}
    if sentence != NONE:
        outcomes.add(Profiles.SENTENCED)
    pleas = pleas_of(charges)
    for gender in (Profiles.ANY, code_of(defendant.gender_id)):
        for outcome in outcomes:
            yield f"{gender}.{defendant.nationality_id or NO_NATIONALITY}.{outcome}"
            for role in (Profiles.ANY, code_of(defendant.role_id)):
                yield f"{gender}.{role}.{outcome}"
                yield from (f"{gender}.{role}.{outcome}.{plea}" for plea in pleas)
