"""The memory of a web process after requests of all kinds.

Linux tells for each process what it has in memory (RSS), of which pages that several processes
share are counted in each; its proportional part (PSS), where such a page counts by its share; and
what it has alone (USS). PSS of all processes together is what the machine has to have.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterable
from contextlib import AbstractContextManager

import psutil

from benchmarks.collection import COLLECTION, collection
from benchmarks.exchange import COMPLETE, read, size_of, workers
from benchmarks.generate import generated
from benchmarks.measure import serve
from benchmarks.pages import NUMBERS
from benchmarks.results import Found

WORKERS, CLIENTS = 2, 8
MIXED = [
    *("/en/", "/ar/", "/zh/", "/ru/", "/fr/", "/es/", "/en/about/", "/en/search/?q=boat"),
    *("/en/cases/", "/en/cases/?q=boat&mode=sea", "/en/cases/?q=zzqqx boat", "/en/cases/feed/"),
    *("/ar/cases/?q=boat", "/ru/legislation/", "/zh/bibliography/?q=Libya"),
    *("/en/legislation/", "/en/bibliography/", "/en/legislation/?article=6.1.a"),
    *("/api/v1/", "/api/v1/cases/", "/api/v1/laws/", "/api/v1/works/"),
    f"/api/v1/cases/?page_size=100&expand={COMPLETE}",
    "/api/v1/cases/?q=boat&facets=mode,jurisdiction,law,provision",
    *("/api/v1/cases.csv?q=boat", "/api/v1/cases.xlsx?mode=sea", "/api/v1/cases.ris?mode=sea"),
    *("/api/v1/laws.bib", "/api/v1/works.csl.json", "/api/v1/laws.jsonld"),
    *("/api/schema/", "/en/api/", "/api/reference/", "/sitemap.xml", "/oai?verb=Identify"),
    "/oai?verb=ListRecords&metadataPrefix=oai_dc&set=cases",
    *(path for path in NUMBERS if "?" not in path),
]


def _mix(portal: str) -> list[str]:
    """Addresses of all kinds, with some records of each database."""
    found = [path.replace(" ", "%20") for path in MIXED]
    for kind, pages in (("cases", "cases"), ("laws", "legislation"), ("works", "bibliography")):
        rows = json.loads(read(f"{portal}/api/v1/{kind}/?page_size=5&fields=code"))["results"]
        for code in (row["code"] for row in rows):
            found += [
                f"/en/{pages}/{code}/",
                f"/api/v1/{kind}/{code}/",
                f"/api/v1/{kind}/{code}.ris",
            ]
    return found


def _ask_all(portal: str, paths: Iterable[str]) -> None:
    """Ask all addresses once by several clients at once.

    Raises:
        RuntimeError: one of them does not answer with 200.
    """
    waiting, lock, faults = iter(paths), threading.Lock(), []

    def client() -> None:
        while True:
            with lock:
                path = next(waiting, None)
            if path is None:
                return
            try:
                size_of(portal + path)
            except (OSError, RuntimeError) as error:
                faults.append(error)
                return

    threads = [threading.Thread(target=client) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if faults:
        raise faults[0]


def _row(found: Found, when: str, processes: Iterable[psutil.Process]) -> float:
    """A row of the processes' memory; the highest PSS in megabytes."""
    told = [process.memory_full_info() for process in processes]
    columns = [[getattr(each, name) / 1e6 for each in told] for name in ("rss", "pss", "uss")]
    shared = [rss - uss for rss, uss in zip(columns[0], columns[2], strict=True)]
    cells = [" / ".join(f"{number:.0f}" for number in column) for column in (*columns, shared)]
    found.row(when, *cells)
    return max(columns[1], default=0.0)


def run(sizes: Iterable[int], rounds: int = 4) -> Found:
    """Measure the workers that serve the collection (0) or so many cases."""
    found = Found()
    os.environ["API_REQUESTS_PER_MINUTE"] = "0"
    for size in sizes:
        contents: AbstractContextManager[str] = (
            collection() if size == COLLECTION else generated(size)
        )
        with contents as url, serve(url, workers=WORKERS, kept=True) as portal:
            found.say()
            found.say(f"**{f'{size:,} cases' if size else 'The collection'}**, {WORKERS} workers")
            found.table("MB of each worker", "RSS", "PSS", "USS", "shared")
            paths = _mix(portal)
            _row(found, "at first", workers())
            for turn in range(rounds):
                _ask_all(portal, paths)
                highest = _row(found, f"after {(turn + 1) * len(paths):,} requests", workers())
            drawing = [child for worker in workers() for child in worker.children()]
            if drawing:
                _row(found, "the processes that draw charts", drawing)
            found.values[f"memory/{size}"] = highest
    return found
