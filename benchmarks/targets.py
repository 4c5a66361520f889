"""The numbers that the design wants, and whether they are reached."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from benchmarks.results import Found

SMALL, LARGE = 589, 100_000


@dataclass(frozen=True)
class Bound:
    """One number that is wanted.

    Attributes:
        key: of the value measured.
        limit: that it must not exceed; with `is_least`, not fall below.
        form: how it is written.
    """

    key: str
    limit: float
    is_least: bool = False
    form: str = "{:,.0f}"

    def is_met(self, value: float) -> bool:
        return value >= self.limit if self.is_least else value <= self.limit

    def told(self, values: Mapping[str, float]) -> str:
        return self.form.format(values[self.key]) if self.key in values else "–"


@dataclass(frozen=True)
class Target:
    """A row of the design: what, where, and one or two bounds."""

    what: str
    where: str
    wanted: str
    bounds: tuple[Bound, ...]


def _at(size: int) -> str:
    return "the collection's size" if size == SMALL else f"{size:,} cases"


def _sized(size: int, page: tuple[float, float], times: float, complete: float) -> list[Target]:
    own = f"search/{size}"
    return [
        Target(
            "search page with all facets and 25 snippets, the dearest word, median / p95",
            _at(size),
            f"{page[0]:.0f} / {page[1]:.0f} ms",
            (Bound(f"{own}/median", page[0]), Bound(f"{own}/p95", page[1])),
        ),
        Target(
            "the same beside Datasette, a word in a third of the cases, times faster",
            _at(size),
            f"{times:.0f} times",
            (Bound(f"{own}/times", times, is_least=True, form="{:,.1f}"),),
        ),
        Target(
            "API list of 25, full detail, median and questions to the database",
            _at(size),
            f"{complete:.0f} ms, at most 8",
            (
                Bound(f"exchange/{size}/complete", complete),
                Bound(f"exchange/{size}/questions", 8),
            ),
        ),
        Target(
            "harvest by cursor, records a second",
            _at(size),
            "2,000",
            (Bound(f"exchange/{size}/cursor_rate", 2_000, is_least=True),),
        ),
    ]


TARGETS = [
    *_sized(SMALL, (20, 40), 5, 15),
    *_sized(LARGE, (150, 300), 50, 25),
    Target(
        "harvest by cursor, memory that the worker gains",
        _at(LARGE),
        "flat (10 MB)",
        (Bound(f"exchange/{LARGE}/cursor_memory", 10),),
    ),
    Target(
        "CSV of all cases", _at(SMALL), "1 s", (Bound(f"exchange/{SMALL}/csv", 1, form="{:.1f} s"),)
    ),
    Target(
        "CSV of all cases, memory that the worker gains",
        _at(LARGE),
        "flat (10 MB)",
        (Bound(f"exchange/{LARGE}/csv_memory", 10),),
    ),
    *(
        Target(
            f"{what}, requests a second against a constant view",
            "the collection",
            "0.8",
            (Bound(f"cached/{key}", 0.8, is_least=True, form="{:.2f}"),),
        )
        for key, what in (("page", "cached search page"), ("304", "304 of a search page"))
    ),
    Target(
        "load the collection / again with no change",
        "the collection",
        "20 / 3 s",
        (Bound("load/first", 20, form="{:.1f}"), Bound("load/again", 3, form="{:.1f}")),
    ),
    Target(
        "second start of `script/run`",
        "the collection",
        "5 s",
        (Bound("start/again", 5, form="{:.1f}"),),
    ),
    *(
        Target(
            "memory of a web process after a mix of all requests, PSS",
            where,
            "150 MB",
            (Bound(f"memory/{size}", 150),),
        )
        for size, where in ((0, "the collection"), (LARGE, _at(LARGE)))
    ),
]


def summary(values: Mapping[str, float]) -> Found:
    """All targets with what was measured last."""
    found = Found()
    found.row("what", "where", "wanted", "measured", "met")
    found.row(*["---"] * 5)
    for target in TARGETS:
        told = " / ".join(bound.told(values) for bound in target.bounds)
        known = [values.get(bound.key) for bound in target.bounds]
        if None in known:
            verdict = "not measured"
        else:
            kept = [bound.is_met(values[bound.key]) for bound in target.bounds]
            verdict = "yes" if all(kept) else "**no**" if not any(kept) else "**in part**"
        found.row(target.what, target.where, target.wanted, told, verdict)
    return found
