"""What comes out of the citation processor, put right: seams of punctuation, and quotation marks.

CSL 1.0.2 has a processor join pieces without doubled punctuation and, where the language of the
style says so (`punctuation-in-quote`), put a full stop or comma before a closing quotation mark.
citeproc-py 0.11 does the first only where no mark-up stands between, and never the second.
"""

from __future__ import annotations

import re

#: A mark of the formatter, or none.
_MARK = "[\ue000-\ue005]?"
_SEAMS = (
    # The end of a title: “Who are they?.” has one sign too many.
    (re.compile(f"([?!…])({_MARK})([’”]?)({_MARK})\\.(?=\\s|$)"), r"\1\2\3\4"),
    (re.compile(f"\\.({_MARK})\\.(?=\\s|$)"), r".\1"),
    # APA (7th edition, 9.16): an address alone where no date of access is told.
    (re.compile(r"Retrieved (?=https?://)"), ""),
    # Without volume and pages a style takes an article for one of the next issue.
    (re.compile(r", ahead of print(?=\.)|(?<=\.) Advance online publication\."), ""),
    # A term stands without the number that it is the name of.
    (re.compile(r" \(Publication\)|(?<=[.”?!]) Edition\.(?= |$)"), ""),
    # What is missing leaves its punctuation behind.
    (re.compile(r"\(\s*\)"), ""),
    (re.compile(r"\s+([,.;:)])"), r"\1"),
    (re.compile(r"([,;])(?:\s*[,;])+"), r"\1"),
    (re.compile(r",\."), "."),
    (re.compile(r"\s+"), " "),
)
#: What stands around a title.
_OPEN, _CLOSE = f"[‘“]?{_MARK}[‘“]?", f"[’”]?{_MARK}[’”]?\\.?[’”]?"
#: Editors in their own place: OSCOLA's before the publisher, or alone; APA's after the title.
_EDITORS_AGAIN = (
    re.compile(r"(?<=\()[^()]+ eds?, (?=\w)"),
    re.compile(r" \([^()]+ eds?\)"),
    re.compile(r" \([^()]+, Eds?\.\)(?=\.)"),
)
_OUTSIDE = re.compile(r"([’”]+)([.,])(?!\d)")
_DOUBLED = re.compile(f"([?!.])({_MARK})\\.([’”])")


def tidy(text: str) -> str:
    """A citation with one sign of punctuation at each seam."""
    for pattern, replacement in _SEAMS:
        text = pattern.sub(replacement, text)
    return text.strip()


def of_notes(text: str) -> str:
    """The same for footnotes: no comma stands before a parenthesis."""
    return tidy(text).replace(", (", " (")


def said_once(text: str, title: str) -> str:
    """A citation without the second of two titles.

    Where nobody made a work, its title takes the place of the names, and a processor leaves it
    out of its own place (CSL 1.0.2, `substitute`). citeproc-py leaves out variables, not the
    macros in which these styles have the title.
    """
    # Not as a part of an address: …/menneskesmugling
    pattern = rf"(?<![\w/=]){_OPEN}{re.escape(title)}{_CLOSE}(?![\w/])"
    places = list(re.finditer(pattern, text, re.IGNORECASE))
    if len(places) < 2:
        return text
    return text[: places[1].start()].removesuffix(", ") + " " + text[places[1].end() :]


def editors_once(text: str) -> str:
    """A citation without the second of two lists of editors, as `said_once` for titles."""
    for pattern in _EDITORS_AGAIN:
        text = pattern.sub("", text, count=1)
    return text


def american_quotes(text: str) -> str:
    """The same, with full stops and commas inside of quotation marks (Chicago, 18th ed., 6.9)."""
    text = _OUTSIDE.sub(r"\2\1", tidy(text))
    return _DOUBLED.sub(r"\1\2\3", text)
