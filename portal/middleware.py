"""What surrounds every request."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse

from portal.failures import unavailable
from portal.reference.catalog import pinned

GetResponse = Callable[[HttpRequest], HttpResponse]


class HeadMiddleware:
    """An answer to HEAD has the headers of GET and no body (RFC 9110, section 9.3.2)."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.method == "HEAD":
            _empty(response)
        return response


def _empty(response: Any) -> None:
    """Take the body of a response away; its length stays told."""
    if response.streaming:
        # What was opened for the body is closed with the response.
        response.streaming_content = ()
    elif response.content:
        response.setdefault("Content-Length", str(len(response.content)))
        response.content = b""


class CatalogMiddleware:
    """One snapshot of the reference data for the whole of a request."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with pinned():
            return self.get_response(request)


class DatabaseFailureMiddleware:
    """A database that is down or too slow is a 503, never an empty list of results.

    What fails in middleware is answered by `handler500` (portal/failures.py).
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return unavailable(request, exception)
