"""Addresses of the API: the databases' own resources and the reference data."""

from __future__ import annotations

from django.urls import path
from rest_framework.routers import SimpleRouter

from portal.api.views import RootView
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
router.register("jurisdictions", JurisdictionViewSet, basename="jurisdictions")
router.register("vocabularies", VocabularyViewSet, basename="vocabularies")
router.register("treaty-articles", TreatyArticleViewSet, basename="treaty-articles")
router.register("treaty-status", TreatyStatusViewSet, basename="treaty-status")

urlpatterns = [path("", RootView.as_view(), name="root"), *router.urls]
