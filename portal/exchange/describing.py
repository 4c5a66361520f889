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

    @property
    def name(self) -> str:
        """The name as it is spoken: given name first."""
        return self.literal or " ".join(part for part in (self.given, self.family) if part)


@dataclass(frozen=True)
class Identifier:
    """A name that the world outside knows a record by.

    Attributes:
        scheme: `doi`, `isbn`, `issn`, `citation`, `ecli`, `docket`, `number` or `url`.
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
        type: key of the term that the database has for its type (`law_types:act`), or ''.
        title: in the language of the portal's texts, or of the work itself.
        title_language: language of the title (ISO 639), or '' where nothing says it.
        title_original: in the original language, or ''.
        language: of the decision, law or work (ISO 639), or ''.
        creators, editors: who made it: authors; the court. Who made a law is its jurisdiction.
        date: of decision, adoption or publication, as precise as it is known (ISO 8601), or ''.
        in_force: for laws, since when, in the same form, or ''.
        publisher, place: who published it and where.
        container, collection, volume, issue, page: the larger whole in which a work stands.
        identifiers: names that the world outside knows it by.
        jurisdictions: codes (alpha-3) of the States that it is of or about.
        subjects: keys of its terms (`modes:sea`), labelled by who writes them down.
        articles: for laws, codes of the treaty articles that its provisions implement.
        status: for laws, whether in force or repealed: the key of the term, or ''.
        text: what the portal says of it (facts, summary, annotation; in English), or ''.
        sources: pairs of title and address of what supports it.
        related: pairs of a relation (`applies`, `amends`, `repeals`, `about`) and a record's code.
    """

    code: str
    database: str
    kind: str
    title: str
    type: str = ""
    title_language: str = ""
    title_original: str = ""
    language: str = ""
    creators: tuple[Agent, ...] = ()
    editors: tuple[Agent, ...] = ()
    date: str = ""
    in_force: str = ""
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
    articles: tuple[str, ...] = ()
    status: str = ""
    text: str = ""
    sources: tuple[tuple[str, str], ...] = ()
    related: tuple[tuple[str, str], ...] = ()

    def identified(self, *schemes: str) -> list[str]:
        """The values of its identifiers of some schemes, in their order."""
        return [found.value for found in self.identifiers if found.scheme in schemes]
