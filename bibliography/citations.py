"""Between the line of a work and an item of CSL-JSON as reference managers exchange it.

The line is such an item with keys of our own. What differs is that items of other programs spell
names, dates and identifiers in several ways, and carry keys that we do not hold.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from django.conf.locale import LANG_INFO
from django.utils.translation import gettext as _

from bibliography.exports import CSL_FIELDS
from bibliography.models import Contributor
from portal.exchange.formats.citing import no_date, not_held
from portal.records.dates import PartialDate
from portal.reference.punctuation import listed

Line = dict[str, Any]
LeftOut = list[tuple[str, str]]

#: CSL types that say what one of ours says.
_TYPES = {
    "article": "report",
    "monograph": "book",
    "post": "webpage",
    "post-weblog": "webpage",
    "speech": "paper-conference",
}
#: Our own codes hold a year or “nd”; keys of other programs mean nothing outside them.
_OWN_CODE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*-([0-9]{4}|nd)(-[a-z0-9]+)*")
_MARKUP = re.compile(r"</?(?:i|b|u|sup|sub|sc|span|em|strong|nocase)\b[^<>]*>", re.IGNORECASE)
_DOI = re.compile(r"^(?:https?://(?:dx\.)?doi\.org/|doi:\s*)", re.IGNORECASE)
_LANGUAGES = {info["name"].casefold(): code for code, info in LANG_INFO.items() if "name" in info}
_NAME_KEYS = {
    "family", "given", "literal", "suffix", "dropping-particle", "non-dropping-particle",
    "comma-suffix", "static-ordering", "parse-names",
}  # fmt: skip


def to_csl(line: Mapping[str, Any]) -> dict[str, Any]:
    """A work's line as an item of CSL-JSON, with the keys that it knows."""
    keys = ("id", "type", "title", *Contributor.Role.values, "issued", *CSL_FIELDS, "language")
    item = {key: line[key] for key in keys if line.get(key)}
    if line.get("title_original"):
        item["original-title"] = line["title_original"]
    return item


def from_csl(item: Mapping[str, Any]) -> tuple[Line, LeftOut]:
    """An item of CSL-JSON as the line of a work, and which of its keys were left out and why.

    A value that we cannot hold is given on as it is: the schema of the line names it.
    """
    line: Line = {}
    left_out: LeftOut = []
    for key, value in item.items():
        if value in (None, "", [], {}):
            continue
        found, why = _value(key, value)
        if why:
            left_out.append((key, why))
        if found is not None:
            line["title_original" if key == "original-title" else key] = found
    address = f"https://doi.org/{line['DOI']}" if isinstance(line.get("DOI"), str) else None
    address = address or line.get("URL")
    if isinstance(address, str) and isinstance(line.get("title"), str):
        line["sources"] = [{"title": line["title"], "url": address}]
    return line, left_out


def _value(key: str, value: Any) -> tuple[Any, str]:
    """What a key says, or None; and why something of it was left out, or ''."""
    reader = _READERS.get(key)
    if reader:
        return reader(value)
    return None, not_held(is_abstract=key == "abstract")


def _code(value: Any) -> tuple[Any, str]:
    return (value if isinstance(value, str) and _OWN_CODE.fullmatch(value) else None), ""


def _type(value: Any) -> tuple[Any, str]:
    return (_TYPES.get(value, value) if isinstance(value, str) else value), ""


def _doi(value: Any) -> tuple[Any, str]:
    return (_DOI.sub("", value.strip()) if isinstance(value, str) else value), ""


def _plain(value: Any) -> tuple[Any, str]:
    return _text(value), ""


def _text(value: Any) -> Any:
    """A text without the mark-up that CSL allows; a number as its digits."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return " ".join(_MARKUP.sub("", value).split()) if isinstance(value, str) else value


def _names(value: Any) -> tuple[Any, str]:
    if not isinstance(value, list):
        return value, ""
    unknown = sorted({key for name in value if isinstance(name, dict) for key in name} - _NAME_KEYS)
    said = _("of names these are not held: %(keys)s")
    why = said % {"keys": listed(unknown)[:100]} if unknown else ""
    return [_name(name) if isinstance(name, dict) else name for name in value], why


def _name(name: Mapping[str, Any]) -> dict[str, Any]:
    if name.get("literal"):
        return {"literal": _text(name["literal"])}
    if not name.get("family"):
        # One name alone is that of a body, or of a person who has no other.
        return {"literal": _text(name.get("given", ""))}
    parts = {
        "family": [name.get("non-dropping-particle"), name["family"]],
        "given": [name.get("given"), name.get("dropping-particle")],
    }
    found = {
        key: " ".join(_text(str(part)) for part in said if part) for key, said in parts.items()
    }
    if name.get("suffix"):
        found["given"] = ", ".join(filter(None, (found["given"], _text(str(name["suffix"])))))
    return {key: text for key, text in found.items() if text}


def _date(value: Any) -> tuple[Any, str]:
    if not isinstance(value, dict):
        return value, ""
    if "date-parts" in value:
        parts = value["date-parts"]
        if not (isinstance(parts, list) and parts and isinstance(parts[0], list)):
            return value, ""
        # Some programs write numbers as texts, and no month as an empty one or 0.
        first = [int(part) if _is_digits(part) else part for part in parts[0]]
        while first and first[-1] in (0, "", None):
            first.pop()
        why = _("of a range of dates only the first is held") if len(parts) > 1 else ""
        return {"date-parts": [first]}, why
    raw = value.get("raw") or value.get("literal") or ""
    try:
        date = PartialDate.parse(str(raw).strip())
    except ValueError:
        return None, no_date(str(raw)[:60])
    return {"date-parts": [[part for part in (date.year, date.month, date.day) if part]]}, ""


def _is_digits(value: Any) -> bool:
    return isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 6


def _language(value: Any) -> tuple[str | None, str]:
    for word in _spellings(str(value)):
        if re.fullmatch(r"[a-z]{2,3}", word):
            return word, ""
        if word in _LANGUAGES:
            return _LANGUAGES[word].partition("-")[0], ""
    return None, _("is no language that is known: %(text)s") % {"text": str(value)[:60]}


def _spellings(value: str) -> Iterator[str]:
    """A language as it is given, and without the country that may follow: `en-GB`."""
    text = value.strip().casefold()
    if len(text) > 3:
        yield text if text in _LANGUAGES else ""
    yield re.split(r"[-_]", text)[0]


_READERS: dict[str, Callable[[Any], tuple[Any, str]]] = {
    **dict.fromkeys(("title", "original-title", *CSL_FIELDS), _plain),
    **dict.fromkeys(Contributor.Role.values, _names),
    "id": _code,
    "type": _type,
    "issued": _date,
    "language": _language,
    "DOI": _doi,
}
