"""The picture of how cost grows, drawn by Vega-Lite as the portal's own charts are."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.databases import ROOT

NAME = "cost-and-size.svg"
#: Of each panel its title, and the measures of `growth.py` with their names.
PANELS: dict[str, dict[str, str]] = {
    "Milliseconds of processor time": {
        "third": "search page, a word in a third",
        "rare": "search page, a word in a thousandth",
        "facets": "all facets under a word in a third",
        "complete": "list of 25, full detail",
        "list": "list of 25, lean",
    },
    "Seconds of processor time": {
        "export": "CSV, for 1,000 cases",
        "harvest": "harvest by cursor, for 1,000 cases",
        "gin": "building the GIN indexes (by the clock)",
    },
    "Megabytes": {
        "database": "database",
        "index": "of which the search's",
    },
}


#: Between the powers of ten lines are hardly seen.
_POWER = "abs(log(datum.value) / LN10 - round(log(datum.value) / LN10)) < 0.001"
_FAINT = {"gridOpacity": {"condition": {"test": _POWER, "value": 1}, "value": 0.3}}


def values_of(values: Mapping[str, float]) -> list[dict[str, Any]]:
    """The points of the picture: one for each size and measure."""
    found = []
    for key, value in values.items():
        if (match := re.fullmatch(r"growth/(\d+)/(\w+)", key)) is None:
            continue
        for panel, measures in PANELS.items():
            if match[2] in measures and value:
                name, cases = measures[match[2]], int(match[1])
                found.append({"panel": panel, "name": name, "cases": cases, "value": value})
    return sorted(found, key=lambda point: point["cases"])


def specification(points: list[dict[str, Any]]) -> dict[str, Any]:
    """The picture: a panel for each unit, both axes by powers of ten."""
    here = ROOT / "portal" / "charts" / "specs"
    theme = json.loads((here / "themes.json").read_text("utf-8"))["light"]
    sizes = sorted({point["cases"] for point in points})
    panels = []
    for title, measures in PANELS.items():
        names = list(measures.values())
        axis = {"labelColor": theme["soft"], "gridColor": theme["line"], "titleColor": theme["ink"]}
        encoding = {
            "x": {
                "field": "cases",
                "type": "quantitative",
                "scale": {"type": "log", "domain": [sizes[0], sizes[-1]], "nice": False},
                "axis": {"title": "cases", "values": sizes, "format": ",d", **axis},
            },
            "y": {
                "field": "value",
                "type": "quantitative",
                "scale": {"type": "log"},
                "axis": {"title": None, "format": ",~r", "tickCount": 5, **axis, **_FAINT},
            },
            "color": {
                "field": "name",
                "type": "nominal",
                "scale": {"domain": names, "range": theme["series"][: len(names)]},
                "legend": {"title": None, "orient": "bottom", "direction": "vertical"},
            },
        }
        panels.append(
            {
                "title": {"text": title, "color": theme["ink"], "anchor": "start"},
                "width": 270,
                "height": 260,
                "data": {"values": [point for point in points if point["panel"] == title]},
                "mark": {"type": "line", "point": {"size": 36}, "strokeWidth": 2},
                "encoding": encoding,
            }
        )
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "background": theme["paper"],
        "padding": 12,
        "spacing": 36,
        "hconcat": panels,
        "resolve": {"scale": {"color": "independent", "y": "independent"}},
        "config": {
            "font": "sans-serif",
            "view": {"stroke": None},
            "axis": {"domain": False, "tickColor": theme["line"]},
            "legend": {"labelColor": theme["ink"], "labelLimit": 260, "symbolType": "stroke"},
        },
    }


def draw(values: Mapping[str, float], directory: Path) -> Path:
    """Write the picture; its file."""
    # It loads an engine of its own, which no other benchmark is to share its memory with.
    import vl_convert

    svg = vl_convert.vegalite_to_svg(specification(values_of(values)), allowed_base_urls=[])
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / NAME
    path.write_text(svg, "utf-8")
    return path
