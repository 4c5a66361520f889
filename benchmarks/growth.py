"""How cost grows with the number of cases: from a thousand to a million.

Each size is measured in the same way, through the real server: how long an answer takes by the
clock, and how much of the processors' time portal and database need for it. Up to ten thousand
cases are written and indexed by the portal's own code; more are made of them by `multiply.py`. The
databases are in a server of their own (`var/postgres-growth`), which is deleted afterwards. It does
not wait for the disk (`fsync` off), which matters to what is written and not to what is read.

    .venv/bin/python benchmarks/growth.py --one SIZE

fills and measures one size in a process of its own: a Django knows one database.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.databases import ROOT, database, refuse_unless_benchmark, set_up_django
from benchmarks.exchange import COMPLETE, get, read, size_of
from benchmarks.measure import sample, serve
from benchmarks.results import Found
from portal import embedded_postgres
from portal.embedded_postgres import VAR

if TYPE_CHECKING:
    from benchmarks.processor import Meter

DIRECTORY = VAR / "postgres-growth"
#: So many cases at most are written and indexed one by one; more are copies of them.
WRITTEN = 10_000
#: Bytes that a case takes in the database at most, and room for the building of indexes.
ROOM, SPARE = 25_000, 4 << 30
SAMPLE = 60
#: Marker words, by the share of cases that have them (synthetic.py).
SHARES = {"ninetenths": 0.9, "onetenth": 0.1, "onehundredth": 0.01, "onethousandth": 0.001}
#: How every number is told: its key, its name, and its form. Answers are told twice.
ANSWERS = {
    "rare": "search page, a word in a thousandth, ms",
    "third": "search page, a word in a third, ms",
    "all": "search page without words, ms",
    "facets": "counts of all facets under a word in a third, ms",
    "list": "API list of 25, lean, ms",
    "complete": "API list of 25, full detail, ms",
    "export": "CSV of some 1,000 cases that a word finds, s per 1,000",
    "harvest": "harvest by cursor, s per 1,000",
}
#: Of processors, and by the clock.
ENDS = ("", "_waited")
OTHERS = {
    "database": ("database, MB", "{:,.0f}"),
    "index": ("of which what the search keeps, MB", "{:,.0f}"),
    "gin": ("building of its GIN indexes, s", "{:,.1f}"),
    "reindex": ("reindexing, documents a second by the clock", "{:,.0f}"),
}


def run(
    sizes: Iterable[int], runs: int = 20, written: int = WRITTEN, *, keep: bool = False
) -> Found:
    """Measure all sizes, the smallest first; then delete the server.

    Args:
        sizes: numbers of cases; those above `written` are multiples of it.
        runs: of each answer.
        written: so many at most are written and indexed one by one.
        keep: whether the server is left there.

    Raises:
        RuntimeError: there is not room enough on the disk for the largest.
    """
    found = Found()
    wanted = sorted(sizes)
    free = shutil.disk_usage(VAR if VAR.exists() else ROOT).free
    if free < wanted[-1] * ROOM + SPARE:
        raise RuntimeError(f"{wanted[-1]:,} cases may want more than the {free >> 30} GB left")
    try:
        for size in wanted:
            found.values |= _one(size, written, runs)
    finally:
        if not keep:
            embedded_postgres.remove(DIRECTORY)
    tell(found, wanted)
    return found


def tell(found: Found, sizes: Sequence[int]) -> None:
    """The table of what was measured of some sizes."""
    found.table("processor time / by the clock", *(f"{size:,} cases" for size in sizes))
    for key, name in ANSWERS.items():
        form = "{:,.2f}" if key in ("export", "harvest") else "{:,.0f}"
        cells = []
        for size in sizes:
            both = [found.values[f"growth/{size}/{key}{end}"] for end in ENDS]
            cells.append(" / ".join(form.format(value) for value in both))
        found.row(name, *cells)
    for key, (name, form) in OTHERS.items():
        values = [found.values.get(f"growth/{size}/{key}") for size in sizes]
        found.row(name, *("–" if value is None else form.format(value) for value in values))


def _one(size: int, written: int, runs: int) -> dict[str, float]:
    """What a process of its own measures of one size."""
    kind = "growth" if size >= written else f"growth_{size}"
    with database(kind, DIRECTORY, careless=True) as url:
        command = [sys.executable, __file__, "--one", str(size), "--runs", str(runs)]
        command += ["--written", str(written)]
        environment = {**os.environ, "DATABASE_URL": url, "API_REQUESTS_PER_MINUTE": "0"}
        done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True)
    values = json.loads(done.stdout.splitlines()[-1])
    sys.stdout.write(f"{size:,} cases: {values}\n")
    sys.stdout.flush()
    return {f"growth/{size}/{key}": value for key, value in values.items()}


def _filled(size: int, written: int) -> Iterator[tuple[str, float]]:
    """Have Django's database hold so many cases; what was measured meanwhile."""
    from benchmarks import generate, multiply
    from caselaw.models import Case
    from portal.search.models import SearchDocument

    there = generate.signature().get("growth", 0)
    originals = min(size, written)
    if not there:
        there = originals
        took = generate.generate(there, first=multiply.FIRST)
        yield "reindex", SearchDocument.objects.count() / took["index"]
    if size % originals:
        raise ValueError(f"{size} cases are no multiple of {originals}")
    gin = multiply.multiply(size // originals, there // originals, _told)
    yield "gin", gin
    if size > originals and (wrong := multiply.differences(SAMPLE)):
        raise RuntimeError(f"Multiplied rows are not those of the index: {wrong[:3]}")
    if (number := Case.objects.count()) != size:
        raise RuntimeError(f"There are {number} cases and not {size}")
    generate.sign({"growth": size})


def _told(copies: int) -> None:
    sys.stderr.write(f"{copies} of each case\n")


def _sizes() -> dict[str, float]:
    """Megabytes of the database, and of what the search keeps in it."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_database_size(current_database()) / 1e6, (SELECT"
            " sum(pg_total_relation_size(oid)) / 1e6 FROM pg_class"
            " WHERE relkind = 'r' AND relname LIKE 'search\\_%')"
        )
        whole, own = cursor.fetchone()
    return {"database": float(whole), "index": float(own)}


def _read(portal: str, size: int, runs: int, meter: Meter) -> dict[str, float]:
    """What readers wait for, and what it takes of processors."""
    from caselaw.filters import CaseParameters

    facets = ",".join(CaseParameters.facets())

    pages = {
        "rare": "/en/cases/?q=onethousandth&as_typed=true",
        "third": "/en/cases/?q=onethird&as_typed=true",
        "all": "/en/cases/",
        "list": "/api/v1/cases/",
        "complete": f"/api/v1/cases/?expand={COMPLETE}",
        "facets": f"/api/v1/cases/?q=onethird&as_typed=true&facets={facets}&page_size=1",
    }
    values: dict[str, float] = {}
    for key, path in pages.items():
        sample(portal + path, 2)
        before = meter.seconds()
        values[f"{key}_waited"] = sample(portal + path, runs, warmup=0).median
        values[key] = (meter.seconds() - before) / runs * 1_000
    # A word that about a thousand cases have, whatever the number of cases.
    word = min(SHARES, key=lambda mark: abs(SHARES[mark] * size - 1_000))
    path = f"?q={word}&as_typed=true"
    number = json.loads(read(f"{portal}/api/v1/cases/{path}&page_size=1&fields=code"))["count"]
    began, before = time.perf_counter(), meter.seconds()
    size_of(f"{portal}/api/v1/cases.csv{path}")
    values["export_waited"] = (time.perf_counter() - began) * 1_000 / max(number, 1)
    values["export"] = (meter.seconds() - before) * 1_000 / max(number, 1)
    began, before = time.perf_counter(), meter.seconds()
    number = _harvest(portal)
    values["harvest_waited"] = (time.perf_counter() - began) * 1_000 / number
    values["harvest"] = (meter.seconds() - before) * 1_000 / number
    return values


def _harvest(portal: str, most: int = 20_000) -> int:
    """Read the list by cursor, its first part where there is more; how many records that were."""
    address = f"{portal}/api/v1/cases/?cursor=*&page_size=100"
    found = 0
    while address and found < most:
        answer = json.loads(get(address, {"User-Agent": "benchmark"}).read())
        found, address = found + len(answer["results"]), answer["next"]
    return found


def _measure(size: int, written: int, runs: int) -> dict[str, Any]:
    url = os.environ["DATABASE_URL"]
    set_up_django(url)
    from django.db import connection

    from benchmarks.processor import Meter

    refuse_unless_benchmark(connection.settings_dict["NAME"])
    values: dict[str, Any] = dict(_filled(size, written))
    values |= _sizes()
    meter = Meter.of_this_database()
    with serve(url) as portal:
        return values | _read(portal, size, runs, meter)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--one", type=int, required=True, help="cases of Django's database")
    parser.add_argument("--written", type=int, default=WRITTEN, help="cases that are no copies")
    parser.add_argument("--runs", type=int, default=20)
    options = parser.parse_args()
    print(json.dumps(_measure(options.one, options.written, options.runs)))


if __name__ == "__main__":
    main()
