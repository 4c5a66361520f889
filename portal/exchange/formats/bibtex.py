"""BibTeX: entries with fields in LaTeX."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import bibtexparser
from bibtexparser.middlewares.names import (
    parse_single_name_into_parts,
    split_multiple_persons_names,
)
from bibtexparser.model import Entry as Block
from bibtexparser.model import Field
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from pylatexenc.latex2text import LatexNodes2Text
from pylatexenc.latexencode import (
    RULE_DICT,
    UnicodeToLatexConversionRule,
    UnicodeToLatexEncoder,
)

from portal.exchange.faults import Fault, shown
from portal.exchange.formats.base import Format, Reading
from portal.exchange.formats.citing import (
    Entry,
    items_of,
    no_date,
    not_held,
    read_entries,
    says_the_same,
)
from portal.exchange.formats.safety import BROKEN, text_of
from portal.exchange.foundations import Codes
from portal.records.database import Database

#: The types of BibTeX and BibLaTeX and of CSL; of several, the first is written.
_TYPES = {
    "article": "article-journal", "book": "book", "collection": "book", "mvbook": "book",
    "incollection": "chapter", "inbook": "chapter", "techreport": "report", "report": "report",
    "thesis": "thesis", "phdthesis": "thesis", "mastersthesis": "thesis",
    "inproceedings": "paper-conference", "conference": "paper-conference",
    "online": "webpage", "electronic": "webpage", "www": "webpage",
}  # fmt: skip
_WRITTEN_TYPES: dict[str, str] = {}
for _bibtex, _csl in _TYPES.items():
    _WRITTEN_TYPES.setdefault(_csl, _bibtex)
# BibLaTeX has these types; they are written and never read.
_WRITTEN_TYPES |= {"legal_case": "jurisdiction", "legislation": "legislation"}
#: Keys of decisions and laws alone.
_LEGAL_FIELDS = {"authority": "institution", "number": "number", "jurisdiction": "location"}
#: Fields that are one key; the first that an entry has is taken.
_FIELDS = {
    "title": ("title",),
    "container-title": ("booktitle", "journal", "journaltitle"),
    "collection-title": ("series",),
    "volume": ("volume",),
    "issue": ("number", "issue"),
    "publisher": ("publisher", "institution", "school", "organization"),
    "publisher-place": ("address", "location"),
    "ISBN": ("isbn",),
    "ISSN": ("issn",),
    "language": ("language", "langid"),
    "original-title": ("origtitle",),
}
#: What is no text of LaTeX.
_VERBATIM = {"DOI": "doi", "URL": "url"}
_PUBLISHERS = {"techreport": "institution", "thesis": "institution", "online": "organization"}
_OTHERS = ("author", "editor", "pages", "date", "year", "month", *_VERBATIM.values())
_KNOWN = {field for fields in _FIELDS.values() for field in fields} | set(_OTHERS)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_SIGNS = {
    **{ord(sign): f"\\{sign}" for sign in "%&#$_{}"},
    ord("\\"): r"\textbackslash{}",
    ord("~"): r"\textasciitilde{}",
    ord("^"): r"\textasciicircum{}",
}
# Signs that LaTeX draws together: two hyphens are a dash.
_JOINED = re.compile(r"([-'`,<>])(?=\1)|([?!])(?=`)")
_BARE = re.compile(r"(?<!\\)([%&#])")


@cache
def _decoder() -> LatexNodes2Text:
    # No directory is given for \input: no file is ever read.
    return LatexNodes2Text(math_mode="verbatim", keep_comments=False)


@cache
def _encoder() -> UnicodeToLatexEncoder:
    # Letters of all scripts stay as they are: what reads BibTeX today reads UTF-8.
    rules = [UnicodeToLatexConversionRule(RULE_DICT, _SIGNS)]
    return UnicodeToLatexEncoder(
        conversion_rules=rules, unknown_char_policy="keep", unknown_char_warning=False
    )


def read(path: Path, name: str, database: Database, codes: Codes) -> Reading:
    """The entries of a file; they are numbered by the lines in which they begin."""
    reading = Reading()
    text = text_of(path, name, reading.faults)
    if text is None:
        return reading
    try:
        library = bibtexparser.parse_string(text)
    except BROKEN as error:
        reading.faults.append(Fault(name, 0, "", shown(_why_broken(error), 200)))
        return reading
    for block in library.failed_blocks:
        message = _unreadable(shown(str(block.error), 120))
        reading.faults.append(Fault(name, (block.start_line or 0) + 1, "", message))
    for comment in library.comments:
        said = shown(" ".join(comment.comment.split()), 60)
        message = gettext("stands in no entry: %(text)s") % {"text": said}
        reading.warnings.append(Fault(name, (comment.start_line or 0) + 1, "", message))
    entries = _entries(library.entries, name, reading.faults)
    return read_entries(name, entries, database, reading)


def _entries(blocks: Iterable[Block], name: str, faults: list[Fault]) -> Iterator[Entry]:
    for block in blocks:
        number = (block.start_line or 0) + 1
        try:
            yield _entry(number, block)
        except BROKEN as error:
            why = shown(_why_broken(error), 200)
            faults.append(Fault(name, number, shown(block.key, 60), why))


def _why_broken(error: Exception) -> str:
    """Names and LaTeX can be wrong in many ways; of some of them the library says how."""
    if isinstance(error, RecursionError):
        return gettext("is nested too deep")
    # A code that text cannot hold says nothing to a reader.
    if isinstance(error, ValueError) and not isinstance(error, UnicodeError):
        return str(error)
    return _unreadable(type(error).__name__)


def _unreadable(reason: str) -> str:
    return gettext("cannot be read: %(reason)s") % {"reason": reason}


def _entry(number: int, block: Block) -> Entry:
    fields = {field.key.lower(): str(field.value) for field in block.fields}
    left_out = [
        (key, not_held(is_abstract=key == "abstract")) for key in fields if key not in _KNOWN
    ]
    kind = block.entry_type.lower()
    item: dict[str, Any] = {"id": block.key, "type": _TYPES.get(kind, kind)}
    for key, names in _FIELDS.items():
        given = [field for field in names if fields.get(field)]
        left_out += [(field, says_the_same(given[0])) for field in given[1:]]
        item[key] = decoded(fields[given[0]]) if given else None
    for key, field in _VERBATIM.items():
        item[key] = _verbatim(fields.get(field, ""))
    for role in ("author", "editor"):
        item[role] = [_name(name) for name in split_multiple_persons_names(fields.get(role, ""))]
    item["page"] = re.sub(r"\s*[-–—]+\s*", "-", decoded(fields.get("pages", "")))
    item["issued"] = _issued(fields, left_out)
    return Entry(number, {key: value for key, value in item.items() if value}, tuple(left_out))


def decoded(text: str) -> str:
    """A text of LaTeX as what it shows."""
    # A field has no comments, alignments or parameters: these signs mean themselves.
    try:
        shown_text = _decoder().latex_to_text(_BARE.sub(r"\\\1", text))
    except (LookupError, TypeError, AttributeError) as error:
        # A macro without its argument, or one of a package that is not there.
        said = gettext("holds LaTeX that cannot be read: %(text)s")
        raise ValueError(said % {"text": shown(text, 100)}) from error
    return " ".join(shown_text.split())


def encoded(text: str) -> str:
    """A text as LaTeX; signs that it has no macro for stay."""
    found: str = _encoder().unicode_to_latex(" ".join(text.split()))
    return _JOINED.sub(r"\g<0>{}", found)


def _verbatim(text: str) -> str:
    text = re.sub(r"^\\url\{(.*)\}$", r"\1", text.strip())
    return re.sub(r"\\([%_&#{}~])", r"\1", text)


def _name(text: str) -> dict[str, str]:
    """A name; what stands in braces as a whole is that of a body."""
    text = text.strip()
    if _is_braced(text):
        return {"literal": decoded(text)}
    if text == "others":
        return {"literal": "et al."}
    parts = parse_single_name_into_parts(text, strict=False)
    found = {
        "family": decoded(" ".join([*parts.von, *parts.last])),
        "given": decoded(" ".join(parts.first)),
        "suffix": decoded(" ".join(parts.jr)),
    }
    return {key: value for key, value in found.items() if value}


def _is_braced(text: str) -> bool:
    """Whether one pair of braces holds all of a text."""
    depth = 0
    for place, sign in enumerate(text):
        depth += (sign == "{") - (sign == "}")
        if depth <= 0:
            return sign == "}" and place == len(text) - 1
    return False


def _issued(
    fields: Mapping[str, str], left_out: list[tuple[str, str]]
) -> dict[str, list[list[int]]] | None:
    date = fields.get("date", "").strip()
    match = re.fullmatch(r"([0-9]{4})(?:-([0-9]{2}))?(?:-([0-9]{2}))?", date)
    if match:
        return {"date-parts": [[int(part) for part in match.groups() if part]]}
    year = decoded(fields.get("year", "") or date[:4]).strip()
    if date:
        left_out.append(("date", no_date(shown(date, 40))))
    if not re.fullmatch("[0-9]{4}", year):
        if year:
            said = gettext("is no year: %(text)s")
            left_out.append(("year", said % {"text": shown(year, 40)}))
        return None
    month = decoded(fields.get("month", "")).strip().lower()
    if month[:3] in _MONTHS:
        return {"date-parts": [[int(year), _MONTHS.index(month[:3]) + 1]]}
    if month.isascii() and month.isdigit() and 1 <= int(month[:3]) <= 12:
        return {"date-parts": [[int(year), int(month)]]}
    if month:
        said = gettext("is no month: %(text)s")
        left_out.append(("month", said % {"text": shown(month, 40)}))
    return {"date-parts": [[int(year)]]}


def write(
    lines: Iterable[Mapping[str, Any]],
    database: Database,
    origin: str = "",
    *,
    for_readers: bool = False,
) -> Iterator[bytes]:
    """An entry for each record."""
    for item in items_of(lines, database, origin):
        library = bibtexparser.Library([_block(item)])
        yield bibtexparser.write_string(library).encode() + b"\n"


def _block(item: Mapping[str, Any]) -> Block:
    kind = _WRITTEN_TYPES.get(item["type"], "misc")
    fields: dict[str, str] = {}
    for role in ("author", "editor"):
        fields[role] = " and ".join(_written(name) for name in item.get(role, []))
    for key, names in _FIELDS.items():
        field = names[0]
        if key == "container-title" and kind in ("article", "jurisdiction"):
            field = "journal"
        if key == "publisher":
            field = _PUBLISHERS.get(kind, field)
        fields[field] = encoded(str(item.get(key, "")))
    if item["type"] in ("legal_case", "legislation"):
        fields |= {field: encoded(item.get(key, "")) for key, field in _LEGAL_FIELDS.items()}
        notes = (item.get("references"), item.get("note"))
        fields["note"] = encoded(". ".join(note for note in notes if note))
    for key, field in _VERBATIM.items():
        fields[field] = re.sub(r"([%#{}])", r"\\\1", item.get(key, ""))
    fields["pages"] = item.get("page", "").replace("-", "--")
    date = item.get("issued", {}).get("date-parts", [[]])[0]
    if date:
        fields["year"] = f"{date[0]:04d}"
        fields["date"] = "-".join([fields["year"], *(f"{part:02d}" for part in date[1:])])
    given = [Field(key, value) for key, value in fields.items() if value]
    return Block(kind, item.get("id", "entry"), given)


def _written(name: Mapping[str, str]) -> str:
    if name.get("literal"):
        return f"{{{encoded(name['literal'])}}}"
    # Braces keep the particles of a family name together: “van der Berg”.
    family = encoded(name.get("family", ""))
    family = f"{{{family}}}" if " " in family else family
    return f"{family}, {encoded(name['given'])}" if name.get("given") else f"{family},"


FORMAT = Format(
    key="bibtex",
    label=_("BibTeX"),
    extension="bib",
    media_type="application/x-bibtex",
    of_citations=True,
    read=read,
    write=write,
    is_complete=False,
)
