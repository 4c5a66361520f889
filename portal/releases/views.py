"""The pages of the data releases, their files, and their list for machines."""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from typing import Any

from django.http import FileResponse, Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.generic import TemplateView

from portal.records.database import databases
from portal.releases.describing import dataset
from portal.releases.shelf import MEDIA_TYPES, TOLD, Release, release_of, releases
from portal.releases.showing import Row, rows_of

logger = logging.getLogger(__name__)

#: A release is never changed: a year, the longest that caches understand (RFC 9111, RFC 8246).
_FOR_EVER = "public, max-age=31536000, immutable"


def release_or_404(version: str) -> Release:
    found = release_of(version)
    if found is None:
        raise Http404(_("There is no data release of this version."))
    return found


@dataclass(frozen=True)
class Shown:
    """A release with what its page draws.

    Attributes:
        release: it.
        address: its permanent address, without a language.
        file_address: that of its archive.
        rows: of each resource, its number and what changed.
    """

    release: Release
    address: str
    file_address: str
    rows: list[Row]

    @classmethod
    def of(cls, release: Release, request: HttpRequest) -> Shown:
        version, name = str(release.version), release.archive.name
        path = reverse("release-files:file", kwargs={"version": version, "name": name})
        address = reverse("release-files:release", kwargs={"version": version})
        whole = request.build_absolute_uri
        return cls(release, whole(address), whole(path), rows_of(release))

    @property
    def path(self) -> str:
        """Its page in the reader's language."""
        return reverse("releases:release", kwargs={"version": str(self.release.version)})

    @property
    def json_ld(self) -> SafeString:
        return dataset(self.release, self.address, self.file_address)


def exports() -> list[dict[str, Any]]:
    """Where the records of each database are exported as they are now."""
    return [
        {
            "database": database,
            "files": [
                (label, f"{reverse(f'api:{database.api_slug}-list')}?format={key}")
                for label, key in (("CSV", "csv"), ("JSON Lines", "jsonl"))
            ],
        }
        for database in databases()
    ]


class IndexView(TemplateView):
    """All releases, the newest first."""

    template_name = "releases/index.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        shown = [Shown.of(release, self.request) for release in releases()]
        return super().get_context_data(
            releases=shown, newest=shown[0] if shown else None, exports=exports(), **kwargs
        )


class ReleaseView(TemplateView):
    """One release."""

    template_name = "releases/release.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        shown = Shown.of(release_or_404(kwargs["version"]), self.request)
        return super().get_context_data(newest=shown, exports=exports(), **kwargs)


def in_own_language(request: HttpRequest, version: str = "") -> HttpResponse:
    """`/data/` and `/data/2026.12/` lead to the page in the reader's language."""
    if version:
        release_or_404(version)
        response = redirect("releases:release", version=version)
    else:
        response = redirect("releases:index")
    patch_vary_headers(response, ["Accept-Language"])
    return response


def listed(request: HttpRequest) -> JsonResponse:
    """`/data/releases.json`: what all releases say of themselves, the newest first."""
    found = []
    for release in releases():
        shown = Shown.of(release, request)
        file = {**release.told["file"], "url": shown.file_address}
        found.append({**release.told, "url": shown.address, "file": file})
    response = JsonResponse({"releases": found}, json_dumps_params={"ensure_ascii": False})
    response["Cache-Control"] = "no-cache"
    return response


def file(request: HttpRequest, version: str, name: str) -> HttpResponseBase:
    """A file of a release: its archive, or what it says of itself."""
    release = release_or_404(version)
    path = release.path_of(name)
    if path is None:
        raise Http404(_("The release has no such file."))
    etag = f'"{release.told["file"]["sha256"]}{"" if name != TOLD else "-told"}"'
    unchanged = get_conditional_response(request, etag=etag)
    if unchanged is not None and unchanged.status_code == 304:
        return _for_ever(unchanged, etag)
    # An archive is pressed already; the middleware would press it again and lose its length.
    request.META.pop("HTTP_ACCEPT_ENCODING", None)
    stream = path.open("rb")
    size = os.fstat(stream.fileno()).st_size
    media_type = MEDIA_TYPES[path.suffix]
    response = FileResponse(stream, as_attachment=name != TOLD, filename=name)
    response["Content-Type"] = media_type
    response["Content-Length"] = str(size)
    return _for_ever(response, etag)


def _for_ever(response: Any, etag: str) -> Any:
    response["ETag"] = etag
    response["Cache-Control"] = _FOR_EVER
    response["X-Content-Type-Options"] = "nosniff"
    return response
