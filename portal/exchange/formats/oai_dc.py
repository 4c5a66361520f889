"""Simple Dublin Core (ISO 15836-1:2017) of a record, as libraries harvest it by OAI-PMH.

Who writes the XML calls `elements`: the format itself has no file.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from portal.exchange.describing import Description
from portal.reference.catalog import Catalog, catalog
from portal.reference.labels import localized
from portal.reference.models import TreatyArticle

#: Name of the element without prefix, its value, and the language of the value or ''.
Element = tuple[str, str, str]

PORTAL = "Smuggling of Migrants Knowledge Portal"
LICENCE = "https://creativecommons.org/licenses/by/4.0/"
#: The licence is that of what the portal says, not of the decision, law or work.
RIGHTS = f"This description is under CC BY 4.0 ({LICENCE})"
#: What harvesters are told of the type, beside the term of the DCMI Type Vocabulary.
_DECISION = "Court decision"
_INSTRUMENTS = {
    TreatyArticle.Instrument.PROTOCOL: "Protocol against the Smuggling of Migrants",
    TreatyArticle.Instrument.CONVENTION: "Convention against Transnational Organized Crime",
}


def elements(found: Description, address: str, known: Catalog | None = None) -> list[Element]:
    """The elements of a record in the order in which Dublin Core lists them.

    Args:
        found: the record.
        address: its permanent address with scheme and host; those of related records differ in
            the code alone.
        known: the reference data; without it they are asked for.
    """
    known = known or catalog()
    return [
        (name, value, language)
        for name, value, language in (
            *_titles(found),
            *(("creator", creator, "") for creator in _creators(found, known)),
            *(("subject", label, "en") for label in subjects_of(found, known)),
            ("description", found.text, "en"),
            ("publisher", _publisher(found), ""),
            *(("contributor", str(editor), "") for editor in found.editors),
            ("date", found.date, ""),
            *_types(found, known),
            *(("identifier", value, "") for value in _identifiers(found, address)),
            *(("source", value, "") for value in _sources(found)),
            ("language", found.language, ""),
            *(("relation", one, "") for one in related_addresses(found, address)),
            *(("coverage", name, "en") for name in place_names(found.jurisdictions, known)),
            ("rights", RIGHTS, "en"),
        )
        if value
    ]


def subjects_of(found: Description, known: Catalog) -> list[str]:
    """What a record is about, in English: its terms, and the treaty articles of a law."""
    labels = [localized(known.terms.get(key), "en") for key in found.subjects]
    articles = [known.articles[code] for code in found.articles if code in known.articles]
    labels += [
        f"{_INSTRUMENTS[TreatyArticle.Instrument(article.instrument)]}, article {article.citation}:"
        f" {localized(article.labels, 'en')}"
        for article in articles
    ]
    # Terms of two vocabularies may share a label.
    return list(dict.fromkeys(filter(None, labels)))


def place_names(codes: Iterable[str], known: Catalog) -> list[str]:
    """English names of jurisdictions; a code that is not known stays a code."""
    return [localized(known.jurisdictions.get(code), "en") or code for code in codes]


def related_addresses(found: Description, address: str) -> list[str]:
    """The permanent addresses of related records, each once."""
    base = address.removesuffix(found.code)
    return [base + code for code in dict.fromkeys(code for _relation, code in found.related)]


def _titles(found: Description) -> Iterator[Element]:
    yield "title", found.title, found.title_language
    yield "title", found.title_original, found.language


def _creators(found: Description, known: Catalog) -> list[str]:
    if found.kind == "legislation":
        return place_names(found.jurisdictions, known)
    return [str(creator) for creator in found.creators]


def _publisher(found: Description) -> str:
    """Who made it available: of decisions and laws the portal, whose record it is."""
    return PORTAL if found.kind in ("legal_case", "legislation") else found.publisher


def _types(found: Description, known: Catalog) -> Iterator[Element]:
    yield "type", "Text", ""
    is_decision = found.kind == "legal_case"
    yield "type", _DECISION if is_decision else localized(known.terms.get(found.type), "en"), "en"


def _identifiers(found: Description, address: str) -> Iterator[str]:
    yield address
    yield from (f"https://doi.org/{value}" for value in found.identified("doi"))
    for value in found.identified("isbn"):
        # A work may have several, of print and file.
        yield from (f"urn:isbn:{isbn}" for isbn in value.replace(",", " ").split())
    yield from (f"urn:issn:{value}" for value in found.identified("issn") if not found.container)
    yield from found.identified("ecli", "citation", "docket", "number", "url")


def _sources(found: Description) -> Iterator[str]:
    """The larger whole of a work, as journals write it; and what supports the record."""
    number = f"{found.volume}({found.issue})" if found.issue else found.volume
    parts = (found.container, number, found.date[:4], found.page)
    if found.container:
        yield ", ".join(part for part in parts if part)
    yield from dict.fromkeys(url or title for title, url in found.sources)
