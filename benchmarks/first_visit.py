"""First visits over a line like 2G: when a page shows something, and how many bytes came.

    .venv/bin/python benchmarks/first_visit.py --runs 5

Chromium, slowed down by its own protocol, asks each kind of page twice: with nothing kept (cold),
and after another page of the same site (warm). Beside them Datasette's page of the same cases,
compressed by the plugin `datasette-gzip`, with all facets and as a bare table. Printed are medians,
as a table for `RESULTS.md`. Datasette is compressed where `datasette-gzip` is installed into its
environment (`var/bench/datasette/bin/pip`); take the plugin away before other benchmarks, because
compression costs Datasette time.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from playwright.sync_api import Browser, BrowserContext, sync_playwright

from benchmarks.collection import COLLECTION, collection
from benchmarks.databases import set_up_django
from benchmarks.datasette_peer import export, search_path, serve_datasette, sqlite_path
from benchmarks.measure import machine, serve

#: Bits a second down and up, and milliseconds there and back: a good 2G line, or a bad 3G one.
DOWN, UP, LATENCY = 250_000, 50_000, 300
#: Milliseconds that a page may take before the run is given up.
PATIENCE = 120_000
#: The page after which a page is warm.
ENTRANCE = "/en/about/"
PAGES = {
    "home": "/en/",
    "case search": "/en/cases/",
    "search with words and filters": "/en/cases/?q=boat&mode=sea",
    "case": "/en/cases/gbr-2021-old-bailey-39-vietnamese/",
    "all countries": "/en/countries/",
    "country": "/en/countries/ITA/",
    "article": "/en/protocol/6.1.a/",
    "matrix": "/en/insights/implementation/",
    "case search in Arabic": "/ar/cases/",
}


@dataclass(frozen=True)
class Visit:
    """One page asked for once.

    Attributes:
        paint: milliseconds until the first text or picture was drawn.
        bytes: of all answers until the network was idle, heads included, as they were sent.
    """

    paint: float
    bytes: int


def visit(context: BrowserContext, address: str, *, slow: bool = True) -> Visit:
    """Open a page in a window of its own, over the slow line or as fast as may be.

    Raises:
        RuntimeError: something that it needs is not answered, or it draws nothing.
    """
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    if slow:
        line = {"latency": LATENCY, "downloadThroughput": DOWN / 8, "uploadThroughput": UP / 8}
        session.send("Network.emulateNetworkConditions", {"offline": False, **line})
    came: list[int] = []
    refused: list[str] = []
    session.on("Network.loadingFinished", lambda event: came.append(event["encodedDataLength"]))
    page.on("response", lambda answer: refused.append(answer.url) if not answer.ok else None)
    page.goto(address, wait_until="networkidle", timeout=PATIENCE)
    if refused:
        raise RuntimeError(f"{address} wants {refused}, which is not answered")
    paint: Any = page.evaluate(
        "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
    )
    page.close()
    if paint is None:
        raise RuntimeError(f"{address} draws nothing")
    return Visit(float(paint), round(sum(came)))


def row(browser: Browser, name: str, entrance: str, address: str, runs: int) -> str:
    """The medians of a page, as a row of the table."""
    cold, warm = [], []
    for _turn in range(runs):
        context = browser.new_context()
        cold.append(visit(context, address))
        context.close()
        context = browser.new_context()
        visit(context, entrance, slow=False)
        warm.append(visit(context, address))
        context.close()
    cells = []
    for visits in (cold, warm):
        paint = statistics.median(found.paint for found in visits) / 1000
        size = statistics.median(found.bytes for found in visits) / 1000
        cells.append(f"{paint:.1f} | {size:.0f}")
    return f"| {name} | {' | '.join(cells)} |\n"


@contextmanager
def contents() -> Iterator[tuple[str, Path]]:
    """The collection in a benchmark database that answers meanwhile, and its cases in SQLite."""
    with collection() as url:
        set_up_django(url)
        path = sqlite_path(COLLECTION)
        # What it was made of may have changed.
        path.with_suffix(".stamp").unlink(missing_ok=True)
        export(path)
        yield url, path


def peers(browser: Browser, path: Path, runs: int) -> Iterator[str]:
    """The rows of Datasette."""
    with serve_datasette(path) as address:
        for facets, what in ((None, "all facets"), ((), "no facets")):
            table = address + search_path(path, "", facets=facets)
            yield row(browser, f"Datasette, {what}, gzip", f"{address}/", table, runs)


def show(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    show(f"{machine()}; {DOWN // 1000} kbit/s down, {UP // 1000} up, {LATENCY} ms\n\n")
    show("| page | cold: first paint, s | kB | warm: first paint, s | kB |\n")
    show("| --- | --- | --- | --- | --- |\n")
    with contents() as (url, path), sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        with serve(url, kept=True) as portal:
            for name, page in PAGES.items():
                show(row(browser, name, portal + ENTRANCE, portal + page, options.runs))
        for line in peers(browser, path, options.runs):
            show(line)
        browser.close()


if __name__ == "__main__":
    main()
