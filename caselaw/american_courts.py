"""Federal courts of the United States as lawyers abbreviate them.

Bluebook (21st edition), table T7 for the courts and T10 for the States; rule 6.1 closes up
adjacent single capitals: `S.D.N.Y.`, but `S.D. Cal.`
"""

from __future__ import annotations

import re

_CIRCUITS = {
    "First": "1st", "Second": "2d", "Third": "3d", "Fourth": "4th", "Fifth": "5th",
    "Sixth": "6th", "Seventh": "7th", "Eighth": "8th", "Ninth": "9th", "Tenth": "10th",
    "Eleventh": "11th", "District of Columbia": "D.C.", "Federal": "Fed.",
}  # fmt: skip
_STATES = {
    "Alabama": "Ala.", "Alaska": "Alaska", "Arizona": "Ariz.", "Arkansas": "Ark.",
    "California": "Cal.", "Colorado": "Colo.", "Connecticut": "Conn.", "Delaware": "Del.",
    "Columbia": "D.C.", "Florida": "Fla.", "Georgia": "Ga.", "Guam": "Guam", "Hawaii": "Haw.",
    "Idaho": "Idaho", "Illinois": "Ill.", "Indiana": "Ind.", "Iowa": "Iowa", "Kansas": "Kan.",
    "Kentucky": "Ky.", "Louisiana": "La.", "Maine": "Me.", "Maryland": "Md.",
    "Massachusetts": "Mass.", "Michigan": "Mich.", "Minnesota": "Minn.", "Mississippi": "Miss.",
    "Missouri": "Mo.", "Montana": "Mont.", "Nebraska": "Neb.", "Nevada": "Nev.",
    "New Hampshire": "N.H.", "New Jersey": "N.J.", "New Mexico": "N.M.", "New York": "N.Y.",
    "North Carolina": "N.C.", "North Dakota": "N.D.", "Northern Mariana Islands": "N. Mar. I.",
    "Ohio": "Ohio", "Oklahoma": "Okla.", "Oregon": "Or.", "Pennsylvania": "Pa.",
    "Puerto Rico": "P.R.", "Rhode Island": "R.I.", "South Carolina": "S.C.",
    "South Dakota": "S.D.", "Tennessee": "Tenn.", "Texas": "Tex.", "Utah": "Utah",
    "Vermont": "Vt.", "Virgin Islands": "V.I.", "Virginia": "Va.", "Washington": "Wash.",
    "West Virginia": "W. Va.", "Wisconsin": "Wis.", "Wyoming": "Wyo.",
}  # fmt: skip
_APPEALS = re.compile(r"United States Court of Appeals for the (?P<circuit>.+?)(?: Circuit)")
_DISTRICT = re.compile(
    r"United States District Court for the (?:(?P<part>Northern|Southern|Eastern|Western|Middle|"
    r"Central) )?(?:District of )?(?P<state>.+)"
)
#: Its reporter tells the court (rule 10.4): no abbreviation of it is written.
SUPREME_COURT = "Supreme Court of the United States"


def abbreviated(court: str) -> str:
    """A federal court by its abbreviation; a court that is not known keeps its name."""
    appeals = _APPEALS.fullmatch(court)
    if appeals and appeals["circuit"] in _CIRCUITS:
        return f"{_CIRCUITS[appeals['circuit']]} Cir."
    district = _DISTRICT.fullmatch(court)
    if district and district["state"] in _STATES:
        state = _STATES[district["state"]]
        part = f"{district['part'][0]}.D." if district["part"] else "D."
        return part + state if re.fullmatch(r"(?:[A-Z]\.)+", state) else f"{part} {state}"
    return court
