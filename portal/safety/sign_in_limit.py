"""How often a minute an address may try to sign in, whatever names it tries.

Wrong passwords are counted for a name and an address (django-axes), wrong codes for a user
(django-otp). Neither holds up who tries one password with many names, and each try costs the
processor a third of a second on purpose.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import Error
from django.http import HttpRequest, HttpResponse

from portal.accounts.throttling import client_address
from portal.limits.counting import Client, count, network_of
from portal.limits.refusing import too_many
from portal.safety.headers import is_of_admin

logger = logging.getLogger(__name__)

#: The forms that take a password or a code.
FORMS = frozenset({"login", "second_factor", "second_factor_set_up"})


class SignInLimitMiddleware:
    """Answers 429 before a password or a code is looked at."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, args: Any, kwargs: Any
    ) -> HttpResponse | None:
        quota = settings.SIGN_IN_REQUESTS_PER_MINUTE
        match = request.resolver_match
        if request.method != "POST" or match is None or not quota:
            return None
        if not is_of_admin(request) or match.url_name not in FORMS:
            return None
        client = Client("sign-in", network_of(client_address(request)), quota)
        try:
            allowance = count(client)
        except Error as error:
            # Without the database nobody can sign in either; the view tells of its failure.
            logger.warning("A request to sign in cannot be counted: %s", error)
            return None
        if not allowance.is_spent:
            return None
        detail = too_many(quota, allowance.seconds)
        response = HttpResponse(detail, status=429, content_type="text/plain; charset=utf-8")
        response["Retry-After"] = str(allowance.seconds)
        response["Cache-Control"] = "no-store"
        return response
