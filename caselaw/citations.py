"""A case as an item of CSL-JSON: for reference managers, and as each style cites decisions.

CSL knows the case reports of the United States and the neutral citations of England; how
decisions of other courts are cited follows from the rules of the styles themselves:

- OSCOLA (4th edition): 2.1 neutral citations and reports, 2.6 European Union, 2.7 European Court
  of Human Rights, 2.8 other jurisdictions; 2.1.5 and 2.1.7 court and date of unreported cases.
- Bluebook (21st edition): rules 10 (United States), 20.3 (foreign courts), 21.5 (European
  courts). APA (7th edition, 11.4) and Chicago (18th edition, 14.174) follow it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from caselaw.american_courts import SUPREME_COURT, abbreviated
from caselaw.reported import Citations, parse
from portal.citing.dates import american, british, parts_of
from portal.citing.marks import upright, with_stops, without_marks
from portal.reference.catalog import catalog
from portal.reference.labels import localized

Line = Mapping[str, Any]
Item = dict[str, Any]

#: Names of decisions are never put in other capitals: no language is told.
_AS_PUBLISHED = "und"
#: Codes of the two European courts among the jurisdictions.
_LUXEMBOURG, _STRASBOURG = "EUE", "XCE"
#: A docket number of figures alone.
_BARE = re.compile(r"[0-9]+[0-9./;-]*(?:; [0-9./-]+)*")
#: In numbers and dates of titles, full stops are no signs of abbreviation.
_NO_ABBREVIATION = r"[0-9]\.|\.[0-9]"


def to_csl(line: Line) -> Item:
    """A case's line as an item of CSL-JSON, with the keys that reference managers read.

    `references` holds all citations as they are written. `jurisdiction` is a code, which who
    writes the item replaces by the name.
    """
    found = parse(line.get("citations", []))
    item = {
        "id": line["id"],
        "type": "legal_case",
        "title": line["title"],
        "authority": line.get("court"),
        "number": line.get("docket"),
        **_source(replace(found, reported=None) if found.neutral else found),
        "issued": _issued(line),
        "jurisdiction": line["jurisdiction"],
        "language": line.get("language"),
        "original-title": line.get("title_original"),
        "references": "; ".join(line.get("citations", [])),
    }
    return {key: value for key, value in item.items() if value}


def for_style(line: Line, style: str) -> Item:
    """A case's line as the item of which a style makes its citation.

    Args:
        line: the line.
        style: `oscola`, `apa`, `chicago` or `bluebook`.
    """
    found = parse(line.get("citations", []))
    item = _oscola(line, found) if style == "oscola" else _bluebook(line, found)
    base = {"id": line["id"], "type": "legal_case", "language": _AS_PUBLISHED}
    return {**base, **{key: value for key, value in item.items() if value}}


def _issued(line: Line) -> dict[str, Any] | None:
    parts = parts_of(line.get("decision_date", ""))
    return {"date-parts": [parts]} if parts else None


def _source(found: Citations) -> Item:
    """Volume, series and page; a neutral citation has the court's letters as its series."""
    if found.neutral:
        told = found.neutral
        # Both belong to the decision (OSCOLA 2.1.1): the report follows the neutral citation.
        page = f"{told.number}, {found.reported}" if found.reported else told.number
        return {"volume": told.year, "container-title": told.court, "page": page}
    if found.reported:
        report = found.reported
        volume = f"{report.year} {report.volume}".strip()
        return {"volume": volume, "container-title": report.series, "page": report.page}
    return {}


def _oscola(line: Line, found: Citations) -> Item:
    if line["jurisdiction"] == _LUXEMBOURG:
        case, name = _european(line)
        date = british(parts_of(line.get("decision_date", "")))
        return {
            "title": upright(f"{case} ") + name,
            "container-title": with_stops(found.ecli),
            # Without a report, court and date say which decision is meant.
            "authority": "" if found.ecli else f"CJEU, {date}".rstrip(", "),
        }
    is_english = line.get("language") == "en"
    title = without_marks(line["title"]).replace(" v. ", " v ")
    title = with_stops(title, _NO_ABBREVIATION if is_english else r"\.")
    return {"title": title, **_oscola_source(line, found)}


def _oscola_source(line: Line, found: Citations) -> Item:
    """Where a decision stands; without neutral citation, the court follows in parentheses."""
    told, reported = found.neutral, found.reported
    if told and told.year.startswith("["):
        year = {"date-parts": [[int(told.year.strip("[]"))]]}
        report = _source(Citations(reported=reported))
        return {"authority": told.court, "number": told.number, "issued": year, **report}
    if told:
        # Canada writes the year of a neutral citation without brackets.
        page = _source(found)["page"].replace(".", "")
        return {"container-title": f"{told.year} {told.court}", "page": page}
    court = _court(line, is_british=True)
    if reported:
        is_american = line["jurisdiction"] == "USA" and not reported.year
        if is_american:
            court = f"{court} {line.get('decision_date', '')[:4]}".strip()
        series = str(reported).removesuffix(f" {reported.page}")
        return {"container-title": series, "page": reported.page, "authority": court}
    date = british(parts_of(line.get("decision_date", "")))
    where = with_stops(_told_number(line, found, is_british=True))
    return {"container-title": where, "authority": ", ".join(filter(None, (court, date)))}


def _bluebook(line: Line, found: Citations) -> Item:
    item: Item = {"title": without_marks(line["title"])}
    date = american(parts_of(line.get("decision_date", "")))
    court = _court(line, is_british=False)
    if line["jurisdiction"] == _LUXEMBOURG:
        case, name = _european(line)
        item["title"] = f"{case}, {name}"
        court = ""
    source = _source(found)
    if source:
        is_told = source["volume"].startswith(("[", "(")) or found.neutral
        date = "" if is_told else date[-4:]
    else:
        # A docket number stands where the styles look for a volume or a number.
        where = _told_number(line, found, is_british=False)
        source = {"volume": where, "number": where}
    return {**item, **source, "authority": f"{court} {date}".strip()}


def _european(line: Line) -> tuple[str, str]:
    """`Case C-83/12 PPU` and the name of a case of the Court of Justice."""
    name = re.sub(r"\s*\((?:Joined Cases )?[CT][-‑–][^()]*\)$", "", without_marks(line["title"]))
    docket = line.get("docket", "")
    return f"{'Joined Cases' if ' and ' in docket else 'Case'} {docket}".strip(), name


def _told_number(line: Line, found: Citations, *, is_british: bool) -> str:
    """What finds a decision that stands in no report: a citation of its own kind, or its docket."""
    docket = line.get("docket", "")
    # A title that gives the number as well says it once.
    shown = "" if _is_told(docket, line["title"]) else docket
    if shown and line["jurisdiction"] == _STRASBOURG:
        return f"App no {shown}" if is_british else f"App. No. {shown}"
    if line["jurisdiction"] == "USA" or _BARE.fullmatch(shown):
        shown = _numbered(shown, "No" if is_british else "No.")
    if found.database:
        return ", ".join(filter(None, (shown, found.database)))
    own = found.ecli or found.other
    return ("" if _is_told(own, line["title"]) else own) or shown


def _is_told(number: str, title: str) -> bool:
    """Whether a title gives a number, be it with other signs or words between its figures."""
    bare, where = ("".join(filter(str.isalnum, text)) for text in (number, title))
    figures = re.findall("[0-9]+", number)
    is_spelt = len(figures) > 1 and set(figures) <= set(re.findall("[0-9]+", title))
    return bare in where or is_spelt


def _numbered(dockets: str, sign: str) -> str:
    """Docket numbers with what says that they are numbers: `Nos. 06-12125, 06-12126`."""
    several = [docket.strip() for docket in dockets.split(";") if docket.strip()]
    if len(several) > 1:
        sign = sign.replace("No", "Nos")
    return f"{sign} {', '.join(several)}" if several else ""


def _court(line: Line, *, is_british: bool) -> str:
    """The court, and the State where its name does not tell it."""
    court, place = line.get("court", ""), line["jurisdiction"]
    if place == "USA":
        # Its reporter, or “U.S.” in the name of the other party, tells the Supreme Court.
        return "" if court == SUPREME_COURT else abbreviated(court)
    if place == _STRASBOURG:
        return "ECtHR" if is_british else "Eur. Ct. H.R."
    # OSCOLA takes the courts of the United Kingdom for known.
    if place == _LUXEMBOURG or (place == "GBR" and is_british):
        return court
    name = localized(catalog().jurisdictions.get(place), "en") or place
    return court if name in court else ", ".join(filter(None, (court, name)))
