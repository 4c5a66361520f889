"""What vocabularies and jurisdictions may say wrongly: named, and nothing has changed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.samples import Sample, refused, state_of_database
from tests.spoiling import PLACES, TERMS, Change, of_object

pytestmark = pytest.mark.django_db


@pytest.fixture
def sample(tmp_path: Path) -> Sample:
    return Sample(tmp_path)


def _terms(change: Callable[[Any], Any]) -> Change:
    return of_object(TERMS, change)


def _places(change: Callable[[Any], Any]) -> Change:
    return of_object(PLACES, change)


def _region(data: Any, code: str) -> dict[str, Any]:
    return next(entry for entry in data["regions"] if entry["code"] == code)


def _cycle(data: Any) -> None:
    """Europe in Western Europe, which lies in Europe."""
    _region(data, "150")["parent"] = "155"


#: What the two files of reference data may say wrongly: the change and the beginning of a fault.
REFERENCE: list[tuple[Change, str]] = [
    (_terms(lambda d: d.pop("modes")), f"{TERMS}: modes: is missing"),
    (_terms(lambda d: d.update(modes={})), f"{TERMS}: modes: is not a list with entries"),
    (_terms(lambda d: d.update(modes=[])), f"{TERMS}: modes: is not a list with entries"),
    (_terms(lambda d: d["modes"].append("land")), f'{TERMS}: modes[3]: "land" is not of type'),
    (_terms(lambda d: d["modes"].append(None)), f"{TERMS}: modes[3]: null is not of type"),
    (_terms(lambda d: d.update({"A b": []})), f"{TERMS}: A b: is no name of a vocabulary"),
    (
        _terms(lambda d: d["modes"].append(d["modes"][0])),
        f"{TERMS}: modes[3].code: “land” stands already in modes[0]",
    ),
    (
        _terms(lambda d: d["modes"][1]["labels"].pop("ru")),
        f"{TERMS}: modes[1].labels.ru: is missing",
    ),
    (
        _terms(lambda d: d["modes"][1]["origin"].pop("ru")),
        f"{TERMS}: modes[1].origin.ru: is missing",
    ),
    (
        _terms(lambda d: d["modes"][1]["origin"].update(ru="guessed")),
        f'{TERMS}: modes[1].origin.ru: "guessed" is not one of',
    ),
    (
        _terms(lambda d: d["protocol_articles"][0].update(code="a" * 13)),
        f"{TERMS}: protocol_articles[0].code: ",
    ),
    (_places(lambda d: d.clear()), f"{PLACES}: jurisdictions: is not a list with entries"),
    (_places(lambda d: d.pop("regions")), f"{PLACES}: regions: is not a list with entries"),
    (_places(lambda d: d.update(regions=["002"])), f'{PLACES}: regions[0]: "002" is not of type'),
    (_places(_cycle), f"{PLACES}: regions["),
    (
        _places(lambda d: d["regions"][1].update(parent="015")),
        f"{PLACES}: regions[1].parent: region 015 is not of a higher level",
    ),
    (
        _places(lambda d: d["regions"][1].update(parent="999")),
        f"{PLACES}: regions[1].parent: no region 999",
    ),
    (
        _places(lambda d: d["jurisdictions"][0].update(region="999")),
        f"{PLACES}: jurisdictions[0].region: no region 999",
    ),
    (
        _places(lambda d: d["jurisdictions"][0].update(region="150")),
        f"{PLACES}: jurisdictions[0].region: should be 019",
    ),
    (
        _places(lambda d: d["jurisdictions"][0].pop("sub_region")),
        f"{PLACES}: jurisdictions[0].sub_region: should be 419",
    ),
    (
        _places(lambda d: d["jurisdictions"][0].update(memberships=["rabat"])),
        f"{PLACES}: jurisdictions[0].memberships[0]: no regional process rabat",
    ),
    (
        _places(
            lambda d: d["jurisdictions"][0].update(
                memberships=["african_union", "african_union:observer"]
            )
        ),
        f"{PLACES}: jurisdictions[0].memberships[1]: “african_union” stands twice",
    ),
    (
        _places(lambda d: d["jurisdictions"][0].update(alpha2="DE")),
        f"{PLACES}: jurisdictions[",
    ),
    (
        _places(lambda d: d["jurisdictions"].append(d["jurisdictions"][0])),
        f"{PLACES}: jurisdictions[252].code: “ABW” stands already in jurisdictions[0]",
    ),
    (
        _places(lambda d: d["memberships"][0].update(count=40_000)),
        f"{PLACES}: memberships[0].count: 40000 is greater than",
    ),
]


@pytest.mark.parametrize(("change", "expected"), REFERENCE)
def test_spoiled_reference_data(sample: Sample, change: Change, expected: str) -> None:
    change(sample)
    before = state_of_database()
    faults, error = refused(sample.folder)
    assert any(fault.startswith(expected) for fault in faults), faults
    assert error.returncode == 1
    assert state_of_database() == before
