"""Keeps the list of sessions up to date."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import auth
from django.http import HttpRequest, HttpResponse

from portal.accounts import sessions

GetResponse = Callable[[HttpRequest], HttpResponse]


class StaffSessionMiddleware:
    """Notes the sessions in which the admin is used.

    Only there: on a public page the session is not even looked at, so nothing is asked of the
    database for it and no cache is told to tell readers apart.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> None:
        match = request.resolver_match
        if (
            match is not None
            and match.app_name == "admin"
            and settings.SESSION_COOKIE_NAME in request.COOKIES
        ):
            if sessions.is_too_old(request):
                sessions.end(sessions.of_request(request))
                auth.logout(request)
                return
            sessions.note(request)
