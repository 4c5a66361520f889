"""Where results go: sections of `RESULTS.md`, and their values in `results.json`.

A section is replaced between its marks and nothing else is touched, so that remarks written by hand
stay. The values are kept apart, because the table of targets and the picture are made of those of
several sections, which need not have been measured on the same day.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.databases import ROOT
from benchmarks.measure import machine
from portal.embedded_postgres import VAR

BEGIN, END = "<!-- {}: made by python -m benchmarks -->", "<!-- end of {} -->"


@dataclass
class Found:
    """What a benchmark found.

    Attributes:
        lines: of Markdown, printed as they come.
        values: the numbers that targets and pictures are made of, by their keys.
    """

    lines: list[str] = field(default_factory=list)
    values: dict[str, float] = field(default_factory=dict)

    def say(self, line: str = "") -> None:
        """Add a line, and print it: a benchmark may run for hours."""
        self.lines.append(line)
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()

    def table(self, *heads: str) -> None:
        """Begin a table."""
        self.say()
        self.row(*heads)
        self.row(*("---" for _ in heads))

    def row(self, *cells: str) -> None:
        """Add a row of a table."""
        self.say(f"| {' | '.join(cells)} |")


@dataclass(frozen=True)
class Book:
    """The files that hold results.

    Attributes:
        text: the Markdown.
        data: the values, each with its section and when it was measured.
        pictures: the directory of pictures.
    """

    text: Path
    data: Path
    pictures: Path

    @classmethod
    def kept(cls) -> Book:
        """That of the checkout."""
        here = ROOT / "benchmarks"
        return cls(here / "RESULTS.md", here / "results.json", ROOT / "docs" / "pictures")

    @classmethod
    def tried(cls) -> Book:
        """A copy in `var/bench/quick`, for runs whose numbers say nothing."""
        place = VAR / "bench" / "quick"
        place.mkdir(parents=True, exist_ok=True)
        kept = cls.kept()
        shutil.copy(kept.text, place / kept.text.name)
        (place / kept.data.name).unlink(missing_ok=True)
        return cls(place / kept.text.name, place / kept.data.name, place)

    def values(self) -> dict[str, float]:
        """All values that were measured so far."""
        return {key: entry["value"] for key, entry in self._entries().items()}

    def write(self, name: str, found: Found, preface: str = "") -> None:
        """Put what was found into the section of a name."""
        entries = {key: entry for key, entry in self._entries().items() if entry["section"] != name}
        at = datetime.now(UTC).isoformat(timespec="minutes")
        for key, value in found.values.items():
            entries[key] = {"value": round(value, 4), "section": name, "at": at}
        self.data.write_text(json.dumps(entries, indent=1, sort_keys=True) + "\n", "utf-8")
        told = "\n".join([*([preface] if preface else []), *found.lines]).strip()
        self.text.write_text(replaced(self.text.read_text("utf-8"), name, told), "utf-8")

    def _entries(self) -> dict[str, dict[str, float | str]]:
        return json.loads(self.data.read_text("utf-8")) if self.data.exists() else {}


def replaced(text: str, name: str, told: str) -> str:
    """A text with another section of a name; at its end where it has none yet."""
    begin, end = BEGIN.format(name), END.format(name)
    block = f"{begin}\n\n{told}\n\n{end}"
    pattern = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
    if pattern.search(text):
        return pattern.sub(lambda _: block, text, count=1)
    return f"{text.rstrip()}\n\n{block}\n"


def preface(command: str) -> str:
    """When, where and how the numbers of a section are made; and what else the machine did."""
    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M")
    load = os.getloadavg()[0]
    cores = os.cpu_count() or 1
    busy = f" **The machine was not quiet** (load {load:.1f} before the first measurement)."
    told = busy if load > cores / 2 else ""
    return f"`{command}`, {now} UTC; {machine()}.{told}"
