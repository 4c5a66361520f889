"""Snippets: the piece of a text that shows why a record matched, with the words marked.

The text is read by the same analysis as the index, so that what is marked is what was found: stems,
pairs of characters, phrases in their order, names of concepts in other words.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from portal.search.analysis import Word, fold, is_unspaced, raw_words, stem, words
from portal.search.interpretation import Interpretation
from portal.search.tsquery import patterns_of

#: Words of one piece, and pieces of one snippet.
PIECE = 30
PIECES = 2
#: Longer texts are marked in their beginning only: a page shows a few lines of each.
MAX_TEXT = 20_000
#: Letters of a stretch of a long text, and how many stretches are read.
STRETCH = 600
STRETCHES = 8
#: Words that a marker remembers as of no use to it.
MAX_IDLE = 3_000


@dataclass(frozen=True)
class Pattern:
    """What one part of a query looks for in a text.

    Attributes:
        part: the number of the part in the query.
        steps: for each word, how far it stands from the first, and the forms that it may have.
        prefix: the beginning that the last word must have; '' if its forms say all.
    """

    part: int
    steps: tuple[tuple[int, frozenset[str]], ...]
    prefix: str = ""


@lru_cache(maxsize=64)
def marker_for(interpretation: Interpretation, interface: str) -> Marker:
    """What marks the texts that a query found, for a reader's language."""
    return Marker(interpretation, interface)


class Marker:
    """Marks what a query looks for; made once a query and used for every text of a page."""

    def __init__(self, interpretation: Interpretation, interface: str) -> None:
        self._by_form: dict[str, list[Pattern]] = {}
        self._prefixes: list[Pattern] = []
        for number, part in enumerate(interpretation.parts):
            if part.excluded or part.is_ignored:
                continue
            for steps, prefix in patterns_of(part, interface):
                pattern = Pattern(number, steps, prefix)
                if prefix and len(steps) == 1:
                    self._prefixes.append(pattern)
                for form in steps[0][1]:
                    self._by_form.setdefault(form, []).append(pattern)
        #: Words that nothing begins with, by language: texts share most of theirs.
        self._idle: dict[str, set[str]] = {}

    def read(self, text: str, language: str = "en") -> Marked:
        """A text with the places where it says what the query looks for.

        Lines without any word of the query are passed over; no phrase reaches from line to line.
        """
        marked = Marked(text)
        start = 0
        for line in text[:MAX_TEXT].splitlines(keepends=True):
            beginnings = self._beginnings(line, language)
            if beginnings:
                self._read_line(marked, line, start, beginnings, language)
            start += len(line)
        return marked

    def richest(self, text: str, language: str = "en") -> Marked:
        """The stretch of a long text that says most of what the query looks for.

        To read a document of a hundred pages word by word takes a second: it is read where the
        beginning of a word stands that is looked for. One that bears an accent there is missed.
        """
        lower = text.lower()
        wanted = {form[: max(len(form) - 2, 3)] for form in self._by_form}
        wanted |= {pattern.prefix for pattern in self._prefixes}
        places = sorted(
            place for word in wanted for place in islice(_places(lower, word), STRETCHES)
        )
        best, end = Marked(""), -1
        for place in places[: STRETCHES * 4]:
            if place < end:
                continue
            start = text.rfind(" ", 0, max(place - STRETCH // 3, 0)) + 1
            end = text.find(" ", place + STRETCH)
            end = len(text) if end < 0 else end
            marked = self.read(text[start:end], language)
            if len(marked.parts) > len(best.parts):
                best = marked
        return best

    def _beginnings(self, line: str, language: str) -> set[str]:
        """The folded words of a line that a pattern may begin with."""
        idle = self._idle.setdefault(language, set())
        if len(idle) > MAX_IDLE:
            idle.clear()
        found: set[str] = set()
        for raw in raw_words(line) - idle:
            if is_unspaced(raw):
                # A run of a script without spaces: any of its pairs.
                found.update(word.text for word in words(raw))
                continue
            forms = _forms(fold(raw), language)
            if not self._by_form.keys().isdisjoint(forms) or any(
                forms[-1].startswith(pattern.prefix) for pattern in self._prefixes
            ):
                found.add(forms[-1])
            else:
                idle.add(raw)
        return found

    def _read_line(
        self, marked: Marked, line: str, start: int, beginnings: set[str], language: str
    ) -> None:
        found = list(words(line))
        first = len(marked.spans)
        marked.spans.extend((start + word.start, start + word.end) for word in found)
        hits: set[tuple[int, int]] = set()
        for place, word in enumerate(found):
            if word.text not in beginnings:
                continue
            for form in _forms(word.text, language):
                for pattern in self._by_form.get(form, ()):
                    places = self._match(pattern, place, found, language)
                    hits.update((first + hit, pattern.part) for hit in places)
            for pattern in self._prefixes:
                if word.text.startswith(pattern.prefix):
                    hits.add((first + place, pattern.part))
        marked.hits.extend(sorted(hits))

    @staticmethod
    def _match(pattern: Pattern, place: int, found: Sequence[Word], language: str) -> list[int]:
        """The places of the words of a pattern that begins at a place; empty if it does not."""
        places = []
        for distance, wanted in pattern.steps:
            # Positions have no gaps inside of a line: the place of a word says its position.
            other = place + distance
            if other >= len(found):
                return []
            forms = _forms(found[other].text, language)
            is_last = distance == pattern.steps[-1][0]
            begins = is_last and pattern.prefix and forms[-1].startswith(pattern.prefix)
            if not begins and wanted.isdisjoint(forms):
                return []
            places.append(other)
        return places


def _places(text: str, word: str) -> Iterator[int]:
    """Where a word, or a longer one that begins with it, stands in a text of small letters."""
    place = text.find(word) if word else -1
    while place >= 0:
        if place == 0 or not text[place - 1].isalnum() or is_unspaced(word):
            yield place
        place = text.find(word, place + len(word))


@lru_cache(maxsize=1 << 16)
def _forms(word: str, language: str) -> tuple[str, ...]:
    """The lexemes that a word of a text may be found by; the word itself is the last."""
    return tuple(dict.fromkeys((stem(word, "en"), stem(word, language), word)))


@dataclass
class Marked:
    """A text, the spans of the words of its lines that say something of a query, and which of
    these words (by number) parts of the query found."""

    text: str
    spans: list[tuple[int, int]] = field(default_factory=list)
    hits: list[tuple[int, int]] = field(default_factory=list)

    @property
    def parts(self) -> set[int]:
        """The numbers of the parts of the query that the text answers to."""
        return {part for _place, part in self.hits}

    def whole(self) -> SafeString:
        """The whole text with its marks."""
        return self._cut(0, len(self.text))

    def snippet(self) -> SafeString:
        """Up to two pieces that hold as many parts of the query as can be; '' without a mark."""
        pieces: list[tuple[int, int]] = []
        missing = self.parts
        while missing and len(pieces) < PIECES:
            first, last, found = self._best(missing)
            if pieces and not found & missing:
                break
            missing -= found
            piece = self._around(first, last)
            if not any(
                start <= piece[0] < stop or start < piece[1] <= stop for start, stop in pieces
            ):
                pieces.append(piece)
        texts = []
        for start, stop in sorted(pieces):
            before = "… " if start > 0 and self.text[start - 1] != "\n" else ""
            after = " …" if stop < len(self.text) and self.text[stop] != "\n" else ""
            texts.append(f"{before}{self._cut(start, stop)}{after}")
        joined = " ".join(texts).replace("… …", "…")
        return mark_safe(joined)  # noqa: S308 - made of escaped pieces

    def _best(self, wanted: set[int]) -> tuple[int, int, set[int]]:
        """The first and last word of the richest stretch, and the parts that it holds."""
        best: tuple[int, int, set[int]] = (0, 0, set())
        score = (-1, -1)
        for index, (first, _part) in enumerate(self.hits):
            found: set[int] = set()
            last, count = first, 0
            for place, part in self.hits[index:]:
                if place - first >= PIECE - 4 or self._has_break(first, place):
                    break
                found.add(part)
                last, count = place, count + 1
            if (rich := (len(found & wanted), count)) > score:
                score, best = rich, (first, last, found)
        return best

    def _has_break(self, first: int, last: int) -> bool:
        return "\n" in self.text[self.spans[first][0] : self.spans[last][1]]

    def _around(self, first: int, last: int) -> tuple[int, int]:
        """Where a piece around some words begins and ends: on one line, at whole words."""
        spare = max(PIECE - (last - first), 8)
        start = self.text.rfind("\n", 0, self.spans[first][0]) + 1
        end = self.text.find("\n", self.spans[last][1])
        stop = len(self.text) if end < 0 else end
        lead = max(first - spare // 3, 0)
        start = max(start, self.spans[lead][0])
        tail = last + spare - (first - lead)
        if tail < len(self.spans):
            stop = min(stop, max(self.spans[tail][1], self.spans[last][1]))
        return self._with_signs(start, stop)

    def _with_signs(self, start: int, stop: int) -> tuple[int, int]:
        """A piece with the quotes and stops that touch it."""
        while start > 0 and not (self.text[start - 1].isspace() or self.text[start - 1].isalnum()):
            start -= 1
        while stop < len(self.text) and not (
            self.text[stop].isspace() or self.text[stop].isalnum()
        ):
            stop += 1
        return start, stop

    def _cut(self, start: int, stop: int) -> SafeString:
        """A piece of the text, escaped, its hits in `<mark>` elements."""
        out, place = [], start
        for begin, end in _joined(self.spans[hit] for hit, _part in self.hits):
            if begin < place or end > stop:
                continue
            out += [
                escape(self.text[place:begin]),
                "<mark>",
                escape(self.text[begin:end]),
                "</mark>",
            ]
            place = end
        out.append(escape(self.text[place:stop]))
        return mark_safe("".join(out))  # noqa: S308 - every piece of the text is escaped


def _joined(spans: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Spans in their order, those that overlap made one."""
    held: tuple[int, int] | None = None
    for start, end in sorted(set(spans)):
        if held is not None and start < held[1]:
            held = (held[0], max(end, held[1]))
            continue
        if held is not None:
            yield held
        held = (start, end)
    if held is not None:
        yield held
