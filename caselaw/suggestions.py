"""Which law of the collection a law applied means that is named in words only.

A suggestion is earned. The law is of the case's jurisdiction, or of a body whose law applies
there; the text names it by the words that led to it elsewhere, by its official number or by its
whole name; nothing that the text says speaks against it (another year, another kind of act); it
is older than the decision; and it has the provision that the text names, or the text names none.
Where two laws could be meant there is no suggestion.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from django.db.models import Count, Prefetch
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from caselaw.law_names import (
    LawNames,
    initials,
    joined,
    names_in,
    official_number,
    place_words,
    same_words,
)
from caselaw.linking import matches_of
from caselaw.models import LawApplied
from legislation.models import Law, Provision
from portal.records.models import State
from portal.reference.catalog import catalog


class Strength(IntEnum):
    """How a text was found to mean a law, the weakest first."""

    NAME = 1
    NUMBER = 2
    SAME_WORDS = 3


@dataclass(frozen=True)
class Suggestion:
    """The law that a text probably means.

    Attributes:
        law: with its provisions.
        provisions: those that the text leads to, and how it names each
            (`ProvisionApplied.Match`); empty where it names none.
        strength: what the suggestion rests on.
        reason: the same in words, for curators.
    """

    law: Law
    provisions: tuple[tuple[Provision, str], ...]
    strength: Strength
    reason: str

    @property
    def named(self) -> str:
        """The numbers of the provisions, as the collection writes them."""
        return ", ".join(provision.number or str(provision) for provision, _m in self.provisions)


def suggest(applications: Sequence[LawApplied]) -> dict[Any, Suggestion]:
    """The probable laws of those laws applied that are not linked, by their primary keys.

    Three queries for any number of them, beside the catalog.

    Args:
        applications: with their cases (`select_related("case")`); linked ones are passed over.
    """
    asked = [applied for applied in applications if applied.law_id is None and applied.pk]
    places = {applied.case.jurisdiction_id for applied in asked}
    if not places:
        return {}
    known = _Laws(places)
    found = {applied.pk: known.suggestion(applied) for applied in asked}
    return {key: suggestion for key, suggestion in found.items() if suggestion is not None}


class _Laws:
    """The laws that apply in some jurisdictions, with what they are called there."""

    def __init__(self, places: set[str]) -> None:
        provisions = Provision.objects.only("law", "position", "code", "number", "heading")
        laws = Law.objects.applying_in(*places).exclude(state=State.WITHDRAWN)
        laws = laws.select_related("jurisdiction").defer("summary", "review_note")
        laws = laws.prefetch_related(Prefetch("provisions", queryset=provisions)).order_by("code")
        self.laws = {law.pk: law for law in laws}
        of_jurisdiction: dict[str, list[Law]] = defaultdict(list)
        for law in self.laws.values():
            of_jurisdiction[law.jurisdiction_id].append(law)
        #: Of each jurisdiction, the laws that its courts apply.
        self.applying = {
            place: [law for found in of_jurisdiction.values() if found[0].applies_in(place)
                    for law in found]
            for place in places
        }  # fmt: skip
        self.places = {place: _called(place) for place in places}
        self.own = {law.pk: _names_of(law) for law in self.laws.values()}
        self._learn(places)

    def _learn(self, places: set[str]) -> None:
        """What curators linked: of each jurisdiction, the words that led to each law."""
        linked = LawApplied.objects.filter(law__isnull=False, case__jurisdiction__in=places)
        rows = linked.order_by().values_list("case__jurisdiction_id", "law_text", "law_id")
        self.words: dict[tuple[str, str], Counter[int]] = defaultdict(Counter)
        self.learned: dict[tuple[str, str], set[int]] = defaultdict(set)
        for place, text, law, number in rows.annotate(Count("case", distinct=True)):
            if law not in self.laws or not self.laws[law].applies_in(place):
                continue
            self.words[place, same_words(text)][law] += number
            for name in names_in(text, self.places[place]).names:
                self.learned[place, name].add(law)

    def suggestion(self, applied: LawApplied) -> Suggestion | None:
        """The law that is meant, where the strongest evidence leads to one law only."""
        place = applied.case.jurisdiction_id
        said = names_in(applied.law_text, self.places[place])
        words = self.words.get((place, same_words(applied.law_text)), Counter[int]())
        found: dict[Strength, list[Suggestion]] = defaultdict(list)
        for law in self.applying[place]:
            strength = self._strength(law.pk, place, said, words)
            if strength is None or _is_younger(law, applied):
                continue
            provisions = tuple(matches_of(law, applied.provision_text))
            if applied.provision_text.strip() and not provisions:
                continue
            reason = _reason(strength, words[law.pk], bool(provisions))
            found[strength].append(Suggestion(law, provisions, strength, reason))
        strongest = found[max(found)] if found else []
        return strongest[0] if len(strongest) == 1 else None

    def _strength(
        self, law: int, place: str, said: LawNames, words: Counter[int]
    ) -> Strength | None:
        if words[law]:
            return Strength.SAME_WORDS
        own = self.own[law]
        if said.years and not said.years & own.years:
            return None
        if said.numbers & own.numbers and _is_same_kind(said, own):
            return Strength.NUMBER
        # Where a text gives a number it means the law of that number.
        if _years_apart(said.numbers) and own.numbers:
            return None
        if said.names & own.names or self._is_learned(law, place, said.names):
            return Strength.NAME
        return None

    def _is_learned(self, law: int, place: str, names: Iterable[str]) -> bool:
        """Whether one of the names led to this law, and to no other."""
        return any(self.learned.get((place, name)) == {law} for name in names)


def _called(place: str) -> frozenset[str]:
    """The words by which a jurisdiction and its people are called, in all languages."""
    known = catalog()
    labels = [*known.jurisdictions.get(place, {}).values(), *known.un_names.get(place, {}).values()]
    other = [
        word
        for entry in known.thesaurus
        if entry.place_id == place
        for words in entry.words.values()
        for word in words
    ]
    return place_words([*labels, *other, known.alpha2.get(place, "")])


def _names_of(law: Law) -> LawNames:
    places = _called(law.jurisdiction_id)
    tail = law.code.partition("-")[2].replace("-", " ")
    texts = [names_in(text, places) for text in (law.title, law.title_original, tail) if text]
    said = joined(texts)
    years = said.years | names_in(law.number).years
    if law.adopted is not None:
        years |= {law.adopted.year}
    return LawNames(
        names=said.names | ({short} if (short := initials(law.title)) else frozenset()),
        numbers=said.numbers | official_number(law.number),
        years=years,
        kinds=said.kinds | names_in(law.number).kinds,
        qualities=said.qualities,
    )


def _is_same_kind(said: LawNames, own: LawNames) -> bool:
    """Whether a number can be that of the law: a decree and an act may have the same."""
    if said.kinds and not said.kinds & own.kinds:
        return False
    return said.qualities <= own.qualities


def _years_apart(numbers: Iterable[str]) -> bool:
    return any("/" in number for number in numbers)


def _is_younger(law: Law, applied: LawApplied) -> bool:
    """Whether a law was made only after the decision."""
    made, decided = law.in_force or law.adopted, applied.case.decision_date
    return made is not None and decided is not None and made.earliest > decided.latest


def _reason(strength: Strength, times: int, has_provision: bool) -> str:
    said = {
        Strength.NAME: _("It has this name."),
        Strength.NUMBER: _("It has this official number."),
        Strength.SAME_WORDS: ngettext(
            "The same words lead to it in another case of this jurisdiction.",
            "The same words lead to it in %(number)d other cases of this jurisdiction.",
            times,
        )
        % {"number": times},
    }[strength]
    had = _("It has the provision.") if has_provision else _("The text names no provision.")
    return f"{said} {had}"
