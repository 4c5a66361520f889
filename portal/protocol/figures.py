"""The numbers of the articles, each with the list of exactly what it counts.

Laws, jurisdictions, cases and works are counted as the searches count them; provisions by the
table of the page of their article.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.urls import reverse

from legislation.models import Law
from portal.insights.tables import FEW, Number, Stated
from portal.protocol.asking import LEGISLATION, ProvisionsAsked, laws
from portal.protocol.rows import BENEFIT, PENALTY, by_name, provisions_of, public_provisions
from portal.protocol.rows import rows_asked as ordered_rows
from portal.protocol.subjects import topics_of
from portal.records.database import Database, database_for
from portal.reference.catalog import catalog
from portal.reference.models import TreatyArticle
from portal.reference.punctuation import listed
from portal.search.domains import NOT_RECORDED
from portal.search.engine import counted, matching
from portal.search.facets import cross
from portal.search.links import LinkedRecords, linked_records
from portal.search.request import SearchRequest

CASES, BIBLIOGRAPHY = "cases", "bibliography"
#: Cases that the page of an article names; the rest is a link to the search.
SHOWN_CASES = 5


def article_path(code: str) -> str:
    return reverse("protocol:article", kwargs={"code": code})


def searching(database: Database, **values: str) -> str:
    """The address of a search for the records that carry some values."""
    request = SearchRequest(database.slug).having((name, (v,)) for name, v in values.items())
    return request.address(database.search_path)


def jurisdictions_url(article: str) -> str:
    """The list of the jurisdictions whose laws implement an article."""
    request = SearchRequest(LEGISLATION, values=(("article", (article,)),))
    return request.address(reverse(f"{LEGISLATION}:facet", args=["jurisdiction"]))


@dataclass(frozen=True)
class ArticleRow:
    """An article with the numbers of what implements and applies it."""

    article: TreatyArticle
    laws: Number
    jurisdictions: Number
    provisions: Number
    cases: Number

    @property
    def numbers(self) -> tuple[Number, ...]:
        return self.laws, self.jurisdictions, self.provisions, self.cases


class ArticleIndex:
    """All articles, in the order of the treaties."""

    def __init__(self) -> None:
        self._laws, self._cases = laws(), database_for(CASES)

    @cached_property
    def _law_counts(self) -> Any:
        return counted(SearchRequest(LEGISLATION), ["article"])

    @cached_property
    def _case_counts(self) -> Any:
        return counted(SearchRequest(CASES), ["article"])

    @cached_property
    def rows(self) -> list[ArticleRow]:
        places: dict[str, int] = {}
        for article, _place in cross(
            matching(SearchRequest(LEGISLATION)), "article", "jurisdiction"
        ):
            places[article] = places.get(article, 0) + 1
        provisions = public_provisions().by_article()
        by_law, by_case = (
            counts.facets["article"] for counts in (self._law_counts, self._case_counts)
        )
        return [
            ArticleRow(
                article,
                Number(by_law.get(code, 0), searching(self._laws, article=code)),
                Number(places.get(code, 0), jurisdictions_url(code)),
                Number(provisions.get(code, 0), article_path(code)),
                Number(by_case.get(code, 0), searching(self._cases, article=code)),
            )
            for code, article in catalog().articles.items()
        ]

    @property
    def instruments(self) -> list[tuple[str, list[ArticleRow]]]:
        """The articles of each treaty under its name."""
        return [
            (str(label), [row for row in self.rows if row.article.instrument == instrument])
            for instrument, label in TreatyArticle.Instrument.choices
        ]

    @property
    def stated(self) -> list[Stated]:
        """How many laws and cases lead to an article at all."""
        return [
            stated_by(database, counts.total, counts.facets["article"].get(NOT_RECORDED, 0))
            for database, counts in (
                (self._laws, self._law_counts),
                (self._cases, self._case_counts),
            )
        ]

    @property
    def is_small(self) -> bool:
        return is_small(number for row in self.rows for number in row.numbers)


def stated_by(database: Database, total: int, missing: int) -> Stated:
    url = searching(database, article=NOT_RECORDED)
    return Stated(database.title, total - missing, total, Number(missing, url) if missing else None)


def is_small(numbers: Any) -> bool:
    """Whether a number is too small for a share of it to say anything."""
    return any(0 < number.count < FEW for number in numbers)


@dataclass(frozen=True)
class Choice:
    """A value that a filter of the table can take."""

    value: str
    label: str
    is_selected: bool = False


@dataclass(frozen=True)
class Benefit:
    """A benefit element with the provisions that have it under all other filters."""

    value: str
    label: str
    number: Number
    is_selected: bool


class ArticleFigures:
    """What is known of an article, under what an address asks of its provisions."""

    def __init__(self, article: TreatyArticle, asked: ProvisionsAsked) -> None:
        self.article, self.asked = article, asked
        self.path = article_path(article.code)

    # The provisions

    @cached_property
    def _by_benefit(self) -> dict[str, tuple[int, int]]:
        """Under all other filters, the provisions of each benefit element, and those of these
        that state a penalty."""
        found = provisions_of(self.article.code, self.asked.request.without(BENEFIT))
        return {
            key.partition(":")[2] if key else NOT_RECORDED: (n, penalties)
            for key, n, penalties in found.by_benefit()
        }

    @cached_property
    def _counted(self) -> list[tuple[int, int]]:
        chosen = self.asked.request.filters.get(BENEFIT)
        return [n for value, n in self._by_benefit.items() if not chosen or value in chosen]

    @cached_property
    def total(self) -> int:
        """How many provisions the table holds on all of its pages."""
        return sum(n for n, _penalties in self._counted)

    @cached_property
    def benefits(self) -> list[Benefit]:
        """Each benefit element with its part of the table."""
        request, parameter = self.asked.request, laws().filterset.parameters()[BENEFIT]
        chosen = request.filters.get(BENEFIT, ())
        known = parameter.known()
        labels = laws().filterset.facets()[BENEFIT].domain.labels(known)
        return [
            Benefit(
                value,
                str(labels[value]),
                Number(
                    self._by_benefit.get(value, (0, 0))[0],
                    self.asked.address(self.path, request.having([(BENEFIT, (value,))])),
                ),
                value in chosen,
            )
            for value in known
        ]

    @property
    def stated(self) -> list[Stated]:
        """How many of the provisions state their benefit element and their penalty."""
        labels = laws().filterset.parameters()
        request = self.asked.request
        chosen = request.filters.get(BENEFIT)
        is_asked = not chosen or NOT_RECORDED in chosen
        without_benefit = self._by_benefit.get(NOT_RECORDED, (0, 0))[0] if is_asked else 0
        penalties = sum(penalties for _n, penalties in self._counted)
        missing = {
            BENEFIT: (without_benefit, (NOT_RECORDED,)),
            PENALTY: (self.total - penalties, "false"),
        }
        return [
            Stated(
                labels[name].label,
                self.total - number,
                self.total,
                Number(number, self.asked.address(self.path, request.having([(name, value)])))
                if number
                else None,
            )
            for name, (number, value) in missing.items()
        ]

    @cached_property
    def provisions(self) -> list[Any]:
        """The provisions of the page that is asked for."""
        start = (self.asked.page - 1) * self.asked.page_size
        if start >= self.total:
            return []
        rows = ordered_rows(self.article.code, self.asked)
        return list(rows[start : start + self.asked.page_size])

    @cached_property
    def choices(self) -> dict[str, list[Choice]]:
        """Of each filter, the values that some provision of the article has."""
        found = provisions_of(self.article.code, SearchRequest(LEGISLATION)).order_by()
        pairs = set(found.values_list("law__jurisdiction_id", "law__status_id"))
        known = catalog()
        places = by_name({place for place, _status in pairs})
        statuses = {status.partition(":")[2] for _place, status in pairs}
        regions = {region for place in places for region in known.regions_of(place)}
        processes = {name for place in places for name in known.memberships.get(place, ())}
        values = {
            "jurisdiction": places,
            "region": [code for code in known.regions if code in regions],
            "process": [code for code in known.processes if code in processes],
            BENEFIT: laws().filterset.parameters()[BENEFIT].known(),
            "status": [v for v in known.vocabularies["law_status"] if v in statuses],
            "party": ["true", "false"],
        }
        return {name: self._choices(name, found) for name, found in values.items()}

    def _choices(self, name: str, values: list[str]) -> list[Choice]:
        domain = laws().filterset.facets()[name].domain
        chosen: tuple[str, ...] = self.asked.request.filters.get(name, ())
        labels: Mapping[str, Any] = domain.labels([*values, *chosen])
        choices = [Choice(v, str(labels[v]), chosen == (v,)) for v in values]
        if chosen and not any(choice.is_selected for choice in choices):
            # Several at once, or one that no provision has: kept as it was asked for.
            text = listed(labels[value] for value in chosen)
            choices.insert(0, Choice(",".join(chosen), text, True))
        return choices

    # What the searches know

    @cached_property
    def _law_counts(self) -> Any:
        request = SearchRequest(LEGISLATION, values=(("article", (self.article.code,)),))
        return counted(request, ["jurisdiction"])

    @property
    def laws(self) -> Number:
        return Number(self._law_counts.total, searching(laws(), article=self.article.code))

    @property
    def jurisdictions(self) -> Number:
        places = self._law_counts.facets["jurisdiction"]
        return Number(len(places), jurisdictions_url(self.article.code))

    @cached_property
    def _cases(self) -> LinkedRecords:
        code = self.article.code
        return linked_records(CASES, "article", code, count="jurisdiction", shown=SHOWN_CASES)

    @property
    def cases(self) -> Number:
        database = database_for(CASES)
        return Number(self._cases.total, searching(database, article=self.article.code))

    @property
    def newest_cases(self) -> list[Any]:
        return self._cases.records

    @property
    def cases_by_place(self) -> list[tuple[str, Number]]:
        """Of each jurisdiction, the cases of its courts; most first."""
        database, code = database_for(CASES), self.article.code
        counts = self._cases.counts
        return [
            (
                place,
                Number(counts[place], searching(database, article=code, jurisdiction=place)),
            )
            for place in sorted(by_name(counts), key=lambda place: -counts[place])
        ]

    @cached_property
    def _work_counts(self) -> dict[str, dict[str, int]]:
        return counted(SearchRequest(BIBLIOGRAPHY), ["law", "topic"]).facets

    @cached_property
    def works_by_law(self) -> list[tuple[Law, Number]]:
        """Laws that implement it and are discussed in the literature, with these works."""
        counts = self._work_counts["law"]
        if not set(counts) - {NOT_RECORDED}:
            return []
        found = Law.objects.public().filter(
            code__in=counts,
            pk__in=provisions_of(self.article.code, SearchRequest(LEGISLATION)).values("law"),
        )
        database = database_for(BIBLIOGRAPHY)
        return [
            (law, Number(counts[law.code], searching(database, law=law.code)))
            for law in found.order_by("code")
        ]

    @property
    def works_by_topic(self) -> list[tuple[str, Number]]:
        """The topics of the literature that the article is about, with their works."""
        database, counts = database_for(BIBLIOGRAPHY), self._work_counts["topic"]
        return [
            (
                catalog().term_label(f"topics:{topic}"),
                Number(counts[topic], searching(database, topic=topic)),
            )
            for topic in topics_of(self.article.code)
            if counts.get(topic)
        ]

    @property
    def is_small(self) -> bool:
        return is_small(benefit.number for benefit in self.benefits)
