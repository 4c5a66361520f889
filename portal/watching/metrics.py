"""Numbers for Prometheus, where `METRICS` is on; otherwise its library is not even loaded.

Every label has few values: routes are names of addresses, all pages of the admin are one, methods
and kinds are of fixed lists. Processes count in files of `PROMETHEUS_MULTIPROC_DIR`, which
deploy/gunicorn.conf.py makes and tidies, and any of them tells the sum.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.http import HttpRequest

from portal.watching.logs import method_of
from portal.watching.tally import Tally

if TYPE_CHECKING:
    from prometheus_client import Counter, Gauge, Histogram

#: Bounds in seconds: kept answers take one millisecond, a reader's question at most 20 seconds.
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 25.0)


@dataclass(frozen=True)
class Instruments:
    """What is counted at each request."""

    requests: Counter
    seconds: Histogram
    queries: Counter
    query_seconds: Counter
    kept: Counter
    at_work: Gauge


@cache
def instruments() -> Instruments:
    """The instruments of this process, made when they are first needed."""
    from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

    # Told by `text` alone; the library's own registry has numbers of one process in it.
    own = CollectorRegistry()
    by_route = ("route",)
    return Instruments(
        requests=Counter(
            "portal_requests", "Requests answered.", ("route", "method", "status"), registry=own
        ),
        seconds=Histogram(
            *("portal_request_seconds", "Time to answer, sending included."),
            by_route,
            buckets=BUCKETS,
            registry=own,
        ),
        queries=Counter("portal_queries", "Statements of requests.", by_route, registry=own),
        query_seconds=Counter(
            "portal_query_seconds", "Time of these statements.", by_route, registry=own
        ),
        kept=Counter(
            *("portal_kept_answers", "Answers that may be kept: found (hit) or made (miss)."),
            ("outcome",),
            registry=own,
        ),
        at_work=Gauge(
            *("portal_requests_at_work", "Requests being answered now."),
            multiprocess_mode="livesum",
            registry=own,
        ),
    )


def began() -> None:
    """A request has come."""
    if settings.METRICS:
        instruments().at_work.inc()


def ended() -> None:
    """A request is over, however it ended."""
    if settings.METRICS:
        instruments().at_work.dec()


def answered(request: HttpRequest, route: str, status: int, seconds: float, counted: Tally) -> None:
    """Count a request that was answered."""
    if not settings.METRICS:
        return
    told = instruments()
    name = "admin" if route.startswith("admin:") else route
    told.requests.labels(name, method_of(request), str(status)).inc()
    told.seconds.labels(name).observe(seconds)
    if counted.queries:
        told.queries.labels(name).inc(counted.queries)
        told.query_seconds.labels(name).inc(counted.seconds)
    # Set by whoever keeps answers: True where one was found, False where it had to be made.
    found = getattr(request, "answer_was_kept", None)
    if found is not None:
        told.kept.labels("hit" if found else "miss").inc()


def text() -> tuple[bytes, str]:
    """All numbers of all processes of this machine as Prometheus reads them, and their type."""
    from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
    from prometheus_client.multiprocess import MultiProcessCollector

    from portal.watching.state import StateCollector

    registry = CollectorRegistry()
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        MultiProcessCollector(registry)
    else:
        registry.register(_OwnCollector())
    registry.register(StateCollector())
    return generate_latest(registry), CONTENT_TYPE_LATEST


class _OwnCollector:
    """The instruments of a process that is the only one."""

    def collect(self) -> Iterator[Any]:
        told = instruments()
        for instrument in vars(told).values():
            yield from instrument.collect()
