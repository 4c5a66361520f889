"""What visitors are told when what the portal stands on fails: the database, or a disk."""

from __future__ import annotations

import errno
import logging
import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from portal.rest.problems import problem
from portal.safety import failures

logger = logging.getLogger(__name__)

RETRY_SECONDS = "30"
#: A disk without room, and a quota that is used up.
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)


def unavailable(request: HttpRequest, exception: BaseException | None) -> HttpResponse | None:
    """503 for a database that is down or too slow and for a disk that is full; None otherwise."""
    if isinstance(exception, OperationalError | InterfaceError):
        logger.error("The database failed", exc_info=exception)
        said, template = "The database is not available at the moment.", "503.html"
    elif isinstance(exception, OSError) and exception.errno in _NO_ROOM:
        logger.error("No room is left on a disk", exc_info=exception)
        said, template = "The portal cannot store anything at the moment.", "500.html"
    else:
        return None
    if request.path.startswith("/api/"):
        response: HttpResponse = problem(503, f"{said} Please try again.")
    else:
        response = HttpResponse(render_to_string(template), status=503)
    response["Retry-After"] = RETRY_SECONDS
    return response


def server_error(request: HttpRequest) -> HttpResponse:
    """The answer to what nobody caught (`handler500`).

    Middleware asks the database and the disk, too, and what fails there passes by all
    `process_exception`.
    """
    return unavailable(request, sys.exception()) or failures.server_error(request)
