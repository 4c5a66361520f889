"""Making the `parameter:value` tokens that facets are counted from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from portal.reference.catalog import Catalog


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
