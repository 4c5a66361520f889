"""What a line of the collection may say wrongly: each fault is named, and nothing has changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.samples import Sample, refused, state_of_database
from tests.spoiling import (
    CASES,
    LAWS,
    NOTES,
    STATUS,
    WORKS,
    Change,
    copied,
    line,
    without,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def sample(tmp_path: Path) -> Sample:
    return Sample(tmp_path)


#: What a line may say that no record can hold: file, line, key, part of the message.
LINES: list[tuple[Change, str, int, str, str]] = [
    (line(CASES, jurisdiction="XYZ"), CASES, 1, "jurisdiction", '"XYZ" is not one of'),
    (line(CASES, colour="red"), CASES, 1, "colour", "there is no such key"),
    (line(CASES, route__via=["DEU"]), CASES, 1, "route.via", "there is no such key"),
    (without(CASES, "title"), CASES, 1, "title", "is missing"),
    (line(CASES, title=" "), CASES, 1, "title", "does not match"),
    (line(CASES, title="x" * 501), CASES, 1, "title", "… is longer than 500 characters"),
    (line(CASES, title=None), CASES, 1, "title", "null is not of type"),
    (line(CASES, id="Not A Code"), CASES, 1, "id", '"Not A Code" does not match'),
    (line(CASES, id="a" * 121), CASES, 1, "id", "is longer than 120 characters"),
    (line(CASES, id=7), CASES, 1, "id", '7 is not of type "string"'),
    (line(CASES, 1, decision_date="2015-02-30"), CASES, 2, "decision_date", "is no date"),
    (line(CASES, 1, decision_date="2015-13"), CASES, 2, "decision_date", '"2015-13" is no date'),
    (line(CASES, 1, decision_date="0999"), CASES, 2, "decision_date", '"0999" is no date'),
    (line(CASES, decision_date=" 2015"), CASES, 1, "decision_date", '" 2015" is no date'),
    (line(CASES, decision_date=2015), CASES, 1, "decision_date", "2015 is not of type"),
    (line(CASES, modes=["submarine"]), CASES, 1, "modes[0]", '"submarine" is not one of'),
    (line(CASES, modes=[]), CASES, 1, "modes", "[] has less than 1 item"),
    (line(CASES, modes=["sea", "sea"]), CASES, 1, "modes", "non-unique"),
    (line(CASES, modes="sea"), CASES, 1, "modes", '"sea" is not of type "array"'),
    (line(CASES, migrants__count="12"), CASES, 1, "migrants.count", '"12" is not of type'),
    (line(CASES, migrants__count=True), CASES, 1, "migrants.count", "true is not of type"),
    (line(CASES, migrants__count=0), CASES, 1, "migrants.count", "0 is less than"),
    (line(CASES, migrants__deaths=-1), CASES, 1, "migrants.deaths", "-1 is less than"),
    (line(CASES, migrants__count=1.5), CASES, 1, "migrants.count", "1.5 is not of type"),
    (line(CASES, migrants__count=10**12), CASES, 1, "migrants.count", "is greater than"),
    (
        line(CASES, migrants__includes_women="no"),
        CASES,
        1,
        "migrants.includes_women",
        '"no" is not of type "boolean"',
    ),
    (line(CASES, defendants___0__age=True), CASES, 1, "defendants[0].age", "true is not of"),
    (line(CASES, defendants___0__age=3), CASES, 1, "defendants[0].age", "3 is less than"),
    (line(CASES, fee={"amount": 5}), CASES, 1, "fee.currency", "is missing"),
    (
        line(CASES, fee={"amount": 5, "currency": "usd"}),
        CASES,
        1,
        "fee.currency",
        '"usd" does not match',
    ),
    (
        line(CASES, fee={"amount": 12.345, "currency": "USD"}),
        CASES,
        1,
        "fee.amount",
        "12.345 is not a multiple of 0.01",
    ),
    (
        line(
            CASES, defendants=[{"label": "A", "charges": [{"offence": "x", "verdict": "guilty"}]}]
        ),
        CASES,
        1,
        "defendants[0].charges[0].verdict",
        '"guilty" is not one of',
    ),
    *(
        (
            line(
                CASES,
                defendants=[
                    {"label": "A", "charges": [{"offence": "x", "imprisonment_months": months}]}
                ],
            ),
            CASES,
            1,
            "defendants[0].charges[0].imprisonment_months",
            message,
        )
        for months, message in (
            (0, "0 is less than or equal to"),
            (-6, "-6 is less than or equal to"),
            (1.125, "1.125 is not a multiple"),
            (1e300, "is greater than"),
            (True, "true is not of type"),
        )
    ),
    (without(CASES, "sources"), CASES, 1, "sources", "is missing"),
    (line(CASES, sources=[]), CASES, 1, "sources", "has less than 1 item"),
    (
        line(CASES, sources=[{"title": "x", "url": "javascript:alert(1)"}]),
        CASES,
        1,
        "sources[0].url",
        "does not match",
    ),
    (line(CASES, state="secret"), CASES, 1, "state", '"secret" is not one of'),
    (line(CASES, state="withdrawn"), CASES, 1, "withdrawal_reason", "is missing, though"),
    (
        line(CASES, laws_applied=[{"law": "Act", "law_id": "no-such-law"}]),
        CASES,
        1,
        "laws_applied[0].law_id",
        "no record “no-such-law” in legislation.jsonl",
    ),
    (
        line(CASES, laws_applied___0__provision_links=[{"provision": "x:y", "match": "exact"}]),
        CASES,
        1,
        "laws_applied[0].provision_links",
        "a provision is not of the law",
    ),
    (line(LAWS, status="dead"), LAWS, 1, "status", '"dead" is not one of'),
    (
        line(LAWS, provisions=[{"summary": "x", "protocol_articles": ["99"]}]),
        LAWS,
        1,
        "provisions[0].protocol_articles[0]",
        '"99" is not one of',
    ),
    (
        line(LAWS, provisions=[{"summary": "x", "life": 1}]),
        LAWS,
        1,
        "provisions[0].life",
        '1 is not of type "boolean"',
    ),
    (line(LAWS, amends=["no-such-law"]), LAWS, 1, "amends[0]", "no record “no-such-law”"),
    (line(WORKS, type="song"), WORKS, 1, "type", '"song" is not one of'),
    (
        line(WORKS, cases=["no-such-case"]),
        WORKS,
        1,
        "cases[0]",
        "no record “no-such-case” in cases",
    ),
    (line(WORKS, author=[{"given": "A"}]), WORKS, 1, "author[0]", "neither a family name nor"),
    (
        line(WORKS, author=[{"family": "A", "literal": "B"}]),
        WORKS,
        1,
        "author[0]",
        "neither a family name nor",
    ),
    *(
        (line(WORKS, issued={"date-parts": parts}), WORKS, 1, f"issued.date-parts{key}", message)
        for parts, key, message in (
            ([[2018, 13]], "", "no date 2018-13"),
            ([[2018, 2, 30]], "", "no date 2018-02-30"),
            ([[18]], "", "The year must be from 1000"),
            ([[2018, True]], "[0][1]", "true is not of type"),
            ([[2018.5]], "[0][0]", "2018.5 is not of type"),
            ([[2018, 0]], "[0][1]", "0 is less than"),
            ([], "", "has less than 1 item"),
            ([["2018"]], "[0][0]", "is not of type"),
        )
    ),
    (line(STATUS, consent="2018-02-30"), STATUS, 1, "consent", "is no date"),
    (line(STATUS, 0, signed="1999-01-01"), STATUS, 1, "signed", "before the Protocol was adopted"),
    (line(STATUS, party=True, consent="2004-01-02"), STATUS, 1, "party", "follows from"),
    (line(STATUS, jurisdiction="XYZ"), STATUS, 1, "jurisdiction", "no jurisdiction XYZ"),
    (without(STATUS, "sources"), STATUS, 1, "sources", "is missing"),
    (line(NOTES, code="no-such-record"), NOTES, 1, "code", "no record “no-such-record”"),
    (line(NOTES, note=""), NOTES, 1, "note", "does not match"),
]


@pytest.mark.parametrize(
    ("change", "file", "number", "key", "message"),
    LINES,
    ids=[f"{file}-{key}-{message[:20]}" for _c, file, _n, key, message in LINES],
)
def test_a_spoiled_line(
    sample: Sample, change: Change, file: str, number: int, key: str, message: str
) -> None:
    change(sample)
    before = state_of_database()
    faults, error = refused(sample.folder)
    named = [fault for fault in faults if fault.startswith(f"{file}:{number}: {key}: ")]
    assert len(named) == 1, faults
    assert message in named[0]
    assert error.returncode == 1
    assert state_of_database() == before


def test_an_act_of_consent_needs_its_date(sample: Sample) -> None:
    sample.change(STATUS, lambda lines: (lines[0].pop("consent"), lines[0].update(act="accession")))
    faults, _error = refused(sample.folder)
    assert faults == [f"{STATUS}:1: act: has no date: “consent” is missing"]


@pytest.mark.parametrize("name", [CASES, LAWS, WORKS])
def test_a_code_stands_once_in_a_file(sample: Sample, name: str) -> None:
    count = len(sample.lines(name))
    code = sample.lines(name)[0]["id"]
    copied(name, name)(sample)
    faults, _error = refused(sample.folder)
    assert f"{name}:{count + 1}: id: “{code}” stands already in line 1 of {name}" in faults


def test_a_code_stands_once_in_all_files(sample: Sample) -> None:
    code = sample.lines(CASES)[0]["id"]
    count = len(sample.lines(WORKS))
    copied(WORKS, WORKS, id=code, DOI="10.1/other")(sample)
    faults, _error = refused(sample.folder)
    assert len(faults) == 1
    assert f"“{code}” stands already in line" in faults[0]
    assert faults[0].startswith((f"{WORKS}:{count + 1}: id", f"{CASES}:1: id"))


def test_a_doi_stands_once_however_it_is_written(sample: Sample) -> None:
    doi = sample.lines(WORKS)[0]["DOI"]
    count = len(sample.lines(WORKS))
    copied(WORKS, WORKS, id="another", DOI=doi.upper())(sample)
    faults, _error = refused(sample.folder)
    assert faults == [f"{WORKS}:{count + 1}: DOI: “{doi.lower()}” stands already in line 1"]


def test_a_jurisdiction_has_one_treaty_status(sample: Sample) -> None:
    copied(STATUS, STATUS)(sample)
    faults, _error = refused(sample.folder)
    assert faults == [
        f"{STATUS}:4: jurisdiction: “{sample.lines(STATUS)[0]['jurisdiction']}” "
        f"stands already in line 1 of {STATUS}"
    ]


def test_a_law_does_not_name_itself_nor_another_twice(sample: Sample) -> None:
    first, second = (entry["id"] for entry in sample.lines(LAWS)[:2])
    line(LAWS, amends=[first])(sample)
    assert refused(sample.folder)[0] == [f"{LAWS}:1: amends[0]: the record names itself"]
    line(LAWS, amends=[second, second])(sample)
    faults, _error = refused(sample.folder)
    assert len(faults) == 1
    assert faults[0].startswith(f"{LAWS}:1: amends: ")


def test_a_note_belongs_to_one_record_and_is_its_only_one(sample: Sample) -> None:
    code = sample.lines(CASES)[0]["id"]
    note = {"code": code, "note": "To be checked."}
    sample.write(NOTES, [note, note])
    assert refused(sample.folder)[0] == [
        f"{NOTES}:2: code: “{code}” stands already in line 1 of {NOTES}"
    ]
    sample.write(NOTES, [note])
    line(CASES, review_note="Another.")(sample)
    assert refused(sample.folder)[0] == [f"{NOTES}:1: code: “{code}” has a note in {CASES} already"]
