"""What surrounds every request."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from typing import Any

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.views.defaults import server_error

from portal.reference.catalog import pinned
from portal.rest.problems import problem

logger = logging.getLogger(__name__)

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
    """A database that is down or too slow is a 503, never an empty list of results."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, OperationalError | InterfaceError):
            return None
        logger.error("The database failed", exc_info=exception)
        return unavailable(request)


def unavailable(request: HttpRequest) -> HttpResponse:
    """The answer while the database does not answer."""
    if request.path.startswith("/api/"):
        response: HttpResponse = problem(
            503, "The database is not available at the moment. Please try again."
        )
    else:
        response = HttpResponse(render_to_string("503.html"), status=503)
    response["Retry-After"] = "30"
    return response


def failed(request: HttpRequest) -> HttpResponse:
    """The answer to what nobody has caught (Django's `handler500`).

    Middleware asks the database, too: for the session, for what is kept. Its failures do not come
    to `process_exception`.
    """
    if isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        return unavailable(request)
    return server_error(request)
