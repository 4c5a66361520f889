"""Pages of numbers, kept whole until the data change.

A page of the insights, of a country or of an article asks a handful of questions and draws up to
some thousand numbers; what it says changes only with the records. Only what a visitor without a
session sees is kept, under the address, the language and the version of the data (which moves
inside the transaction of every change), so that nothing stale is ever served.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse

from portal.charts.kept import has_any_failed, version
from portal.reference.labels import active_language

#: The rooms whose pages are kept.
ROOMS = frozenset({"insights", "countries", "protocol"})
#: Headers that are kept with a page.
HEADERS = ("Content-Type", "Content-Disposition")


class KeptPagesMiddleware:
    """Answers from what was kept, with one question to the database; keeps what was made."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        key = getattr(request, "kept_under", "")
        # A page whose chart could not be drawn a moment ago is not the page.
        if key and response.status_code == 200 and _is_text(response) and not has_any_failed():
            headers = {name: response[name] for name in HEADERS if name in response}
            kept = (zlib.compress(response.content, 1), headers)
            cache.set(key, kept, settings.PAGES_KEPT_SECONDS)
        return response

    def process_view(
        self, request: HttpRequest, view: Any, args: Any, kwargs: Any
    ) -> HttpResponse | None:
        """The kept page, if this is a page of numbers and there is one."""
        match = request.resolver_match
        is_of_readers = settings.SESSION_COOKIE_NAME not in request.COOKIES
        if match is None or not ROOMS & set(match.namespaces) or not is_of_readers:
            return None
        if request.method != "GET" or not settings.PAGES_KEPT_SECONDS:
            return None
        key = _key(request)
        found = cache.get(key)
        request.answer_was_kept = found is not None  # type: ignore[attr-defined]
        if found is None:
            request.kept_under = key  # type: ignore[attr-defined]
            return None
        content, headers = found
        return HttpResponse(zlib.decompress(content), headers=headers)


def _is_text(response: HttpResponse) -> bool:
    """Whether it is a page or a table; pictures are kept where they are drawn."""
    return not response.streaming and response["Content-Type"].startswith("text/")


def _key(request: HttpRequest) -> str:
    # Pages name their own address in full, so that the host is part of what they say.
    parts = (version(), active_language(), request.get_host(), request.get_full_path())
    return "page:" + hashlib.sha256("\n".join(parts).encode()).hexdigest()
