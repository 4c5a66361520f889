"""Sitemaps of everything that readers can open, and what crawlers are asked to leave alone.

Every address is told with its counterparts in the other languages (sitemaps.org 0.9 with the
`hreflang` links that search engines read).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.sitemaps import Sitemap, views
from django.core.paginator import Paginator
from django.db.models import Max
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.html import format_html_join

from portal.insights.contents import OWN_TABLE, groups
from portal.records.database import Database, databases
from portal.reference.catalog import catalog
from portal.reference.labels import FALLBACK_LANGUAGE
from portal.releases.shelf import releases
from portal.safety.values import USUAL_ADMIN_PATH

#: Items of one file. Each is six addresses, and each of these names all six: some eight megabytes,
#: far below the 50,000 addresses and 50 megabytes that the protocol allows.
ITEMS = 1_000
_ALTERNATE = '<xhtml:link rel="alternate" hreflang="{}" href="{}"/>'


class InAllLanguages(Sitemap, ABC):
    """Pages that exist in all languages of the portal, a thousand of them to a file."""

    limit = ITEMS

    @abstractmethod
    def items(self) -> Any:
        """The pages, as a list or a queryset."""

    @abstractmethod
    def location(self, item: Any) -> str:
        """The address of a page in the active language."""

    def lastmod(self, item: Any) -> datetime | None:
        """When a page changed; None where that is not known."""
        return None

    @property
    def paginator(self) -> Paginator:
        return Paginator(self.items(), self.limit)

    def get_latest_lastmod(self) -> datetime | None:
        """The latest change of all of them, asked of the database at once."""
        return None

    def get_urls(
        self, page: int | str = 1, site: Any = None, protocol: str | None = None
    ) -> list[dict[str, Any]]:
        items = list(self.paginator.page(page).object_list)
        origin = f"{self.get_protocol(protocol)}://{self.get_domain(site)}"
        addresses: dict[str, list[str]] = {}
        for language, _name in settings.LANGUAGES:
            with translation.override(language):
                # As in the address: `zh`, where Django says `zh-hans`.
                addresses[language.split("-")[0]] = [
                    f"{origin}{self.location(item)}" for item in items
                ]
        changes = [moment for item in items if (moment := self.lastmod(item))]
        if changes:
            self.latest_lastmod = max(changes)
        return list(self._told(items, addresses))

    def _told(
        self, items: Sequence[Any], addresses: dict[str, list[str]]
    ) -> Iterator[dict[str, Any]]:
        for place, item in enumerate(items):
            versions = {language: found[place] for language, found in addresses.items()}
            default = ("x-default", versions[FALLBACK_LANGUAGE])
            # The same for all versions, so that it is made once.
            alternates = format_html_join("", _ALTERNATE, (*versions.items(), default))
            lastmod = self.lastmod(item)
            for address in versions.values():
                yield {"location": address, "lastmod": lastmod, "alternates": alternates}


class Records(InAllLanguages):
    """The public records of a database: code and last change, nothing else is read."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def items(self) -> Any:
        # By age, so that a new record moves no other into another file.
        return self.database.records.public().order_by("pk").values_list("code", "changed_at")

    def location(self, item: tuple[str, datetime]) -> str:
        return reverse(f"{self.database.slug}:record", kwargs={"code": item[0]})

    def lastmod(self, item: tuple[str, datetime]) -> datetime:
        return item[1]

    def get_latest_lastmod(self) -> datetime | None:
        latest: datetime | None = self.database.records.public().aggregate(
            latest=Max("changed_at")
        )["latest"]
        return latest


class Named(InAllLanguages):
    """Pages that have names in `urls.py`, each with what its address needs."""

    def __init__(self, names: Iterable[tuple[str, dict[str, str]]]) -> None:
        self.names = list(names)

    def items(self) -> list[tuple[str, dict[str, str]]]:
        return self.names

    def location(self, item: tuple[str, dict[str, str]]) -> str:
        name, kwargs = item
        return reverse(name, kwargs=kwargs)


def sitemaps() -> dict[str, Any]:
    """All sitemaps by their part of the address."""
    pages = ("home", "about", "search-all", "insights:index", "releases:index")
    figures = [(entry.page, dict(entry.kwargs)) for group in groups() for entry in group.entries]
    return {
        "pages": Named(
            [
                *((name, {}) for name in pages),
                *((f"{database.slug}:search", {}) for database in databases()),
                *(("releases:release", {"version": str(found.version)}) for found in releases()),
            ]
        ),
        "insights": Named([*figures, (OWN_TABLE.page, {})]),
        "countries": Named(
            ("countries:country", {"code": code}) for code in catalog().jurisdictions
        ),
        "articles": Named(("protocol:article", {"code": code}) for code in catalog().articles),
        **{database.slug: Records(database) for database in databases()},
    }


def index(request: HttpRequest) -> HttpResponse:
    """`/sitemap.xml`: where the files are."""
    return views.index(request, sitemaps(), sitemap_url_name="sitemap-part")


def part(request: HttpRequest, section: str) -> HttpResponse:
    """`/sitemap-<section>.xml`: a file of addresses."""
    return views.sitemap(request, sitemaps(), section, template_name="sitemap-part.xml")


def robots(request: HttpRequest) -> HttpResponse:
    """`/robots.txt` (RFC 9309)."""
    context = {
        "sitemap": request.build_absolute_uri(reverse("sitemap")),
        # An address that was chosen is not told to everybody.
        "admin": settings.ADMIN_PATH if settings.ADMIN_PATH == USUAL_ADMIN_PATH else "",
    }
    return render(request, "robots.txt", context, content_type="text/plain; charset=utf-8")
