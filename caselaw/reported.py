"""Citations of decisions, taken apart: neutral citations and law reports.

What is in no known form stays as it is, and is cited as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from caselaw.descriptions import ECLI

#: Series of law reports that look like the name of a court in a neutral citation.
_REPORTS = frozenset(
    {
        *("AC", "QB", "KB", "Ch", "Fam", "WLR", "All ER", "Cr App R", "Imm AR", "INLR"),
        *("LNS", "MLJ", "CLJ", "AMR", "SLR", "KLR", "EA", "IR", "ILRM", "NZLR", "SCR", "FCR"),
    }
)
#: Letters that follow no court: databases of publishers number all decisions.
PUBLISHERS = frozenset({"WL", "LEXIS"})
#: `[2012] EWCA Crim 1944`, `2015 SCC 58`, `[2021] KEHC 5621 (KLR)`.
_NEUTRAL = re.compile(
    r"(?P<year>\[[0-9]{4}\]|[0-9]{4}) (?P<court>[A-Z][A-Za-z]*(?: [A-Z][A-Za-z]*)*)"
    r" (?P<number>[0-9]+(?: \([A-Z]+\))?)"
)
#: `(2012) 36 VR 402`, `[2013] 2 Qd R 140`, `[1993] AC 674`, `63 F.3d 1468`, `567 F. App'x 784`.
_REPORTED = re.compile(
    r"(?:(?P<year>[\[(][0-9]{4}[\])]) )?(?P<volume>[0-9]+)? ?"
    r"(?P<series>[A-Z][A-Za-z.' ]*?(?:\.?[0-9]d)?) (?P<page>[0-9]+|_{2,})(?: \([0-9]{4}\))?"
)


@dataclass(frozen=True)
class Neutral:
    """A neutral citation: one that the court itself gives.

    Attributes:
        year: with the brackets in which it stands, or without where it has none.
        court: its letters, as `EWCA Crim`.
        number: of the decision in that year.
    """

    year: str
    court: str
    number: str

    def __str__(self) -> str:
        return f"{self.year} {self.court} {self.number}"


@dataclass(frozen=True)
class Reported:
    """A citation of a law report.

    Attributes:
        year: with its brackets, or ''; square ones where it finds the volume.
        volume: or ''.
        series: as `All ER`.
        page: the first page.
    """

    year: str
    volume: str
    series: str
    page: str

    def __str__(self) -> str:
        return " ".join(filter(None, (self.year, self.volume, self.series, self.page)))


@dataclass(frozen=True)
class Citations:
    """What the citations of a decision say: of each kind the first.

    Attributes:
        neutral, reported: in a form that is known.
        database: that of a publisher's database, as `2007 WL 4102736`; or ''.
        ecli: the European Case Law Identifier, or ''.
        other: as it is written, in no form that is known; or ''.
    """

    neutral: Neutral | None = None
    reported: Reported | None = None
    database: str = ""
    ecli: str = ""
    other: str = ""


def parse(citations: Iterable[str]) -> Citations:
    """Take the citations of a decision apart."""
    found = Citations()
    for text in citations:
        if text.startswith(ECLI):
            found = replace(found, ecli=found.ecli or text)
        elif neutral := _neutral(text):
            found = replace(found, neutral=found.neutral or neutral)
        elif reported := _reported(text):
            if reported.series in PUBLISHERS:
                found = replace(found, database=found.database or text)
            else:
                found = replace(found, reported=found.reported or reported)
        else:
            found = replace(found, other=found.other or text)
    return found


def _neutral(text: str) -> Neutral | None:
    match = _NEUTRAL.fullmatch(text)
    if match is None or match["court"] in _REPORTS or match["court"] in PUBLISHERS:
        return None
    # A number has no leading zeros: the courts themselves write [2012] NTCCA 1.
    return Neutral(match["year"], match["court"], match["number"].lstrip("0") or match["number"])


def _reported(text: str) -> Reported | None:
    match = _REPORTED.fullmatch(text)
    if match is None or not (match["year"] or match["volume"]):
        return None
    series = match["series"].strip()
    return Reported(match["year"] or "", match["volume"] or "", series, match["page"])
