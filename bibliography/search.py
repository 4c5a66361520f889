"""What the search knows of a work."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import Model, Q, QuerySet

from bibliography.models import Work
from caselaw.models import Case
from legislation.models import Law
from portal.reference.catalog import catalog
from portal.search.index import Document
from portal.search.models import Identifier
from portal.search.tokens import place_tokens, places_changed, term_tokens, tokens_of

#: The parameter that each vocabulary of a work answers to.
PARAMETERS = {"regions": "area", "topics": "topic", "methods": "method"}

#: What a reader needs of a work: the `has_<field>` parameters that make up its completeness.
COMPLETENESS = ("date", "author", "annotation", "topic", "method", "url")


def recorded(work: Work) -> dict[str, bool]:
    """Of each `has_<field>` of a work read with its parts, whether it is recorded."""
    vocabularies = {key.split(":")[0] for key in work.term_ids}
    return {
        "date": work.issued is not None,
        "author": bool(work.contributors.all()),
        "annotation": bool(work.annotation),
        "country": bool(work.country_codes),
        "topic": "topics" in vocabularies,
        "method": "methods" in vocabularies,
        "doi": bool(work.doi),
        "isbn": bool(work.isbn),
        "url": bool(work.url or work.doi),
        "publisher": bool(work.publisher),
        "second_source": len(work.sources.all()) > 1,
    }


def _tokens(work: Work) -> Iterator[str]:
    yield from place_tokens(work.country_codes, catalog())
    yield from tokens_of("country", work.country_codes)
    yield from tokens_of("language", [work.language])
    yield from tokens_of("type", [work.type_id])
    yield from term_tokens(work.term_ids, PARAMETERS)
    # A link to a record that the world may not see yet is no link to the world.
    yield from (f"law:{link.law.code}" for link in work.law_links.all() if link.law.is_public)
    yield from (f"case:{link.case.code}" for link in work.case_links.all() if link.case.is_public)
    yield from (f"has:{name}" for name, is_recorded in recorded(work).items() if is_recorded)


def document(work: Work) -> Document:
    """The search document of a work read with `for_index()`."""
    return Document(
        date=work.issued,
        tokens=_tokens(work),
        headings=[
            work.code,
            *(person.name for person in work.contributors.all()),
            work.doi,
            work.isbn,
            work.container_title,
        ],
        texts=[work.annotation],
        words=[
            work.collection_title,
            work.publisher,
            work.issn,
            *(catalog().jurisdictions.get(code, {}).get("en", "") for code in work.country_codes),
        ],
        identifiers=[(Identifier.Kind.DOI, work.doi), (Identifier.Kind.ISBN, work.isbn)],
    )


def affected(model: type[Model], keys: Iterable[Any]) -> QuerySet | Iterable[int]:
    """The works whose documents depend on changed cases, laws or reference data."""
    ways: dict[Any, Q] = {Case: Q(case_links__case__in=keys), Law: Q(law_links__law__in=keys)}
    condition = ways.get(model) or places_changed(model, keys, "country_links__jurisdiction")
    if condition is None:
        return ()
    return Work.objects.order_by().filter(condition).values_list("pk", flat=True).distinct()
