"""A request in parts that a reader can remove: each with the address of the request without it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from portal.reference.punctuation import labelled
from portal.search.interpretation import interpret
from portal.search.parameters import Parameter, PresenceParameter, TokenParameter
from portal.search.request import SearchRequest

#: Gives the address of a request.
Address = Callable[[SearchRequest], str]


@dataclass(frozen=True)
class Chip:
    """One part of the request, with the address of the request without it."""

    label: Any
    text: str
    url: str


def chips_of(
    request: SearchRequest, address: Address, labels: Mapping[str, Mapping[str, str]] | None = None
) -> tuple[Chip, ...]:
    """The parts of a request: those of its words first.

    Args:
        request: what is searched for.
        address: gives the address of a request.
        labels: by parameter, what is known already of the names of its values.
    """
    return (*_query_chips(request, address), *_filter_chips(request, address, labels or {}))


def _query_chips(request: SearchRequest, address: Address) -> Iterator[Chip]:
    """The parts of the query, each with what it was taken for."""
    interpretation = interpret(request.query)
    for part in interpretation.parts:
        label = _("Not looked for") if part.is_ignored else _("Words")
        text = part.typed
        if part.meaning and part.meaning.casefold() != text.casefold():
            text = f"{text} → {part.meaning}"
        yield Chip(label, text, address(request.asking(interpretation.without(part))))


def _filter_chips(
    request: SearchRequest, address: Address, labels: Mapping[str, Mapping[str, str]]
) -> Iterator[Chip]:
    for name, value in request.values:
        parameter = request.parameters[name]
        entries = value if isinstance(value, tuple) else (value,)
        known = labels.get(name)
        if known is None and isinstance(parameter, TokenParameter):
            known = parameter.domain.labels(entries)
        for entry in entries:
            text = (known or {}).get(entry, _text(parameter, entry))
            yield Chip(parameter.label, text, address(request.without(name, entry)))


def _text(parameter: Parameter, value: Any) -> str:
    if isinstance(parameter, PresenceParameter):
        return _("recorded") if value == "true" else _("not recorded")
    return value.display() if hasattr(value, "display") else str(value)


def as_typed_url(request: SearchRequest, address: Address) -> str:
    """The address that switches between concepts and words alone; '' if that is the same."""
    query = request.query
    if query.as_typed:
        return address(request.asking(query.text, as_typed=False))
    if not interpret(query).concepts:
        return ""
    return address(request.asking(query.text, as_typed=True))


def in_words(request: SearchRequest, chips: Iterable[Chip]) -> str:
    """The request in words: parts joined by *and*, values within a part by *or*."""
    joined: dict[str, list[str]] = {}
    for chip in chips:
        joined.setdefault(str(chip.label), []).append(chip.text)
    parts, either = [], _("or")
    for label, texts in joined.items():
        alternatives = f" {either} ".join(texts)
        parts.append(str(request.query) if label == _("Words") else labelled(label, alternatives))
    return " · ".join(parts)
