"""What the search knows of a law."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import Model, QuerySet

from legislation.models import Law
from portal.attachments.searching import public_attachments, searched_texts
from portal.reference.catalog import catalog
from portal.search.analysis import Text
from portal.search.index import Document
from portal.search.models import Identifier
from portal.search.tokens import place_tokens, places_changed, tokens_of

#: What a drafter needs of a law: the `has_<field>` parameters that make up its completeness.
COMPLETENESS = ("date", "number", "article", "provision_number", "penalty", "second_source")


def recorded(law: Law) -> dict[str, bool]:
    """Of each `has_<field>` of a law read with its provisions, whether it is recorded."""
    provisions = list(law.provisions.all())
    return {
        "date": law.adopted is not None,
        "in_force": law.in_force is not None,
        "number": bool(law.number),
        "title_original": bool(law.title_original),
        "article": any(p.article_codes for p in provisions),
        "provision_number": any(p.number for p in provisions),
        "benefit_element": any(p.benefit_element_id for p in provisions),
        "penalty": any(p.max_imprisonment_years or p.life or p.max_fine_amount for p in provisions),
        "humanitarian_exemption": law.humanitarian_exemption is not None,
        "migrants_not_liable": law.migrants_not_liable is not None,
        "second_source": len(law.sources.all()) > 1,
        "attachment": bool(public_attachments(law)),
    }


def _truth(parameter: str, value: bool | None) -> Iterator[str]:
    if value is not None:
        yield f"{parameter}:{'true' if value else 'false'}"


def _tokens(law: Law) -> Iterator[str]:
    yield from place_tokens([law.jurisdiction_id], catalog())
    yield from tokens_of("language", [law.language])
    yield from tokens_of("type", [law.type_id])
    yield from tokens_of("status", [law.status_id])
    yield from _truth("humanitarian_exemption", law.humanitarian_exemption)
    yield from _truth("migrants_not_liable", law.migrants_not_liable)
    yield from _truth("party", law.jurisdiction_id in catalog().parties)
    for provision in law.provisions.all():
        yield from tokens_of("article", provision.article_codes)
        yield from tokens_of("benefit_element", [provision.benefit_element_id])
    yield from (f"has:{name}" for name, is_recorded in recorded(law).items() if is_recorded)


def document(law: Law) -> Document:
    """The search document of a law read with `for_index()`."""
    provisions = list(law.provisions.all())
    return Document(
        date=law.adopted,
        tokens=_tokens(law),
        headings=[law.code, law.number, *(p.heading for p in provisions)],
        texts=[
            law.summary,
            *(part for p in provisions for part in (p.summary, p.text_translation)),
        ],
        words=[
            *(p.number for p in provisions),
            *(Text(p.text_original, (law.language,)) for p in provisions),
            catalog().jurisdictions.get(law.jurisdiction_id, {}).get("en", ""),
            *(Text(text, (language,)) for text, language in searched_texts(law)),
        ],
        identifiers=[(Identifier.Kind.NUMBER, law.number)],
    )


def affected(model: type[Model], keys: Iterable[Any]) -> QuerySet | Iterable[int]:
    """The laws whose documents depend on changed reference data."""
    condition = places_changed(model, keys, "jurisdiction")
    if condition is None:
        return ()
    return Law.objects.order_by().filter(condition).values_list("pk", flat=True).distinct()
