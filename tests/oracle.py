"""What the collection says, counted by hand from its lines: the measure of all search tests.

Written from the collection's README alone and sharing no code with the portal, but for the
matching of provisions, which has tests of its own.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterable
from typing import Any

from caselaw.matching import match_provisions
from legislation.codes import provision_codes
from tests.conftest import COLLECTION, read_lines

Line = dict[str, Any]
Values = Callable[[Line], Iterable[str]]

PLACES = {
    entry["code"]: entry
    for entry in json.loads((COLLECTION / "jurisdictions.json").read_text())["jurisdictions"]
}
LAWS = {line["id"]: line for line in read_lines("legislation.jsonl")}
PARTIES = {
    line["jurisdiction"]
    for line in read_lines("protocol-status.jsonl")
    if "consent" in line or line.get("party")
}


def _regions(code: str) -> set[str]:
    keys = ("region", "sub_region", "intermediate_region")
    return {PLACES[code][key] for key in keys if key in PLACES[code]}


def _processes(code: str) -> set[str]:
    return {name for name in PLACES[code].get("memberships", []) if ":" not in name}


def _one(key: str) -> Values:
    return lambda line: [line[key]] if key in line else []


def _many(key: str) -> Values:
    return lambda line: line.get(key, [])


def _truth(key: str) -> Values:
    return lambda line: [str(line[key]).lower()] if key in line else []


def _defendants(key: str) -> Values:
    return lambda line: [d[key] for d in line.get("defendants", []) if key in d]


def charges(line: Line) -> list[Line]:
    return [charge for d in line.get("defendants", []) for charge in d.get("charges", [])]


def _charges(key: str) -> Values:
    return lambda line: [charge[key] for charge in charges(line) if key in charge]


def heaviest(person: Line) -> tuple[str, float]:
    """The heaviest sentence of a defendant, and its months (0 for life and for none)."""
    found = [("no_imprisonment", 0.0)]
    for charge in person.get("charges", []):
        if charge.get("verdict", "convicted") != "convicted":
            continue
        if charge.get("other", "").lower().startswith("life imprisonment"):
            return "life", 0.0
        if "imprisonment_months" in charge:
            kind = "suspended" if charge.get("suspended") else "term"
            found.append((kind, charge["imprisonment_months"]))
    return max(found, key=lambda sentence: (sentence[1], sentence[0] == "term"))


def told(person: Line, key: str) -> set[str]:
    """The verdicts or pleas of a defendant."""
    return {c[key] for c in person.get("charges", []) if key in c} or {"not_recorded"}


def outcomes(person: Line) -> set[str]:
    """What `person=…` can say of what became of a defendant."""
    kind = heaviest(person)[0]
    return {
        "any",
        kind,
        *told(person, "verdict"),
        *(["sentenced"] if kind != "no_imprisonment" else []),
    }


def _profiles(line: Line) -> set[str]:
    found = set()
    for person in line.get("defendants", []):
        genders = {"any", person.get("gender", "not_recorded")}
        roles = {"any", person.get("role", "not_recorded")}
        nationality = person.get("nationality", "nationality_not_recorded")
        for gender, outcome in itertools.product(genders, outcomes(person)):
            found.add(f"{gender}.{nationality}.{outcome}")
            for role in roles:
                found.add(f"{gender}.{role}.{outcome}")
                found |= {f"{gender}.{role}.{outcome}.{plea}" for plea in told(person, "plea")}
    return found


def _route(key: str) -> Values:
    return lambda line: line.get("route", {}).get(key, [])


def _provisions(line: Line) -> list[tuple[str, Line]]:
    """Codes and lines of the provisions that a case's laws applied lead to."""
    found = []
    for applied in line.get("laws_applied", []):
        law = LAWS.get(applied.get("law_id", ""))
        if law is None:
            continue
        parts = law.get("provisions", [])
        numbers = [part.get("number", "") for part in parts]
        codes = provision_codes(law["id"], numbers)
        for place, _kind in match_provisions(applied.get("provision", ""), enumerate(numbers)):
            found.append((codes[place], parts[place]))
    return found


def _provision_values(key: str) -> Values:
    return lambda line: {
        value
        for part in line.get("provisions", [])
        for value in (part[key] if isinstance(part.get(key), list) else [part.get(key)])
        if value
    }


ALL: dict[str, Values] = {
    "language": _one("language"),
}
VALUES: dict[str, dict[str, Values]] = {
    "cases": {
        **ALL,
        "jurisdiction": _one("jurisdiction"),
        "region": lambda line: _regions(line["jurisdiction"]),
        "process": lambda line: _processes(line["jurisdiction"]),
        "court_level": _one("court_level"),
        "legal_system": _one("legal_system"),
        "mode": _many("modes"),
        "offence": _many("offences"),
        "aggravation": _many("aggravations"),
        "related_crime": _many("related_crimes"),
        "benefit": _one("benefit"),
        "role": _defendants("role"),
        "gender": _defendants("gender"),
        "nationality": _defendants("nationality"),
        "verdict": _charges("verdict"),
        "plea": _charges("plea"),
        "person": _profiles,
        "technique": _many("techniques"),
        "cooperation": _many("cooperation"),
        "fee_currency": lambda line: [line["fee"]["currency"]] if "fee" in line else [],
        "fee_per": lambda line: [line["fee"].get("per", "not_recorded")] if "fee" in line else [],
        "origin": _route("origin"),
        "transit": _route("transit"),
        "destination": _route("destination"),
        "migrant_nationality": lambda line: line.get("migrants", {}).get("nationalities", []),
        "law": lambda line: [a["law_id"] for a in line.get("laws_applied", []) if "law_id" in a],
        "provision": lambda line: [code for code, _part in _provisions(line)],
        "article": lambda line: [
            article
            for _code, part in _provisions(line)
            for article in part.get("protocol_articles", [])
        ],
    },
    "legislation": {
        **ALL,
        "jurisdiction": _one("jurisdiction"),
        "region": lambda line: _regions(line["jurisdiction"]),
        "process": lambda line: _processes(line["jurisdiction"]),
        "type": _one("type"),
        "status": _one("status"),
        "article": _provision_values("protocol_articles"),
        "benefit_element": _provision_values("benefit_element"),
        "humanitarian_exemption": _truth("humanitarian_exemption"),
        "migrants_not_liable": _truth("migrants_not_liable"),
        "party": lambda line: ["true" if line["jurisdiction"] in PARTIES else "false"],
    },
    "bibliography": {
        **ALL,
        "jurisdiction": _many("countries"),
        "country": _many("countries"),
        "region": lambda line: {r for code in line.get("countries", []) for r in _regions(code)},
        "process": lambda line: {
            name for code in line.get("countries", []) for name in _processes(code)
        },
        "type": _one("type"),
        "area": _many("regions"),
        "topic": _many("topics"),
        "method": _many("methods"),
        "law": _many("laws"),
        "case": _many("cases"),
    },
}


def _has(*keys: str) -> Callable[[Line], bool]:
    return lambda line: any(key in line for key in keys)


def _two_sources(line: Line) -> bool:
    return len(line["sources"]) > 1


def _any(rows: Callable[[Line], list[Line]], *keys: str) -> Callable[[Line], bool]:
    return lambda line: any(key in row for row in rows(line) for key in keys)


def _list(key: str) -> Callable[[Line], list[Line]]:
    return lambda line: line.get(key, [])


RECORDED: dict[str, dict[str, Callable[[Line], bool]]] = {
    "cases": {
        "court": _has("court"),
        "date": _has("decision_date"),
        "reference": lambda line: (
            "citations" in line
            or "docket" in line
            or any("reference" in p for p in line.get("proceedings", []))
        ),
        "outcome": lambda line: (
            any("outcome" in p for p in line.get("proceedings", []))
            or any("verdict" in charge for charge in charges(line))
        ),
        "sentence": _any(charges, "imprisonment_months", "fine"),
        "statute": lambda line: (
            "laws_applied" in line or any("statute" in charge for charge in charges(line))
        ),
        "significance": _has("significance"),
        "second_source": _two_sources,
        "verdict": _any(charges, "verdict"),
        "plea": _any(charges, "plea"),
        "mode": _has("modes"),
        "offence": _has("offences"),
        "benefit": _has("benefit"),
        "defendants": _has("defendants"),
        "role": _any(_list("defendants"), "role"),
        "gender": _any(_list("defendants"), "gender"),
        "nationality": _any(_list("defendants"), "nationality"),
        "proceedings": _has("proceedings"),
        "migrants": lambda line: "count" in line.get("migrants", {}),
        "deaths": lambda line: "deaths" in line.get("migrants", {}),
        "route": lambda line: bool(line.get("route")),
        "fee": _has("fee"),
        "technique": _has("techniques"),
        "cooperation": _has("cooperation"),
        "law": _any(_list("laws_applied"), "law_id"),
        "provision": lambda line: bool(_provisions(line)),
        # Documents are files: no line of the collection has one.
        "attachment": lambda line: False,
    },
    "legislation": {
        "date": _has("adopted"),
        "in_force": _has("in_force"),
        "number": _has("number"),
        "title_original": _has("title_original"),
        "article": _any(_list("provisions"), "protocol_articles"),
        "provision_number": _any(_list("provisions"), "number"),
        "benefit_element": _any(_list("provisions"), "benefit_element"),
        "penalty": _any(_list("provisions"), "max_imprisonment_years", "life", "max_fine"),
        "humanitarian_exemption": _has("humanitarian_exemption"),
        "migrants_not_liable": _has("migrants_not_liable"),
        "second_source": _two_sources,
        "attachment": lambda line: False,
    },
    "bibliography": {
        "date": _has("issued"),
        "author": _has("author", "editor"),
        "annotation": _has("annotation"),
        "country": _has("countries"),
        "topic": _has("topics"),
        "method": _has("methods"),
        "doi": _has("DOI"),
        "isbn": _has("ISBN"),
        "url": _has("URL", "DOI"),
        "publisher": _has("publisher"),
        "second_source": _two_sources,
    },
}


def date_of(slug: str, line: Line) -> str:
    """The record's date as ISO text, '' without one."""
    if slug == "bibliography":
        parts = line.get("issued", {}).get("date-parts", [[]])[0]
        return "-".join(
            f"{part:04d}" if place == 0 else f"{part:02d}" for place, part in enumerate(parts)
        )
    return line.get({"cases": "decision_date", "legislation": "adopted"}[slug], "")


def added(line: Line) -> str:
    """A day for a test to have the record added on, as its line says none: some days of 2023."""
    number = sum(map(ord, line["id"]))
    return f"2023-{1 + number % 3:02d}-{(1, 2, 15, 28)[number % 4]:02d}"


def overlaps(date: str, start: str, end: str) -> bool:
    """Whether a date may lie in a period; compared as padded texts, not as dates."""
    if not date:
        return False
    earliest, latest = (
        (date + "-01-01"[len(date) - 4 :])[:10],
        (date + "-12-31"[len(date) - 4 :])[:10],
    )
    low = (start + "-01-01"[len(start) - 4 :])[:10] if start else "0000"
    high = (end + "-12-31"[len(end) - 4 :])[:10] if end else "9999"
    return earliest <= high and latest >= low
