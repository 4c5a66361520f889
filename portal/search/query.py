"""What a reader typed, as a value: words, "phrases", or, -not, and the begin* of a word.

The text is cut here and understood in `portal.search.interpretation`; what cannot be a query is
refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from django.utils.translation import gettext as _

#: Longer texts are not questions; the limits keep the work for one request bounded.
MAX_LENGTH = 400
MAX_CLAUSES = 40
#: A beginning of a word that is shorter stands for too many words.
MIN_PREFIX = 3
_QUOTES = '"“”„«»'
_TOKEN = re.compile(
    rf"(?P<minus>-?)(?:[{_QUOTES}](?P<phrase>[^{_QUOTES}]*)(?:[{_QUOTES}]|$)|(?P<word>[^\s{_QUOTES}]+))"
)
_SURROGATES = re.compile("[\ud800-\udfff]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]+")


class QueryError(ValueError):
    """The text cannot be a query; the message says why, in the reader's language."""


@dataclass(frozen=True)
class Clause:
    """A word or a phrase, asked for or excluded; `is_prefix` for the beginning of a word."""

    text: str
    is_phrase: bool = False
    excluded: bool = False
    is_prefix: bool = False

    def __str__(self) -> str:
        shown = f"“{self.text}”" if self.is_phrase else f"{self.text}{'*' * self.is_prefix}"
        return _("not %(clause)s") % {"clause": shown} if self.excluded else shown

    @property
    def source(self) -> str:
        """The clause as it is typed."""
        text = f'"{self.text}"' if self.is_phrase else f"{self.text}{'*' * self.is_prefix}"
        return f"-{text}" if self.excluded else text


@dataclass(frozen=True)
class Query:
    """A query: alternatives (`or`) of clauses that must all hold.

    Attributes:
        text: what was typed, in one line.
        as_typed: whether only the words themselves are meant, not the concepts that they name.
    """

    text: str = ""
    alternatives: tuple[tuple[Clause, ...], ...] = ()
    as_typed: bool = False

    def __bool__(self) -> bool:
        return bool(self.alternatives)

    def __str__(self) -> str:
        groups = [" + ".join(str(clause) for clause in group) for group in self.alternatives]
        either = _("or")
        return f" {either} ".join(groups)

    @cached_property
    def clauses(self) -> tuple[Clause, ...]:
        return tuple(clause for group in self.alternatives for clause in group)

    @classmethod
    def parse(cls, text: str, *, as_typed: bool = False) -> Query:
        """Read a query.

        Raises:
            QueryError: it is too long, has too many words, or holds what is not text.
        """
        if "\x00" in text or _SURROGATES.search(text):
            raise QueryError(_("The query holds a character that is not text."))
        text = " ".join(_CONTROL.sub(" ", text).split())
        if len(text) > MAX_LENGTH:
            raise QueryError(
                _("The query is longer than %(limit)d characters.") % {"limit": MAX_LENGTH}
            )
        groups: list[list[Clause]] = [[]]
        for match in _TOKEN.finditer(text):
            word, phrase = match["word"], match["phrase"]
            if word and not match["minus"] and word.lower() == "or":
                groups.append([])
                continue
            clause = _clause(word, phrase, excluded=bool(match["minus"]))
            if clause is not None:
                groups[-1].append(clause)
        if sum(map(len, groups)) > MAX_CLAUSES:
            raise QueryError(_("The query has more than %(limit)d words.") % {"limit": MAX_CLAUSES})
        return cls(text, tuple(tuple(group) for group in groups if group), as_typed)


def _clause(word: str | None, phrase: str | None, *, excluded: bool) -> Clause | None:
    content = (word or phrase or "").strip()
    if not any(character.isalnum() for character in content):
        return None
    bare = content.rstrip("*")
    is_prefix = phrase is None and bare != content and len(bare) >= MIN_PREFIX
    if phrase is None:
        content = bare
    return Clause(content, phrase is not None, excluded, is_prefix)
