"""What a reader typed, as a value: words, "phrases", or, -not.

PostgreSQL's `websearch_to_tsquery` does the matching; this module says back to the reader how the
text was understood, by the same rules (PostgreSQL manual, 12.3.2), and refuses what cannot be a
query.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.utils.translation import gettext as _

#: Longer texts are not questions; the limit keeps the work for one request bounded.
MAX_LENGTH = 400
MAX_CLAUSES = 40
_TOKEN = re.compile(r'(?P<minus>-?)(?:"(?P<phrase>[^"]*)(?:"|$)|(?P<word>[^\s"]+))')


class QueryError(ValueError):
    """The text cannot be a query; the message says why, in the reader's language."""


@dataclass(frozen=True)
class Clause:
    """A word or a phrase, asked for or excluded."""

    text: str
    is_phrase: bool = False
    excluded: bool = False

    def __str__(self) -> str:
        shown = f"“{self.text}”" if self.is_phrase else self.text
        return _("not %(clause)s") % {"clause": shown} if self.excluded else shown


@dataclass(frozen=True)
class Query:
    """A query: alternatives (`or`) of clauses that must all hold."""

    text: str = ""
    alternatives: tuple[tuple[Clause, ...], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.alternatives)

    def __str__(self) -> str:
        groups = [" + ".join(str(clause) for clause in group) for group in self.alternatives]
        return f" {_('or')} ".join(groups)

    @classmethod
    def parse(cls, text: str) -> Query:
        """Read a query.

        Raises:
            QueryError: it is too long, has too many words, or holds a character that no text has.
        """
        text = " ".join(text.split())
        if "\x00" in text:
            raise QueryError(_("The query holds a character that is not text."))
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
            content = (word if phrase is None else phrase).strip()
            if any(character.isalnum() for character in content):
                groups[-1].append(Clause(content, phrase is not None, bool(match["minus"])))
        if sum(map(len, groups)) > MAX_CLAUSES:
            raise QueryError(_("The query has more than %(limit)d words.") % {"limit": MAX_CLAUSES})
        return cls(text, tuple(tuple(group) for group in groups if group))
