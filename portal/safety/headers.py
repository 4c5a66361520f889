"""Headers of every answer: what other origins may do with it, and who may keep it.

Content-Security-Policy comes from django-csp, HSTS, nosniff, Referrer-Policy and COOP from Django;
their values are in the settings. Here is what these do not know.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext_lazy as _

from portal.rest.failures import refused
from portal.rest.paths import FROM_ANY_ORIGIN

#: What no page of ours does, so that no script that got in could (W3C Permissions Policy).
FORBIDDEN = (
    *("accelerometer", "autoplay", "browsing-topics", "camera", "display-capture"),
    *("encrypted-media", "geolocation", "gyroscope", "hid", "identity-credentials-get"),
    *("idle-detection", "magnetometer", "microphone", "midi", "payment", "picture-in-picture"),
    *("publickey-credentials-create", "publickey-credentials-get", "screen-wake-lock", "serial"),
    *("storage-access", "usb", "xr-spatial-tracking"),
)
PERMISSIONS_POLICY = ", ".join(
    [f"{feature}=()" for feature in FORBIDDEN] + ["clipboard-write=(self)", "fullscreen=(self)"]
)
_from_any_origin = re.compile(FROM_ANY_ORIGIN)


class HeadersMiddleware:
    """Stands outside all others, so that static files and refusals carry the same."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.HTTPS and not request.is_secure() and "Authorization" in request.headers:
            # Led on to HTTPS, nobody would notice that the token went over the line for all to see.
            said = _("A token came by HTTP: ask by HTTPS, and replace it.")
            return refused(request, 403, said)
        response = self.get_response(request)
        response.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        response.setdefault("Cross-Origin-Resource-Policy", _resource_policy(request, response))
        if response.get("Content-Type", "").startswith("text/html"):
            # What `report-to` of the Content-Security-Policy names.
            response.setdefault("Reporting-Endpoints", f'policy="{settings.POLICY_REPORTS_PATH}"')
        if is_of_admin(request):
            response.setdefault("X-Robots-Tag", "noindex, nofollow")
        if is_of_somebody(request) or (is_of_admin(request) and not _is_script(response)):
            _keep_nowhere(response)
        return response


def is_of_admin(request: HttpRequest) -> bool:
    """Whether an address was found to be one of the admin."""
    match = request.resolver_match
    return match is not None and match.app_name == "admin"


def is_of_somebody(request: HttpRequest) -> bool:
    """Whether an answer was made with a look at who is signed in."""
    session: Any = getattr(request, "session", None)
    return settings.SESSION_COOKIE_NAME in request.COOKIES and getattr(session, "accessed", False)


def _is_script(response: HttpResponse) -> bool:
    """The catalogue of words for the admin's scripts is the same for everybody."""
    return response.get("Content-Type", "").startswith("text/javascript")


def _keep_nowhere(response: HttpResponse) -> None:
    if "no-store" in response.get("Cache-Control", ""):
        return
    del response["Cache-Control"]
    del response["Expires"]
    add_never_cache_headers(response)


def _resource_policy(request: HttpRequest, response: HttpResponse) -> str:
    """Whether pages of other origins may take an answer in.

    What CORS lets any script read must not be kept from them by another header, and a chart may
    stand in an article elsewhere.
    """
    is_picture = response.get("Content-Type", "").startswith("image/")
    is_open = _from_any_origin.match(request.path_info) or is_picture
    return "cross-origin" if is_open and not is_of_somebody(request) else "same-origin"
