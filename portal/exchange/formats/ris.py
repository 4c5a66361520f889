"""RIS, the format of reference managers since the eighties: a tag and a value on each line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import rispy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from portal.exchange.faults import Fault, shown
from portal.exchange.formats.base import Format, Reading
from portal.exchange.formats.citing import (
    Entry,
    items_of,
    no_date,
    not_held,
    read_entries,
    says_the_same,
    unreadable_entry,
)
from portal.exchange.formats.safety import BROKEN, text_of
from portal.exchange.foundations import Codes
from portal.records.database import Database

#: The types of RIS and of CSL; of several for one type of CSL, the first is written.
_TYPES = {
    "JOUR": "article-journal", "EJOUR": "article-journal", "JFULL": "article-journal",
    "INPR": "article-journal", "BOOK": "book", "EBOOK": "book", "EDBOOK": "book",
    "CHAP": "chapter", "ECHAP": "chapter", "RPRT": "report", "GOVDOC": "report",
    "THES": "thesis", "CPAPER": "paper-conference", "CONF": "paper-conference",
    "ELEC": "webpage", "BLOG": "webpage", "ICOMM": "webpage",
    "MGZN": "article-magazine", "NEWS": "article-newspaper", "UNPB": "manuscript",
    "MANSCPT": "manuscript", "CASE": "legal_case", "STAT": "legislation", "GEN": "document",
}  # fmt: skip
_WRITTEN_TYPES: dict[str, str] = {}
for _ris, _csl in _TYPES.items():
    _WRITTEN_TYPES.setdefault(_csl, _ris)
#: In these, T2 is a series; in all others it is what contains the work.
_WHOLE = ("BOOK", "EBOOK", "EDBOOK", "RPRT", "GOVDOC", "THES")
#: Tags that are one key; the first that an entry has is taken.
_TEXTS = {
    "title": ("TI", "T1", "CT"),
    "volume": ("VL",),
    "issue": ("IS",),
    "publisher": ("PB",),
    "publisher-place": ("CY", "PP"),
    "DOI": ("DO",),
    "language": ("LA",),
    "original-title": ("OP",),
}
_JOURNALS = ("JF", "JO", "BT", "JA")
_CONTAINERS = ("T2", *_JOURNALS)
_AUTHORS, _EDITORS = ("AU", "A1"), ("ED", "A2")
_LISTS = ["AU", "A1", "A2", "ED", "UR", "SN"]
_KNOWN = {tag for tags in _TEXTS.values() for tag in tags} | {
    "TY", "ER", "UK", "ID", "PY", "Y1", "DA", "SP", "EP",
    *_CONTAINERS, "T3", *_LISTS,
}  # fmt: skip
#: Tags of decisions and laws, which are written and never read: the docket as EndNote has it
#: (SV), the number of an act (M1), and in a note what no tag is for.
_LEGAL = ("SV", "M1", "N1")
_LEGAL_NUMBERS = {"legal_case": "SV", "legislation": "M1"}
#: Some programs leave out one of the two blanks of a tag.
_TAG = re.compile(r"([A-Z][A-Z0-9])  ?-")
_START = re.compile(r"TY  ?-")
_END = re.compile(r"ER  ?-")
_ISSN = re.compile(r"[0-9]{4}-?[0-9]{3}[0-9Xx]")
_DATE = re.compile(r"([0-9]{4})(?:[/-]([0-9]{1,2}))?(?:[/-]([0-9]{1,2}))?(?:/.*)?")


class _Parser(rispy.RisParser):
    """Tags under their own names; what stands twice is kept twice."""

    DEFAULT_MAPPING: ClassVar[dict[str, str]] = {tag: tag for tag in _KNOWN}
    DEFAULT_LIST_TAGS = _LISTS
    DEFAULT_DELIMITER_MAPPING: ClassVar[dict[str, str]] = {}


class _Writer(rispy.RisWriter):
    DEFAULT_MAPPING: ClassVar[dict[str, str]] = {
        tag: tag.lower() for tag in (*sorted(_KNOWN), *_LEGAL)
    }
    DEFAULT_LIST_TAGS = _LISTS
    DEFAULT_DELIMITER_MAPPING: ClassVar[dict[str, str]] = {}
    REFERENCE_TYPE_KEY = "ty"

    def set_header(self, count: int) -> str:
        return ""


def read(path: Path, name: str, database: Database, codes: Codes) -> Reading:
    """The entries of a file; they are numbered by the lines in which they begin."""
    reading = Reading()
    text = text_of(path, name, reading.faults)
    if text is None:
        return reading
    entries = _entries(text, name, reading.faults)
    return read_entries(name, entries, database, reading)


def _entries(text: str, name: str, faults: list[Fault]) -> Iterator[Entry]:
    start, gathered = 0, list[str]()
    for number, line in enumerate(text.split("\n"), start=1):
        if _START.match(line):
            if start:
                faults.append(Fault(name, start, "ER", _no_end()))
            start, gathered = number, [line]
        elif start:
            gathered.append(line)
        elif line.strip() and not line.strip().rstrip(".").isdigit():
            said = gettext("stands in no entry: %(text)s") % {"text": shown(line, 60)}
            faults.append(Fault(name, number, "", said))
            if len(faults) > 50:
                return
        if start and _END.match(line):
            try:
                yield _entry(start, gathered)
            except BROKEN as error:
                faults.append(Fault(name, start, "", unreadable_entry(error)))
            start = 0
    if start:
        faults.append(Fault(name, start, "ER", _no_end()))


def _entry(number: int, lines: Sequence[str]) -> Entry:
    left_out: list[tuple[str, str]] = []
    spelt = _with_tags(lines, left_out)
    found = _Parser(enforce_list_tags=False).parse("\n".join(spelt))[0]
    left_out += [(tag, not_held(is_abstract=tag in ("AB", "N2"))) for tag in found.pop("UK", {})]
    found = {tag: _plain(tag, value, left_out) for tag, value in found.items()}
    return Entry(number, _item(found, left_out), tuple(left_out))


def _with_tags(lines: Sequence[str], left_out: list[tuple[str, str]]) -> list[str]:
    """The lines of an entry, each with its tag: what goes on in the next line stands in one."""
    found: list[str] = []
    tag = ""
    for line in lines:
        match = _TAG.match(line)
        if match:
            tag = match[1]
            found.append(f"{tag}  -{line[match.end() :]}")
        elif not line.strip():
            continue
        elif tag == "TY":
            said = gettext("is followed by a line without a tag: %(text)s")
            left_out.append((tag, said % {"text": shown(line, 60)}))
        elif tag in _LISTS:
            found.append(f"{tag}  - {line.strip()}")
        else:
            found[-1] += f" {line.strip()}"
    return found


def _no_end() -> str:
    return gettext("the entry has no end (“ER  - ”)")


def _stands_again() -> str:
    return gettext("stands more than once: the first is taken")


def _plain(tag: str, value: Any, left_out: list[tuple[str, str]]) -> Any:
    """A tag's value; of one that should stand once, the first."""
    if tag in _LISTS or not isinstance(value, list):
        return value
    left_out.append((tag, _stands_again()))
    return value[0]


def _item(tags: dict[str, Any], left_out: list[tuple[str, str]]) -> dict[str, Any]:
    kind = str(tags.get("TY", "")).strip().upper()
    item: dict[str, Any] = {"type": _TYPES.get(kind, kind), "id": tags.get("ID")}
    for key, names in _TEXTS.items():
        item[key] = _first(tags, names, left_out)
    item["author"] = [_name(name) for tag in _AUTHORS for name in tags.get(tag, [])]
    item["editor"] = [_name(name) for tag in _EDITORS for name in tags.get(tag, [])]
    is_whole = kind in _WHOLE
    item["container-title"] = _first(tags, _JOURNALS if is_whole else _CONTAINERS, left_out)
    item["collection-title"] = _first(tags, ("T3", "T2") if is_whole else ("T3",), left_out)
    pages = [tags[tag] for tag in ("SP", "EP") if tags.get(tag)]
    # Some programs write both pages as the first one.
    item["page"] = (
        pages[0] if len(set(pages)) == 1 or "-" in "".join(pages[:1]) else "-".join(pages)
    )
    item["issued"] = _issued(tags, left_out)
    for number in tags.get("SN", []):
        item["ISSN" if _ISSN.fullmatch(number.strip()) else "ISBN"] = number
    addresses = tags.get("UR", [])
    item["URL"] = addresses[0] if addresses else None
    if len(addresses) > 1:
        left_out.append(("UR", _stands_again()))
    return {key: value for key, value in item.items() if value}


def _first(tags: dict[str, Any], names: Sequence[str], left_out: list[tuple[str, str]]) -> Any:
    given = [tag for tag in names if tags.get(tag)]
    left_out += [(tag, says_the_same(given[0])) for tag in given[1:] if tags[tag] != tags[given[0]]]
    return tags[given[0]] if given else None


def _name(text: str) -> dict[str, str]:
    """A name of RIS: `Family, Given, Suffix`; a body has no comma, or two at once."""
    family, comma, rest = text.partition(",")
    if not comma or rest.startswith(","):
        return {"literal": text.replace(",,", ",").strip()}
    given, _comma, suffix = rest.partition(",")
    parts = {"family": family.strip(), "given": given.strip(), "suffix": suffix.strip()}
    return {key: value for key, value in parts.items() if value}


def _issued(tags: dict[str, Any], left_out: list[tuple[str, str]]) -> dict[str, Any] | None:
    """The date: that which says most of DA, PY and Y1."""
    dates = {}
    for tag in ("DA", "PY", "Y1"):
        text = str(tags.get(tag, "")).strip().strip("/")
        match = _DATE.fullmatch(text)
        if match:
            dates[tag] = [int(part) for part in match.groups() if part]
        elif text:
            left_out.append((tag, no_date(shown(text, 40))))
    best = max(dates.values(), key=len, default=None)
    return {"date-parts": [best]} if best else None


def write(
    lines: Iterable[Mapping[str, Any]],
    database: Database,
    origin: str = "",
    *,
    for_readers: bool = False,
) -> Iterator[bytes]:
    """An entry for each record."""
    writer = _Writer()
    for item in items_of(lines, database, origin):
        yield writer.formats([_tags(item)]).encode() + b"\n"


def _tags(item: Mapping[str, Any]) -> dict[str, Any]:
    kind = _WRITTEN_TYPES.get(item["type"], "GEN")
    tags: dict[str, Any] = {"TY": kind, "ID": item.get("id")}
    for key, names in _TEXTS.items():
        tags[names[0]] = item.get(key)
    tags["AU"] = [_written(name) for name in item.get("author", [])]
    tags["ED"] = [_written(name) for name in item.get("editor", [])]
    # A series stands in T3, so that the place of what contains the work is never its.
    tags["JF" if kind in _WHOLE else "T2"] = item.get("container-title")
    tags["T3"] = item.get("collection-title")
    first, dash, last = str(item.get("page") or "").partition("-")
    tags |= {"SP": first, "EP": last if dash else None}
    date = item.get("issued", {}).get("date-parts", [[]])[0]
    if date:
        tags["PY"] = f"{date[0]:04d}"
        tags["DA"] = "/".join([tags["PY"], *(f"{part:02d}" for part in date[1:])])
    tags["SN"] = [item[key] for key in ("ISBN", "ISSN") if item.get(key)]
    tags["UR"] = [item["URL"]] if item.get("URL") else []
    if item["type"] in _LEGAL_NUMBERS:
        tags |= _legal_tags(item)
    return {tag.lower(): _one_line(value) for tag, value in tags.items() if value}


def _legal_tags(item: Mapping[str, Any]) -> dict[str, Any]:
    """The tags of a decision or a law: court, number, and a note of citations and State."""
    notes = (item.get("references"), item.get("note"), item.get("jurisdiction"))
    return {
        "PB": item.get("authority"),
        _LEGAL_NUMBERS[item["type"]]: item.get("number"),
        "N1": ". ".join(note for note in notes if note),
    }


def _written(name: Mapping[str, str]) -> str:
    if name.get("literal"):
        # One comma would make a person of the body; EndNote asks for two.
        return name["literal"].replace(",", ",,", 1)
    return f"{name.get('family', '')}, {name.get('given', '')}".strip()


def _one_line(value: Any) -> Any:
    if isinstance(value, list):
        return [_one_line(one) for one in value]
    return " ".join(value.split())


FORMAT = Format(
    key="ris",
    label=_("RIS"),
    extension="ris",
    media_type="application/x-research-info-systems",
    of_citations=True,
    read=read,
    write=write,
    is_complete=False,
)
