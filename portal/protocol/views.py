"""The pages of the articles and the comparison, and their tables as files."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from typing import Any

from django.http import (
    Http404,
    HttpRequest,
    HttpResponseBase,
    QueryDict,
    StreamingHttpResponse,
)
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.generic import TemplateView, View

from portal.protocol import files
from portal.protocol.asking import (
    COMPARED,
    FILTERS,
    MOST_COMPARED,
    ComparisonAsked,
    comparison_asked,
    missing_parts,
    provisions_asked,
    with_pairs,
)
from portal.protocol.comparing import Comparison
from portal.protocol.figures import ArticleFigures, ArticleIndex
from portal.protocol.paging import orders_of, pages_of
from portal.protocol.rows import rows_asked
from portal.protocol.subjects import covered_with, neighbours
from portal.reference.catalog import catalog
from portal.reference.models import TreatyArticle
from portal.rest.parameters import Problem, unknown_names
from portal.rest.problems import refused_in_words
from portal.search.chips import chips_of

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV = "text/csv; charset=utf-8"


def article_or_404(code: str) -> TreatyArticle:
    found = catalog().articles.get(code)
    if found is None:
        raise Http404(_("No article of the Protocol or the Convention has this code."))
    return found


class IndexView(TemplateView):
    """All articles with the numbers of what implements and applies them."""

    template_name = "protocol/index.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            index=ArticleIndex(),
            notices=unknown_names(self.request.GET, ()),
            csv_url=reverse("protocol:index-csv"),
            api_url=reverse("api:insights-protocol"),
            **kwargs,
        )


class ArticleView(TemplateView):
    """An article: what it asks for, and the provisions that implement it, side by side."""

    template_name = "protocol/article.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        article = article_or_404(self.kwargs["code"])
        asked = provisions_asked(self.request.GET)
        figures = ArticleFigures(article, asked)
        before, after = neighbours(article.code)
        code = {"code": article.code}
        rest = [pair for pair in asked.query() if pair[0] not in FILTERS[:-1]]
        return super().get_context_data(
            article=article,
            figures=figures,
            notices=asked.problems,
            chips=chips_of(asked.request, lambda request: asked.address(figures.path, request)),
            hidden=rest,
            orders=orders_of(asked, figures.path),
            pages=pages_of(asked, figures.path, figures.total),
            before=before,
            after=after,
            covered_with=covered_with(article.code),
            csv_url=with_pairs(reverse("protocol:csv", kwargs=code), _unpaged(asked.query())),
            xlsx_url=with_pairs(reverse("protocol:xlsx", kwargs=code), _unpaged(asked.query())),
            api_url=asked.address(reverse("api:insights-protocol-article", kwargs=code)),
            compare_url=_comparing(article.code, asked.request.filters.get("jurisdiction", ())),
            **kwargs,
        )


def _unpaged(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(name, value) for name, value in pairs if name != "page_size"]


def _comparing(article: str, places: tuple[str, ...]) -> str:
    asked = ComparisonAsked(places[:MOST_COMPARED], (article,))
    return asked.address(reverse("protocol:compare"))


class CompareView(TemplateView):
    """A few jurisdictions on some articles."""

    template_name = "protocol/compare.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        asked = comparison_asked(self.request.GET)
        chosen = [*asked.jurisdictions, *[""] * MOST_COMPARED][:MOST_COMPARED]
        return super().get_context_data(
            comparison=Comparison(asked),
            notices=asked.problems,
            chosen=chosen,
            instruments=[
                (label, [a for a in catalog().articles.values() if a.instrument == instrument])
                for instrument, label in TreatyArticle.Instrument.choices
            ],
            xlsx_url=asked.address(reverse("protocol:compare-xlsx")),
            api_url=asked.address(reverse("api:insights-protocol-compare")),
            **kwargs,
        )


class FileView(View, ABC):
    """A table as a file; wrong parameters are refused before anything is read."""

    media_type = CSV
    #: The parameters of the address, and what is wrong with them.
    known: tuple[str, ...] = ()
    problems: Iterable[Problem] = ()
    filename = ""

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.ask(request.GET)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if self.problems:
            return refused_in_words(self.problems, self.known)
        pieces = self.pieces(request.build_absolute_uri("/").rstrip("/"))
        response = StreamingHttpResponse(pieces, content_type=self.media_type)
        response["Content-Disposition"] = f'attachment; filename="{self.filename}"'
        return response

    @abstractmethod
    def ask(self, data: QueryDict) -> None:
        """Read the address."""

    @abstractmethod
    def pieces(self, origin: str) -> Iterator[bytes]:
        """The pieces of the file."""


class IndexCsvView(FileView):
    filename = "articles.csv"

    def ask(self, data: QueryDict) -> None:
        self.problems = unknown_names(data, self.known)

    def pieces(self, origin: str) -> Iterator[bytes]:
        return files.index_csv(ArticleIndex(), origin)


class CsvView(FileView):
    """All provisions that an address asks for, in its order."""

    extension = "csv"
    write = staticmethod(files.provisions_csv)

    def ask(self, data: QueryDict) -> None:
        self.article = article_or_404(self.kwargs["code"])
        self.asked = provisions_asked(data, paged=False)
        self.problems, self.known = self.asked.problems, self.asked.known
        self.filename = f"article-{self.article.code}.{self.extension}"

    def pieces(self, origin: str) -> Iterator[bytes]:
        return self.write(rows_asked(self.article.code, self.asked), origin)


class XlsxView(CsvView):
    extension = "xlsx"
    media_type = XLSX
    write = staticmethod(files.provisions_xlsx)


class CompareXlsxView(FileView):
    media_type = XLSX
    filename = "comparison.xlsx"
    known = COMPARED

    def ask(self, data: QueryDict) -> None:
        self.asked = comparison_asked(data)
        self.problems = [*self.asked.problems, *missing_parts(self.asked)]

    def pieces(self, origin: str) -> Iterator[bytes]:
        return files.comparison_xlsx(Comparison(self.asked), origin)
