"""`/healthz`, `/readyz` and `/metrics`, for machines that watch.

They are answered before all else: no session, language, limit or redirect to TLS is in their way,
and no name of a host is looked at, because load balancers ask by address. Nothing in the answers
depends on that name, so that it need not be trusted, here or elsewhere.
"""

from __future__ import annotations

import hmac
import logging
from collections.abc import Callable
from ipaddress import ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse

from portal.accounts.throttling import client_address
from portal.watching import health, metrics

logger = logging.getLogger(__name__)
_seen_ready: list[bool] = [True]


class ProbesMiddleware:
    """Answers the addresses of watchers; all others are none of its business."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.views = {"/healthz": alive, "/readyz": ready, "/metrics": numbers}

    def __call__(self, request: HttpRequest) -> HttpResponse:
        view = self.views.get(request.path_info)
        if view is None or (view is numbers and not settings.METRICS):
            return self.get_response(request)
        if request.method not in ("GET", "HEAD"):
            response: HttpResponse = HttpResponseNotAllowed(("GET", "HEAD"))
        else:
            response = view(request)
        # A watcher that asks each second would fill the log with the same line.
        response._has_been_logged = True  # type: ignore[attr-defined]
        response["Cache-Control"] = "no-store"
        response["X-Content-Type-Options"] = "nosniff"
        response["Content-Length"] = str(len(response.content))
        if request.method == "HEAD":
            response.content = b""
        return response


def alive(request: HttpRequest) -> HttpResponse:
    """`/healthz`: this process answers. A database that is down is no reason to restart it."""
    return HttpResponse("ok\n", content_type="text/plain; charset=utf-8")


def ready(request: HttpRequest) -> HttpResponse:
    """`/readyz`: readers can be sent here; 503 if not, with what is wrong in a few words."""
    found = health.readiness()
    if found.is_ready != _seen_ready[0]:
        # Told once and not each second.
        _seen_ready[0] = found.is_ready
        bad = {name: check for name, check in found.checks.items() if check["state"] != health.OK}
        level = logging.INFO if found.is_ready else logging.ERROR
        logger.log(level, "%s", f"Not ready: {bad}" if bad else "Ready again")
    body = {
        "status": "ready" if found.is_ready else "not ready",
        "checks": found.checks,
        "version": found.version,
    }
    return JsonResponse(body, status=200 if found.is_ready else 503)


def numbers(request: HttpRequest) -> HttpResponse:
    """`/metrics`: for who brings the token or comes from a network that may ask; 403 for others."""
    if not may_read_metrics(request):
        return HttpResponse(
            "Not for this address. See METRICS_ALLOWED_NETWORKS and METRICS_TOKEN.\n",
            status=403,
            content_type="text/plain; charset=utf-8",
        )
    content, kind = metrics.text()
    return HttpResponse(content, content_type=kind)


def may_read_metrics(request: HttpRequest) -> bool:
    """Whether a request brings METRICS_TOKEN or comes from METRICS_ALLOWED_NETWORKS.

    An address counts only where it is known. A request that says it was forwarded, and not by as
    many proxies as are trusted, comes from somebody of whom only the nearest machine is known:
    that is a proxy of ours, and it must not open the door for all the world.
    """
    scheme, _space, token = request.headers.get("Authorization", "").partition(" ")
    wanted = settings.METRICS_TOKEN
    if wanted and scheme.lower() == "bearer":
        return hmac.compare_digest(token.strip().encode("utf-8", "replace"), wanted.encode())
    forwarded = request.headers.get("X-Forwarded-For", "")
    if forwarded and forwarded.count(",") + 1 < max(settings.TRUSTED_PROXIES, 1):
        return False
    if not settings.TRUSTED_PROXIES and (forwarded or "Forwarded" in request.headers):
        return False
    address = ip_address(client_address(request))
    mapped = getattr(address, "ipv4_mapped", None)
    return any(
        (mapped or address) in ip_network(network, strict=False)
        for network in settings.METRICS_ALLOWED_NETWORKS
    )
