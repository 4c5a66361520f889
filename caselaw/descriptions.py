"""A case as the neutral item from which schema.org, Dublin Core and head tags are written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from caselaw.models import CASE_VOCABULARIES, Case
from portal.exchange.describing import Agent, Description, Identifier
from portal.exchange.records import term_key
from portal.records.lines import canonical

#: How a European Case Law Identifier begins (Council conclusions 2011/C 127/01, annex).
ECLI = "ECLI:"
#: What facts without a verdict are, as their page says it.
ALLEGED = "No verdict is recorded: what follows are allegations."
#: Verdicts that are none yet.
_OPEN = {None, "pending", "retrial"}


def describe(line: Mapping[str, Any]) -> Description:
    """A case's line, canonical or not, as an item of no format.

    The court is the creator: it made the decision. Facts without a verdict are told as
    allegations, since the text is read without its page.
    """
    data: dict[str, Any] = canonical(dict(line))
    original = data.get("title_original", "")
    court = data.get("court", "")
    return Description(
        code=data["id"],
        database=Case.database,
        kind="legal_case",
        type=term_key("court_level", data.get("court_level")) or "",
        title=data["title"],
        # A title is that under which the decision is published, in whatever language; where the
        # original one stands beside it, ours is the translation.
        title_language="en" if original else "",
        title_original=original,
        language=data.get("language", ""),
        creators=(Agent(literal=court),) if court else (),
        date=data.get("decision_date", ""),
        identifiers=tuple(_identifiers(data)),
        jurisdictions=(data["jurisdiction"],),
        subjects=tuple(_subjects(data)),
        text="\n\n".join(_texts(data)),
        sources=tuple(
            (source["title"], source.get("url", "")) for source in data.get("sources", [])
        ),
        related=tuple(_related(data)),
    )


def _identifiers(data: Mapping[str, Any]) -> Iterator[Identifier]:
    for citation in data.get("citations", []):
        yield Identifier("ecli" if citation.startswith(ECLI) else "citation", citation)
    if "docket" in data:
        yield Identifier("docket", data["docket"])


def _subjects(data: Mapping[str, Any]) -> Iterator[str]:
    for vocabulary in CASE_VOCABULARIES:
        for code in data.get(vocabulary, []):
            yield f"{vocabulary}:{code}"


def _related(data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    # A law that was applied under several provisions is named once.
    laws = (applied.get("law_id") for applied in data.get("laws_applied", []))
    yield from (("applies", code) for code in dict.fromkeys(filter(None, laws)))


def _texts(data: Mapping[str, Any]) -> Iterator[str]:
    if "facts" in data:
        yield data["facts"] if _has_verdict(data) else f"{ALLEGED} {data['facts']}"
    if "significance" in data:
        yield data["significance"]


def _has_verdict(data: Mapping[str, Any]) -> bool:
    return any(
        charge.get("verdict") not in _OPEN
        for defendant in data.get("defendants", [])
        for charge in defendant.get("charges", [])
    )
