"""How often a client may ask: told in headers, and kept to with 429.

The headers are those of draft-ietf-httpapi-ratelimit-headers-10, 429 and `Retry-After` those of
RFC 6585 and RFC 9110, the refusal of a token that of RFC 6750. An answer 304 and `OPTIONS` cost
nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import Error
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from portal.accounts.throttling import client_address
from portal.limits.counting import WINDOW, Allowance, Client, count, network_of
from portal.limits.refusing import too_many
from portal.limits.tokens import InvalidToken, brought, holder_of
from portal.rest.paths import is_api, is_limited
from portal.rest.problems import DATABASE_AWAY, problem

logger = logging.getLogger(__name__)


class _Outage:
    """One line in the log when counting begins to fail, and not one for each request."""

    def __init__(self) -> None:
        self._told = False

    def goes_on(self, error: Error) -> None:
        if not self._told:
            logger.warning("A request cannot be counted: %s", error)
        self._told = True

    def over(self) -> None:
        if self._told:
            logger.warning("Requests are counted again")
        self._told = False


_outage = _Outage()


@dataclass
class _Call:
    """A request that is counted: by whom, and what is known of the count so far."""

    client: Client
    allowance: Allowance | None = None

    def is_too_many(self) -> bool:
        """Count the request, the first time, and say whether it is one too many.

        Where nothing can be counted, nobody is refused for it: if the database is down, the view
        tells so; if it takes no writes, it can be read all the same.
        """
        if self.allowance is None and self.client.quota:
            try:
                self.allowance = count(self.client)
                _outage.over()
            except Error as error:
                _outage.goes_on(error)
        return self.allowance is not None and self.allowance.is_spent

    def told_on(self, response: HttpResponse) -> HttpResponse:
        """The answer, with what was granted and what is left of it."""
        client, allowance = self.client, self.allowance
        if client.quota:
            response["RateLimit-Policy"] = f'"{client.policy}";q={client.quota};w={WINDOW}'
        if allowance is not None:
            response["RateLimit"] = (
                f'"{client.policy}";r={allowance.remaining};t={allowance.seconds}'
            )
        return response


class LimitsMiddleware:
    """Counts requests of machines' addresses by network address, or by the token they bring.

    A token is looked at first of all, and a bad one refused: that it is overlooked must not be
    learnt from a limit. Counted is where the view is about to be asked, or when it is seen that
    another middleware has answered; a 304 is not counted.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method == "OPTIONS" or not is_limited(request.path_info):
            return self.get_response(request)
        secret = brought(request)
        if secret is None:
            return self._answered(request, _Call(_by_address(request)))
        try:
            call = _Call(holder_of(secret))
        except InvalidToken:
            # Whoever tries tokens out is counted by address.
            call = _Call(_by_address(request))
            spent = call.is_too_many()
            return call.told_on(_refused(request, call) if spent else _invalid(request))
        except Error:
            logger.exception("A token cannot be looked up")
            return _unavailable(request)
        return self._answered(request, call)

    def process_view(
        self, request: HttpRequest, view: Any, args: Any, kwargs: Any
    ) -> HttpResponse | None:
        call: _Call | None = getattr(request, "counted", None)
        return _refused(request, call) if call is not None and call.is_too_many() else None

    def _answered(self, request: HttpRequest, call: _Call) -> HttpResponse:
        request.counted = call  # type: ignore[attr-defined]
        response = self.get_response(request)
        # What no view answers, such as an address that does not exist or a list that was kept, is
        # counted here.
        if response.status_code not in (304, 429) and call.is_too_many():
            response = _refused(request, call)
        return call.told_on(response)


def _by_address(request: HttpRequest) -> Client:
    network = network_of(client_address(request))
    return Client("address", network, settings.API_REQUESTS_PER_MINUTE)


def _said(request: HttpRequest, code: int, detail: str) -> HttpResponse:
    """An error: a problem in the API, plain words elsewhere."""
    if is_api(request.path_info):
        response: HttpResponse = problem(code, detail)
    else:
        response = HttpResponse(detail, status=code, content_type="text/plain; charset=utf-8")
    response["Cache-Control"] = "no-store"
    return response


def _refused(request: HttpRequest, call: _Call) -> HttpResponse:
    seconds = call.allowance.seconds if call.allowance else WINDOW
    said = too_many(call.client.quota, seconds)
    if call.client.policy == "address":
        said += " " + _("Those who need more can ask the portal for a token.")
    response = _said(request, 429, said)
    response["Retry-After"] = str(seconds)
    return response


def _invalid(request: HttpRequest) -> HttpResponse:
    detail = _(
        "This token is not known, has expired or was withdrawn. Without a token the API is open "
        "to all."
    )
    response = _said(request, 401, detail)
    response["WWW-Authenticate"] = 'Bearer error="invalid_token"'
    return response


def _unavailable(request: HttpRequest) -> HttpResponse:
    response = _said(request, 503, str(DATABASE_AWAY))
    response["Retry-After"] = "30"
    return response
