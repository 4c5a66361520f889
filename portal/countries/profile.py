"""What the portal holds about one jurisdiction: the values that its page, CSV and JSON show."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db.models import F
from django.utils.translation import gettext_lazy as _

from legislation.models import Law, Provision
from legislation.querysets import MEMBERS_ONLY
from portal.countries import routes as on_routes
from portal.countries.counting import Beside, Carrying, found_by
from portal.countries.figures import Drawer, Figure
from portal.countries.listing import kinds, parameter_of, records_of
from portal.insights.persons import persons_of
from portal.insights.sentences import SentenceRow, sentences_of
from portal.insights.tables import Number
from portal.records.database import Database, database_for
from portal.records.models import Record
from portal.reference.catalog import catalog
from portal.reference.models import Jurisdiction, ProcessMembership, TreatyArticle, TreatyStatus
from portal.search.facets import YEARS
from portal.search.request import SearchRequest

#: Records that the page names; the others are behind the link to all.
SHOWN = 10
#: The figures of the cases, of defendants before the courts, and of the literature.
CASE_FIGURES = (YEARS, "mode", "role", "verdict")
NATIONALITY = "nationality"
WORK_FIGURES = ("topic", "method")


@dataclass(frozen=True)
class ShownLaw:
    """A law with its provisions in their order."""

    law: Law
    provisions: tuple[Provision, ...]

    @property
    def articles(self) -> list[TreatyArticle]:
        """The treaty articles that its provisions implement."""
        codes = {code for provision in self.provisions for code in provision.article_codes}
        return [article for code, article in catalog().articles.items() if code in codes]


@dataclass(frozen=True)
class Implemented:
    """A treaty article with the provisions that are recorded for it, and their laws."""

    article: TreatyArticle
    provisions: tuple[Provision, ...]
    laws: Number


@dataclass(frozen=True)
class Body:
    """A body whose law applies in a jurisdiction beside its own, with the number of its laws."""

    code: str
    laws: Number


class Profile:
    """A jurisdiction; what is asked for is read once, all of it in nine queries."""

    def __init__(self, code: str) -> None:
        self.code = code
        self.drawer = Drawer()
        self.kinds = kinds()

    @cached_property
    def place(self) -> Jurisdiction:
        """Its reference data."""
        found = Jurisdiction.objects.select_related("treaty_status").prefetch_related(
            "treaty_status__sources", "processmembership_set"
        )
        return found.get(pk=self.code)

    @property
    def name(self) -> str:
        return catalog().jurisdiction_name(self.code)

    @property
    def treaty(self) -> TreatyStatus | None:
        """What it has done about the Protocol; None where nothing is recorded."""
        return getattr(self.place, "treaty_status", None)

    @property
    def is_court(self) -> bool:
        return self.place.kind == Jurisdiction.Kind.INTERNATIONAL_COURT

    @property
    def regions(self) -> tuple[str, ...]:
        """Its M49 regions, largest first."""
        return tuple(reversed(catalog().regions_of(self.code)))

    @property
    def memberships(self) -> list[ProcessMembership]:
        return list(self.place.processmembership_set.all())

    @cached_property
    def _counted(self) -> Beside:
        asked: list[tuple[Carrying, tuple[str, ...]]] = list(on_routes.asked(self.code))
        for database in self.kinds.values():
            asked.append((self._own(database), self._figures_of(database)))
        asked.append((Carrying("cases", NATIONALITY, self.code), ("jurisdiction",)))
        asked += [(Carrying("legislation", "jurisdiction", body), ()) for body in self._bodies()]
        return Beside(asked)

    def _own(self, database: Database) -> Carrying:
        return Carrying(database.slug, parameter_of(database), self.code)

    def _figures_of(self, database: Database) -> tuple[str, ...]:
        names = (*CASE_FIGURES[1:], NATIONALITY, "article", *WORK_FIGURES)
        return (YEARS, *(name for name in names if name in database.filterset.facets()))

    def _bodies(self) -> Iterator[str]:
        groupings = catalog().memberships.get(self.code, ())
        return (body for body, members in MEMBERS_ONLY.items() if members in groupings)

    @cached_property
    def numbers(self) -> dict[str, Number]:
        """How many cases, laws and works there are, by these names."""
        return {
            kind: self.drawer.number(
                self._counted.total(self._own(database)), records_of(database, self.code)
            )
            for kind, database in self.kinds.items()
        }

    @property
    def has_records(self) -> bool:
        return any(number.count for number in self.numbers.values())

    @property
    def bodies(self) -> list[Body]:
        """The bodies whose law applies beside its own, as that of the Union in its members."""
        laws = database_for("legislation")
        return [
            Body(
                body,
                self.drawer.number(
                    self._counted.total(Carrying(laws.slug, "jurisdiction", body)),
                    records_of(laws, body),
                ),
            )
            for body in self._bodies()
        ]

    def _figures(self, kind: str, names: tuple[str, ...]) -> tuple[Figure, ...]:
        database = self.kinds[kind]
        own, request = self._own(database), records_of(database, self.code)
        total = self._counted.total(own)
        return tuple(
            self.drawer.figure(request, name, self._counted.counts(own, name), total)
            for name in names
        )

    @cached_property
    def case_figures(self) -> tuple[Figure, ...]:
        """Its cases by year, mode, role of the defendants and verdict."""
        return self._figures("cases", CASE_FIGURES)

    @cached_property
    def work_figures(self) -> tuple[Figure, ...]:
        """The works that study it, by topic and method."""
        return self._figures("works", WORK_FIGURES)

    @cached_property
    def nationalities(self) -> Figure:
        """The nationalities of the defendants before its courts."""
        return self._figures("cases", (NATIONALITY,))[0]

    @cached_property
    def nationals(self) -> Figure:
        """The courts before which its nationals stood as defendants, its own among them."""
        held = Carrying("cases", NATIONALITY, self.code)
        return self.drawer.figure(
            SearchRequest("cases", values=((NATIONALITY, (self.code,)),)),
            "jurisdiction",
            self._counted.counts(held, "jurisdiction"),
            self._counted.total(held),
            label=_("Nationals as defendants, by jurisdiction"),
        )

    @cached_property
    def sentences(self) -> SentenceRow:
        """The sentences of imprisonment that its courts gave, by person: one query."""
        request = records_of(self.kinds["cases"], self.code)
        persons = persons_of(request) if self.numbers["cases"].count else ()
        return sentences_of(persons, self.code, self.name, request)

    @cached_property
    def routes(self) -> tuple[on_routes.Route, ...]:
        """The places that it has on the routes of all cases."""
        return on_routes.routes(self.code, self._counted, self.drawer)

    @cached_property
    def laws(self) -> list[ShownLaw]:
        """Its laws with their provisions, the latest first: two queries."""
        if not self.numbers["laws"].count:
            return []
        laws = {law.pk: law for law in _matched(self.kinds["laws"], self.code)}
        parts: dict[int, list[Provision]] = {key: [] for key in laws}
        for provision in Provision.objects.filter(law__in=laws).with_articles():
            provision.law = laws[provision.law_id]
            parts[provision.law_id].append(provision)
        shown = [ShownLaw(law, tuple(parts[key])) for key, law in laws.items()]
        return sorted(shown, key=lambda one: (-_year(one.law.adopted), one.law.title))

    @cached_property
    def articles(self) -> list[Implemented]:
        """The treaty articles for which a provision is recorded."""
        laws = self.kinds["laws"]
        own, request = self._own(laws), records_of(laws, self.code)
        counts = self._counted.counts(own, "article")
        return [
            Implemented(
                article,
                tuple(self._provisions(code)),
                self.drawer.number(counts[code], request.having((("article", (code,)),))),
            )
            for code, article in catalog().articles.items()
            if code in counts
        ]

    def _provisions(self, article: str) -> Iterator[Provision]:
        for shown in self.laws:
            yield from (one for one in shown.provisions if article in one.article_codes)

    @property
    def open_articles(self) -> list[TreatyArticle]:
        """The articles of the Protocol for which no provision is recorded."""
        counts = self._counted.counts(self._own(self.kinds["laws"]), "article")
        return [
            article
            for code, article in catalog().articles.items()
            if article.instrument == TreatyArticle.Instrument.PROTOCOL and code not in counts
        ]

    def records(self, kind: str) -> Any:
        """All its public cases, laws or works, as they are found by the search."""
        return _matched(self.kinds[kind], self.code)

    @cached_property
    def latest(self) -> dict[str, list[Record]]:
        """Its newest cases, and the newest works that study it: a query each."""
        return {
            kind: list(_newest(self.kinds[kind], self.code)) if self.numbers[kind].count else []
            for kind in ("cases", "works")
        }


def _matched(database: Database, code: str) -> Any:
    """The public records of a jurisdiction, found as the search finds them."""
    return database.records.public().filter(found_by(records_of(database, code)))


def _newest(database: Database, code: str) -> Any:
    latest = F(database.date_field).desc(nulls_last=True)
    return _matched(database, code).order_by(latest, "code")[:SHOWN]


def _year(date: Any) -> int:
    return date.year if date else 0
