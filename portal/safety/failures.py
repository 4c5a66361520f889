"""The answer to what went wrong outside of a view, where no middleware sees the exception."""

from __future__ import annotations

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.views.defaults import server_error as stock

from portal.rest.paths import is_api
from portal.rest.problems import problem


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
    return stock(request)


def _later(response: HttpResponse) -> HttpResponse:
    response["Retry-After"] = "30"
    return response
