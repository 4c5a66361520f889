"""Items of CSL-JSON as citations in a style, by citeproc-py."""

from __future__ import annotations

import logging
import threading
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from citeproc import Citation, CitationItem, CitationStylesBibliography
from citeproc.source.json import CiteProcJSON
from django.utils.safestring import SafeString

from portal.citing import marks
from portal.citing.corrections import editors_once, said_once
from portal.citing.styles import Style, loaded

logger = logging.getLogger(__name__)

#: A style that has been read keeps what it is doing: one citation at a time.
_alone = threading.Lock()
#: Types whose content may change: when they were read belongs to the citation.
_CHANGING = ("webpage", "dataset")
_LEGAL = ("legal_case", "legislation")


@dataclass(frozen=True)
class Cited:
    """A citation.

    Attributes:
        style: its style.
        html: with italics and small capitals.
        text: without them, for copying.
    """

    style: Style
    html: SafeString
    text: str


def cited(item: Mapping[str, Any], style: Style, read_on: date) -> Cited | None:
    """An item as a style cites it; None where the processor fails, which is logged.

    Args:
        item: as CSL-JSON has it.
        style: the style.
        read_on: the date of access, told where the style tells it.
    """
    try:
        with _alone, warnings.catch_warnings():
            # The processor warns of keys that it does not know; they are not lost, only unused.
            warnings.simplefilter("ignore")
            text = _written(_accessed(item, read_on), style)
    except Exception:
        # The processor is unfinished: a page is worth more than one of its citations.
        logger.exception("%s cannot be cited in %s", item.get("id"), style.label)
        return None
    if not item.get("author"):
        is_edited = bool(item.get("editor"))
        text = editors_once(text) if is_edited else said_once(text, str(item["title"]))
    text = style.corrected(marks.settled(text))
    return Cited(style, marks.html(text), marks.plain(text))


def _accessed(item: Mapping[str, Any], read_on: date) -> dict[str, Any]:
    """An item with the date of access where what it names may change or bears no date."""
    is_dated = "issued" in item or "DOI" in item
    if item["type"] in _LEGAL or "URL" not in item or (is_dated and item["type"] not in _CHANGING):
        return dict(item)
    return {**item, "accessed": {"date-parts": [[read_on.year, read_on.month, read_on.day]]}}


def _written(item: dict[str, Any], style: Style) -> str:
    found = loaded(style)
    source = CiteProcJSON([item])
    bibliography = CitationStylesBibliography(found, source, marks)
    citation = Citation([CitationItem(str(item["id"]))])
    bibliography.register(citation)
    if style.is_note:
        return str(bibliography.cite(citation, lambda _item: None))
    return "".join(map(str, bibliography.bibliography()))
