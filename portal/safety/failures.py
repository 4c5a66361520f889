"""The answers to what is refused or goes wrong outside of a view.

They ask the request for nothing: what a page says of itself needs the very host that was refused.
"""

from __future__ import annotations

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from portal.rest.paths import is_api
from portal.rest.problems import problem


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400, as for a host that is not ours or for more fields than a form has."""
    return refused(request, 400, "The request was not understood.")


def refused(request: HttpRequest, status: int, detail: str) -> HttpResponse:
    """A refusal: a problem in the API, elsewhere the page of all that was not understood."""
    if is_api(request.path_info):
        response: HttpResponse = problem(status, detail)
    else:
        response = HttpResponse(render_to_string("400.html"), status=status)
    response["Cache-Control"] = "no-store"
    return response


def server_error(request: HttpRequest) -> HttpResponse:
    """500; but 503 if it was the database, as when a session cannot be looked up."""
    failure = sys.exc_info()[1]
    is_database = isinstance(failure, OperationalError | InterfaceError)
    if is_api(request.path_info):
        if is_database:
            detail = "The database is not available at the moment. Please try again."
            return _later(problem(503, detail))
        return problem(500, "The fault is ours and has been recorded.")
    if is_database:
        return _later(HttpResponse(render_to_string("503.html"), status=503))
    return HttpResponse(render_to_string("500.html"), status=500)


def _later(response: HttpResponse) -> HttpResponse:
    response["Retry-After"] = "30"
    return response
