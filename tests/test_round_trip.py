"""Nothing of the collection is lost: every line comes back from the database as it was."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from portal.exchange.reference import (
    ArticleImporter,
    JurisdictionImporter,
    ProcessImporter,
    RegionImporter,
    TermImporter,
    TreatyStatusImporter,
)
from portal.exchange.sync import Importer, canonical, fingerprint
from portal.records.database import database_for
from tests.conftest import COLLECTION, read_lines

pytestmark = pytest.mark.django_db


def plain(value: Any) -> Any:
    """A line as JSON would have it, without what says nothing: written apart from the loader."""
    if isinstance(value, dict):
        pairs = {key: plain(inner) for key, inner in value.items()}
        return {key: inner for key, inner in pairs.items() if inner not in (None, "", [], {})}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    if isinstance(value, Decimal):
        return float(value)
    return value if value is None or isinstance(value, bool | str | int | float) else str(value)


def exported(importer: Importer[Any]) -> dict[str, Any]:
    """The lines that the database gives back, by their keys."""
    found = (plain(importer.export(instance)) for instance in importer.existing())
    return {importer.key_of(line): line for line in found}


@pytest.mark.parametrize("slug", ["cases", "legislation", "bibliography"])
def test_every_record_comes_back(slug: str) -> None:
    notes = {line["code"]: line["note"] for line in read_lines("review-notes.jsonl")}
    expected = {}
    for line in read_lines(f"{slug}.jsonl"):
        note = {"review_note": notes[line["id"]]} if line["id"] in notes else {}
        expected[line["id"]] = {**line, **note}
    found = exported(database_for(slug).importer)
    assert found.keys() == expected.keys()
    for code, line in expected.items():
        assert found[code] == line, code


def test_every_note_belongs_to_a_record() -> None:
    codes = {
        line["id"]
        for slug in ("cases", "legislation", "bibliography")
        for line in read_lines(f"{slug}.jsonl")
    }
    assert {line["code"] for line in read_lines("review-notes.jsonl")} <= codes


def test_the_treaty_status_comes_back() -> None:
    expected = {line["jurisdiction"]: line for line in read_lines("protocol-status.jsonl")}
    assert exported(TreatyStatusImporter()) == expected


def test_the_vocabularies_come_back_in_their_order() -> None:
    data = json.loads((COLLECTION / "vocabularies.json").read_text(encoding="utf-8"))
    terms = exported(TermImporter())
    found: dict[str, list[dict[str, Any]]] = {}
    for line in sorted(terms.values(), key=lambda line: line["position"]):
        found.setdefault(line.pop("vocabulary"), []).append(line)
    articles = exported(ArticleImporter()).values()
    found["protocol_articles"] = sorted(articles, key=lambda line: line["position"])
    for lines in found.values():
        assert [line.pop("position") for line in lines] == list(range(len(lines)))
    assert found == data


@pytest.mark.parametrize(
    ("key", "importer"),
    [
        ("regions", RegionImporter()),
        ("memberships", ProcessImporter()),
        ("jurisdictions", JurisdictionImporter()),
    ],
)
def test_the_jurisdictions_come_back(key: str, importer: Importer[Any]) -> None:
    data = json.loads((COLLECTION / "jurisdictions.json").read_text(encoding="utf-8"))
    found = exported(importer)
    expected = {entry["code"]: plain(entry) for entry in data[key]}
    for position, code in enumerate(expected):
        if key != "jurisdictions":
            assert found[code].pop("position") == position
    assert found == expected


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
        ({"a": 1, "b": None, "c": "", "d": [], "e": {}}, {"a": 1}),
        ({"a": {"b": {"c": None}}}, {}),
        ({"a": 12.5}, {"a": Decimal("12.50")}),
        ({"a": 12}, {"a": 12.0}),
        ({"a": (1, 2)}, {"a": [1, 2]}),
    ],
)
def test_lines_that_say_the_same_have_one_fingerprint(one: Any, other: Any) -> None:
    assert fingerprint(one) == fingerprint(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"a": 0}, {}),
        ({"a": False}, {}),
        ({"a": False}, {"a": 0}),
        ({"a": True}, {"a": 1}),
        ({"a": "1"}, {"a": 1}),
        ({"a": [1, 2]}, {"a": [2, 1]}),
        ({"a": ["", "b"]}, {"a": ["b"]}),
        ({"a": 0.1}, {"a": 0.11}),
    ],
)
def test_lines_that_say_something_else_do_not(one: Any, other: Any) -> None:
    assert fingerprint(one) != fingerprint(other)


def test_canonical_keeps_the_texts() -> None:
    assert canonical({"a": " x ", "b": [{"c": "é"}]}) == {"a": " x ", "b": [{"c": "é"}]}
