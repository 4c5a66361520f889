"""Exact things first: what names one record is found apart from the ranking of words.

A citation, a number or a title is compared by its letters and digits alone, folded: spaces, dots,
brackets and case do not matter. If several records answer, all are shown; no filter hides them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from stdnum import isbn
from stdnum.exceptions import ValidationError

from portal.search.analysis import is_unspaced, words
from portal.search.models import Identifier, SearchDocument

Kind = Identifier.Kind
#: Shorter keys name nothing.
MIN_KEY = 3
#: More records of one name are not read: the ranked list has them all.
MAX_MATCHES = 100
_DOI = re.compile(r"10\.\d{4,9}/\S+")
_PERMANENT = re.compile(r"/(?:id|cases|legislation|bibliography)/([a-z0-9-]+)/?$")
#: Words beside a number that are written or left out as one likes.
_NUMBERS = """
no nos nr n num number numero numéro № case docket application appl affaire asunto causa rg az
ref ecli doi isbn
"""
_NUMBER_WORDS = frozenset(_NUMBERS.split())
_LAWS = """
law act loi ley lei legge gesetz wet lag lov zakon закон قانون 法 decree decreto decret
ordinance regulation directive legislative of de du the federal republic ra rpa фз fz um
"""
_LAW_WORDS = frozenset(_LAWS.split())


@dataclass(frozen=True)
class Match:
    """A record that bears exactly what was typed."""

    database: str
    object_id: int
    code: str
    kind: str
    text: str

    @property
    def kind_label(self) -> str:
        return str(Kind(self.kind).label)


def _bare(text: str) -> list[str]:
    """The folded words of a text; runs of scripts without spaces letter by letter."""
    return [word.text[0] if is_unspaced(word.text) else word.text for word in words(text)]


def _without(found: list[str], dropped: frozenset[str]) -> str:
    """Words joined without some of them, if a digit is among the rest; else ''."""
    kept = "".join(word for word in found if word not in dropped)
    return kept if any(letter.isdigit() for letter in kept) else ""


def _isbn(text: str) -> str:
    try:
        return isbn.to_isbn13(isbn.validate(text)).replace("-", "")
    except ValidationError:
        return ""


def keys_of(kind: str, text: str) -> Iterator[str]:
    """The keys under which an identifier of a record is kept."""
    if kind == Kind.ISBN:
        keys = [_isbn(text)]
    elif kind == Kind.DOI:
        found = _DOI.search(text)
        keys = ["".join(_bare(found.group() if found else text))]
    elif kind in (Kind.CODE, Kind.TITLE):
        keys = ["".join(_bare(text))]
    else:
        # One field may hold several numbers, and a court's prefix that nobody types.
        keys = []
        for piece in (text, *re.split(r"[;,]| and ", text)):
            found_words = _bare(piece)
            keys += ["".join(found_words), _without(found_words, _NUMBER_WORDS)]
            if kind == Kind.NUMBER:
                keys.append(_without(found_words, _NUMBER_WORDS | _LAW_WORDS))
    yield from dict.fromkeys(key for key in keys if len(key) >= MIN_KEY)


def identifiers_of(
    document: SearchDocument, given: Iterable[tuple[str, str]]
) -> Iterator[Identifier]:
    """The rows that keep the identifiers of a document; `given` are kinds and texts."""
    seen = set()
    for kind, text in given:
        for key in keys_of(kind, text or ""):
            if (kind, key) not in seen:
                seen.add((kind, key))
                yield Identifier(document=document, kind=kind, key=key, text=text)


def _candidates(text: str) -> Iterator[tuple[str, tuple[str, ...] | None]]:
    """Keys that a typed text may mean, each with the kinds that it may be of (None: any)."""
    found = _bare(text)
    yield "".join(found), None
    yield _without(found, _NUMBER_WORDS), (Kind.CITATION, Kind.DOCKET, Kind.NUMBER)
    yield _without(found, _NUMBER_WORDS | _LAW_WORDS), (Kind.NUMBER,)
    yield _isbn(text.lower().removeprefix("isbn").strip(" :")), (Kind.ISBN,)
    if doi := _DOI.search(text):
        yield "".join(_bare(doi.group())), (Kind.DOI,)
    if permanent := _PERMANENT.search(text.strip()):
        yield "".join(_bare(permanent[1])), (Kind.CODE,)


def exact_matches(text: str) -> tuple[Match, ...]:
    """The public records of all databases that bear exactly what was typed."""
    by_key: dict[str, set[str] | None] = {}
    for key, kinds in _candidates(text.strip().strip('"“”')):
        if len(key) < MIN_KEY:
            continue
        known = by_key.get(key, set())
        by_key[key] = None if kinds is None or known is None else {*known, *kinds}
    if not by_key:
        return ()
    rows = (
        Identifier.objects.filter(key__in=by_key, document__in=SearchDocument.objects.public())
        .order_by("document__database", "-document__date_key", "document__code", "pk")
        .values_list(
            "document__database", "document__object_id", "document__code", "kind", "text", "key"
        )[: 4 * MAX_MATCHES]
    )
    matches: dict[str, Match] = {}
    for database, object_id, code, kind, shown, key in rows:
        allowed = by_key[key]
        if allowed is None or kind in allowed:
            matches.setdefault(code, Match(database, object_id, code, kind, shown))
    return tuple(matches.values())[:MAX_MATCHES]
