"""Addresses of the API: the databases' own resources and the reference data."""

from __future__ import annotations

from collections.abc import Iterator

from django.urls import URLPattern, path, re_path
from rest_framework.routers import SimpleRouter

from portal.api.search import SearchView
from portal.api.views import NowhereView, RootView
from portal.countries.api import CountryViewSet
from portal.insights import report_views
from portal.insights.api import InsightViewSet, OwnTableData
from portal.insights.coverage_views import CoverageData
from portal.protocol.api import ArticlesView, ArticleView, ComparisonView
from portal.records.database import databases
from portal.reference.api import (
    JurisdictionViewSet,
    TreatyArticleViewSet,
    TreatyStatusViewSet,
    VocabularyViewSet,
)
from portal.rest.views import StrictViewSet

app_name = "api"

router = SimpleRouter()
for database in databases():
    router.register(database.api_slug, database.viewset, basename=database.api_slug)
    for slug, viewset in database.resources:
        router.register(slug, viewset, basename=slug)
# Before the insights, among whose addresses these lie.
router.register("insights/countries", CountryViewSet, basename="insights-countries")
router.register("insights", InsightViewSet, basename="insights")
router.register("jurisdictions", JurisdictionViewSet, basename="jurisdictions")
router.register("vocabularies", VocabularyViewSet, basename="vocabularies")
router.register("treaty-articles", TreatyArticleViewSet, basename="treaty-articles")
router.register("treaty-status", TreatyStatusViewSet, basename="treaty-status")


#: The end of the address of a file: `.csv`, `.csl.json`.
ENDING = r"\.(?P<suffix>[a-z]+(?:\.[a-z]+)?)$"


def files() -> Iterator[URLPattern]:
    """The addresses of files: `cases.csv`, `cases/aus-2012-r-v-ahmad.ris`, `jurisdictions.csv`.

    The OpenAPI document tells of them as the formats of the addresses without an ending.
    """
    for slug, viewset, _name in router.registry:
        if issubclass(viewset, StrictViewSet):
            view = viewset.as_view({"get": "list"}, schema=None, basename=slug)
            yield re_path(f"^{slug}{ENDING}", view, name=f"{slug}-file")
    for database in databases():
        slug = database.api_slug
        view = database.viewset.as_view({"get": "retrieve"}, schema=None)
        address = rf"^{slug}/(?P<code>[a-z0-9-]+){ENDING}"
        yield re_path(address, view, name=f"{slug}-detail-file")


urlpatterns = [
    path("", RootView.as_view(), name="root"),
    path("search/", SearchView.as_view(), name="search"),
    path("insights/coverage/", CoverageData.as_view(), name="insights-coverage"),
    path("insights/table/", OwnTableData.as_view(), name="insights-table"),
    path("insights/protocol/", ArticlesView.as_view(), name="insights-protocol"),
    path("insights/protocol/compare/", ComparisonView.as_view(), name="insights-protocol-compare"),
    path("insights/protocol/<str:code>/", ArticleView.as_view(), name="insights-protocol-article"),
    *report_views.data(),
    *router.urls,
    *files(),
    # Behind all others: what does not exist is a problem, too, and not a page for people.
    re_path(r"^[\s\S]*/$", NowhereView.as_view(schema=None)),
]
