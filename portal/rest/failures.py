"""What visitors are told when something is refused or fails outside of a view.

It may be what the portal stands on: the database, or a disk. The answers ask the request for
nothing: what a page says of itself needs the very host that was refused.
"""

from __future__ import annotations

import errno
import logging
import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.functional import Promise
from django.utils.translation import get_language_from_request, override
from django.utils.translation import gettext_lazy as _

from portal.rest.paths import is_api
from portal.rest.problems import DATABASE_AWAY, problem

logger = logging.getLogger(__name__)

RETRY_SECONDS = "30"
#: A disk without room, and a quota that is used up.
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400, as for a host that is not ours or for more fields than a form has (`handler400`)."""
    return refused(request, 400, _("The request was not understood."))


def refused(request: HttpRequest, status: int, detail: str | Promise) -> HttpResponse:
    """A refusal: a problem in the API, elsewhere the page of all that was not understood."""
    response = _told(request, status, detail, "400.html")
    response["Cache-Control"] = "no-store"
    return response


def unavailable(request: HttpRequest, exception: BaseException | None) -> HttpResponse | None:
    """503 for a database that is down or too slow and for a disk that is full; None otherwise."""
    if isinstance(exception, OperationalError | InterfaceError):
        logger.error("The database failed", exc_info=exception)
        said, template = DATABASE_AWAY, "503.html"
    elif isinstance(exception, OSError) and exception.errno in _NO_ROOM:
        logger.error("No room is left on a disk", exc_info=exception)
        said = _("The portal cannot store anything at the moment. Please try again.")
        template = "500.html"
    else:
        return None
    response = _told(request, 503, said, template)
    response["Retry-After"] = RETRY_SECONDS
    return response


def _told(request: HttpRequest, status: int, detail: str | Promise, template: str) -> HttpResponse:
    # Nobody may have asked yet which language is spoken; the thread still speaks that of the
    # request before.
    with override(get_language_from_request(request, check_path=True)):
        if is_api(request.path_info):
            return problem(status, detail)
        return HttpResponse(render_to_string(template), status=status)


def server_error(request: HttpRequest) -> HttpResponse:
    """The answer to what nobody caught (`handler500`).

    Middleware asks the database and the disk, too, and what fails there passes by all
    `process_exception`.
    """
    fault = _("The fault is ours and has been recorded.")
    return unavailable(request, sys.exception()) or _told(request, 500, fault, "500.html")
