"""Filters as the pages of figures ask for them: a choice for each, in a form without a script."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from portal.rest.parameters import Problem
from portal.search.engine import counted
from portal.search.ordering import in_order
from portal.search.parameters import DateParameter, Parameter, TokenParameter
from portal.search.request import SearchRequest

#: Of places those are offered that have records: a list of all the world is no help.
PLACES = ("jurisdiction", "region")


@dataclass(frozen=True)
class Choice:
    """Something that can be chosen instead of what is shown."""

    value: str
    label: Any
    is_chosen: bool
    url: str = ""


@dataclass(frozen=True)
class Field:
    """A filter as a form asks for it.

    Attributes:
        choices: what can be chosen; None for what is written.
        value: what was written.
        others: values chosen beside the first, which a simple choice cannot show.
        placeholder: how it is written.
    """

    name: str
    label: Any
    choices: tuple[Choice, ...] | None
    value: str = ""
    error: str = ""
    others: tuple[str, ...] = ()
    placeholder: str = ""


def fields_of(
    request: SearchRequest,
    names: Iterable[str],
    data: Mapping[str, str],
    problems: Iterable[Problem],
) -> Iterator[Field]:
    """The fields of some filters of a request, with what is wrong with what was given."""
    names = tuple(names)
    places = tuple(name for name in PLACES if name in names)
    held = counted(SearchRequest(request.database), places).facets if places else {}
    errors = {problem.parameter: problem.message for problem in problems}
    for name in names:
        parameter, value = request.parameters[name], request.filters.get(name)
        error = errors.get(name, "")
        if isinstance(parameter, TokenParameter):
            chosen = value or ()
            known = list(held[name]) if name in held else parameter.known()
            choices = tuple(_choices(parameter, known, chosen, by_label=name in held))
            yield Field(name, parameter.label, choices, error=error, others=chosen[1:])
        else:
            yield _written(name, parameter, data.get(name, "").strip(), error)


def _written(name: str, parameter: Parameter, given: str, error: str) -> Field:
    is_date = isinstance(parameter, DateParameter)
    placeholder = _("YYYY, YYYY-MM or YYYY-MM-DD") if is_date else ""
    return Field(name, parameter.label, None, given, error, placeholder=placeholder)


def _choices(
    parameter: TokenParameter, known: list[str], chosen: tuple[str, ...], *, by_label: bool
) -> Iterator[Choice]:
    offered = list(dict.fromkeys((*known, *chosen)))
    labels = parameter.domain.labels(offered)
    if by_label:
        offered.sort(key=lambda code: in_order(labels[code]))
    for code in offered:
        yield Choice(code, labels[code], code in chosen[:1])
