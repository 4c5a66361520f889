"""Maps of the world: numbers by jurisdiction, and lines between jurisdictions.

The boundaries are those of `geo/` (see its README); what is too small to be seen there is a point.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from portal.charts.charts import Chart
from portal.charts.kinds import Heading, largest_told, linked
from portal.charts.looks import Look
from portal.reference.catalog import catalog
from portal.reference.models import Jurisdiction
from portal.reference.punctuation import labelled, listed

#: The classes of a map begin at these numbers.
STEPS = (1, 3, 5, 10, 20)
MOST_ROUTES = 60
#: Of so many pieces a bent line is made.
_STEPS = 32
#: Areas of the boundaries without a code of ISO 3166-1 (see geo/README.md).
NAMED = {"Kosovo": "XKX", "N. Cyprus": "CYP", "Somaliland": "SOM"}
ANTARCTICA = "010"


@dataclass(frozen=True)
class Place:
    """A number of a jurisdiction, with the path of the list of its records."""

    code: str
    count: int
    url: str = ""


@dataclass(frozen=True)
class Route:
    """A number of records that lead from one jurisdiction to another."""

    origin: str
    destination: str
    count: int
    url: str = ""


def disclaimer() -> str:
    """What must be said with every map."""
    return _(
        "The boundaries and names shown and the designations used on this map do not imply"
        " official endorsement or acceptance."
    )


def _geo(name: str) -> Any:
    return json.loads((Path(settings.BASE_DIR) / "geo" / name).read_text(encoding="utf-8"))


@cache
def points() -> dict[str, tuple[float, float, bool]]:
    """Of each jurisdiction its longitude and latitude, and whether its area is too small."""
    return {code: (x, y, small) for code, (x, y, small) in _geo("points.json").items()}


def world(properties: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The boundaries, each area with the properties of its jurisdiction."""
    topology: dict[str, Any] = _geo("countries-110m.json")
    numeric = dict(Jurisdiction.objects.exclude(numeric="").values_list("numeric", "code"))
    areas = [
        {**area, "properties": properties.get(_code(area, numeric), {})}
        for area in topology["objects"]["countries"]["geometries"]
        if area.get("id") != ANTARCTICA
    ]
    collection = {"type": "GeometryCollection", "geometries": areas}
    return {**topology, "objects": {"countries": collection}}


def _code(area: Mapping[str, Any], numeric: Mapping[str, str]) -> str:
    return numeric.get(area.get("id", ""), "") or NAMED.get(area["properties"]["name"], "")


def class_labels(look: Look) -> list[str]:
    """The names of the classes, that of nothing first."""
    found = ["0"]
    for first, following in pairwise(STEPS):
        found.append(f"{first}–{following - 1}")
    return [look.number(0), *found[1:], f"{STEPS[-1]}+"]


def class_of(count: int) -> int:
    """The place of a number's class."""
    return sum(count >= step for step in STEPS)


def world_map(places: Iterable[Place]) -> Chart:
    """A map of numbers by jurisdiction."""
    found = {place.code: place for place in places}
    off = [place for code, place in found.items() if code not in points() and place.count]
    names = catalog()
    notes = []
    if off:
        told = listed(
            f"{names.jurisdiction_name(place.code)} ({Look().number(place.count)})" for place in off
        )
        notes.append(_("Not on the map: %(places)s.") % {"places": told})

    def values(look: Look) -> dict[str, Any]:
        labels = class_labels(look)

        def said(code: str) -> dict[str, Any]:
            place = found.get(code) or Place(code, 0)
            name = names.jurisdiction_name(code)
            return {
                "klass": labels[class_of(place.count)],
                "told": look.isolated(labelled(name, look.number(place.count))),
                "url": linked(place.url) if place.count else "",
            }

        size = 26 if look.is_narrow else 62
        small = [
            {
                "longitude": x,
                "latitude": y,
                "size": size if code in found and found[code].count else size / 6,
                **said(code),
            }
            for code, (x, y, is_small) in points().items()
            if is_small and code in names.jurisdictions
        ]
        beside = 3 if look.is_narrow else 6
        none = {"klass": labels[0], "told": look.number(0), "url": ""}
        return {
            "world": world(_Properties(said, none)),
            "points": small,
            "classes": labels,
            "shades": [look.colours["land"], *look.colours["shades"]],
            "legend": look.legend(labels, beside),
            "legend_columns": beside,
        }

    headings = [
        Heading(names.jurisdiction_name(place.code), place.count) for place in found.values()
    ]
    return Chart("world", values, _map_height, tuple(notes), largest_told(headings))


class _Properties(dict[str, Any]):
    """The properties of any code, made when asked for."""

    def __init__(self, make: Any, none: dict[str, Any]) -> None:
        super().__init__()
        self._make, self._none = make, none

    def get(self, code: str, default: Any = None) -> Any:
        return self._make(code) if code else self._none


def routes_map(routes: Sequence[Route], what: tuple[str, str]) -> Chart:
    """A map of lines from origins to destinations; `what` names the two sides."""
    names = catalog()
    known = [r for r in routes if r.count and r.origin in points() and r.destination in points()]
    abroad = sorted(
        (route for route in known if route.origin != route.destination),
        key=lambda route: -route.count,
    )
    shown = abroad[:MOST_ROUTES]
    notes = []
    if len(abroad) > len(shown):
        note = _("The %(shown)d largest of %(all)d routes are drawn; all are in the table.")
        notes.append(note % {"shown": len(shown), "all": len(abroad)})
    if len(known) > len(abroad):
        notes.append(_("Routes within one country have no line."))
    top = max((route.count for route in shown), default=1)

    def told(route: Route, look: Look) -> str:
        origin, destination = map(names.jurisdiction_name, (route.origin, route.destination))
        return look.isolated(labelled(f"{origin} → {destination}", look.number(route.count)))

    def values(look: Look) -> dict[str, Any]:
        widest = 5 if look.is_narrow else 9
        # The largest come last, over the others.
        arcs = [
            {
                "type": "Feature",
                "geometry": {
                    "type": "LineString",
                    "coordinates": bow(points()[route.origin], points()[route.destination]),
                },
                "properties": {
                    "width": max(widest * math.sqrt(route.count / top), 0.7),
                    "strength": 0.25 + 0.45 * route.count / top,
                    "told": told(route, look),
                    "url": linked(route.url),
                },
            }
            for route in reversed(shown)
        ]
        return {
            "world": world({}),
            "arcs": arcs,
            "points": _ends(look, shown, what),
            "sides": list(what),
        }

    named = (Heading(told(route, Look()).rpartition(":")[0], route.count) for route in shown)
    return Chart("routes", values, _map_height, tuple(notes), largest_told(named))


def bow(begin: tuple[float, ...], end: tuple[float, ...]) -> list[list[float]]:
    """A line bent to the left of its way, so that the way back is another; the shorter way round.

    The shortest line on the globe would lead over the pole, which is the edge of the map.
    """
    (x0, y0), (x1, y1) = begin[:2], end[:2]
    if abs(x1 - x0) > 180:
        x1 += 360 if x1 < x0 else -360
    bend = 0.16
    middle = ((x0 + x1) / 2 - bend * (y1 - y0), (y0 + y1) / 2 + bend * (x1 - x0))
    line = []
    for step in range(_STEPS + 1):
        t = step / _STEPS
        x = (1 - t) ** 2 * x0 + 2 * t * (1 - t) * middle[0] + t * t * x1
        y = (1 - t) ** 2 * y0 + 2 * t * (1 - t) * middle[1] + t * t * y1
        line.append([round((x + 180) % 360 - 180, 2), round(max(min(y, 82), -60), 2)])
    return line


def _ends(look: Look, routes: Sequence[Route], what: tuple[str, str]) -> list[dict[str, Any]]:
    """The ends of routes as points, as large as the routes that end there."""
    names = catalog()
    weights: dict[tuple[str, str], int] = {}
    for route in routes:
        for side, code in zip(what, (route.origin, route.destination), strict=True):
            weights[side, code] = weights.get((side, code), 0) + route.count
    top = max(weights.values(), default=1)
    most = 90 if look.is_narrow else 320
    found = []
    for (side, code), weight in sorted(weights.items(), key=lambda item: -item[1]):
        x, y, _small = points()[code]
        found.append(
            {
                "longitude": x,
                "latitude": y,
                "side": side,
                "size": max(most * weight / top, most / 16),
                "told": look.isolated(f"{names.jurisdiction_name(code)} ({side})"),
                "url": "",
            }
        )
    return found


def _map_height(look: Look) -> int:
    return int(look.width * 0.445) + (66 if look.is_narrow else 40)
