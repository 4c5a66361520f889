"""The faceted search through the real server, beside Datasette on the same rows.

    .venv/bin/python benchmarks/search.py --cases 589 5000 100000

For each size: a benchmark database of synthetic cases (`generate.py`, made once), the same rows in
SQLite with FTS5, both served, the same queries with all facets and 25 rows, warmed up and then in
turns. Printed are medians and 95th percentiles in milliseconds with their ratio, as a table for
`RESULTS.md`. From 50,000 cases on, Datasette is asked `--seldom` times only, because it takes
half a minute for a common word. It is not in the requirements and gets an environment of its own.
"""

from __future__ import annotations

import argparse
import json
import sys
import urllib.parse
import urllib.request
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.datasette_peer import (
    matches,
    prepared,
    search_path,
    search_whole_text,
    serve_datasette,
)
from benchmarks.generate import generated
from benchmarks.measure import machine, pair, sample, serve
from benchmarks.results import Found

#: Marker words of known frequency, as the generator puts them into the facts.
QUERIES = ("onethousandth", "onehundredth", "onetenth", "onethird", "twothirds", "ninetenths")

#: From so many cases on, Datasette's answers take too long to be asked for in every turn.
MANY = 50_000


def portal_count(address: str, query: str) -> int:
    """How many cases the portal finds for the words as they are typed."""
    asked = urllib.parse.urlencode({"q": query, "as_typed": "true", "page_size": 1})
    with urllib.request.urlopen(f"{address}/api/v1/cases/?{asked}") as answer:  # noqa: S310 - our own server
        return int(json.load(answer)["count"])


def measure(cases: int, runs: int, seldom: int, found: Found, *, with_peer: bool = True) -> None:
    """Put the rows of one size to what was found.

    The values are those of the dearest word, and the ratio is that of the word that a third of the
    cases have: with a rare one Datasette has nothing to count.
    """
    medians: list[float] = []
    highs: list[float] = []
    with contents(cases, with_peer=with_peer) as (url, path), ExitStack() as served:
        portal = served.enter_context(serve(url))
        datasette = served.enter_context(serve_datasette(path)) if path else ""
        for query in QUERIES:
            hits = portal_count(portal, query)
            address = f"{portal}/en/cases/?q={query}&as_typed=true"
            if not path:
                ours = sample(address, runs)
                told = ["–", "–"]
            else:
                if hits != (other := matches(datasette, path, query)):
                    raise SystemExit(f"{query}: the portal finds {hits}, Datasette {other}")
                peer = datasette + search_path(path, query)
                few = seldom if cases >= MANY else 0
                ours, theirs = pair(address, peer, runs=runs, seldom=few)
                ratio = theirs.median / ours.median
                told = [f"{theirs.median:.0f} / {theirs.p95:.0f}", f"{ratio:.1f}"]
                if query == "onethird":
                    found.values[f"search/{cases}/times"] = ratio
            medians.append(ours.median)
            highs.append(ours.p95)
            own = f"{ours.median:.0f} / {ours.p95:.0f}"
            found.row(f"{cases:,}", query, f"{hits:,}", own, *told)
    found.values |= {f"search/{cases}/median": max(medians), f"search/{cases}/p95": max(highs)}


@contextmanager
def contents(cases: int, *, with_peer: bool) -> Iterator[tuple[str, Path | None]]:
    """The address of a database of cases, and the same cases in SQLite if they are wanted."""
    if not with_peer:
        with generated(cases) as url:
            yield url, None
        return
    with prepared(cases) as (url, path):
        search_whole_text(path, whole=True)
        yield url, path


def run(sizes: Iterable[int], runs: int = 50, seldom: int = 5, *, with_peer: bool = True) -> Found:
    """Measure databases of several sizes."""
    found = Found()
    found.table("cases", "word", "hits", "portal ms, median / p95", "Datasette ms", "times")
    for cases in sizes:
        measure(cases, runs, seldom, found, with_peer=with_peer)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, nargs="+", default=[589])
    parser.add_argument("--runs", type=int, default=50)
    parser.add_argument("--seldom", type=int, default=5)
    options = parser.parse_args()
    print(machine())
    run(options.cases, options.runs, options.seldom)


if __name__ == "__main__":
    main()
