"""Synthetic cases whose distributions are learned from the real ones; nothing of them is true.

A case is put together from many donors, so that no record comes back: from cases of the same
jurisdiction what depends on it (courts, laws, routes), from any case the rest. A key that the
donor lacks the synthetic case lacks, too, so that the shares of missing values stay as they are.
Prose comes from a Markov chain of order 2 over the real sentences. Names in it that fewer than
`FREQUENT` cases have are replaced by invented ones, drawn from a large pool by Zipf's law: real
names are gone, and the vocabulary grows with the number of cases as that of real texts does.
"""

from __future__ import annotations

import json
import math
import random
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

Line = dict[str, Any]

FREQUENT = 5
NAMES = 60_000
#: Words of known frequency, whatever the number of cases: a word and the share of cases whose
#: facts have it. So a query can be asked that matches a certain part of the rows.
MARKS = {
    "ninetenths": 0.9,
    "twothirds": 2 / 3,
    "onethird": 1 / 3,
    "onetenth": 0.1,
    "onehundredth": 0.01,
    "onethousandth": 0.001,
}
_END = ""
_ONSETS = ("b", "d", "f", "g", "k", "l", "m", "n", "p", "r", "s", "t", "v", "z", "br", "tr")
#: Without a divisor in common with the number of names.
_SPREAD = 2_654_435_761
_RIMES = ("a", "e", "i", "o", "u", "an", "el", "or", "ur", "im")


def read_lines(path: Path) -> list[Line]:
    """The lines of a file of the collection."""
    with path.open(encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def invented_name(number: int) -> str:
    """The name of a number: always the same, and another for each."""
    syllables = []
    base = len(_ONSETS) * len(_RIMES)
    # Spread over all names there are: neighbours would differ in one syllable only.
    number = number * _SPREAD % base**3
    for _ in range(3):
        number, rest = divmod(number, base)
        onset, rime = divmod(rest, len(_RIMES))
        syllables.append(_ONSETS[onset] + _RIMES[rime])
    return "".join(syllables).capitalize()


class Prose:
    """A Markov chain of order 2 over the words of some texts."""

    def __init__(self, texts: Iterable[str], names: Iterable[str] = ()) -> None:
        hidden = frozenset(names)
        self._next: dict[tuple[str, str], list[str]] = defaultdict(list)
        self._lengths: list[int] = []
        for text in texts:
            self._lengths.append(len(text.split()))
            for sentence in re.split(r"(?<=[.!?])\s+", text):
                before = (_END, _END)
                for word in sentence.split():
                    shown = re.sub(r"\w[\w’'-]*", lambda m: _hide(m[0], hidden), word)
                    self._next[before].append(shown)
                    before = (before[1], shown)
                self._next[before].append(_END)

    def write(self, rng: random.Random) -> str:
        """A text about as long as one of the real ones, of whole sentences."""
        wanted = rng.choice(self._lengths)
        words = self._sentence(rng)
        while len(words) < wanted:
            more = self._sentence(rng)
            if len(words) + len(more) - wanted > wanted - len(words):
                break
            words += more
        text = " ".join(words)
        return re.sub("\x00", lambda _: _some_name(rng), text)

    def _sentence(self, rng: random.Random) -> list[str]:
        words: list[str] = []
        before = (_END, _END)
        while True:
            known = self._next[before]
            word = known[int(rng.random() * len(known))]
            if word == _END:
                return words
            before = (before[1], word)
            words.append(word)


def _hide(word: str, names: frozenset[str]) -> str:
    return "\x00" if word in names else word


def _some_name(rng: random.Random) -> str:
    # Log-uniform ranks are Zipf's law: the first name as often as the next two together.
    return invented_name(int(math.exp(rng.random() * math.log(NAMES))))


def rare_names(texts: Iterable[str]) -> set[str]:
    """Capitalized words within sentences that few texts have: names, most of them."""
    found: dict[str, int] = defaultdict(int)
    for text in texts:
        for word in set(re.findall(r"(?<=[\w,;] )[A-Z][\w’'-]*", text)):
            found[word] += 1
    return {word for word, number in found.items() if number < FREQUENT}


class Maker:
    """Makes the lines of synthetic cases, each from its number and the seed alone."""

    def __init__(self, real: Sequence[Line], seed: int) -> None:
        self.seed = seed
        self._real = real
        self._alike: dict[str, list[Line]] = defaultdict(list)
        for line in real:
            self._alike[line["jurisdiction"]].append(line)
        self._charges = {code: list(_charges(lines)) for code, lines in self._alike.items()}
        self._all_charges = list(_charges(real))
        self._laws = {
            code: [law for line in lines for law in line.get("laws_applied", ())]
            for code, lines in self._alike.items()
        }
        self._defendants = [each for line in real for each in line.get("defendants", ())]
        outcomes = [
            part["outcome"]
            for line in real
            for part in line.get("proceedings", ())
            if "outcome" in part
        ]
        facts = [line["facts"] for line in real if "facts" in line]
        points = [line["significance"] for line in real if "significance" in line]
        names = rare_names([*facts, *points, *outcomes])
        self._facts, self._points = Prose(facts, names), Prose(points, names)
        self._outcomes = Prose(outcomes, names)

    def line(self, number: int) -> Line:
        """The case of a number, as a line of the collection would say it."""
        # Not security, and the same for every number of cases that includes this one.
        rng = random.Random(f"{self.seed}:{number}")
        alike = self._alike[rng.choice(self._real)["jurisdiction"]]
        jurisdiction = alike[0]["jurisdiction"]
        made: Line = {
            "id": f"synthetic-{number:06d}",
            "title": f"Synthetic case {number}: {_some_name(rng)} and {_some_name(rng)}",
            "jurisdiction": jurisdiction,
        }
        for keys in (("court", "court_level"), ("legal_system", "language"), ("fee",)):
            _copy(made, rng.choice(alike), keys)
        for key in ("modes", "offences", "aggravations", "related_crimes", "techniques"):
            _copy(made, rng.choice(self._real), (key,))
        for key in ("cooperation", "benefit", "state"):
            _copy(made, rng.choice(self._real), (key,))
        _copy(made, rng.choice(alike), ("migrants",))
        places = ("origin", "transit", "destination")
        routes = {place: rng.choice(alike).get("route", {}).get(place) for place in places}
        if any(routes.values()):
            made["route"] = {place: codes for place, codes in routes.items() if codes}
        self._say_when_and_where(made, number, rng)
        self._tell(made, rng)
        self._add_proceedings(made, number, alike, rng)
        self._add_defendants(made, rng)
        self._add_laws(made, rng.choice(alike), rng)
        return made

    def _say_when_and_where(self, made: Line, number: int, rng: random.Random) -> None:
        """The date, to the precision of a real one, and numbers and sources that are none."""
        donor = rng.choice(self._real)
        if "decision_date" in donor:
            made["decision_date"] = _moved(donor["decision_date"], rng)
        year = made.get("decision_date", "2000")[:4]
        donor = rng.choice(self._real)
        if "docket" in donor:
            made["docket"] = f"SYN {year}/{number:06d}"
        if "citations" in donor:
            made["citations"] = [
                f"[{year}] SYNC {number}" + (f" ({place})" if place else "")
                for place in range(len(donor["citations"]))
            ]
        made["sources"] = [
            {
                "title": f"Synthetic source {place} of case {number}",
                "url": f"https://example.org/synthetic/{number}/{place}",
            }
            for place in range(1, len(rng.choice(self._real)["sources"]) + 1)
        ]

    def _tell(self, made: Line, rng: random.Random) -> None:
        if "facts" in rng.choice(self._real):
            marks = [word for word, share in MARKS.items() if rng.random() < share]
            made["facts"] = " ".join([self._facts.write(rng), *marks])
        if "significance" in rng.choice(self._real):
            made["significance"] = self._points.write(rng)

    def _add_proceedings(
        self, made: Line, number: int, alike: Sequence[Line], rng: random.Random
    ) -> None:
        donor = rng.choice(self._real)
        parts = []
        for place, given in enumerate(donor.get("proceedings", ())):
            part = dict(given)
            if "court" in part and "court" in (other := rng.choice(alike)):
                part["court"] = other["court"]
            if "date" in given:
                part["date"] = _moved(given["date"], rng)
            if "reference" in given:
                part["reference"] = f"SYN {number:06d}/{place + 1}"
            if "outcome" in part:
                part["outcome"] = self._outcomes.write(rng)
            parts.append(part)
        if parts:
            made["proceedings"] = parts

    def _add_defendants(self, made: Line, rng: random.Random) -> None:
        """As many defendants as a real case has, each like another, charged by local law."""
        number = len(rng.choice(self._real).get("defendants", ()))
        charges = self._charges[made["jurisdiction"]] or self._all_charges
        parts = []
        for place in range(number):
            given = rng.choice(self._defendants)
            part = {**given, "label": f"Defendant {place + 1}"}
            if "charges" in given:
                part["charges"] = [rng.choice(charges) for _ in given["charges"]]
            parts.append(part)
        if parts:
            made["defendants"] = parts

    def _add_laws(self, made: Line, donor: Line, rng: random.Random) -> None:
        laws = self._laws[made["jurisdiction"]]
        wanted = min(len(donor.get("laws_applied", ())), len(laws))
        if wanted:
            made["laws_applied"] = rng.sample(laws, wanted)


def lines(maker: Maker, cases: int, size: int, first: int = 1) -> Iterator[list[Line]]:
    """The lines of so many cases, numbered from `first` on, some at a time."""
    beyond = first + cases
    for start in range(first, beyond, size):
        yield [maker.line(number) for number in range(start, min(start + size, beyond))]


def _charges(lines: Iterable[Line]) -> Iterator[Line]:
    for line in lines:
        for defendant in line.get("defendants", ()):
            yield from defendant.get("charges", ())


def _copy(made: Line, donor: Mapping[str, Any], keys: Iterable[str]) -> None:
    made.update({key: donor[key] for key in keys if key in donor})


def _moved(date: str, rng: random.Random) -> str:
    """Another date of the same year, known to the same precision."""
    year, *rest = date.split("-")
    return "-".join([year, *(f"{rng.randint(1, limit):02d}" for limit in (12, 28)[: len(rest)])])
