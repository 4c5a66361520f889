"""How much a request may bring, whatever server stands before the portal.

Django bounds what it reads into memory and the number of fields, but neither the length of an
address nor the size of an upload: a file that is sent to any form, also to that of the login, is
written to disk before a view is asked.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from portal.rest.failures import refused
from portal.rest.paths import is_api
from portal.safety.headers import is_of_admin

#: What pages are asked with.
METHODS = ("GET", "HEAD", "POST", "OPTIONS")
#: Bytes of an address behind its host, in front of `?` and behind it.
MAX_PATH = 2_048
MAX_QUERY = 16_384
#: Parameters of an address. The longest search that a page links to has some dozens.
MAX_PARAMETERS = 1_000
#: Bytes of the body of a request of somebody who is not signed in: forms of a few boxes.
MAX_BODY = 256 << 10


class BoundsMiddleware:
    """Refuses what is too long (414), too many (400), too large (413) or no method of ours (405).

    Stands behind authentication, whose user it asks for, and before the check against forgery,
    which reads the body.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # The API says itself which methods a resource has; TRACE would tell a proxy's secrets.
        if request.method not in METHODS and not is_api(request.path_info):
            response = refused(request, 405, "")
            response["Allow"] = ", ".join(METHODS)
            return response
        query = request.META.get("QUERY_STRING", "")
        if len(request.path_info) > MAX_PATH or len(query) > MAX_QUERY:
            return refused(request, 414, _("The address is too long."))
        if query.count("&") >= MAX_PARAMETERS:
            return refused(request, 400, _("The address has too many parameters."))
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, args: Any, kwargs: Any
    ) -> HttpResponse | None:
        size = _length(request)
        if size <= MAX_BODY or (size <= settings.STAFF_BODY_MAX_BYTES and _is_of_staff(request)):
            return None
        return refused(request, 413, _("The body of the request is too large."))


def _length(request: HttpRequest) -> int:
    """What a request says it brings. Django reads no more; without a length it reads nothing."""
    try:
        return max(0, int(request.META.get("CONTENT_LENGTH") or 0))
    except ValueError:
        return 0


def _is_of_staff(request: HttpRequest) -> bool:
    """Whether it is sent to the admin by somebody who is signed in there."""
    user: Any = request.user
    return is_of_admin(request) and bool(user.is_active and user.is_staff)
