"""Highwire Press tags in the head of a record's page, which Google Scholar and Zotero read.

Google Scholar's inclusion guidelines ("Indexing: configuring the meta-tags") name those of works;
`citation_public_url`, `citation_language`, `citation_book_title` and `citation_keywords` are read
by Zotero's translator of embedded metadata. It takes a page for that of an article unless
`bibo:type` tells its type, as the Bibliographic Ontology names it.
"""

from __future__ import annotations

from collections.abc import Iterator

from portal.exchange.describing import Description
from portal.exchange.formats.oai_dc import subjects_of
from portal.reference.catalog import Catalog

#: Where the larger whole of a work stands, by its type.
_WHOLES = {
    "article-journal": "citation_journal_title",
    "chapter": "citation_book_title",
    "paper-conference": "citation_conference_title",
}
#: Types that the tags of Highwire Press do not tell.
_TYPES = {
    "legal_case": "LegalCaseDocument",
    "legislation": "Statute",
    "book": "Book",
    "webpage": "Webpage",
}
#: Where the publisher of a work stands that is an institution.
_INSTITUTIONS = {
    "thesis": "citation_dissertation_institution",
    "report": "citation_technical_report_institution",
}


def tags(found: Description, address: str, known: Catalog) -> list[tuple[str, str]]:
    """Names and contents of the tags of a record's page; several may have one name.

    Args:
        found: the record.
        address: its permanent address.
        known: the reference data, for English names.
    """
    return [(name, content) for name, content in _tags(found, address, known) if content]


def _tags(found: Description, address: str, known: Catalog) -> Iterator[tuple[str, str]]:
    yield "bibo:type", _TYPES.get(found.kind, "")
    yield "citation_title", found.title
    is_decision = found.kind == "legal_case"
    for creator in found.creators:
        # A court is no author to those who read these tags: it is where the decision comes from.
        yield "citation_publisher" if is_decision else "citation_author", str(creator)
    for editor in found.editors:
        yield "citation_editor", str(editor)
    # The guidelines ask for 2018/5/17 or 2018: slashes, not hyphens.
    yield "citation_publication_date", found.date.replace("-", "/")
    yield _WHOLES.get(found.kind, "citation_series_title"), found.container
    yield "citation_series_title", found.collection
    yield "citation_volume", found.volume
    yield "citation_issue", found.issue
    first, _dash, last = found.page.replace("–", "-").partition("-")
    yield "citation_firstpage", first.strip()
    yield "citation_lastpage", last.strip()
    for scheme in ("doi", "issn", "isbn"):
        for value in found.identified(scheme):
            yield f"citation_{scheme}", value
    yield _INSTITUTIONS.get(found.kind, "citation_publisher"), found.publisher
    yield "citation_language", found.language
    for subject in subjects_of(found, known):
        yield "citation_keywords", subject
    yield "citation_public_url", address
    yield "citation_abstract_html_url", address
