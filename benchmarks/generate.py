"""Fill a benchmark database with synthetic cases; the collection's own cases are not in it.

    .venv/bin/python benchmarks/generate.py --cases 5000 [--seed 1] [--again]

Reference data and legislation are those of the collection, so that terms, jurisdictions and laws
exist. The cases are written by the importer of the collection and indexed by the portal's own
code, so that the database is what a collection of that size would make of it. It is kept in
`var/postgres-bench` until the migrations change; when only the search has, the index is made anew.
Other changes, such as of the collection or of synthetic.py, want `--again`.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tqdm import tqdm

from benchmarks.databases import (
    ROOT,
    NotABenchmarkError,
    database,
    refuse_unless_benchmark,
    set_up_django,
)
from benchmarks.synthetic import Maker, lines, read_lines

COLLECTION = ROOT / "collection"
#: The modules of the search that decide what the index holds.
INDEXING = (
    "analysis", "bits", "concepts", "domains", "exact", "index", "mentions", "models", "stopwords",
    "tokens", "vectors",
)  # fmt: skip
#: Cases written in one transaction: memory stays flat, and a statement pays for many rows.
BATCH = 500


def generate(cases: int, seed: int = 1, first: int = 1) -> dict[str, float]:
    """Put synthetic cases in place of all that Django's database holds.

    Args:
        cases: how many.
        seed: the same seed makes the same cases, and of more cases the first are those of fewer.
        first: the number of the first case.

    Returns:
        What took how many seconds.

    Raises:
        NotABenchmarkError: the database's name does not begin with `bench_`.
    """
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT current_database()")
        refuse_unless_benchmark(cursor.fetchone()[0])
        # What is broken off midway must not be taken for complete.
        sign({})
        # The schema rather than the database: no other database is needed to do it from.
        cursor.execute("DROP SCHEMA public CASCADE")
        cursor.execute("CREATE SCHEMA public")
    took = {}
    for name, action in {
        "foundation": load_foundation,
        "cases": lambda: write_cases(cases, seed, first),
        "index": make_index,
    }.items():
        began = time.perf_counter()
        action()
        took[name] = time.perf_counter() - began
    sign(_state(cases, seed))
    return took


def load_foundation() -> None:
    """Make the tables, and load the reference data and the legislation of the collection."""
    from django.core.management import call_command

    from portal.exchange.collection import read_collection, write_collection

    call_command("migrate", verbosity=0, skip_checks=True)
    # Read whole, because lines are judged by what they refer to.
    found = read_collection(COLLECTION)
    for slug in found.records:
        if slug != "legislation":
            found.records[slug] = []
    write_collection(found)


def write_cases(cases: int, seed: int, first: int = 1) -> None:
    """Write the cases batch by batch as the loader of the collection writes new ones."""
    from django.db import transaction

    from portal.records.database import database_for

    importer = database_for("cases").importer
    maker = Maker(read_lines(COLLECTION / "cases.jsonl"), seed)
    with tqdm(total=cases, unit=" cases", desc="cases", disable=None) as bar:
        for batch in lines(maker, cases, BATCH, first):
            with transaction.atomic():
                importer.save([(None, line) for line in batch])
            bar.update(len(batch))


def make_index() -> None:
    """Index everything by the portal's own code, and leave no work to the autovacuum."""
    from django.db import connection

    from portal.records.database import databases
    from portal.search import index

    total = sum(database.records.count() for database in databases())
    with tqdm(total=total, unit=" records", desc="index", disable=None) as bar:
        index.rebuild(bar.update)
    with connection.cursor() as cursor:
        # What a collection that is not new has anyway; in the midst of a measurement it disturbs.
        cursor.execute("VACUUM (ANALYZE)")


def ensure(cases: int, seed: int = 1, *, again: bool = False) -> dict[str, float]:
    """Have Django's database hold these cases; what is there already is kept.

    Returns:
        What had to be done, and how many seconds it took.
    """
    wanted, found = _state(cases, seed), signature()
    if again or any(found.get(name) != wanted[name] for name in ("cases", "seed", "tables")):
        return generate(cases, seed)
    if found["search"] == wanted["search"]:
        return {}
    began = time.perf_counter()
    make_index()
    sign(wanted)
    return {"index": time.perf_counter() - began}


@contextmanager
def generated(cases: int) -> Iterator[str]:
    """The address of the database of so many cases, made by another process if it is not there.

    A Django knows one database; so this can be used for several numbers of cases in turn.
    """
    with database(cases) as url:
        command = [sys.executable, __file__, "--cases", str(cases)]
        subprocess.run(command, env={**os.environ, "DATABASE_URL": url}, check=True)
        yield url


def _state(cases: int, seed: int) -> dict[str, Any]:
    """What the database is made of; differs where it would have to be made anew."""
    search = [*(ROOT / f"portal/search/{name}.py" for name in INDEXING), ROOT / "caselaw/search.py"]
    return {
        "cases": cases,
        "seed": seed,
        "tables": _digest(
            path for depth in ("*", "*/*") for path in ROOT.glob(f"{depth}/migrations/*.py")
        ),
        "search": _digest(search),
    }


def _digest(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in sorted(paths):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def signature() -> dict[str, Any]:
    """What was noted on the database when it was complete; empty if it never was."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database"
            " WHERE datname = current_database()"
        )
        return json.loads(cursor.fetchone()[0] or "{}")


def sign(state: dict[str, Any]) -> None:
    """Note on the database what it holds, and when that was made: copies of it are as old."""
    from django.db import connection

    state = {**state, "made": time.time()} if state else {}
    name = connection.ops.quote_name(connection.settings_dict["NAME"])
    with connection.cursor() as cursor:
        cursor.execute(f"COMMENT ON DATABASE {name} IS %s", [json.dumps(state)])


def size() -> int:
    """The bytes of Django's database on disk, with all indexes."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        return int(cursor.fetchone()[0])


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--cases", type=int, required=True, help="how many cases to make")
    parser.add_argument("--seed", type=int, default=1, help="the same makes the same (default 1)")
    parser.add_argument("--again", action="store_true", help="make anew what is there already")
    options = parser.parse_args()
    try:
        with database(options.cases) as url:
            set_up_django(url)
            took = ensure(options.cases, options.seed, again=options.again)
            for name, seconds in took.items():
                rate = "" if name == "foundation" else f" ({options.cases / seconds:.0f} cases/s)"
                print(f"{name}: {seconds:.1f} s{rate}")
            print(f"{options.cases} cases, {size() / 1e6:.0f} MB at {url}")
    except NotABenchmarkError as error:
        raise SystemExit(str(error)) from error


if __name__ == "__main__":
    main()
