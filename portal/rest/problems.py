"""Errors of the API as problem details (RFC 9457), which name what would have been understood."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpResponse, JsonResponse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import exceptions, status
from rest_framework.views import set_rollback

logger = logging.getLogger(__name__)

DATABASE_AWAY = gettext_lazy("The database is not available at the moment. Please try again.")

TITLES = {
    400: "Bad request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not found",
    405: "Method not allowed",
    406: "Not acceptable",
    410: "Gone",
    412: "Precondition failed",
    413: "Too large",
    414: "Address too long",
    429: "Too many requests",
    503: "Not available",
}


class BadParameters(exceptions.APIException):
    """Parameters that the resource does not know, or values that it cannot take.

    Args:
        errors: objects with `parameter`, `message` and `known`.
        parameters: all parameters of the resource.
    """

    status_code = status.HTTP_400_BAD_REQUEST

    def __init__(self, errors: Sequence[Any], parameters: Sequence[str]) -> None:
        self.errors, self.parameters = errors, parameters
        super().__init__(_("The request has parameters that this resource does not understand."))


class Gone(exceptions.APIException):
    """The record was withdrawn; the reason is told."""

    status_code = status.HTTP_410_GONE


def _adds(error: Any, exception: BadParameters) -> bool:
    """Whether the known values are more than the list of parameters, which is told anyway."""
    return bool(error.known) and tuple(error.known) != tuple(exception.parameters)


def problem(code: int, detail: str | Promise, **extensions: Any) -> JsonResponse:
    """An answer of type application/problem+json."""
    body = {"type": "about:blank", "title": TITLES.get(code, "Error"), "status": code}
    return JsonResponse(
        {**body, "detail": str(detail), **extensions},
        status=code,
        content_type="application/problem+json",
        json_dumps_params={"ensure_ascii": False},
    )


def refused_in_words(problems: Iterable[Any], parameters: Iterable[str]) -> HttpResponse:
    """Why there is no file of what an address asks for, as plain text (400).

    Args:
        problems: objects with `parameter`, `message` and `known`.
        parameters: all that would have been understood.
    """
    parameters = tuple(parameters)
    told = []
    for found in problems:
        known = ", ".join(found.known) if tuple(found.known) != parameters else ""
        told.append(f"{found.parameter}: {found.message} {known}".rstrip())
    told.append(_("Known parameters: %s") % (", ".join(parameters) or "–"))
    return HttpResponse("\n".join(told), status=400, content_type="text/plain; charset=utf-8")


def problem_response(exception: Exception, context: dict[str, Any]) -> JsonResponse | None:
    """The exception handler of Django REST framework for all of the API."""
    if isinstance(exception, OperationalError | InterfaceError):
        logger.error("The database failed", exc_info=exception)
        response = problem(503, DATABASE_AWAY)
        response["Retry-After"] = "30"
        return response
    if isinstance(exception, Http404):
        exception = exceptions.NotFound(str(exception) or None)
    elif isinstance(exception, PermissionDenied):
        exception = exceptions.PermissionDenied()
    if not isinstance(exception, exceptions.APIException):
        return None
    set_rollback()
    if isinstance(exception, BadParameters):
        return problem(
            400,
            str(exception.detail),
            errors=[
                {
                    "parameter": error.parameter,
                    "message": str(error.message),
                    **({"known": list(error.known)} if _adds(error, exception) else {}),
                }
                for error in exception.errors
            ],
            known_parameters=list(exception.parameters),
        )
    response = problem(exception.status_code, str(exception.detail))
    for header in ("auth_header", "wait"):
        value = getattr(exception, header, None)
        if value:
            name = "WWW-Authenticate" if header == "auth_header" else "Retry-After"
            response[name] = str(value)
    return response
