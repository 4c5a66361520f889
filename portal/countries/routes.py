"""A jurisdiction on the routes of all cases: where from, through and where to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from portal.countries.counting import Beside, Carrying
from portal.countries.figures import Drawer, Figure
from portal.insights.tables import Number
from portal.search.request import SearchRequest

CASES = "cases"
#: Of each place on a route, the places that are told beside it.
NEIGHBOURS = {
    "destination": ("origin", "transit"),
    "transit": ("origin", "destination"),
    "origin": ("transit", "destination"),
}
_TITLES = {
    "destination": _("Routes in: as destination"),
    "transit": _("Routes through: as country of transit"),
    "origin": _("Routes out: as country of origin"),
}
_LABELS = {
    "origin": _("Coming from"),
    "transit": _("By way of"),
    "destination": _("Going to"),
}


@dataclass(frozen=True)
class Route:
    """The cases in which a jurisdiction has one place on the route, and its neighbours there."""

    place: str
    title: Any
    total: Number
    neighbours: tuple[Figure, ...]


def asked(code: str) -> Iterator[tuple[Carrying, tuple[str, ...]]]:
    """What is to be counted for the routes of a jurisdiction."""
    for place, names in NEIGHBOURS.items():
        yield Carrying(CASES, place, code), names


def routes(code: str, counted: Beside, drawer: Drawer) -> tuple[Route, ...]:
    """The places that a jurisdiction has on routes; none where no case names it."""
    return tuple(
        Route(place, _TITLES[place], drawer.number(total, request), tuple(figures))
        for place, names in NEIGHBOURS.items()
        if (total := counted.total(Carrying(CASES, place, code)))
        for request in [SearchRequest(CASES, values=((place, (code,)),))]
        for figures in [_neighbours(request, code, names, counted, drawer)]
    )


def _neighbours(
    request: SearchRequest, code: str, names: tuple[str, ...], counted: Beside, drawer: Drawer
) -> Iterator[Figure]:
    ((place, _values),) = request.values
    records = Carrying(CASES, place, code)
    for name in names:
        # A country that is named at both ends of a route is no neighbour of its own.
        yield drawer.figure(
            request,
            name,
            counted.counts(records, name),
            counted.total(records),
            label=_LABELS[name],
            without=(code,),
        )
