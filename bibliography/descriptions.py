"""A work as the neutral item from which schema.org, Dublin Core and head tags are written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bibliography.models import WORK_VOCABULARIES, Contributor, Work
from portal.exchange.describing import Agent, Description, Identifier
from portal.exchange.records import term_key
from portal.records.lines import canonical

#: Keys of a work's line that name it to the world outside, by their schemes.
_SCHEMES = {"DOI": "doi", "ISBN": "isbn", "ISSN": "issn", "URL": "url"}


def describe(line: Mapping[str, Any]) -> Description:
    """A work's line, canonical or not, as an item of no format."""
    data: dict[str, Any] = canonical(dict(line))
    original = data.get("title_original", "")
    language = data.get("language", "")
    return Description(
        code=data["id"],
        database=Work.database,
        kind=data["type"],
        type=term_key("bibliography_types", data["type"]) or "",
        title=data["title"],
        title_language="en" if original else language,
        title_original=original,
        language=language,
        creators=_agents(data.get(Contributor.Role.AUTHOR, [])),
        editors=_agents(data.get(Contributor.Role.EDITOR, [])),
        date=_date(data.get("issued")),
        publisher=data.get("publisher", ""),
        place=data.get("publisher-place", ""),
        container=data.get("container-title", ""),
        collection=data.get("collection-title", ""),
        volume=data.get("volume", ""),
        issue=data.get("issue", ""),
        page=data.get("page", ""),
        identifiers=tuple(
            Identifier(scheme, data[key]) for key, scheme in _SCHEMES.items() if key in data
        ),
        jurisdictions=tuple(data.get("countries", [])),
        subjects=tuple(_subjects(data)),
        text=data.get("annotation", ""),
        sources=tuple(
            (source["title"], source.get("url", "")) for source in data.get("sources", [])
        ),
        related=tuple(("about", code) for key in ("cases", "laws") for code in data.get(key, [])),
    )


def _agents(names: list[dict[str, str]]) -> tuple[Agent, ...]:
    return tuple(
        Agent(name.get("family", ""), name.get("given", ""), name.get("literal", ""))
        for name in names
    )


def _date(issued: Mapping[str, Any] | None) -> str:
    """A date of CSL-JSON as ISO 8601 writes it."""
    parts = issued["date-parts"][0] if issued else []
    return "-".join(
        f"{part:04d}" if place == 0 else f"{part:02d}" for place, part in enumerate(parts)
    )


def _subjects(data: Mapping[str, Any]) -> Iterator[str]:
    for vocabulary in WORK_VOCABULARIES:
        for code in data.get(vocabulary, []):
            yield f"{vocabulary}:{code}"
