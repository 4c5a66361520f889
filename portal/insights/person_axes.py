"""What persons can be compared by: each value gives the search for exactly those who have it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from caselaw.models import Case
from portal.insights.persons import CASES, Person, Profile
from portal.insights.tables import Axis
from portal.records.database import database_for
from portal.search.domains import NO_NATIONALITY, NOT_RECORDED, Jurisdictions, Profiles, Terms
from portal.search.engine import match
from portal.search.facets import YEARS
from portal.search.request import SearchRequest

#: A search, and whom it speaks of.
Narrowed = tuple[SearchRequest, Profile]


class PersonAxis(ABC):
    """The values that stand against the persons."""

    #: Whether a value says the outcome, so that a profile has no room for another.
    is_outcome = False

    def __init__(self, name: str, label: Any) -> None:
        self.name, self.label = name, label

    def prepare(self, request: SearchRequest) -> None:  # noqa: B027 - most need nothing
        """Read what is needed of the cases of a request."""

    @abstractmethod
    def values(self, person: Person) -> Iterable[str]:
        """The values of a person; never none."""

    @abstractmethod
    def narrowed(self, request: SearchRequest, profile: Profile, value: str) -> Narrowed:
        """The search for those of a profile who have a value."""

    @abstractmethod
    def ordered(self, counts: dict[str, int]) -> list[str]:
        """Values in the order of their rows; `counts` says how many persons have each."""

    @abstractmethod
    def labels(self, values: Collection[str]) -> dict[str, str]:
        """Their labels, by value."""


class OwnAxis(PersonAxis):
    """What is said of the person: role, gender, nationality, verdict, plea or sentence."""

    _PARTS = {
        "role": ("role", "roles", gettext_lazy("Role")),
        "gender": ("gender", "genders", gettext_lazy("Gender")),
        "nationality": ("role", "", gettext_lazy("Nationality")),
        "verdict": ("outcome", "verdicts", gettext_lazy("Verdict")),
        "plea": ("plea", "pleas", gettext_lazy("Plea")),
        "sentence": ("outcome", "", gettext_lazy("Sentence")),
    }
    NAMES = tuple(_PARTS)

    def __init__(self, name: str) -> None:
        self._part, self._vocabulary, label = self._PARTS[name]
        self.is_outcome = self._part == "outcome"
        super().__init__(name, label)

    def values(self, person: Person) -> Iterable[str]:
        if self.name in ("verdict", "plea"):
            return person.verdicts if self.name == "verdict" else person.pleas
        return (person.sentence.kind if self.name == "sentence" else getattr(person, self.name),)

    def narrowed(self, request: SearchRequest, profile: Profile, value: str) -> Narrowed:
        return request, replace(profile, **{self._part: value})

    def ordered(self, counts: dict[str, int]) -> list[str]:
        if self.name == "nationality":
            return sorted(counts, key=lambda code: (code == NO_NATIONALITY, -counts[code], code))
        known = [*Terms(self._vocabulary).known(), NOT_RECORDED]
        return [
            code for code in (known if self._vocabulary else Profiles.SENTENCES) if code in counts
        ]

    def labels(self, values: Collection[str]) -> dict[str, str]:
        unsaid = {NOT_RECORDED: _("Not recorded"), NO_NATIONALITY: _("Not recorded")}
        if self.name == "sentence":
            return Profiles().sentences()
        domain = Terms(self._vocabulary) if self._vocabulary else Jurisdictions()
        return {**unsaid, **domain.labels(values)}


class CaseAxis(PersonAxis):
    """What is said of the case: a facet of the search, or the year of the decision."""

    def __init__(self, name: str) -> None:
        self._axis = Axis(database_for(CASES), name)
        self._found: dict[int, tuple[str, ...]] = {}
        self._chosen: tuple[str, ...] | None = None
        super().__init__(name, self._axis.label)

    def prepare(self, request: SearchRequest) -> None:
        head = f"{self.name}:"
        self._chosen = request.filters.get(self.name)
        documents = match(request).order_by().values_list("object_id", "facets")
        self._found = {
            case: tuple(token[len(head) :] for token in tokens if token.startswith(head))
            for case, tokens in documents.iterator()
        }

    def values(self, person: Person) -> Iterable[str]:
        return self.values_of(person.case)

    def values_of(self, case: int) -> Iterable[str]:
        """The values of a case."""
        found = self._found.get(case, ())
        # The value of another row would widen the search beyond what the reader chose.
        return found if self._chosen is None else [one for one in found if one in self._chosen]

    def narrowed(self, request: SearchRequest, profile: Profile, value: str) -> Narrowed:
        return self.narrowed_case(request, value), profile

    def narrowed_case(self, request: SearchRequest, value: str) -> SearchRequest:
        """The search for the cases that have a value."""
        return self._axis.narrowed(request, value)

    def ordered(self, counts: dict[str, int]) -> list[str]:
        return self._axis.ordered(counts)

    def labels(self, values: Collection[str]) -> dict[str, str]:
        return {NOT_RECORDED: _("Not recorded"), **self._axis.labels(list(values))}


class BandAxis(PersonAxis):
    """A number that the case states, in bands: of migrants, or of deaths."""

    _BANDS: dict[str, tuple[str, Any, tuple[tuple[int, int | None], ...]]] = {
        "migrants": (
            "migrants_count",
            gettext_lazy("Number of migrants"),
            ((1, 1), (2, 4), (5, 9), (10, 19), (20, 49), (50, 99), (100, None)),
        ),
        "deaths": (
            "migrants_deaths",
            gettext_lazy("Deaths"),
            ((0, 0), (1, 1), (2, 9), (10, 49), (50, None)),
        ),
    }
    NAMES = tuple(_BANDS)

    def __init__(self, name: str) -> None:
        self._column, label, self._bands = self._BANDS[name]
        self._found: dict[int, int] = {}
        super().__init__(name, label)

    def prepare(self, request: SearchRequest) -> None:
        cases = match(request).order_by().values("object_id")
        stated = Case.objects.order_by().filter(pk__in=cases, **{f"{self._column}__isnull": False})
        self._found = dict(stated.values_list("pk", self._column).iterator())

    def values(self, person: Person) -> Iterable[str]:
        number = self._found.get(person.case)
        if number is None:
            return (NOT_RECORDED,)
        return [
            _code(low, high)
            for low, high in self._bands
            if low <= number and (high is None or number <= high)
        ]

    def narrowed(self, request: SearchRequest, profile: Profile, value: str) -> Narrowed:
        if value == NOT_RECORDED:
            return request.having(((f"has_{self.name}", "false"),)), profile
        low, high = next(band for band in self._bands if _code(*band) == value)
        begin, end = (request.filters.get(f"{self.name}_{name}") for name in ("min", "max"))
        # A range that begins or ends within the band still holds.
        changed = {f"{self.name}_min": max(low, begin or 0)}
        ends = [number for number in (high, end) if number is not None]
        if ends:
            changed[f"{self.name}_max"] = min(ends)
        return request.having(changed.items()), profile

    def ordered(self, counts: dict[str, int]) -> list[str]:
        known = [*(_code(*band) for band in self._bands), NOT_RECORDED]
        return [code for code in known if code in counts]

    def labels(self, values: Collection[str]) -> dict[str, str]:
        found = {NOT_RECORDED: str(_("Not recorded"))}
        for low, high in self._bands:
            if high is None:
                found[_code(low, high)] = _("%(number)d or more") % {"number": low}
            else:
                found[_code(low, high)] = str(low) if low == high else f"{low}–{high}"
        return found


def _code(low: int, high: int | None) -> str:
    return f"{low}-{'' if high is None else high}"


def axis_names(*, outcomes: bool) -> tuple[str, ...]:
    """All that persons can be compared by, what they are themselves first.

    Args:
        outcomes: whether verdict and sentence are among them.
    """
    own = tuple(name for name in OwnAxis.NAMES if outcomes or not OwnAxis(name).is_outcome)
    facets = database_for(CASES).filterset.facets()
    of_case = tuple(name for name in facets if name not in OwnAxis.NAMES)
    return (*own, YEARS, *BandAxis.NAMES, *of_case)


def axis_for(name: str) -> PersonAxis:
    """The axis of a name among `axis_names`."""
    if name in OwnAxis.NAMES:
        return OwnAxis(name)
    return BandAxis(name) if name in BandAxis.NAMES else CaseAxis(name)
