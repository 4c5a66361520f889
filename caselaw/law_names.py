"""What a text calls a law: its name without the country, its official number, its years.

Courts and their reporters write `Migration Act 1958 (Cth)`, `Criminal Code of Belarus`,
`Law 8.069/90 (Child and Adolescent Statute)` or `8 U.S.C. § 1324`. Names are compared as wholes
and never by likeness: the Aliens Act and the Aliens Police Act are two laws.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass

#: Words of one meaning in the names of laws.
_SAME = {
    "penal": "criminal",
    "law": "act",
    "statute": "act",
    "laws": "act",
    "organised": "organized",
    "chapter": "cap",
}
#: Words that say nothing of which law is meant.
_FILLERS = frozenset({
    "the", "of", "no", "nr", "cth", "commonwealth", "republic", "people", "s", "as", "amended",
    "and", "its", "federation", "kingdom",
})  # fmt: skip
#: What a law is; alone it is no name.
_KINDS = frozenset({
    "act", "code", "decree", "decreelaw", "regulation", "directive", "decision", "ordinance",
    "constitution", "convention", "protocol", "treaty", "charter", "order", "rules",
    "framework", "council", "united", "states", "cap", "et", "seq", "ec", "eu",
})  # fmt: skip
#: Names of laws that no other law of a jurisdiction has, although they say only what it is.
_NAMES_ALL_THE_SAME = frozenset({"constitution"})
#: Words that make another act of the same number.
_QUALITIES = frozenset({
    "royal", "emergency", "legislative", "organic", "presidential", "framework",
})  # fmt: skip
#: A text that names what is no longer law, or only a part of the law, is not read as its name.
_GONE = frozenset({
    "former", "formerly", "old", "repealed", "previous", "abrogated", "superseded", "draft",
})  # fmt: skip
_MONTHS = frozenset({
    "january", "february", "march", "april", "may", "june", "july", "august", "september",
    "october", "november", "december",
})  # fmt: skip
_DECREE_LAW = re.compile(r"\bdecree[\s-]law\b|\bdecreto[\s-]le[yi]\b|\bdecreto[\s-]legge\b")
_SHORTEST_NAME = 3
_FEWEST_DIGITS = 3

_YEAR = r"(?:1[6-9]\d\d|20\d\d)"
_COUNTED = r"\d{1,3}(?:\.\d{3})+|\d+"
_OF_YEAR = re.compile(
    rf"(?:no\.?|act|law|decree|ordinance|ley|lei)\s*({_COUNTED}|[ivxlcdm]+)\s+(?:of|de)\s+"
    rf"(?:\d{{1,2}}\s+(?:de\s+)?[^\W\d]+\s+(?:de\s+)?)?({_YEAR})\b"
)
_WITH_YEAR = re.compile(rf"(?<![\d.:/-])({_COUNTED})\s*/\s*(\d{{4}}|\d{{2,3}})(?!\d)")
_SWEDISH = re.compile(rf"\b({_YEAR}:\d+)\b")
_LETTERED = re.compile(r"\b(\d+-(?:[a-z]{1,4}|\d\d))\b")
_CHAPTER = re.compile(r"\b(?:cap|chapter)\.?\s*(\d+(?::\d+)?[a-z]?)\b")
_US_CODE = re.compile(r"\b(\d+)\s*u\.?\s?s\.?\s?c\b|\bunited states code,?\s+title\s+(\d+)\b")
_PLAIN = re.compile(
    rf"(?:\b(?:no|nr|law|ley|lei|act)\.?|n[º°])\s*({_COUNTED})(?![\d./:-]*\d)(?!\s+(?:of|de)\s)"
)
_YEARS = re.compile(rf"(?<!\d)({_YEAR})(?!\d)")
_BRACKETS = re.compile(r"[(\[]([^()\[\]]*)[)\]]")
_WORDS = re.compile(r"[^\W_]+")


@dataclass(frozen=True)
class LawNames:
    """What a text says of which law it means.

    Attributes:
        names: its names without country, number and year: `criminal code`, `aufenthg`.
        numbers: its official numbers: `286/1998`, `25871`, `cap:115`, `usc:8`.
        years: the years it names.
        kinds, qualities: what it is: `act`, `decree`; `royal`, `legislative`.
    """

    names: frozenset[str]
    numbers: frozenset[str]
    years: frozenset[int]
    kinds: frozenset[str]
    qualities: frozenset[str]


def plain(text: str) -> str:
    """A text without case, accents and repeated white space."""
    split = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(letter for letter in split if not unicodedata.combining(letter))
    return " ".join(bare.replace("–", "-").replace("’", "'").split())


def same_words(text: str) -> str:
    """The words of a text: two texts that differ only in signs and capitals have the same."""
    return " ".join(_WORDS.findall(plain(text)))


def place_words(names: Iterable[str]) -> frozenset[str]:
    """The words by which a jurisdiction is called, to be left out of the names of its laws."""
    return frozenset(word for name in names for word in _WORDS.findall(plain(name)))


def names_in(text: str, places: Collection[str] = ()) -> LawNames:
    """What a text, or the title of a law, says of which law is meant.

    Args:
        text: `Criminal Code of Brazil`, `Law 8.069/90 (Child and Adolescent Statute)`.
        places: the words of its jurisdiction (`place_words`).
    """
    said = plain(text)
    words = set(_WORDS.findall(_DECREE_LAW.sub("decreelaw", said)))
    kinds = {_SAME.get(word, word) for word in words}
    is_gone = bool(words & _GONE)
    found = set() if is_gone else {_bare(part, places) for part in _parts(said)}
    return LawNames(
        names=frozenset(name for name in found if _is_name(name)),
        numbers=frozenset() if is_gone else frozenset(_numbers(said)),
        years=frozenset(int(year) for year in _YEARS.findall(said)) | _short_years(said),
        kinds=frozenset(kinds & _KINDS),
        qualities=frozenset(words & _QUALITIES),
    )


def joined(several: Iterable[LawNames]) -> LawNames:
    """What several texts say of one law: its titles, its number."""
    all_of = list(several)
    return LawNames(
        names=frozenset().union(*(said.names for said in all_of)),
        numbers=frozenset().union(*(said.numbers for said in all_of)),
        years=frozenset().union(*(said.years for said in all_of)),
        kinds=frozenset().union(*(said.kinds for said in all_of)),
        qualities=frozenset().union(*(said.qualities for said in all_of)),
    )


def initials(title: str) -> str:
    """`Immigration and Nationality Act` gives `ina`; '' for a title of fewer than three words."""
    outer = _BRACKETS.sub(" ", plain(title))
    words = [word for word in _WORDS.findall(outer) if not word.isdecimal()]
    small = {"and", "of", "the", "on", "for", "in", "to", "a", "against", "concerning"}
    letters = [word[0] for word in words if word not in small]
    return "".join(letters) if len(letters) >= _SHORTEST_NAME else ""


def official_number(number: str) -> frozenset[str]:
    """The keys of what stands in a law's field for its number: `25.871`, `Act 29 of 2004`."""
    said = plain(number)
    bare = said.replace(".", "")
    whole = {bare} if bare.isdecimal() and _is_telling(bare) else set()
    return frozenset({*_numbers(said), *whole})


def _parts(said: str) -> Iterable[str]:
    """The name and what stands in brackets behind it; brackets inside of a name are part of it.

    `Residence Act (AufenthG)` has two names, `Passport (Entry into India) Act` has one.
    """
    outer, end = [], 0
    for found in _BRACKETS.finditer(said):
        behind = _BRACKETS.sub(" ", said[found.end() :])
        outer.append(said[end : found.start()])
        if _words_of_name(behind):
            outer.append(f" {found[1]} ")
        else:
            yield found[1]
        end = found.end()
    yield " ".join([*outer, said[end:]])


def _words_of_name(part: str) -> list[str]:
    """The words of a part that are of a name, and not of its number or date."""
    rest = _US_CODE.sub(" ", part)
    for pattern in (_OF_YEAR, _WITH_YEAR, _SWEDISH, _LETTERED, _CHAPTER, _PLAIN):
        rest = pattern.sub(lambda found: f" {_kind_before(found[0])} ", rest)
    rest = _DECREE_LAW.sub("decreelaw", rest)
    words = [_SAME.get(word, word) for word in _WORDS.findall(rest)]
    return [
        word
        for word in words
        if not word.isdecimal() and word not in _FILLERS and word not in _MONTHS
    ]


def _kind_before(number: str) -> str:
    """`act 29 of 2004` leaves the word that belongs to the name as well: `act`."""
    first = re.match(r"act|law|decree|ordinance", number)
    return first[0] if first else ""


def _bare(part: str, places: Collection[str]) -> str:
    return " ".join(word for word in _words_of_name(part) if word not in places)


def _is_name(name: str) -> bool:
    if name in _NAMES_ALL_THE_SAME:
        return True
    return len(name) >= _SHORTEST_NAME and bool(set(name.split()) - _KINDS - _QUALITIES)


def _numbers(said: str) -> Iterable[str]:
    for counted, year in _OF_YEAR.findall(said):
        yield f"{counted.replace('.', '')}/{year}"
    for counted, second in _WITH_YEAR.findall(said):
        first = counted.replace(".", "")
        yield f"{first}/{_full_year(first, second)}"
    yield from _SWEDISH.findall(said)
    yield from _LETTERED.findall(said)
    yield from (f"cap:{number}" for number in _CHAPTER.findall(said))
    yield from (f"usc:{short or long}" for short, long in _US_CODE.findall(said))
    for counted in _PLAIN.findall(said):
        bare = counted.replace(".", "")
        if _is_telling(bare):
            yield bare


def _is_telling(number: str) -> bool:
    """Whether a number without a year tells laws apart: every year has a law No. 14."""
    return len(number) >= _FEWEST_DIGITS and not re.fullmatch(_YEAR, number)


def _full_year(first: str, second: str) -> str:
    """`6815/80` is of 1980; `2002/90` is number 90 of the year 2002."""
    if len(second) != 2 or re.fullmatch(_YEAR, first):
        return second
    return f"20{second}" if int(second) < 40 else f"19{second}"


def _short_years(said: str) -> frozenset[int]:
    keys = (key.rpartition("/")[2] for key in _numbers(said) if "/" in key)
    return frozenset(int(year) for year in keys if re.fullmatch(_YEAR, year))
