"""Which standbys are alive and up to date: asked in the background, one thread for each server.

A request never waits for these questions. It takes what was last heard, and what was heard too
long ago counts as nothing: a thread that hangs on its server says by its silence that the server
does. A server that a request finds broken is left alone at once, until it has answered again.
"""

from __future__ import annotations

import logging
import os
import random
import threading
import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

import psycopg2
from django.conf import settings
from django.db import connections

from portal.databases.addresses import PRIMARY, UNHEARD_MILLISECONDS
from portal.databases.positions import Position, Track

logger = logging.getLogger(__name__)

#: Seconds between two questions to a server that answers.
PERIOD = 1.0
#: The longest pause before a server that does not answer is asked again; from `PERIOD` doubled.
LONGEST_PAUSE = 5.0
#: What was heard longer ago than this counts as not heard.
FORGOTTEN_AFTER = 5.0

# What is flushed is what standbys are sent, and all that was acknowledged is in it. A standby that
# restarts its receiver begins at a segment's start, so "received" may be less than "replayed".
_ASK = """
    SELECT recovering,
        CASE WHEN recovering THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_flush_lsn() END
            - '0/0'::pg_lsn,
        NOT recovering OR coalesce(pg_last_wal_receive_lsn() <= pg_last_wal_replay_lsn(), true)
    FROM pg_is_in_recovery() AS recovering
"""


@dataclass(frozen=True)
class Report:
    """What a server said of itself.

    Attributes:
        at: when, in monotonic seconds.
        is_standby: whether it follows another server; else it is a primary.
        lsn: up to where its log is flushed or, of a standby, replayed.
        has_replayed_all: whether a standby shows all that it was sent.
    """

    at: float
    is_standby: bool
    lsn: int
    has_replayed_all: bool


class Watch:
    """What is known of all servers.

    Args:
        primary: the name of the primary.
        standbys: names of the standbys.
        max_lag: seconds by which a standby may be behind.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        primary: str,
        standbys: Iterable[str],
        max_lag: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.primary, self.standbys, self.max_lag = primary, tuple(standbys), max_lag
        self._clock = clock
        self._lock = threading.Lock()
        self._reports: dict[str, Report | None] = {}
        self._track = Track(max_lag + FORGOTTEN_AFTER)
        self._began = clock()
        self._telling = threading.Lock()
        self._told_bad: set[str] = set()

    def heard(self, name: str, report: Report) -> None:
        """A server has answered."""
        with self._lock:
            self._reports[name] = report
            if name == self.primary and not report.is_standby:
                self._track.note(Position(report.at, report.lsn))
        self._tell_changes()

    def failed(self, name: str) -> None:
        """A server does not answer, or a request has found it broken."""
        with self._lock:
            self._reports[name] = None
        self._tell_changes()

    def primary_is_away(self) -> bool:
        """Whether the primary was asked and does not answer; False before it was asked."""
        return self.primary in self._reports and self._fresh(self.primary) is None

    def usable(self) -> list[str]:
        """The standbys that may be read from."""
        alive = {name: report for name in self.standbys if (report := self._fresh(name))}
        following = {name: report for name, report in alive.items() if report.is_standby}
        away = self.primary_is_away()
        with self._lock:
            if away and self._track.newest() is None:
                # This process never saw the primary: who shows all that it was sent is the best.
                good = [name for name, report in following.items() if report.has_replayed_all]
            else:
                good = [
                    name
                    for name, report in following.items()
                    if self._track.lag(report.lsn, report.at) <= self.max_lag
                ]
        if away and good:
            # Nobody catches up with a primary that is gone: the one that got most has it all.
            most = max(following[name].lsn for name in good)
            good = [name for name in good if following[name].lsn == most]
        return good

    def pick(self, without: Collection[str] = ()) -> str | None:
        """Any of the standbys that may be read from; None if there is none."""
        good = [name for name in self.usable() if name not in without]
        return random.choice(good) if good else None  # noqa: S311 - only to spread the load

    def _fresh(self, name: str) -> Report | None:
        report = self._reports.get(name)
        if report is None or self._clock() - report.at > FORGOTTEN_AFTER:
            return None
        # What calls itself primary and follows another takes no writes.
        return None if name == self.primary and report.is_standby else report

    def _tell_changes(self) -> None:
        """One line in the log when a server goes or comes back; not while all are being met."""
        if self._clock() - self._began < FORGOTTEN_AFTER:
            return
        with self._telling:
            bad = set(self.standbys) - set(self.usable())
            bad |= {self.primary} if self.primary_is_away() else set()
            for name in sorted(bad - self._told_bad):
                logger.warning("The database %s is away or behind and not used", name)
            for name in sorted(self._told_bad - bad):
                logger.warning("The database %s is used again", name)
            self._told_bad = bad


class Watcher:
    """The threads that ask, in this process."""

    def __init__(self, watch: Watch, connect: Callable[[str], Any]) -> None:
        self.watch = watch
        self.process = os.getpid()
        self._connect = connect
        self._ended = threading.Event()
        self._woken = {name: threading.Event() for name in (watch.primary, *watch.standbys)}
        for name in self._woken:
            target = partial(self._ask_for_ever, name)
            threading.Thread(target=target, name=f"watch-{name}", daemon=True).start()

    def doubt(self, name: str) -> None:
        """Leave a server alone until it has answered again, and ask it now."""
        self.watch.failed(name)
        self._woken[name].set()

    def end(self) -> None:
        """Let the threads end; for tests."""
        self._ended.set()
        for event in self._woken.values():
            event.set()

    def _ask_for_ever(self, name: str) -> None:
        connection, pause = None, PERIOD
        while not self._ended.is_set():
            self._woken[name].clear()
            try:
                connection = connection or self._connect(name)
                report = ask(connection)
            except Exception as error:  # noqa: BLE001 - whatever it is, the server is not usable
                logger.debug("The database %s does not answer: %s", name, error)
                _close(connection)
                connection = None
                self.watch.failed(name)
                pause = min(pause * 2, LONGEST_PAUSE)
            else:
                self.watch.heard(name, report)
                pause = PERIOD
            self._woken[name].wait(pause)
        _close(connection)


def ask(connection: Any) -> Report:
    """Ask a server, by one statement, what it is and how far it has come.

    Raises:
        psycopg2.Error: it does not answer.
    """
    # The position is as old as the question, not as the answer.
    at = time.monotonic()
    with connection.cursor() as cursor:
        cursor.execute(_ASK)
        is_standby, lsn, has_replayed_all = cursor.fetchone()
    # A standby that has replayed nothing yet has no position.
    return Report(at, is_standby, int(lsn or 0), has_replayed_all)


def connect(name: str) -> Any:
    """A connection of one's own to a database of Django's settings; psycopg2.Error if it fails."""
    parameters = connections[name].get_connection_params()
    parameters["options"] = f"-c statement_timeout={UNHEARD_MILLISECONDS}"
    parameters["application_name"] = "portal-watch"
    connection = psycopg2.connect(**parameters)
    connection.autocommit = True
    return connection


def _close(connection: Any) -> None:
    if connection is not None:
        connection.close()


_watchers: list[Watcher] = []
_starting = threading.Lock()


def standbys() -> list[str]:
    """The names of the standbys of Django's settings."""
    return [name for name in connections.settings if name != PRIMARY]


def watcher() -> Watcher:
    """The watcher of this process, started at its first use, and anew in a forked process."""
    with _starting:
        if not _watchers or _watchers[0].process != os.getpid():
            watch = Watch(PRIMARY, standbys(), settings.REPLICA_MAX_LAG_SECONDS)
            _watchers[:] = [Watcher(watch, connect)]
        return _watchers[0]


def primary_is_away() -> bool:
    """Whether it is known that the primary does not answer.

    For what may be left undone without it, so that no reader waits for its end. Where there are no
    standbys nobody watches, and it is not known.
    """
    return bool(standbys()) and watcher().watch.primary_is_away()
