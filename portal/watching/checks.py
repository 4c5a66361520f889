"""What is unsafe in the settings of a deployment: checks of Django, run by `check --deploy`.

What is missing or unreadable altogether is told before, by portal/environment.py.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning
from django.db import connections
from django.http.request import validate_host

LOCAL = frozenset({"localhost", "127.0.0.1", "[::1]", "::1", ""})
#: Shorter keys than those that Django makes can be found by trying.
KEY_LENGTH = 50
DIRECTORIES = ("ATTACHMENTS_DIR", "IMPORTS_DIR", "CHARTS_DIR", "RELEASES_DIR")
Kind = Callable[..., CheckMessage]


def deployment(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """All that is unsafe, with what to do about it."""
    return [
        kind(what, hint=hint, id=f"portal.{kind.__name__[0]}{number:03}")
        for found in (_secrets, _names, _proxies, _watching, _databases, _directories)
        for number, kind, what, hint in found()
    ]


def _secrets() -> Iterator[tuple[int, Kind, str, str]]:
    key = settings.SECRET_KEY
    if len(key) < KEY_LENGTH or len(set(key)) < 5 or key.startswith("django-insecure"):
        hint = f"At least {KEY_LENGTH} random characters; docs/operations.md says how."
        yield 1, Error, "SECRET_KEY is too short or not random.", hint
    if settings.DEBUG:
        hint = "Set DEBUG=false: it shows the inside of the portal to everybody."
        yield 2, Error, "DEBUG is on.", hint
    if not settings.SECOND_FACTOR_REQUIRED:
        hint = "Set SECOND_FACTOR_REQUIRED=true."
        yield 3, Warning, "Staff may sign in with a password alone.", hint


def _names() -> Iterator[tuple[int, Kind, str, str]]:
    hosts = set(settings.ALLOWED_HOSTS)
    is_left = not hosts - LOCAL or "*" in hosts
    if is_left:
        hint = "Name the hosts under which the portal is reached, and no others."
        yield 10, Error, "ALLOWED_HOSTS is left as it was, or allows every name.", hint
    address = urlsplit(settings.PORTAL_ADDRESS)
    host = address.hostname or ""
    hint = "The address that readers use, such as https://portal.example.org."
    if host in LOCAL:
        yield 11, Error, "PORTAL_ADDRESS is left at this machine.", hint
    elif not is_left and not validate_host(host, settings.ALLOWED_HOSTS):
        yield 12, Error, "PORTAL_ADDRESS names a host that ALLOWED_HOSTS does not.", hint
    elif settings.HTTPS and address.scheme != "https":
        yield 13, Error, "PORTAL_ADDRESS is not https.", hint
    if not settings.OAI_DOMAIN:
        hint = "It is part of the identifiers that libraries keep, and must never change."
        yield 14, Warning, "OAI_DOMAIN is not set.", hint


def _proxies() -> Iterator[tuple[int, Kind, str, str]]:
    if not settings.HTTPS:
        hint = "Set HTTPS=true behind a proxy that speaks TLS (deploy/nginx.conf)."
        yield 20, Error, "HTTPS is off: passwords and sessions go over the network in clear.", hint
    elif not settings.TRUSTED_PROXIES:
        hint = "Set TRUSTED_PROXIES to the number of your proxies: all visitors count as one now."
        yield 21, Error, "HTTPS is on, but no proxy is trusted to say who asks.", hint


def _watching() -> Iterator[tuple[int, Kind, str, str]]:
    if settings.LOG_FORMAT not in ("line", "json"):
        yield 30, Error, "LOG_FORMAT is neither line nor json.", "Choose one."
    try:
        networks = [ip_network(name, strict=False) for name in settings.METRICS_ALLOWED_NETWORKS]
    except ValueError:
        hint = "Networks like 10.0.0.0/8 or 2001:db8::/32, separated by commas."
        yield 31, Error, "METRICS_ALLOWED_NETWORKS cannot be read.", hint
        return
    if settings.METRICS and any(network.prefixlen == 0 for network in networks):
        yield 32, Error, "All the world may read the metrics.", "Name networks, or use a token."
    if settings.METRICS_TOKEN and len(settings.METRICS_TOKEN) < 32:
        yield 33, Error, "METRICS_TOKEN is too short.", "At least 32 random characters."


def _databases() -> Iterator[tuple[int, Kind, str, str]]:
    for alias in connections:
        given = connections[alias].settings_dict
        host, options = given["HOST"] or given["OPTIONS"].get("host", ""), given["OPTIONS"]
        is_here = host in LOCAL or host.startswith("/")
        if not is_here and options.get("sslmode") not in ("require", "verify-ca", "verify-full"):
            hint = "Add ?sslmode=verify-full, or require, unless the network is yours alone."
            what = f"The address of the database “{alias}” does not ask for TLS."
            yield 40, Warning, what, hint
        if given["USER"] == "postgres":
            what = f"The portal signs in to the database “{alias}” as its administrator."
            yield 41, Warning, what, "Give it an account of its own; docs/operations.md says how."


def _directories() -> Iterator[tuple[int, Kind, str, str]]:
    for name in DIRECTORIES:
        place = Path(getattr(settings, name))
        while not place.exists() and place != place.parent:
            place = place.parent
        if not (place.is_dir() and os.access(place, os.W_OK | os.X_OK)):
            hint = "Make the directory and give it to the account of the portal."
            yield 50, Error, f"{name} cannot be written by this account.", hint
