"""Addresses of the portal. A database's own addresses come from its declaration."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.urls import URLResolver, include, path, re_path
from django.urls.resolvers import LocalePrefixPattern
from drf_spectacular.views import SpectacularSwaggerSplitView

from portal import sitemaps, views
from portal.api.guide import GuideView, guide
from portal.api.views import DocumentView
from portal.oai.views import OaiView
from portal.publishing.feeds import FeedView
from portal.records.database import databases
from portal.reference.labels import active_language
from portal.releases import urls as releases
from portal.safety.contact import security_txt
from portal.safety.reports import policy_report

handler400 = "portal.safety.failures.bad_request"
handler500 = "portal.failures.server_error"


class LanguagePrefix(LocalePrefixPattern):
    """`/zh/` for Chinese, although Django calls the language `zh-hans`."""

    @property
    def language_prefix(self) -> str:
        return f"{active_language()}/"


pages: list[Any] = [
    path("", views.HomeView.as_view(), name="home"),
    path("search/", views.SearchAllView.as_view(), name="search-all"),
    path("search/feed/", FeedView.as_view(), name="search-feed"),
    path("opensearch.xml", views.opensearch, name="opensearch"),
    path("protocol/", include("portal.protocol.urls")),
    path("countries/", include("portal.countries.urls")),
    path("insights/", include("portal.insights.urls")),
    path("data/", include(releases.pages)),
    path("api/", GuideView.as_view(), name="api-guide"),
    path("about/", views.AboutView.as_view(), name="about"),
    *(path(f"{database.slug}/", include(database.urls)) for database in databases()),
]

#: What everybody can reach; the admin stands beside it.
public: list[Any] = [
    path("", views.root, name="root"),
    path("favicon.ico", views.favicon),
    path(".well-known/security.txt", security_txt, name="security-txt"),
    path(settings.POLICY_REPORTS_PATH.lstrip("/"), policy_report, name="policy-reports"),
    path("robots.txt", sitemaps.robots, name="robots"),
    path("sitemap.xml", sitemaps.index, name="sitemap"),
    path("sitemap-<slug:section>.xml", sitemaps.part, name="sitemap-part"),
    path("oai", OaiView.as_view(), name="oai"),
    path("id/<slug:code>", views.permanent, name="permanent"),
    re_path(r"^id/(?P<code>[\w-]+)\.(?P<suffix>[a-z]+(?:\.[a-z]+)?)$", views.permanent),
    path("files/", include("portal.attachments.urls")),
    path("data/", include(releases.files)),
    path("api/v1/", include("portal.api.urls")),
    path("api/schema/", DocumentView.as_view(), name="api-schema"),
    path("api/", guide, name="api-docs"),
    path(
        "api/reference/",
        # A page, which has nothing to tell of itself to OPTIONS.
        SpectacularSwaggerSplitView.as_view(
            url_name="api-schema",
            http_method_names=["get", "head"],
            template_name="api/reference.html",
        ),
        name="api-reference",
    ),
    URLResolver(LanguagePrefix(), pages),
]

urlpatterns = [path(settings.ADMIN_PATH, admin.site.urls), *public]
