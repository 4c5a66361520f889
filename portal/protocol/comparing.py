"""A few jurisdictions on some articles: for each article a row, for each jurisdiction a column."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from legislation.models import Law, Provision
from portal.insights.tables import Number
from portal.protocol.asking import ComparisonAsked
from portal.protocol.figures import article_path
from portal.protocol.rows import by_name, public_provisions
from portal.reference.catalog import catalog
from portal.reference.models import TreatyArticle
from portal.search.request import SearchRequest


@dataclass(frozen=True)
class Cell:
    """The provisions of a jurisdiction that implement an article; empty where none is recorded."""

    jurisdiction: str
    provisions: tuple[Provision, ...]
    number: Number


@dataclass(frozen=True)
class ComparedArticle:
    article: TreatyArticle
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Column:
    """A jurisdiction with those of its laws that stand in its column."""

    jurisdiction: str
    laws: tuple[Law, ...]


class Comparison:
    """What an address asks to compare; without rows where it leaves out one side."""

    def __init__(self, asked: ComparisonAsked) -> None:
        self.asked = asked

    @cached_property
    def provisions(self) -> list[Provision]:
        """All provisions that stand in it, each once, in the order of the columns."""
        if not self.asked.is_complete:
            return []
        found = public_provisions().filter(law__jurisdiction__in=self.asked.jurisdictions)
        return list(found.implementing(*self.asked.articles).side_by_side(self.asked.jurisdictions))

    @property
    def articles(self) -> list[TreatyArticle]:
        """The articles in the order of the treaties, however they were asked for."""
        return [a for code, a in catalog().articles.items() if code in self.asked.articles]

    @cached_property
    def rows(self) -> list[ComparedArticle]:
        if not self.asked.is_complete:
            return []
        return [
            ComparedArticle(
                article,
                tuple(self._cell(article.code, place) for place in self.asked.jurisdictions),
            )
            for article in self.articles
        ]

    def _cell(self, article: str, place: str) -> Cell:
        provisions = tuple(
            provision
            for provision in self.provisions
            if provision.law.jurisdiction_id == place and article in provision.article_codes
        )
        request = SearchRequest("legislation", values=(("jurisdiction", (place,)),))
        url = request.address(article_path(article))
        return Cell(place, provisions, Number(len(provisions), url))

    @property
    def columns(self) -> list[Column]:
        laws: dict[str, dict[int, Law]] = {place: {} for place in self.asked.jurisdictions}
        for provision in self.provisions:
            laws[provision.law.jurisdiction_id].setdefault(provision.law_id, provision.law)
        return [Column(place, tuple(found.values())) for place, found in laws.items()]

    @property
    def is_empty(self) -> bool:
        """Whether both sides were chosen and nothing is recorded of any pair."""
        return self.asked.is_complete and not self.provisions

    @cached_property
    def places(self) -> list[str]:
        """The jurisdictions that can be chosen: those with a provision, and those chosen."""
        found = public_provisions().order_by().values_list("law__jurisdiction_id", flat=True)
        return by_name({*found.distinct(), *self.asked.jurisdictions})
