"""A law as the neutral item from which schema.org, Dublin Core and head tags are written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from legislation.models import Law, LawRelation
from portal.exchange.describing import Description, Identifier
from portal.exchange.records import term_key
from portal.records.lines import canonical


def describe(line: Mapping[str, Any]) -> Description:
    """A law's line, canonical or not, as an item of no format."""
    data: dict[str, Any] = canonical(dict(line))
    articles = (
        code for part in data.get("provisions", []) for code in part.get("protocol_articles", [])
    )
    return Description(
        code=data["id"],
        database=Law.database,
        kind="legislation",
        type=term_key("law_types", data.get("type")) or "",
        title=data["title"],
        title_language="en",
        title_original=data.get("title_original", ""),
        language=data.get("language", ""),
        date=data.get("adopted", ""),
        in_force=data.get("in_force", ""),
        identifiers=(Identifier("number", data["number"]),) if "number" in data else (),
        jurisdictions=(data["jurisdiction"],),
        articles=tuple(dict.fromkeys(articles)),
        status=term_key("law_status", data.get("status")) or "",
        text=data.get("summary", ""),
        sources=tuple(
            (source["title"], source.get("url", "")) for source in data.get("sources", [])
        ),
        related=tuple(_related(data)),
    )


def _related(data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for kind in LawRelation.Kind.values:
        yield from ((kind, code) for code in data.get(kind, []))
