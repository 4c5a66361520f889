"""Signing in slows down: django-axes counts wrong passwords, this says whose and what to show."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def client_address(request: HttpRequest) -> str:
    """The address a request comes from, told by the last proxy that is ours.

    Each proxy writes at the end of `X-Forwarded-For` whom it heard; whatever stands further to the
    left the visitor may have written. Behind a Unix socket there is no address: all visitors then
    count as one, which locks a name for everybody and is better than never.
    """
    heard = request.headers.get("X-Forwarded-For", "").split(",")
    proxies = settings.TRUSTED_PROXIES
    told = heard[-proxies].strip() if 0 < proxies <= len(heard) else ""
    for address in (told, request.META.get("REMOTE_ADDR", "")):
        if is_address(address):
            return address
    return "0.0.0.0"  # noqa: S104 - stands for no address; nothing listens


def client_network(request: HttpRequest) -> str:
    """The address under which wrong passwords are counted: of IPv6 the first half alone.

    Whoever has one address of an IPv6 network has 2^64 of them, and would never be held up.
    """
    found = ip_address(client_address(request))
    if not isinstance(found, IPv6Address):
        return str(found)
    return str(found.ipv4_mapped or ip_network((int(found), 64), strict=False).network_address)


def is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    # A zone is understood by Python but not by PostgreSQL.
    return "%" not in text


def locked_out(
    request: HttpRequest, response: HttpResponse | None = None, credentials: Any = None
) -> HttpResponse:
    """The page after too many wrong passwords: the same for every name, known or not."""
    minutes = int(settings.AXES_COOLOFF_TIME.total_seconds() // 60)
    context = {
        **admin.site.each_context(request),
        "has_permission": False,
        "is_nav_sidebar_enabled": False,
        "limit": settings.AXES_FAILURE_LIMIT,
        "minutes": minutes,
    }
    page = render(request, "accounts/locked_out.html", context, status=429)
    page["Retry-After"] = str(minutes * 60)
    page["Cache-Control"] = "no-store"
    return page
