"""A work as the item of CSL-JSON of which a style makes its citation.

The item is the one of reference managers. What differs is what the processor leaves to its user:
capitals and quotation marks inside of titles, names in scripts without capitals, and articles of
which no journal is known.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from bibliography.citations import to_csl
from bibliography.models import Contributor
from portal.citing.marks import without_marks
from portal.citing.scripts import dressed
from portal.citing.styles import style_of

Item = dict[str, Any]

#: ISO 639-2 for a language that is not known: its titles keep their capitals.
_UNDETERMINED = "und"
_QUOTED_LETTER = re.compile(r"(?<=[\s(][‘“])[a-z]")
_SINGLE = re.compile(r"‘([^‘’]+)’(?!\w)")
_DOUBLE = re.compile(r"“([^“”]+)”")
#: Types whose titles stand in italics and not in quotation marks.
_IN_ITALICS = {"oscola": ("book",), "chicago": ("book", "report")}
#: What the title of a work is called in the styles that say it.
_GENRES = {"thesis": "Thesis"}


def for_style(line: Mapping[str, Any], style: str) -> Item:
    """A work's line as the item of which a style makes its citation.

    Args:
        line: the line.
        style: the key of a style (`portal.citing.styles`).
    """
    item: Item = {key: _unmarked(value) for key, value in to_csl(line).items()}
    for role in Contributor.Role.values:
        if role in item:
            item[role] = [_name(name, style) for name in item[role]]
            item[role] = dressed(item[role], is_sorted=not style_of(style).is_note)
    if style == "chicago" and "author" not in item and "editor" in item:
        item["author"] = _as_authors(item.pop("editor"))
    item.setdefault("language", _UNDETERMINED)
    item["title"] = _title(item, style)
    if item["type"] == "article-journal" and "container-title" not in item:
        item["type"] = "webpage" if "URL" in item else "manuscript"
    if style == "bluebook":
        # It knows addresses alone, and takes a type of thesis for one of a dissertation.
        return {**item, "URL": f"https://doi.org/{item['DOI']}"} if "DOI" in item else item
    return {**item, "genre": _GENRES[item["type"]]} if item["type"] in _GENRES else item


def _unmarked(value: Any) -> Any:
    return without_marks(value) if isinstance(value, str) else value


def _name(name: Mapping[str, str], style: str) -> dict[str, str]:
    found = {key: without_marks(value) for key, value in name.items()}
    if style == "apa" and "given" in found:
        # APA (7th edition, 9.8): both parts of a hyphenated name have an initial, “K.-L.”
        found["given"] = re.sub(r"(?<=-)[a-z]", lambda match: match[0].upper(), found["given"])
    if style == "oscola" and "given" in found:
        # OSCOLA (4th edition, 1.3.2): initials have neither full stops nor spaces, “JM”.
        stops = r"(?<=\b\w)\.[ -]?(?=\w\.)|(?<=\b\w)\."
        found["given"] = re.sub(stops, "", found["given"])
    return found


def _as_authors(editors: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Editors in the place of authors (Chicago, 18th edition, 13.27): “Kyle, David, ed.”.

    The processor writes them there without saying that they are editors.
    """
    *others, last = editors
    # The first name of a list is inverted: of one alone the given name stands last.
    part = next(key for key in ("literal", "given", "family") if key in last)
    if others and "family" in last:
        part = "family"
    return [*others, {**last, part: f"{last[part]}, {'eds' if others else 'ed'}."}]


def _title(item: Item, style: str) -> str:
    """The title with the quotation marks that it has inside of quotation marks."""
    title: str = item["title"]
    if style != "apa" and item["language"] == "en":
        # The processor gives capitals to words, not to what stands behind a quotation mark.
        title = _QUOTED_LETTER.sub(lambda match: match[0].upper(), title)
    if style in _IN_ITALICS and item["type"] not in _IN_ITALICS[style]:
        if style == "oscola":
            return _SINGLE.sub(r"“\1”", title)
        return _DOUBLE.sub(r"‘\1’", title)
    return title
