"""Addresses of the portal. A database's own addresses come from its declaration."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.urls import URLResolver, include, path
from django.urls.resolvers import LocalePrefixPattern
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from portal import views
from portal.records.database import databases
from portal.reference.labels import active_language


class LanguagePrefix(LocalePrefixPattern):
    """`/zh/` for Chinese, although Django calls the language `zh-hans`."""

    @property
    def language_prefix(self) -> str:
        return f"{active_language()}/"


pages: list[Any] = [
    path("", views.HomeView.as_view(), name="home"),
    path("search/", views.SearchAllView.as_view(), name="search-all"),
    path("opensearch.xml", views.opensearch, name="opensearch"),
    path("protocol/", include("portal.protocol.urls")),
    path("countries/", include("portal.countries.urls")),
    path("insights/", include("portal.insights.urls")),
    path("about/", views.AboutView.as_view(), name="about"),
    *(path(f"{database.slug}/", include(database.urls)) for database in databases()),
]

urlpatterns = [
    path("", views.root, name="root"),
    path("favicon.ico", views.favicon),
    path("id/<slug:code>", views.permanent, name="permanent"),
    path("files/", include("portal.attachments.urls")),
    path("api/v1/", include("portal.api.urls")),
    path("api/schema/", SpectacularAPIView.as_view(), name="api-schema"),
    path("api/", SpectacularSwaggerSplitView.as_view(url_name="api-schema"), name="api-docs"),
    path("admin/", admin.site.urls),
    URLResolver(LanguagePrefix(), pages),
]
