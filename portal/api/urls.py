"""Addresses of the API: the databases' own resources and the reference data."""

from __future__ import annotations

from django.urls import path
from rest_framework.routers import SimpleRouter

from portal.api.views import RootView
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

urlpatterns = [
    path("", RootView.as_view(), name="root"),
    path("insights/coverage/", CoverageData.as_view(), name="insights-coverage"),
    path("insights/table/", OwnTableData.as_view(), name="insights-table"),
    path("insights/protocol/", ArticlesView.as_view(), name="insights-protocol"),
    path("insights/protocol/compare/", ComparisonView.as_view(), name="insights-protocol-compare"),
    path("insights/protocol/<str:code>/", ArticleView.as_view(), name="insights-protocol-article"),
    *report_views.data(),
    *router.urls,
]
