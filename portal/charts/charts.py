"""A chart before it is drawn: a specification, what is put into it, and what is said of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

from django.utils.translation import gettext as _

from portal.charts.looks import Look, read_spec, wrap

#: Stands for the portal's own address in links of a picture until somebody asks for it.
HERE = "https://portal.invalid"
#: How much larger the pixels of a PNG are, so that it can be printed.
SCALE = 2
_LINE = {"wide": 15, "narrow": 15}


@dataclass(frozen=True)
class Chart:
    """What is drawn.

    Attributes:
        spec: the name of a file in `specs/`.
        values: what takes the place of the names `$…` in the specification, for a look.
        height: the height of the picture in pixels, for a look.
        notes: what is left out, and how it is to be read, in sentences for the page.
        told: its main numbers in words, for those who do not see it.
    """

    spec: str
    values: Callable[[Look], Mapping[str, Any]]
    height: Callable[[Look], int]
    notes: tuple[str, ...] = ()
    told: str = ""


@dataclass(frozen=True)
class Caption:
    """The words around a chart.

    Attributes:
        title: what it shows.
        lines: what it is restricted to, where it comes from, what must be said with it.
    """

    title: str
    lines: tuple[str, ...] = ()


def alternative(title: str, chart: Chart) -> str:
    """The text that stands for a picture."""
    parts = [title, chart.told, _("All numbers are in the table below.")]
    return " ".join(
        part if part.endswith((".", "。", "؟", "?")) else f"{part}." for part in parts if part
    )


def job(chart: Chart, look: Look, caption: Caption, form: str) -> dict[str, Any]:
    """What the renderer is asked for."""
    spec = read_spec(chart.spec)
    title, extra = _title(look, caption) if look.caption else (None, 0)
    values = {**look.values, **chart.values(look)}
    values |= {"height": chart.height(look) + extra, "title": title}
    if "vega-lite" not in spec["$schema"] and extra:
        # Plain Vega places things by the pixel: the picture grows, what is drawn stays.
        values |= {"height": chart.height(look)}
    values["config"] = filled(read_spec("config"), values)
    return {
        "kind": "vega-lite" if "vega-lite" in spec["$schema"] else "vega",
        "spec": filled(spec, values),
        "format": form,
        "scale": SCALE,
        "locale": look.locale,
    }


def filled(spec: Any, values: Mapping[str, Any]) -> Any:
    """A specification with values in place of its names; a value is put in as it is."""
    if isinstance(spec, str) and spec.startswith("$"):
        return values[spec[1:]]
    if isinstance(spec, dict):
        return {
            key: entry if key == "$schema" else filled(entry, values) for key, entry in spec.items()
        }
    if isinstance(spec, list):
        return [filled(entry, values) for entry in spec]
    return spec


def _title(look: Look, caption: Caption) -> tuple[dict[str, Any], int]:
    """Title and lines in the width of the picture, and the height that they take."""
    values = look.values
    heads = wrap(caption.title, int(look.width / (values["large"] * 0.58)), 3)
    room = int(look.width / (values["small"] * 0.54))
    lines = [part for line in caption.lines for part in wrap(line, room, 6)]
    title = {
        "text": [look.isolated(head) for head in heads],
        "subtitle": [look.isolated(line) for line in lines],
    }
    return title, 20 * len(heads) + _LINE[look.size] * len(lines) + 16


def finished(svg: bytes, caption: Caption, alternative_text: str, language: str) -> bytes:
    """An SVG with its title and description, its language, and no more decimals than are seen."""
    text = svg.decode("utf-8")
    text = _PATHS.sub(lambda found: _DECIMALS.sub(r"\1", found[0]), text)
    head, _end, rest = text.partition(">")
    words = f"<title>{escape(caption.title)}</title><desc>{escape(alternative_text)}</desc>"
    return f'{head} xml:lang="{language}">{words}{rest}'.encode()


_PATHS = re.compile(r' d="[^"]*"')
_DECIMALS = re.compile(r"(\.\d)\d+")
