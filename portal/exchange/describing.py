"""What a record is to the world of libraries and search engines: one neutral item for all of them.

A database says it once for its records (`Database.describe`); schema.org, Dublin Core and the
tags that Google Scholar and Zotero read are small files that write it down.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Agent:
    """A person, or a body with its `literal` name alone."""

    family: str = ""
    given: str = ""
    literal: str = ""

    def __str__(self) -> str:
        return self.literal or ", ".join(part for part in (self.family, self.given) if part)


@dataclass(frozen=True)
class Identifier:
    """A name that the world outside knows a record by.

    Attributes:
        scheme: `doi`, `isbn`, `issn`, `citation`, `docket`, `number` or `url`.
        value: as it is written.
    """

    scheme: str
    value: str


@dataclass(frozen=True)
class Description:
    """A record as an item of no format.

    Attributes:
        code, database: which record it is.
        kind: its type as CSL names it: `legal_case`, `legislation`, `article-journal`, `book`…
        title: in the language of the portal's texts, or of the work itself.
        title_original: in the original language, or ''.
        language: of the decision, law or work (ISO 639), or ''.
        creators, editors: who made it: authors; the court; the State that legislated.
        date: of decision, adoption or publication, as precise as it is known (ISO 8601), or ''.
        publisher, place: who published it and where.
        container, collection, volume, issue, page: the larger whole in which a work stands.
        identifiers: names that the world outside knows it by.
        jurisdictions: codes (alpha-3) of the States that it is of or about.
        subjects: keys of its terms (`modes:sea`), labelled by who writes them down.
        status: for laws, whether in force or repealed: the code of the vocabulary, or ''.
        text: what the portal says of it (facts, summary, annotation; in English), or ''.
        sources: pairs of title and address of what supports it.
        related: pairs of a relation (`applies`, `amends`, `repeals`, `about`) and a record's code.
    """

    code: str
    database: str
    kind: str
    title: str
    title_original: str = ""
    language: str = ""
    creators: tuple[Agent, ...] = ()
    editors: tuple[Agent, ...] = ()
    date: str = ""
    publisher: str = ""
    place: str = ""
    container: str = ""
    collection: str = ""
    volume: str = ""
    issue: str = ""
    page: str = ""
    identifiers: tuple[Identifier, ...] = ()
    jurisdictions: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()
    status: str = ""
    text: str = ""
    sources: tuple[tuple[str, str], ...] = ()
    related: tuple[tuple[str, str], ...] = ()
