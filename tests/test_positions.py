"""How far a standby is behind, told from positions; real servers are in test_standbys.py."""

from __future__ import annotations

import re
from math import inf

import pytest
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpResponse

from portal.databases import checks, watching
from portal.databases.middleware import StandbyMiddleware
from portal.databases.positions import Position, Track
from portal.databases.watching import FORGOTTEN_AFTER, Report, Watch
from tests.test_house import ROOT


def track(*positions: tuple[float, int], span: float = 100) -> Track:
    found = Track(span)
    for at, lsn in positions:
        found.note(Position(at, lsn))
    return found


@pytest.mark.parametrize(
    ("lsn", "lag"),
    [(30, 0), (40, 0), (29, 1), (20, 1), (19, 3), (10, 3), (9, inf)],
)
def test_lag_is_the_age_of_what_is_shown(lsn: int, lag: float) -> None:
    assert track((1, 10), (2, 10), (3, 20), (4, 20), (5, 30)).lag(lsn, 9) == lag


def test_lag_is_that_of_the_moment_when_the_server_said_so() -> None:
    found = track((1, 10), (2, 20), (3, 30), (4, 40))
    assert found.lag(20, 2.5) == 0.5
    assert found.lag(20, 2) == 0
    # It may have been asked before the primary was.
    assert found.lag(30, 2) == 0


def test_an_idle_primary_leaves_nobody_behind() -> None:
    assert track((1, 10), (500, 10), (1000, 10)).lag(10, 9999) == 0


def test_without_a_position_nothing_is_known() -> None:
    assert track().lag(10, 9999) == inf
    assert track().newest() is None


def test_what_is_older_than_the_span_is_one_position() -> None:
    kept = track(*((at, at) for at in range(1000)), span=10)
    assert kept.lag(999 - 10, 9999) == 10
    assert kept.lag(999 - 12, 9999) == inf


def test_a_position_that_goes_back_is_of_another_primary() -> None:
    assert track((1, 10), (2, 50), (3, 20)).lag(10, 9999) == inf
    assert track((1, 10), (2, 50), (3, 20)).lag(20, 9999) == 0


class World:
    """A watch that is told what servers say, at times of the test's own."""

    def __init__(self, max_lag: float = 10) -> None:
        self.now = 100.0
        self.watch = Watch("default", ["standby1", "standby2"], max_lag, clock=lambda: self.now)

    def says(self, name: str, lsn: int, *, is_standby: bool = True, has_all: bool = True) -> None:
        is_standby = is_standby and name != "default"
        self.watch.heard(name, Report(self.now, is_standby, lsn, has_all))


def test_nobody_is_read_from_before_all_is_known() -> None:
    world = World()
    assert world.watch.pick() is None
    world.says("standby1", 10)
    assert world.watch.pick() is None
    world.says("default", 10)
    assert world.watch.pick() == "standby1"
    assert world.watch.pick(without=["standby1"]) is None


def test_a_server_that_hangs_is_one_that_says_nothing() -> None:
    world = World()
    for name in ("default", "standby1", "standby2"):
        world.says(name, 10)
    world.now += FORGOTTEN_AFTER + 1
    for name in ("default", "standby1"):
        world.says(name, 10)
    assert world.watch.usable() == ["standby1"]
    world.now += FORGOTTEN_AFTER + 1
    assert world.watch.primary_is_away()
    assert world.watch.usable() == []


def test_without_a_primary_only_who_has_most_is_read_from() -> None:
    world = World()
    for name, lsn in (("default", 20), ("standby1", 20), ("standby2", 10)):
        world.says(name, lsn)
    assert world.watch.usable() == ["standby1"]
    world.now += 1
    world.says("default", 30)
    world.says("standby1", 30)
    world.says("standby2", 20)
    # One second behind, which is allowed.
    assert world.watch.usable() == ["standby1", "standby2"]
    world.watch.failed("default")
    assert world.watch.usable() == ["standby1"]
    # However long the primary is gone, and as long as nobody has more.
    world.now += 1000
    world.says("standby1", 30)
    world.says("standby2", 20)
    assert world.watch.usable() == ["standby1"]
    world.says("standby2", 30)
    assert world.watch.usable() == ["standby1", "standby2"]


def test_who_never_saw_the_primary_takes_who_shows_all_it_was_sent() -> None:
    world = World()
    world.watch.failed("default")
    world.says("standby1", 10)
    world.says("standby2", 20, has_all=False)
    assert world.watch.usable() == ["standby1"]


def test_a_primary_that_follows_another_is_none() -> None:
    world = World()
    world.says("standby1", 10)
    world.watch.heard("default", Report(world.now, True, 10, True))
    assert world.watch.primary_is_away()


def test_what_goes_and_comes_back_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    world = World()
    world.now += FORGOTTEN_AFTER
    for name in ("default", "standby1", "standby2"):
        world.says(name, 10)
    caplog.clear()
    for _ in range(3):
        world.watch.failed("standby1")
    world.says("standby1", 10)
    assert [record.getMessage() for record in caplog.records] == [
        "The database standby1 is away or behind and not used",
        "The database standby1 is used again",
    ]


def test_without_standbys_nothing_of_it_is_there() -> None:
    with pytest.raises(MiddlewareNotUsed):
        StandbyMiddleware(lambda _request: HttpResponse())
    assert watching.primary_is_away() is False
    assert watching._watchers == []
    assert checks.check_times() == []


#: Modules that write, or that only commands and curators use: their statements are the primary's.
OF_THE_PRIMARY = {
    *("portal/attachments/storage.py", "portal/curation/pairs.py", "portal/exchange/collection.py"),
    *("portal/imports/writing.py", "portal/limits/counting.py", "portal/records/revisions.py"),
    *("portal/releases/building.py", "portal/search/bits.py", "portal/search/index.py"),
    # Commands, and what looks at the servers themselves.
    *("portal/backups/databases.py", "portal/backups/management/commands/after_recovery.py"),
    *("portal/backups/programs.py", "portal/backups/restoring.py", "portal/backups/snapshot.py"),
    *("portal/management/commands/prepare.py", "portal/search/gathering.py"),
    *("portal/watching/management/commands/slow_queries.py", "portal/watching/state.py"),
}


def test_what_readers_ask_is_not_asked_of_the_primary_by_name() -> None:
    """`connection` is the primary's; what only reads takes `portal.databases.choice.reading()`."""
    names = re.compile(r"^from django\.db import .*\bconnection\b", re.MULTILINE)
    found = {
        str(path.relative_to(ROOT))
        for top in ("portal", "caselaw", "legislation", "bibliography")
        for path in (ROOT / top).rglob("*.py")
        if "migrations" not in path.parts and names.search(path.read_text(encoding="utf-8"))
    }
    assert found == OF_THE_PRIMARY
