"""What is looked up when metrics are asked for: records, version, connections and processes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psutil
from django.db import Error, connection
from django.db.models import Count
from prometheus_client.core import GaugeMetricFamily

from portal.records.models import State
from portal.reference import version
from portal.search.models import SearchDocument
from portal.watching.health import readiness

#: Counts of records by the version of the data that they were counted at.
_counted: dict[str, dict[tuple[str, str], int]] = {}
_CONNECTIONS = """
    SELECT coalesce(state, 'other'), count(*) FROM pg_stat_activity
    WHERE datname = current_database() GROUP BY 1
"""


class StateCollector:
    """Asked at each scrape; a database that does not answer leaves its numbers out."""

    def describe(self) -> list[Any]:
        """Nothing beforehand, so that registering asks for nothing."""
        return []

    def collect(self) -> Iterator[Any]:
        state = readiness()
        ready = GaugeMetricFamily(
            "portal_ready", "Whether each check of /readyz passes.", labels=["check"]
        )
        ready.add_metric(["all"], state.is_ready)
        for name, check in state.checks.items():
            ready.add_metric([name], check["state"] == "ok")
        yield ready
        yield from _processes()
        # Not asked where it would have to be waited for.
        if state.checks["database"]["state"] == "ok":
            try:
                yield from _data()
            except Error:
                connection.close()


def _data() -> Iterator[Any]:
    now = version.read()
    if now.changed_at is not None:
        yield GaugeMetricFamily(
            "portal_data_changed_timestamp_seconds",
            "When the data last changed; time() less this is the age of their version.",
            value=now.changed_at.timestamp(),
        )
    records = GaugeMetricFamily("portal_records", "Records.", labels=["database", "state"])
    for (database, state), number in _records(now.mark).items():
        records.add_metric([database, state], number)
    yield records
    used = GaugeMetricFamily(
        "portal_database_connections", "Connections to the database.", labels=["state"]
    )
    with connection.cursor() as cursor:
        cursor.execute(_CONNECTIONS)
        for state, number in cursor.fetchall():
            used.add_metric([state], number)
    yield used


def _records(mark: str) -> dict[tuple[str, str], int]:
    """Records by database and state, counted once for a version of the data."""
    if mark not in _counted:
        rows = SearchDocument.objects.order_by().values_list("database", "state")
        found = {(slug, state): n for slug, state, n in rows.annotate(n=Count("pk"))}
        slugs = {slug for slug, _state in found}
        _counted.clear()
        _counted[mark] = {
            (slug, state): found.get((slug, state), 0) for slug in slugs for state in State.values
        }
    return _counted[mark]


def _processes() -> Iterator[Any]:
    """The processes that answer: those of the same gunicorn, or this one alone."""
    own = psutil.Process()
    parent = own.parent()
    siblings = [own]
    if parent is not None and parent.cmdline()[1:] == own.cmdline()[1:]:
        siblings = parent.children()
    memory = 0
    for process in siblings:
        try:
            memory += process.memory_info().rss
        except psutil.Error:
            continue
    yield GaugeMetricFamily("portal_workers", "Processes that answer.", value=len(siblings))
    yield GaugeMetricFamily(
        "portal_workers_resident_bytes",
        "Memory of these processes; what they share is counted in each.",
        value=memory,
    )
