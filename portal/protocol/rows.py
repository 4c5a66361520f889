"""A provision as files and the API tell of it: one mapping, so that all of them say the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

from rest_framework import serializers

from legislation.api import ProvisionSerializer
from legislation.models import Provision
from legislation.querysets import ProvisionQuerySet
from portal.exchange.formats.columns import Column, Kind
from portal.protocol.asking import OF_THE_LAW, OF_THE_PROVISION, ProvisionsAsked
from portal.reference.catalog import catalog
from portal.rest.fields import PartialDateOutput, TermCodeField
from portal.search.domains import NOT_RECORDED
from portal.search.engine import match
from portal.search.ordering import in_order
from portal.search.request import SearchRequest

BENEFIT, PENALTY = OF_THE_PROVISION


def public_provisions(request: SearchRequest | None = None) -> ProvisionQuerySet:
    """The provisions of the public laws that a search for laws finds by what is asked of laws."""
    found = Provision.objects.public()
    asked = dict(request.values) if request else {}
    values = tuple((name, asked[name]) for name in OF_THE_LAW if name in asked)
    if request is None or not values:
        return found
    wanted = SearchRequest(request.database, values=values)
    return found.filter(law__in=match(wanted).values("object_id"))


def provisions_of(article: str, request: SearchRequest) -> ProvisionQuerySet:
    """The provisions that implement an article and meet all filters of a request."""
    found = public_provisions(request).implementing(article)
    asked = request.filters
    if BENEFIT in asked:
        found = found.with_benefit(*map(benefit_key, asked[BENEFIT]))
    if PENALTY in asked:
        found = found.with_penalty(recorded=asked[PENALTY] == "true")
    return found


def benefit_key(value: str) -> str | None:
    """The key of the term that a value of the filter means; None for what is not recorded."""
    return None if value == NOT_RECORDED else f"{BENEFIT}:{value}"


def by_name(codes: Iterable[str]) -> list[str]:
    """Jurisdictions in the order of their names in the reader's language."""
    known = catalog()
    names = tuple((code, known.jurisdiction_name(code)) for code in known.jurisdictions)
    return sorted(codes, key=_places(names).__getitem__)


@lru_cache(maxsize=16)
def _places(names: tuple[tuple[str, str], ...]) -> dict[str, int]:
    """The place of each code among all, by the names; kept, as all names are many."""
    ranked = sorted(names, key=lambda pair: in_order(pair[1]))
    return {code: place for place, (code, _name) in enumerate(ranked)}


def rows_asked(article: str, asked: ProvisionsAsked) -> ProvisionQuerySet:
    """All provisions that an address asks for, in its order."""
    places = by_name(catalog().jurisdictions)
    return provisions_of(article, asked.request).side_by_side(places, asked.sort)


class ProvisionRowSerializer(ProvisionSerializer):
    """A provision with what its law says of its force and of exemptions."""

    jurisdiction_name = serializers.SerializerMethodField()
    party = serializers.SerializerMethodField(help_text="Whether it is a party to the Protocol.")
    law_language = serializers.CharField(source="law.language")
    law_status = TermCodeField(source="law.status_id")
    law_adopted = PartialDateOutput(source="law.adopted")
    humanitarian_exemption = serializers.BooleanField(
        source="law.humanitarian_exemption", allow_null=True
    )
    migrants_not_liable = serializers.BooleanField(
        source="law.migrants_not_liable", allow_null=True
    )
    url = serializers.SerializerMethodField()

    def get_jurisdiction_name(self, provision: Provision) -> str:
        return catalog().jurisdiction_name(provision.law.jurisdiction_id)

    def get_party(self, provision: Provision) -> bool:
        return provision.law.jurisdiction_id in catalog().parties

    def get_url(self, provision: Provision) -> str:
        origin = self.context.get("origin", "")
        return f"{origin}{provision.law.permanent_path}#{provision.anchor}"


def told(provisions: Iterable[Provision], origin: str) -> list[dict[str, Any]]:
    """Provisions as plain data; `origin` is the scheme and host of the portal."""
    context = {"origin": origin}
    return list(ProvisionRowSerializer(provisions, many=True, context=context).data)


#: The columns of a table of provisions, with what they take of a row; the address comes first.
COLUMNS = (
    Column("url", Kind.WORDS),
    Column("jurisdiction", Kind.INTEGER),
    Column("jurisdiction_name", Kind.WORDS),
    Column("party", Kind.BOOLEAN),
    Column("law", Kind.WORDS),
    Column("law_title", Kind.TEXT),
    Column("law_status", Kind.WORD),
    Column("law_adopted", Kind.DATE),
    Column("code", Kind.WORDS),
    Column("number", Kind.WORD),
    Column("heading", Kind.TEXT),
    Column("summary", Kind.TEXT),
    Column("articles", Kind.WORDS),
    Column("benefit_element", Kind.WORD),
    Column("max_imprisonment_years", Kind.NUMBER),
    Column("life", Kind.BOOLEAN),
    Column("max_fine.amount", Kind.NUMBER),
    Column("max_fine.currency", Kind.WORD),
    Column("humanitarian_exemption", Kind.BOOLEAN),
    Column("migrants_not_liable", Kind.BOOLEAN),
    Column("text_original", Kind.TEXT),
    Column("text_translation", Kind.TEXT),
)


def cells(row: dict[str, Any]) -> Iterator[Any]:
    """The cells of a row, in the order of `COLUMNS`."""
    for column in COLUMNS:
        value: Any = row
        for key in column.path:
            value = value.get(key) if value else None
        yield " ".join(value) if isinstance(value, list) else value
