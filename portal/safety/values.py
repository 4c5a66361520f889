"""Settings of safety, read strictly: what cannot be meant stops the portal from starting.

The settings import this module, so that it may know nothing of Django's own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network, ip_network

Network = IPv4Network | IPv6Network

#: Where the admin stands unless an operator says otherwise.
USUAL_ADMIN_PATH = "admin/"
#: Where addresses of readers and machines begin; the admin may not stand among them.
TAKEN = frozenset({"api", "data", "files", "id", "oai", "reports", "static"})
_SEGMENT = re.compile(r"[A-Za-z0-9_-]{1,60}")


class SettingError(ValueError):
    """A setting cannot be what it says; the message names it."""


def admin_path(given: str, languages: Iterable[str] = ()) -> str:
    """The part of the admin's address behind the host, as `staff/desk/`.

    Args:
        given: as the operator wrote it, with or without slashes at its ends.
        languages: the beginnings of the pages in each language.

    Raises:
        SettingError: it is none, or belongs to readers.
    """
    segments = given.strip().strip("/").split("/")
    if not all(_SEGMENT.fullmatch(segment) for segment in segments):
        raise SettingError(
            f"ADMIN_PATH: {given!r} is no path. Letters, digits, hyphens and underscores, parts "
            "with a slash between them."
        )
    if segments[0] in TAKEN | set(languages):
        raise SettingError(f"ADMIN_PATH: addresses that begin with {segments[0]!r} are taken.")
    return "/".join(segments) + "/"


def networks(given: Iterable[str], name: str) -> list[Network]:
    """Networks as `192.0.2.0/24` or `2001:db8::/32`; a single address is a network of one.

    Raises:
        SettingError: one of them is no network.
    """
    found: list[Network] = []
    for text in filter(None, map(str.strip, given)):
        try:
            found.append(ip_network(text))
        except ValueError as error:
            raise SettingError(f"{name}: {text!r} is no network ({error}).") from error
    return found
