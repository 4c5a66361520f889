"""Where the admin can be reached from: `ADMIN_ALLOWED_NETWORKS`.

For a visitor from elsewhere there is no admin. Its addresses are those of nothing, answered by the
same resolver as any other that does not exist, so that no answer tells where it stands; and a
session is not looked at, so that one that was carried off opens neither drafts nor documents.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from ipaddress import IPv6Address, ip_address

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from portal.accounts.throttling import client_address
from portal.safety.values import Network

#: The addresses that there are for visitors from elsewhere.
OUTSIDE = "portal.outside_urls"


class GateMiddleware:
    """Takes admin and session away from who comes from elsewhere; stands before the session."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        allowed = settings.ADMIN_ALLOWED_NETWORKS
        if allowed and not is_within(client_address(request), allowed):
            request.urlconf = OUTSIDE
            request.COOKIES.pop(settings.SESSION_COOKIE_NAME, None)
        return self.get_response(request)


def is_within(address: str, allowed: Sequence[Network]) -> bool:
    """Whether an address belongs to one of the networks, also if it is IPv4 written as IPv6."""
    found = ip_address(address)
    if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    return any(found in network for network in allowed)
