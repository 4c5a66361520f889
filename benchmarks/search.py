"""The faceted search through the real server, beside Datasette on the same rows.

    .venv/bin/python benchmarks/search.py --cases 589 5000 100000

For each size: a benchmark database of synthetic cases (`generate.py`, made once), the same rows in
SQLite with FTS5, both served, the same queries with all facets and 25 rows, warmed up and then in
turns. Printed are medians and 95th percentiles in milliseconds with their ratio, as a table for
`RESULTS.md`. From 50,000 cases on, Datasette is asked `--seldom` times only, because it takes
half a minute for a common word. It is not in the requirements: `pip install datasette`.
"""

from __future__ import annotations

import argparse
import json
import sys
import urllib.parse
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.datasette_peer import (
    matches,
    prepared,
    search_path,
    search_whole_text,
    serve_datasette,
)
from benchmarks.measure import machine, pair, serve

#: Marker words of known frequency, as the generator puts them into the facts.
QUERIES = ("onethousandth", "onehundredth", "onetenth", "onethird", "twothirds", "ninetenths")

#: From so many cases on, Datasette's answers take too long to be asked for in every turn.
MANY = 50_000


def portal_count(address: str, query: str) -> int:
    """How many cases the portal finds for the words as they are typed."""
    asked = urllib.parse.urlencode({"q": query, "as_typed": "true", "page_size": 1})
    with urllib.request.urlopen(f"{address}/api/v1/cases/?{asked}") as answer:  # noqa: S310 - our own server
        return int(json.load(answer)["count"])


def measure(cases: int, runs: int, seldom: int) -> None:
    """Print the rows of one size."""
    with prepared(cases) as (url, path):
        search_whole_text(path, whole=True)
        with serve(url) as portal, serve_datasette(path) as datasette:
            for query in QUERIES:
                found = portal_count(portal, query)
                other = matches(datasette, path, query)
                if found != other:
                    raise SystemExit(f"{query}: the portal finds {found}, Datasette {other}")
                ours, theirs = pair(
                    f"{portal}/en/cases/?q={query}&as_typed=true",
                    datasette + search_path(path, query),
                    runs=runs,
                    seldom=seldom if cases >= MANY else 0,
                )
                ratio = theirs.median / ours.median
                sys.stdout.write(
                    f"| {cases:,} | {query} | {found:,} | {ours.median:.0f} / {ours.p95:.0f} "
                    f"| {theirs.median:.0f} / {theirs.p95:.0f} | {ratio:.1f} |\n"
                )
                sys.stdout.flush()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, nargs="+", default=[589])
    parser.add_argument("--runs", type=int, default=50)
    parser.add_argument("--seldom", type=int, default=5)
    options = parser.parse_args()
    sys.stdout.write(f"{machine()}\n\n")
    sys.stdout.write("| cases | word | hits | portal ms, median / p95 | Datasette ms | times |\n")
    sys.stdout.write("| --- | --- | --- | --- | --- | --- |\n")
    for cases in options.cases:
        measure(cases, options.runs, options.seldom)


if __name__ == "__main__":
    main()
