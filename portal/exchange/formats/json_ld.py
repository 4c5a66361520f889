"""JSON-LD (W3C, 2020) in the vocabulary of schema.org: what search engines and machines read.

Laws are `Legislation`; works are articles, books, chapters, reports and theses; a decision is a
`CreativeWork`, since schema.org has no type of its own for it, and says what it is by the
Bibliographic Ontology (`additionalType`). The portal's licence is that of its description
(`sdLicense`) and of its page, never of the work.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _

from portal.exchange.describing import Agent, Description
from portal.exchange.formats.base import Format
from portal.exchange.formats.citing import address_of
from portal.exchange.formats.oai_dc import LICENCE, PORTAL, place_names, subjects_of
from portal.records.database import Database
from portal.records.lines import canonical
from portal.reference.catalog import Catalog, catalog
from portal.reference.labels import localized

Node = dict[str, Any]

CONTEXT = "https://schema.org"
_TYPES = {
    "legal_case": "CreativeWork",
    "legislation": "Legislation",
    "article-journal": "ScholarlyArticle",
    "paper-conference": "ScholarlyArticle",
    "book": "Book",
    "chapter": "Chapter",
    "report": "Report",
    "thesis": "Thesis",
}
_DECISION = "http://purl.org/ontology/bibo/LegalDecision"
#: What the status of a law is as `LegalForceStatus`; unknown is told of none.
_FORCE = {
    "law_status:in_force": f"{CONTEXT}/InForce",
    "law_status:amended": f"{CONTEXT}/InForce",
    "law_status:repealed": f"{CONTEXT}/NotInForce",
}
#: What cannot stand in a script block, as Django's `json_script` writes it.
_ESCAPES = {ord(">"): "\\u003E", ord("<"): "\\u003C", ord("&"): "\\u0026"}


def node(found: Description, address: str, known: Catalog) -> Node:
    """A record as a node, without its context.

    Args:
        found: the record.
        address: its permanent address with scheme and host.
        known: the reference data, for English names.
    """
    writer = _WRITERS.get(found.kind, _work)
    keywords = [{"@type": "DefinedTerm", "name": name} for name in subjects_of(found, known)]
    return _filled(
        {
            "@type": _TYPES.get(found.kind, "CreativeWork"),
            "@id": address,
            "url": address,
            "name": found.title,
            "alternateName": found.title_original,
            "inLanguage": found.language,
            "description": found.text,
            "keywords": keywords,
            **writer(found, address, known),
            "sdLicense": LICENCE,
            "sdPublisher": {"@type": "Organization", "name": PORTAL, "url": _home(found, address)},
            "mainEntityOfPage": _page(found, address),
        }
    )


def embedded(found: Description, address: str, known: Catalog) -> SafeString:
    """A record as the data block of its page (`<script type="application/ld+json">`)."""
    text = json.dumps({"@context": CONTEXT, **node(found, address, known)}, ensure_ascii=False)
    escaped = text.translate(_ESCAPES)
    return mark_safe(escaped)  # noqa: S308 - nothing is left in it that ends a script block


def _home(found: Description, address: str) -> str:
    return address.removesuffix(found.code).removesuffix("id/")


def _page(found: Description, address: str) -> Node:
    """The record's page, which is the portal's own: its licence, dataset and sources."""
    dataset = {
        "@type": "Dataset",
        "@id": f"{_home(found, address)}data/",
        "name": PORTAL,
        "license": LICENCE,
    }
    return _filled(
        {
            "@type": "WebPage",
            "url": address,
            "license": LICENCE,
            "isPartOf": dataset,
            "citation": [
                _filled({"@type": "CreativeWork", "name": title, "url": url})
                for title, url in found.sources
            ],
        }
    )


def _decision(found: Description, address: str, known: Catalog) -> Node:
    return {
        "additionalType": _DECISION,
        "author": [_agent(creator) for creator in found.creators],
        "dateCreated": found.date,
        "identifier": _identifiers(found, ("ecli", "citation", "docket")),
        "countryOfOrigin": _places(found, known),
        "citation": _related(found, address, "applies", "Legislation"),
    }


def _law(found: Description, address: str, known: Catalog) -> Node:
    return {
        "legislationIdentifier": found.identified("number"),
        "legislationType": localized(known.terms.get(found.type), "en"),
        "legislationDate": found.date,
        "legislationDateOfApplicability": found.in_force,
        "legislationJurisdiction": _places(found, known),
        "legislationLegalForce": _FORCE.get(found.status),
        "legislationChanges": _related(found, address, "amends", "Legislation"),
        "legislationRepeals": _related(found, address, "repeals", "Legislation"),
    }


def _work(found: Description, address: str, known: Catalog) -> Node:
    doi = [f"https://doi.org/{value}" for value in found.identified("doi")]
    first, dash, last = found.page.replace("–", "-").partition("-")
    return {
        "author": [_agent(creator) for creator in found.creators],
        "editor": [_agent(editor) for editor in found.editors],
        "datePublished": found.date,
        "publisher": {"@type": "Organization", "name": found.publisher}
        if found.publisher
        else None,
        "identifier": _identifiers(found, ("doi",)),
        "isbn": found.identified("isbn") if found.kind == "book" else None,
        "sameAs": [*doi, *found.identified("url")],
        "isPartOf": _whole(found),
        # An article or chapter has pages of a whole; of others they are their number.
        "pageStart": first if found.container else None,
        "pageEnd": last if found.container and dash else None,
        "pagination": found.page if found.container else None,
        "spatialCoverage": _places(found, known),
        "about": _related(found, address, "about", "CreativeWork"),
    }


_WRITERS = {"legal_case": _decision, "legislation": _law}


def _whole(found: Description) -> Node | None:
    """The larger whole of a work: journal with volume and issue, book, series."""
    if found.kind == "article-journal" and found.container:
        whole: Node = {"@type": "Periodical", "name": found.container}
        whole["issn"] = found.identified("issn")
        if found.volume:
            number = found.volume
            whole = {"@type": "PublicationVolume", "volumeNumber": number, "isPartOf": whole}
        if found.issue:
            whole = {"@type": "PublicationIssue", "issueNumber": found.issue, "isPartOf": whole}
        return _deep(whole)
    if found.container:
        kind = "Book" if found.kind == "chapter" else "CreativeWork"
        isbn = found.identified("isbn") if kind == "Book" else None
        return _filled({"@type": kind, "name": found.container, "isbn": isbn})
    if found.collection:
        return {"@type": "CreativeWorkSeries", "name": found.collection}
    return None


def _deep(whole: Node) -> Node:
    inner = {
        key: _deep(value) if isinstance(value, dict) else value for key, value in whole.items()
    }
    return _filled(inner)


def _agent(agent: Agent) -> Node:
    if agent.literal:
        return {"@type": "Organization", "name": agent.literal}
    names = {"givenName": agent.given, "familyName": agent.family}
    return _filled({"@type": "Person", "name": agent.name, **names})


def _identifiers(found: Description, schemes: Iterable[str]) -> list[Node]:
    return [
        {"@type": "PropertyValue", "propertyID": scheme, "value": value}
        for scheme in schemes
        for value in found.identified(scheme)
    ]


def _places(found: Description, known: Catalog) -> list[Node]:
    names = place_names(found.jurisdictions, known)
    return [
        {"@type": "Country", "name": name, "identifier": code}
        for code, name in zip(found.jurisdictions, names, strict=True)
    ]


def _related(found: Description, address: str, relation: str, kind: str) -> list[Node]:
    base = address.removesuffix(found.code)
    codes = dict.fromkeys(code for told, code in found.related if told == relation)
    return [{"@type": kind, "@id": base + code} for code in codes]


def _filled(found: Node) -> Node:
    """A node without what says nothing; of a list of one, the one."""
    result = {}
    for key, value in found.items():
        if isinstance(value, list) and len(value) == 1:
            result[key] = value[0]
        elif value:
            result[key] = value
    return result


def write(
    lines: Iterable[Mapping[str, Any]],
    database: Database,
    origin: str = "",
    *,
    for_readers: bool = False,
) -> Iterator[bytes]:
    """A graph with a node for each record."""
    known = catalog()
    before = f'{{"@context": "{CONTEXT}", "@graph": [\n'.encode()
    for line in lines:
        found = database.describe(canonical(dict(line)))
        told = node(found, address_of(found.code, database, origin), known)
        yield before + json.dumps(told, ensure_ascii=False).encode()
        before = b",\n"
    yield b"\n]}\n" if before == b",\n" else before + b"]}\n"


FORMAT = Format(
    key="jsonld",
    label=_("JSON-LD"),
    extension="jsonld",
    media_type="application/ld+json",
    read=None,
    write=write,
    is_complete=False,
)
