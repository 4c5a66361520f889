"""Making the `parameter:value` tokens that facets are counted from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.db.models import Model, Q

from portal.reference.catalog import Catalog
from portal.reference.models import Jurisdiction, ProcessMembership, Region, TreatyStatus


def tokens_of(parameter: str, values: Iterable[str | None]) -> Iterator[str]:
    """A token for each value that is known; a term's key gives its code."""
    for value in values:
        if value:
            yield f"{parameter}:{value.rpartition(':')[2]}"


def term_tokens(keys: Iterable[str], parameters: Mapping[str, str]) -> Iterator[str]:
    """Tokens of terms by their keys; `parameters` names the parameter of each vocabulary."""
    for key in keys:
        vocabulary, _colon, code = key.partition(":")
        yield f"{parameters[vocabulary]}:{code}"


def place_tokens(codes: Iterable[str], catalog: Catalog) -> Iterator[str]:
    """Jurisdictions, all M49 regions that hold them and their regional processes."""
    for code in codes:
        yield f"jurisdiction:{code}"
        yield from (f"region:{region}" for region in catalog.regions_of(code))
        yield from (f"process:{process}" for process in catalog.memberships.get(code, ()))


def places_changed(model: type[Model], keys: Iterable[Any], path: str) -> Q | None:
    """The records whose place tokens depend on changed reference data; None for other models.

    Args:
        model: the model of what changed.
        keys: primary keys of what changed.
        path: the way from the record to its jurisdiction.
    """
    ways: dict[Any, dict[str, Any]] = {
        Jurisdiction: {f"{path}__in": keys},
        ProcessMembership: {f"{path}__processmembership__in": keys},
        TreatyStatus: {f"{path}__treaty_status__in": keys},
        # A region's place decides the tokens of all jurisdictions below it.
        Region: {f"{path}__region__isnull": False},
    }
    return Q(**ways[model]) if model in ways else None
