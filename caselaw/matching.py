"""From a provision as a source writes it to the provisions that we hold.

Sources write `ss 42(1), 228A, 232A`, `Articles 311(3) and (5)` or `Chapter 20, section 8`. Each
number is read as a path (`311`, `3`), and so is the number of each recorded provision. A path
leads to a provision whose path is the same, to one that it lies within (the source names a part),
or to those that lie within it (the source names a whole article). Nothing is guessed: without one
of the three there is no link.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Literal

Path = tuple[str, ...]
Match = Literal["exact", "part", "whole"]

#: No citation is near this; what stands behind it is not read.
MAX_TEXT = 1_000
#: A wider range is a mistake of reading, not a range of articles.
MAX_RANGE = 60

_MARK = r"(?:articles?|arts?|sections?|sec|ss?|§+|paragraphs?|paras?|regulations?|regs?|rules?|r)"
_LATIN = r"(?:bis|ter|quater|quinquies|sexies|septies|octies)"
_LATIN_TAIL = rf"(?:[ -]?{_LATIN}(?![a-z]))?"
# 233A, 264a, 76-2, 322.2, L823-3-1, 232-A, 214/A, 318 bis
_BASE = re.compile(
    rf"(?P<base>(?:[lr]\.?\s?)?\d+(?:[.\-/]\d+)*(?:[-/]?[a-z]{{1,2}}(?![a-z]))?{_LATIN_TAIL})",
    re.IGNORECASE,
)
_SUB = re.compile(r"\(\s*([0-9a-z]{1,5}(?:-[0-9a-z]{1,9})?)\s*\)", re.IGNORECASE)
_ROMAN_OR_ITEM = re.compile(r"\s+(?:no\.?\s*|§\s*)?(\d{1,2}|[ivx]{1,5})(?![\w(.])", re.IGNORECASE)
# `nos. 2 and 3`: items of one paragraph, up to a number that has paragraphs of its own
_ITEMS = re.compile(
    r"\s+nos\.?\s*(\d{1,2}(?:\s*(?:,|and\b|or\b)\s*\d{1,2}(?![\w(.]))*)(?![\w(.])", re.IGNORECASE
)
_SEPARATOR = re.compile(r"(?:\s|,|;|and\b|or\b|&|to\b|-|of\b)+", re.IGNORECASE)
_CHAPTER = re.compile(r"\bch(?:apter|\.)?\s*(\d+)\s*,?\s*(?:sections?|ss?)\.?\s*", re.IGNORECASE)
_CHAPTER_PREFIX = re.compile(r"\d+_")
_CODE = re.compile(r"\b\d+\s*u\.?s\.?c\.?\s*§*\s*", re.IGNORECASE)
_ALIAS = re.compile(r"\((?:\d+\s*u\.?s\.?c\.?)\s*([0-9a-z]+)\)", re.IGNORECASE)
_LEADING_MARK = re.compile(rf"{_MARK}(?![a-z])\.?\s*", re.IGNORECASE)
_START = re.compile(rf"\s*(?:{_MARK}(?![a-z])\.?\s*)?(?=[lr]?\.?\s?\d)", re.IGNORECASE)
_PLURAL = re.compile(r"\s*(?:articles|arts|sections|ss|§§)(?![a-z])", re.IGNORECASE)
_ROMAN = ["i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii", "xiii"]
# The levels of a path differ in kind: (a), (1), (A), (ii).
_KINDS = (
    ("number", re.compile(r"\d+[A-Za-z]?(?:-.*)?")),
    ("capital", re.compile(r"[A-Z]+")),
    ("roman", re.compile(r"[ivx]+")),
    ("letter", re.compile(r"[a-z]+(?:-.*)?")),
)


def _plain(text: str) -> str:
    text = text.replace("–", "-").replace("\xa0", " ")
    text = _CHAPTER.sub(lambda found: f"s {found[1]}_", text)
    return _CODE.sub("s ", text)


def _normal(base: str) -> str:
    joined = re.sub(r"(?<=[a-z])\.?\s(?=\d)", "", base.lower())
    joined = re.sub(rf"(?<=\d)(?={_LATIN}$)", "-", joined)
    return re.sub(r"[\s./-]+", "-", joined).strip("-")


def paths(text: str) -> list[Path]:
    """The paths that a text names, in their order: `57(1)(b), (c)` gives two under `57(1)`."""
    return list(_paths(text[:MAX_TEXT]))


@lru_cache(maxsize=10_000)
def _paths(text: str) -> tuple[Path, ...]:
    text = _plain(text)
    start = _START.match(text)
    if start is None:
        return ()
    found = _read(text, start.end(), _PLURAL.match(text) is not None)
    return tuple(dict.fromkeys(tuple(part.lower() for part in path) for path in found))


def _read(text: str, position: int, is_plural: bool) -> Iterator[Path]:
    previous: Path = ()
    ranged = False
    while position < len(text):
        sub = _SUB.match(text, position)
        if sub and previous:
            # `(1)-(2)`, `(3) and (5)`, `57(1)(b), (c)`: a sibling of what stands before.
            path = _sibling(previous, sub[1])
            position = sub.end()
            path, position = _subs(text, position, path)
            yield from _between(previous[-1], path) if ranged else ()
        else:
            found = _number(text, position)
            if found is None:
                return
            prefix, base, position = found
            yield from _split_range(prefix, base) if is_plural else ()
            path, position = _subs(text, position, (prefix + _normal(base),))
        items = _ITEMS.match(text, position)
        position = items.end() if items else position
        yield from ((*path, item) for item in re.findall(r"\d+", items[1])) if items else (path,)
        previous = path
        gap = _SEPARATOR.match(text, position)
        ranged = gap is not None and bool(re.fullmatch(r"\s*(?:-|to)\s*", gap[0]))
        position = gap.end() if gap else position
        mark = _LEADING_MARK.match(text, position)
        position = mark.end() if mark else position
        if gap is None and mark is None:
            return


def _kinds(part: str) -> list[str]:
    return [name for name, pattern in _KINDS if pattern.fullmatch(part)]


def _sibling(previous: Path, part: str) -> Path:
    """The path that `(c)` means behind `57(1)(b)`: it stands where a part of its kind stands."""
    for kind in _kinds(part):
        for level in range(len(previous) - 1, 0, -1):
            if kind == (_kinds(previous[level]) or [""])[0]:
                return (*previous[:level], part)
    return (*previous[:-1], part) if len(previous) > 1 else (*previous, part)


def _number(text: str, position: int) -> tuple[str, str, int] | None:
    chapter = _CHAPTER_PREFIX.match(text, position)
    prefix = chapter[0] if chapter else ""
    found = _BASE.match(text, position + len(prefix))
    return (prefix, found["base"], found.end()) if found else None


def _subs(text: str, position: int, path: Path) -> tuple[Path, int]:
    while sub := _SUB.match(text, position):
        path = (*path, sub[1])
        position = sub.end()
    item = _ROMAN_OR_ITEM.match(text, position)
    if item:
        path = (*path, item[1])
        position = item.end()
    return path, position


def _between(first: str, last: Path) -> Iterator[Path]:
    """The siblings between `(2)` and `(5)`, or between `(i)` and `(k)`."""
    low, high = first.lower(), last[-1].lower()
    if low in _ROMAN and high in _ROMAN and len(low + high) > 2:
        between = _ROMAN[_ROMAN.index(low) + 1 : _ROMAN.index(high)]
        yield from ((*last[:-1], numeral) for numeral in between)
    elif first.isdecimal() and last[-1].isdecimal():
        numbers = range(int(first) + 1, int(last[-1]))
        if len(numbers) < MAX_RANGE:
            yield from ((*last[:-1], str(n)) for n in numbers)
    elif re.fullmatch("[a-z][a-z]|[A-Z][A-Z]", first + last[-1]):
        yield from ((*last[:-1], chr(n)) for n in range(ord(first) + 1, ord(last[-1])))


def _split_range(prefix: str, base: str) -> Iterator[Path]:
    """`arts 86-88` names 86, 87 and 88; `art 76-2` is one article with a hyphen in its number."""
    found = re.fullmatch(r"(\d{1,9})([a-z]?)-(\d{1,9})([a-z]?)", base)
    if found is None:
        return
    first, last = int(found[1]), int(found[3])
    if first < last <= first + MAX_RANGE:
        yield from ((prefix + str(n),) for n in range(first, last + 1))
    elif first == last:
        yield from ((prefix + found[1] + found[2],), (prefix + found[3] + found[4],))


def provision_paths(number: str) -> list[Path]:
    """The paths of a recorded provision; words behind a comma make it a variant of its article."""
    bare = _ALIAS.sub("", number)
    head, comma, qualifier = bare.partition(",")
    is_variant = bool(comma) and not re.match(
        rf"\s*(?:{_MARK}\b|\(|\d|[lr]\.?\s?\d)", qualifier.lower()
    )
    if is_variant:
        return [(*path, qualifier.strip().lower()) for path in paths(head)]
    return paths(bare)


def _recorded(provisions: Iterable[tuple[int, str]]) -> list[tuple[int, list[Path]]]:
    """The paths of all provisions of a law, also under the number of its codification.

    `s 274(a)(2) (8 USC 1324)` says that section 274 stands in the code as 1324, which then holds
    for every provision under section 274.
    """
    found = [(identity, provision_paths(number), number) for identity, number in provisions]
    codified: dict[str, str] = {}
    for _identity, own, number in found:
        alias = _ALIAS.search(number)
        if alias and own:
            codified[own[0][0]] = _normal(alias[1])
    return [
        (
            identity,
            [*own, *((codified[path[0]], *path[1:]) for path in own if path[0] in codified)],
        )
        for identity, own, _number in found
    ]


def match_provisions(text: str, provisions: Iterable[tuple[int, str]]) -> list[tuple[int, Match]]:
    """The recorded provisions that a text names, with how it names each.

    Args:
        text: the provision as the source gives it.
        provisions: identity and number of each provision of the law.
    """
    recorded = _recorded((identity, number) for identity, number in provisions if number)
    best: dict[int, Match] = {}
    for path in paths(text):
        found = {identity: _best(path, own) for identity, own in recorded}
        kind = next((kind for kind in _ORDER if kind in found.values()), None)
        for identity, own_kind in found.items():
            if kind and own_kind == kind:
                best.setdefault(identity, kind)
    return list(best.items())


_ORDER: tuple[Match, ...] = ("exact", "part", "whole")


def _best(path: Path, own_paths: Iterable[Path]) -> Match | None:
    kinds = {_kind(path, own) for own in own_paths}
    return next((kind for kind in _ORDER if kind in kinds), None)


def _kind(path: Path, own: Path) -> Match | None:
    if path == own:
        return "exact"
    if path[: len(own)] == own:
        return "part"
    return "whole" if own[: len(path)] == path else None
