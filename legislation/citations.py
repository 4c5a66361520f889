"""A law as an item of CSL-JSON: for reference managers, and as each style cites legislation.

CSL knows statutes of the United Kingdom and the United States. How laws of other States are
cited follows from OSCOLA (4th edition, 2.4 and 2.8) and the Bluebook (21st edition, rule 20.5),
which APA (7th edition, 11.5) and Chicago (18th edition, 14.176) follow: the title in its own
language, a translation in brackets, the official number and the State.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from portal.citing.dates import parts_of
from portal.citing.marks import joined, with_stops, without_marks
from portal.reference.catalog import catalog
from portal.reference.labels import localized

Line = Mapping[str, Any]
Item = dict[str, Any]

#: Titles of laws are never put in other capitals: no language is told.
_AS_PUBLISHED = "und"
#: The European Union among the jurisdictions: its acts are known by their numbers.
_UNION = "EUE"
_REPEALED = "repealed"


def to_csl(line: Line) -> Item:
    """A law's line as an item of CSL-JSON, with the keys that reference managers read.

    `jurisdiction` is a code, which who writes the item replaces by the name.
    """
    item = {
        "id": line["id"],
        "type": "legislation",
        "title": line["title"],
        "number": line.get("number"),
        "issued": _issued(line),
        "jurisdiction": line["jurisdiction"],
        "language": line.get("language"),
        "original-title": line.get("title_original"),
        "note": "Repealed" if line.get("status") == _REPEALED else None,
    }
    return {key: value for key, value in item.items() if value}


def for_style(line: Line, style: str) -> Item:
    """A law's line as the item of which a style makes its citation.

    Args:
        line: the line.
        style: `oscola`, `apa`, `chicago` or `bluebook`.
    """
    title = _title(line)
    year = line.get("adopted", "")[:4]
    item: Item = {"id": line["id"], "type": "legislation", "language": _AS_PUBLISHED}
    # The year is part of most titles, and is not told twice.
    if year and year not in title:
        item["issued"] = {"date-parts": [[int(year)]]}
    if style == "oscola":
        place = "" if line["jurisdiction"] in ("GBR", _UNION) else _place(line)
        return _filled(item, title=with_stops(title), **{"container-title": with_stops(place)})
    place = "" if line["jurisdiction"] == _UNION else joined(f"({_place(line)})")
    source = f"{_number(line, title)}{place}"
    if style == "bluebook":
        return _filled(item, title=title, number=source)
    return _filled(item, title=title, **{"container-title": source})


def _filled(item: Item, **values: Any) -> Item:
    return {**item, **{key: value for key, value in values.items() if value}}


def _issued(line: Line) -> dict[str, Any] | None:
    parts = parts_of(line.get("adopted", ""))
    return {"date-parts": [parts]} if parts else None


def _title(line: Line) -> str:
    """The title in its own language, with ours in brackets where it is another."""
    original, title = line.get("title_original", ""), line["title"]
    found = f"{original} [{title}]" if original and original != title else title
    return without_marks(found)


def _place(line: Line) -> str:
    code = line["jurisdiction"]
    return localized(catalog().jurisdictions.get(code), "en") or code


def _number(line: Line, title: str) -> str:
    """The official number, unless the title gives it."""
    number = without_marks(line.get("number", ""))
    parts = _numbers(number)
    if not number or number in title or (parts and parts <= _numbers(title)):
        return ""
    # A bare number is told as one: “No. 25.871”, but “2010 c. 40” and “Cap. 105”.
    return f"No. {number}" if re.fullmatch(r"[0-9][0-9./-]*[0-9A-Z]*", number) else number


def _numbers(text: str) -> set[int]:
    """The numbers of a text as figures: `14/2021` is in “Law No. 14 of 2021”."""
    return {int(part) for part in re.findall(r"[0-9]+", text)}
