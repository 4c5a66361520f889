"""Bands from origins to destinations: the layout that no Vega-Lite mark makes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from django.utils.translation import gettext as _

from portal.charts.charts import Chart
from portal.charts.kinds import Heading, Mark, largest, largest_told, linked
from portal.charts.looks import Look, cut
from portal.reference.punctuation import labelled

MOST_NODES = 14
#: Pixels between two nodes, the width of one, and the head over them.
GAP, NODE, TOP = 13, 12, 30


def flow(
    origins: Sequence[Heading],
    destinations: Sequence[Heading],
    marks: Sequence[Mark],
    what: tuple[str, str],
) -> Chart:
    """Bands between the largest of two sides.

    A band is as wide as the number of its records; a node as high as its bands. The number beside
    a node is that of its records, of which one may have several bands.
    """
    origins = [heading for heading in origins if not heading.is_missing]
    destinations = [heading for heading in destinations if not heading.is_missing]
    firsts, notes = largest(origins, MOST_NODES, what[0])
    seconds, more = largest(destinations, MOST_NODES, what[1])
    here, there = {entry.label for entry in firsts}, {entry.label for entry in seconds}
    drawn = [mark for mark in marks if mark.count and mark.row in here and mark.column in there]
    firsts = [entry for entry in firsts if any(mark.row == entry.label for mark in drawn)]
    seconds = [entry for entry in seconds if any(mark.column == entry.label for mark in drawn)]
    said = _(
        "A band is as wide as the number of its records; the number beside a name is that of all"
        " its records. A record with several origins or destinations has a band for each of their"
        " pairs."
    )
    told = largest_told(Heading(f"{mark.row} → {mark.column}", mark.count) for mark in drawn)

    def values(look: Look) -> dict[str, Any]:
        return _Drawing(look, firsts, seconds, drawn).values(what)

    def height(look: Look) -> int:
        return _height(look, max(len(firsts), len(seconds)))

    return Chart("flow", values, height, (*notes, *more, said), told)


def _height(look: Look, nodes: int) -> int:
    return TOP + max(nodes, 3) * (34 if look.is_narrow else 40) + 16


class _Side:
    """Where the nodes of a side stand, from top to bottom, each as high as its bands."""

    def __init__(self, headings: Sequence[Heading], weights: Counter[str], unit: float) -> None:
        self.headings = headings
        self.heights = {entry.label: max(weights[entry.label] * unit, 1.5) for entry in headings}
        self.tops: dict[str, float] = {}

    def spread(self, room: float) -> None:
        """Give every node its place."""
        gap = (room - sum(self.heights.values())) / max(len(self.heights), 1)
        at = TOP + gap / 2
        for name, height in self.heights.items():
            self.tops[name] = at
            at += height + gap


class _Drawing:
    """The bands and nodes of a flow, as numbers; from right to left where the reader reads so."""

    def __init__(
        self,
        look: Look,
        firsts: Sequence[Heading],
        seconds: Sequence[Heading],
        marks: Sequence[Mark],
    ) -> None:
        self.look, self.marks = look, marks
        starts: Counter[str] = Counter()
        ends: Counter[str] = Counter()
        for mark in marks:
            starts[mark.row] += mark.count
            ends[mark.column] += mark.count
        nodes = max(len(firsts), len(seconds))
        room = _height(look, nodes) - TOP - 8
        self.unit = (room - nodes * GAP) / max(starts.total(), 1)
        self.first, self.second = (
            _Side(firsts, starts, self.unit),
            _Side(seconds, ends, self.unit),
        )
        self.first.spread(room)
        self.second.spread(room)
        self.margin = 104 if look.is_narrow else 210
        ordered = sorted(firsts, key=lambda entry: -entry.count)
        palette = look.colours["series"]
        #: The largest origins have colours of their own, the others share the grey.
        self.colours = dict.fromkeys(starts, look.colours["grey"])
        self.colours |= {
            entry.label: colour for entry, colour in zip(ordered, palette, strict=False)
        }

    def values(self, what: tuple[str, str]) -> dict[str, Any]:
        """What the specification is filled with."""
        begin, end = self.margin, self.look.width - self.margin
        first, last = self._x(4), self._x(self.look.width - 4)
        heads = [
            {"at": first, "y": 14, "label": what[0], "align": self._align("left")},
            {"at": last, "y": 14, "label": what[1], "align": self._align("right")},
        ]
        nodes = [
            *self._nodes(self.first, begin - NODE, begin, outwards=-6),
            *self._nodes(self.second, end + NODE, end, outwards=6),
        ]
        # What leaves the page has its title over it, for which the picture grows.
        autosize = "pad" if self.look.caption else "none"
        return {
            "nodes": nodes,
            "bands": self._bands(),
            "heads": heads,
            "autosize": autosize,
            "padding": 10 if self.look.caption else 0,
        }

    def _x(self, at: float) -> float:
        return self.look.width - at if self.look.is_right_to_left else at

    def _align(self, side: str) -> str:
        turned = {"left": "right", "right": "left"}
        return turned[side] if self.look.is_right_to_left else side

    def _nodes(
        self, side: _Side, outer: float, inner: float, outwards: int
    ) -> Iterator[dict[str, Any]]:
        room = int((self.margin - NODE - 6) / (self.look.values["size"] * 0.56))
        for entry in side.headings:
            top, height = side.tops[entry.label], side.heights[entry.label]
            number = self.look.number(entry.count)
            letters = room - len(number) - 1
            is_first = side is self.first
            edge = self.look.colours["edge"]
            yield {
                "x": self._x(outer),
                "x2": self._x(inner),
                "y": top,
                "y2": top + height,
                "middle": top + height / 2,
                "at": self._x(outer + outwards),
                "align": self._align("right" if outwards < 0 else "left"),
                "label": self.look.isolated(f"{cut(entry.label, letters)} {number}"),
                "told": self.look.isolated(labelled(entry.label, number)),
                "colour": self.colours[entry.label] if is_first else edge,
                "url": linked(entry.url),
            }

    def _bands(self) -> list[dict[str, Any]]:
        first_at, second_at = dict(self.first.tops), dict(self.second.tops)
        rows, columns = list(first_at), list(second_at)
        found = []
        for mark in sorted(
            self.marks, key=lambda mark: (rows.index(mark.row), columns.index(mark.column))
        ):
            thick = mark.count * self.unit
            y0, y1 = first_at[mark.row], second_at[mark.column]
            first_at[mark.row], second_at[mark.column] = y0 + thick, y1 + thick
            told = labelled(f"{mark.row} → {mark.column}", self.look.number(mark.count))
            found.append(
                {
                    "path": self._path(y0, y1, thick),
                    "told": self.look.isolated(told),
                    "colour": self.colours[mark.row],
                    "url": linked(mark.url),
                }
            )
        return found

    def _path(self, y0: float, y1: float, thick: float) -> str:
        begin, end = self._x(self.margin), self._x(self.look.width - self.margin)
        middle, low0, low1 = self.look.width / 2, y0 + thick, y1 + thick
        return (
            f"M{begin:.1f},{y0:.1f}C{middle:.1f},{y0:.1f} {middle:.1f},{y1:.1f} {end:.1f},{y1:.1f}"
            f"L{end:.1f},{low1:.1f}C{middle:.1f},{low1:.1f} {middle:.1f},{low0:.1f}"
            f" {begin:.1f},{low0:.1f}Z"
        )
