"""Servers die under load, one after the other, and nobody is told anything wrong.

A primary, two streaming standbys, Redis and two gunicorn masters, all real; `benchmarks.faults`
plays it and prints the table.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable

import pytest

from benchmarks.faults import scenario
from benchmarks.faults.__main__ import table
from benchmarks.faults.scenario import Phase, Result

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(shutil.which("redis-server") is None, reason="no redis-server here"),
]

#: Phases in which there is no primary for a while, so that nobody could save.
WITHOUT_PRIMARY = (
    "the primary is killed and comes back",
    "the primary is lost, a standby promoted",
)


@pytest.fixture(scope="module")
def result() -> Result:
    return scenario.run(pause=4)


@pytest.fixture(autouse=True)
def table_in_the_end(
    result: Result, request: pytest.FixtureRequest, record_property: Callable[[str, object], None]
) -> None:
    """The table stands once in the summary of the run, whatever fails."""
    if request.node.name == test_readers_are_told_nothing_wrong.__name__:
        record_property("summary", table(result))


def failures(result: Result) -> str:
    """What the web processes said of errors, for the report of a test that fails."""
    lines = [line for line in result.log.splitlines() if re.search("ERROR|Error|WARNING", line)]
    return "\n".join(lines[-200:])


def told(result: Result, what: Callable[[Phase], list[str]]) -> list[str]:
    """What was seen in all phases, each with the name of its phase."""
    return [f"{phase.name}: {said}" for phase in result.phases for said in what(phase)]


def test_readers_are_told_nothing_wrong(result: Result) -> None:
    assert not told(result, lambda phase: phase.seen.wrong)
    assert all(phase.seen.answers > 0 for phase in result.phases)


def test_readers_meet_no_error(result: Result) -> None:
    """There is always a server that can answer them, and they are led to it."""
    assert not told(result, lambda phase: phase.seen.errors)


def test_no_acknowledged_edit_is_lost(result: Result) -> None:
    assert result.acknowledged > len(result.phases)
    assert not result.lost


def test_the_curator_sees_every_edit_of_their_own(result: Result) -> None:
    assert not told(result, lambda phase: phase.seen.unseen)


def test_the_curator_is_refused_only_while_there_is_no_primary(result: Result) -> None:
    refused = {phase.name: phase.seen.refused for phase in result.phases if phase.seen.refused}
    assert set(refused) <= set(WITHOUT_PRIMARY), failures(result)
    assert any(refused.values())


def test_the_curator_is_cut_off_only_by_a_worker_that_dies(result: Result) -> None:
    """What is being saved at that moment nobody else may send again."""
    cut = {phase.name: phase.seen.cut for phase in result.phases if phase.seen.cut}
    assert set(cut) <= {"a web worker is killed"}, cut
    assert sum(map(len, cut.values())) <= 1


def test_an_outage_is_a_few_lines_in_the_log(result: Result) -> None:
    """Redis dies twice; each worker tells its going and its coming, and no request does."""
    gone = re.findall("Redis does not answer and is done without", result.log)
    back = re.findall("Redis answers again", result.log)
    # Two outages, two masters with two workers, one of which is replaced.
    assert 0 < len(back) <= len(gone) <= 2 * (2 * 2 + 1)
