"""The API, the harvest and the exports through the real server.

    .venv/bin/python benchmarks/exchange.py --cases 589 100000 [--runs 50]

For each size a benchmark database of synthetic cases (`generate.py`, made once) is served as in
production by one worker, with the limits of the API switched off. Lists and records are asked in
turn with `/api/v1/`, a view that asks the database nothing, and printed as medians with the ratio
to it; what reads everything is printed in records a second, with the memory of the worker before
and at its highest. Prints tables for `RESULTS.md`.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import psutil

from benchmarks.databases import ROOT
from benchmarks.generate import generated
from benchmarks.measure import HEADERS, machine, samples, serve
from benchmarks.results import Found

CONSTANT = "/api/v1/"
COMPLETE = "defendants,proceedings,laws_applied,sources,attachments,facts,significance"
LISTS = {
    "list of 25, lean": "/api/v1/cases/",
    "list of 25, full detail": f"/api/v1/cases/?expand={COMPLETE}",
    "list of 25, three fields": "/api/v1/cases/?fields=code,title,decision_date",
    "list of 25 with two facets": "/api/v1/cases/?facets=mode,verdict",
    "feed of 50": "/en/cases/feed/",
    "OAI-PMH, 100 records": "/oai?verb=ListRecords&metadataPrefix=oai_dc&set=cases",
}
FORMATS = ("jsonl", "csv", "csl.json", "ris", "bib", "jsonld", "xlsx")
#: Rows whose numbers are kept, and under which keys.
KEYS = {
    "list of 25, lean": "lean",
    "list of 25, full detail": "complete",
    "by cursor, lean": "cursor",
    "as .csv": "csv",
}
#: Seconds between two looks at the memory of the worker.
LOOK = 0.05


def get(address: str, headers: dict[str, str] | None = None) -> http.client.HTTPResponse:
    """One answer over a connection of its own."""
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.netloc, timeout=3600)
    connection.request("GET", f"{parts.path}?{parts.query}", headers=headers or HEADERS)
    return connection.getresponse()


def read(address: str) -> bytes:
    """The body of an answer, which is not packed."""
    answer = get(address, {"User-Agent": "benchmark"})
    body = answer.read()
    if answer.status != http.HTTPStatus.OK:
        raise RuntimeError(f"{address} answers {answer.status}: {body[:200]!r}")
    return body


def size_of(address: str) -> int:
    """How many bytes an answer has, read piece by piece."""
    answer = get(address, {"User-Agent": "benchmark"})
    total = 0
    while piece := answer.read(1 << 20):
        total += len(piece)
    if answer.status != http.HTTPStatus.OK:
        raise RuntimeError(f"{address} answers {answer.status}")
    return total


def workers() -> list[psutil.Process]:
    """The workers of the server that this process started."""
    return [
        worker
        for child in psutil.Process().children()
        for worker in child.children()
        if "gunicorn" in " ".join(child.cmdline())
    ]


def memory() -> float:
    """Megabytes of the workers."""
    return sum(worker.memory_info().rss for worker in workers()) / 1e6


@contextmanager
def highest() -> Iterator[Callable[[], float]]:
    """Looks at the memory of the workers all the while; gives its highest in megabytes."""
    found, is_over = [memory()], threading.Event()

    def look() -> None:
        while not is_over.wait(LOOK):
            found.append(memory())

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield lambda: max(found)
    finally:
        is_over.set()
        watcher.join()


def by_cursor(address: str) -> int:
    """Read a list of the API from the first record to the last; how many there were."""
    found = 0
    while address:
        answer = json.loads(read(address))
        found += len(answer["results"])
        address = answer["next"]
    return found


def by_oai(portal: str) -> int:
    """Harvest the cases by OAI-PMH; how many there were."""
    found, query = 0, "metadataPrefix=oai_dc&set=cases"
    while query:
        body = read(f"{portal}/oai?verb=ListRecords&{query}").decode()
        found += body.count("<header")
        token = re.search(r"<resumptionToken[^>]*>([^<]+)<", body)
        query = f"resumptionToken={token[1]}" if token else ""
    return found


def measure_lists(portal: str, size: int, runs: int, found: Found) -> None:
    """What short answers take, beside a constant view."""
    first = json.loads(read(f"{portal}/api/v1/cases/?page_size=1"))["results"][0]["api_url"]
    asked = {**LISTS, "one record": urlsplit(first).path}
    found.table("what", "ms, median / p95", f"times {CONSTANT}")
    for name, path in asked.items():
        constant, own = samples(portal + CONSTANT, portal + path, runs=runs)
        ratio = own.median / constant.median
        found.row(name, f"{own.median:.1f} / {own.p95:.1f}", f"{ratio:.1f}")
        if name in KEYS:
            found.values[f"exchange/{size}/{KEYS[name]}"] = own.median
    address = f"{portal}/api/v1/cases/"
    mark = {**HEADERS, "If-None-Match": get(address).headers["ETag"]}
    times = []
    for _turn in range(runs):
        began = time.perf_counter()
        answer = get(address, mark)
        answer.read()
        times.append((time.perf_counter() - began) * 1000)
        if answer.status != http.HTTPStatus.NOT_MODIFIED:
            raise RuntimeError(f"{address} answers {answer.status}")
    found.row("304 of the lean list, connection included", f"{sorted(times)[runs // 2]:.1f}", "")


def measure_whole(portal: str, size: int, found: Found, formats: Iterable[str]) -> None:
    """What it takes to read everything: seconds, records a second, megabytes of the worker."""
    every = f"{portal}/api/v1/cases/?cursor=*&page_size=100"
    total = json.loads(read(f"{portal}/api/v1/cases/?fields=code&page_size=1"))["count"]
    ways: dict[str, Callable[[], int]] = {
        "by cursor, lean": lambda: by_cursor(every),
        "by cursor, full detail": lambda: by_cursor(f"{every}&expand={COMPLETE}"),
        "by OAI-PMH": lambda: by_oai(portal),
    }
    for suffix in formats:
        ways[f"as .{suffix}"] = lambda suffix=suffix: size_of(f"{portal}/api/v1/cases.{suffix}")
    found.table("everything", "s", "records/s", "size", "worker MB, before / highest")
    for name, way in ways.items():
        before = memory()
        with highest() as peak:
            began = time.perf_counter()
            said = way()
            seconds = time.perf_counter() - began
        told = f"{said / 1e6:.0f} MB" if name.startswith("as") else ""
        rate = total / seconds
        found.row(name, f"{seconds:.1f}", f"{rate:,.0f}", told, f"{before:.0f} / {peak():.0f}")
        if name in KEYS:
            key = f"exchange/{size}/{KEYS[name]}"
            found.values |= {key: seconds, f"{key}_rate": rate}
            found.values[f"{key}_memory"] = peak() - before


def questions(url: str) -> int:
    """How often a list of 25 complete records asks the database; in a process of its own."""
    code = (
        "import sys; from benchmarks.databases import set_up_django; set_up_django(sys.argv[1]);"
        "from django.db import connection; from django.test import Client;"
        "from django.test.utils import CaptureQueriesContext as Asked;"
        "client = Client(headers={'host': 'localhost'}); client.get(sys.argv[2]);"
        "asked = Asked(connection); asked.__enter__(); answer = client.get(sys.argv[2]);"
        "assert answer.status_code == 200; print(len(asked))"
    )
    command = [sys.executable, "-c", code, url, LISTS["list of 25, full detail"]]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "DATABASE_URL": url}
    environment["PAGES_KEPT_SECONDS"] = "0"
    done = subprocess.run(command, env=environment, check=True, capture_output=True, cwd=ROOT)
    return int(done.stdout)


def run(sizes: Iterable[int], runs: int = 50, formats: Iterable[str] = FORMATS) -> Found:
    """Measure databases of several sizes."""
    found = Found()
    os.environ["API_REQUESTS_PER_MINUTE"] = "0"
    for cases in sizes:
        with generated(cases) as url:
            asked = questions(url)
            found.values[f"exchange/{cases}/questions"] = asked
            with serve(url) as portal:
                found.say()
                found.say(f"**{cases:,} cases**; a complete list of 25 asks {asked} questions.")
                measure_lists(portal, cases, runs, found)
                measure_whole(portal, cases, found, formats)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--cases", type=int, nargs="+", default=[589])
    parser.add_argument("--runs", type=int, default=50)
    options = parser.parse_args()
    print(machine())
    run(options.cases, options.runs)


if __name__ == "__main__":
    main()
