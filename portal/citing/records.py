"""Records as citations, and the portal itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from portal.citing.processor import Cited, cited
from portal.citing.styles import STYLES, Style
from portal.records.database import Database
from portal.records.lines import canonical

PORTAL = "Smuggling of Migrants Knowledge Portal"


def citations_of(
    line: Mapping[str, Any],
    database: Database,
    address: str,
    read_on: date,
    styles: Iterable[Style] = STYLES,
) -> list[Cited]:
    """A record in some styles; none where its database is not cited.

    Args:
        line: the record, as its exporter gives it.
        database: its database.
        address: its permanent address, which is that of a decision or a law.
        read_on: the date of access.
        styles: the styles.
    """
    citable = database.citable
    if citable is None:
        return []
    data = canonical(dict(line))
    own = {} if citable.from_csl else {"URL": address}
    found = (
        cited({**citable.for_style(data, style.key), **own}, style, read_on) for style in styles
    )
    return [one for one in found if one]


def citations_of_portal(address: str, version: str, read_on: date) -> list[Cited]:
    """The portal in all styles: a site that changes, with its version and the date of access.

    Args:
        address: of its home page.
        version: what tells its data from those of other days.
        read_on: the date of access.
    """
    item = {
        "id": "portal",
        "type": "webpage",
        "title": f"{PORTAL} (version {version})",
        "URL": address,
        # Its name is in capitals already.
        "language": "und",
    }
    return [one for style in STYLES if (one := cited(item, style, read_on))]
