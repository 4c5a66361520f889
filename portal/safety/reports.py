"""What browsers tell of broken Content-Security-Policy: one short line of the log each.

Both forms are taken: `application/csp-report` of `report-uri` and `application/reports+json` of
the Reporting API. Anybody can send anything here, so that a report is bounded, counted and never
believed; and it may say what a reader did, so that of addresses only the path is kept.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import Error
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from portal.accounts.throttling import client_address
from portal.limits.counting import Client, count, network_of

logger = logging.getLogger("portal.policy")

#: Bytes of a body, reports in it that are read, letters of one thing that is told.
MAX_BYTES = 16 << 10
MAX_REPORTS = 5
MAX_LETTERS = 120
#: Requests a minute from one network, and from all together.
FROM_ONE, FROM_ALL = 10, 120
TYPES = frozenset({"application/csp-report", "application/reports+json", "application/json"})

#: What is told of a report: its names in the Reporting API, and in the older form.
_TOLD = (
    ("directive", "effectiveDirective", "effective-directive"),
    ("blocked", "blockedURL", "blocked-uri"),
    ("page", "documentURL", "document-uri"),
    ("source", "sourceFile", "source-file"),
    ("line", "lineNumber", "line-number"),
)


@csrf_exempt
@require_POST
def policy_report(request: HttpRequest) -> HttpResponse:
    """204; 413, 415 or 400 for what is no report, 429 for too many of them."""
    if request.content_type not in TYPES:
        return _said(415)
    size = request.META.get("CONTENT_LENGTH") or "0"
    if not size.isascii() or not size.isdigit() or not 0 < int(size[:9]) <= MAX_BYTES:
        return _said(413)
    try:
        if _is_too_many(request):
            return _said(429)
    except Error as error:
        logger.warning("A report cannot be counted and is dropped: %s", error)
        return _said(503)
    try:
        found = list(_reports(json.loads(request.body)))
    except (ValueError, RecursionError):
        return _said(400)
    for report in found[:MAX_REPORTS]:
        logger.warning("A page broke its policy: %s", _told(report))
    return _said(204)


def _said(status: int) -> HttpResponse:
    response = HttpResponse(status=status)
    if status in (429, 503):
        response["Retry-After"] = "60"
    del response["Content-Type"]
    return response


def _is_too_many(request: HttpRequest) -> bool:
    """Whether a network, or all together, have sent enough in this minute."""
    network = network_of(client_address(request))
    if count(Client("reports", network, FROM_ONE)).is_spent:
        return True
    return count(Client("reports", "all", FROM_ALL)).is_spent


def _reports(sent: Any) -> Iterator[dict[str, Any]]:
    """The reports of a body.

    Raises:
        ValueError: it holds something else.
    """
    if isinstance(sent, dict) and isinstance(sent.get("csp-report"), dict):
        yield sent["csp-report"]
        return
    if not isinstance(sent, list):
        raise ValueError("neither a report nor a list of reports")
    for entry in sent:
        if not isinstance(entry, dict) or not isinstance(entry.get("body"), dict):
            raise ValueError("an entry without a body")
        # A browser sends other kinds to the same address, of which nothing was asked.
        if entry.get("type") == "csp-violation":
            yield entry["body"]


def _told(report: dict[str, Any]) -> str:
    """The line of a report: words of ours and short, printable pieces of it."""
    said = []
    for name, *keys in _TOLD:
        value = next((report[key] for key in keys if report.get(key) is not None), None)
        if isinstance(value, int) and not isinstance(value, bool):
            said.append(f"{name}={min(max(value, 0), 10**9)}")
        elif isinstance(value, str) and value:
            said.append(f"{name}={_plain(value)}")
    return " ".join(said) or "nothing that is known"


def _plain(text: str) -> str:
    """A keyword or an address, without host of its own, query, fragment or names of people."""
    try:
        parts = urlsplit(text[:2_000])
        host = parts.hostname or ""
    except ValueError:
        return "?"
    # A page elsewhere is told by its host alone, one of ours by its path alone.
    short = host if host and not _is_ours(host) else parts.path
    kept = "".join(c if c.isascii() and c.isprintable() and c not in ' "' else "?" for c in short)
    return kept[:MAX_LETTERS] or "?"


def _is_ours(host: str) -> bool:
    return any(
        host == allowed or (allowed.startswith(".") and f".{host}".endswith(allowed))
        for allowed in (name.strip("[]") for name in settings.ALLOWED_HOSTS)
    )
