"""Reading the parameters of an address strictly: what is not understood is named, never ignored."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils.translation import gettext as _

PAGE_SIZE = 25
MAX_PAGE_SIZE = 100
#: A page number may lead this deep; beyond it a cursor is the way.
MAX_DEPTH = 10_000


@dataclass(frozen=True)
class Problem:
    """Something asked for that the portal does not know, said so that it can be mended."""

    parameter: str
    message: str
    known: tuple[str, ...] = ()


def unknown_names(given: Iterable[str], known: Sequence[str]) -> list[Problem]:
    """A problem for each parameter that is not among the known ones, with the nearest of them."""
    problems = []
    for name in given:
        if name not in known:
            near = get_close_matches(name, known, 1)
            hint = _("Is “%(name)s” meant?") % {"name": near[0]} if near else ""
            unknown = _("Unknown parameter.")
            problems.append(Problem(name, f"{unknown} {hint}".rstrip(), tuple(known)))
    return problems


def chosen_names(
    data: QueryDict, name: str, known: Sequence[str], problems: list[Problem]
) -> tuple[str, ...]:
    """The names that a parameter lists, repeated or separated by commas.

    What is not known is added to `problems`.
    """
    parts = [part.strip() for entry in data.getlist(name) for part in entry.split(",")]
    found = tuple(dict.fromkeys(part for part in parts if part))
    unknown = [part for part in found if part not in known]
    if unknown:
        message = _("Unknown value: %(values)s.") % {"values": ", ".join(unknown)}
        problems.append(Problem(name, message, tuple(known)))
    return tuple(part for part in found if part in known)


def repeated(data: Mapping[str, str], names: Iterable[str]) -> list[Problem]:
    """A problem for each parameter that takes one value and is given several."""
    if not isinstance(data, QueryDict):
        return []
    return [
        Problem(name, _("One value at most."))
        for name in names
        if sum(bool(entry.strip()) for entry in data.getlist(name)) > 1
    ]


def undivided(given: QueryDict, names: Iterable[str]) -> list[Problem]:
    """A problem for each given parameter that divides or shapes a list, where a file is wanted."""
    message = _("A file holds all that is found, complete: leave this out.")
    return [
        Problem(name, message)
        for name in names
        if any(entry.strip() for entry in given.getlist(name))
    ]


def whole_number(
    data: Mapping[str, str], name: str, default: int, limit: int, problems: list[Problem]
) -> int:
    """The number from 1 to `limit` that a parameter gives, or `default`."""
    problems += repeated(data, (name,))
    text = data.get(name, "").strip()
    if not text:
        return default
    if text.isascii() and text.isdecimal() and len(text) < 9 and 1 <= int(text) <= limit:
        return int(text)
    problems.append(
        Problem(name, _("It is a whole number from 1 to %(limit)d.") % {"limit": limit})
    )
    return default


def page_and_size(data: Mapping[str, str], problems: list[Problem]) -> tuple[int, int]:
    """The page asked for and how many objects it holds."""
    size = whole_number(data, "page_size", PAGE_SIZE, MAX_PAGE_SIZE, problems)
    page = whole_number(data, "page", 1, max(1, MAX_DEPTH // size), problems)
    return page, size


def address_with(request: Any, **changed: str) -> str:
    """The absolute address of a request with some of its parameters set anew."""
    pairs = [
        (name, value)
        for name, values in request.GET.lists()
        for value in values
        if name not in changed
    ]
    query = urlencode([*pairs, *changed.items()])
    return request.build_absolute_uri(f"{request.path}?{query}")
