"""A work as a line of the collection, which is an item of CSL-JSON with keys of our own."""

from __future__ import annotations

from typing import Any

from bibliography.models import WORK_VOCABULARIES, Contributor, Work, WorkCase, WorkLaw
from portal.exchange.parts import export_sources
from portal.exchange.records import code_of, export_head
from portal.records.dates import PartialDate

#: The keys of CSL-JSON and the fields that hold them.
CSL_FIELDS = {
    "container-title": "container_title",
    "collection-title": "collection_title",
    "volume": "volume",
    "issue": "issue",
    "page": "page",
    "publisher": "publisher",
    "publisher-place": "publisher_place",
    "DOI": "doi",
    "ISBN": "isbn",
    "ISSN": "issn",
    "URL": "url",
}


def _name(person: Contributor) -> dict[str, str]:
    if person.literal:
        return {"literal": person.literal}
    return {"family": person.family, "given": person.given}


def csl_date(date: PartialDate | None) -> dict[str, list[list[int]]] | None:
    """A date as CSL-JSON writes it, no more precise than it is known."""
    if date is None:
        return None
    return {"date-parts": [[part for part in (date.year, date.month, date.day) if part]]}


def _place(link: WorkCase | WorkLaw) -> int:
    """Links stand in the order in which they were written; their table has no other."""
    return link.pk


def export_work(work: Work, *, for_readers: bool = False) -> dict[str, Any]:
    """A work read with `for_export()` as a line; what is not known is None or empty.

    Args:
        work: the work.
        for_readers: whether to leave out what only curators know, and what is not public of the
            cases and laws that it is about.
    """
    terms: dict[str, list[str]] = {name: [] for name in WORK_VOCABULARIES}
    for key in work.term_ids:
        vocabulary, _colon, code = key.partition(":")
        terms[vocabulary].append(code)
    people = list(work.contributors.all())
    return {
        **export_head(work, for_readers=for_readers),
        "type": code_of(work.type_id),
        **{
            role: [_name(person) for person in people if person.role == role]
            for role in Contributor.Role.values
        },
        "issued": csl_date(work.issued),
        **{key: getattr(work, field) for key, field in CSL_FIELDS.items()},
        "annotation": work.annotation,
        "countries": list(work.country_codes),
        **terms,
        "cases": [
            link.case.code
            for link in sorted(work.case_links.all(), key=_place)
            if link.case.is_public or not for_readers
        ],
        "laws": [
            link.law.code
            for link in sorted(work.law_links.all(), key=_place)
            if link.law.is_public or not for_readers
        ],
        "sources": export_sources(work.sources.all()),
    }
