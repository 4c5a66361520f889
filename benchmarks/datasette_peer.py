"""The same cases in Datasette (https://datasette.io), to compare the portal's search with.

    .venv/bin/python benchmarks/datasette_peer.py --cases 5000

writes `var/bench/cases-5000.sqlite` from the benchmark database (benchmarks/generate.py), laid out
as users of Datasette do: one table, JSON arrays for what has many values, FTS5 for the text. Each
facet of the portal's case search is a column with the same values. Needs the package `datasette`,
which the portal itself does not.
"""

from __future__ import annotations

import argparse
import json
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import urlopen

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tqdm import tqdm

from benchmarks.databases import NotABenchmarkError, database, set_up_django
from benchmarks.generate import ensure, signature
from benchmarks.measure import free_port, stopped_at_end, wait_for
from portal.embedded_postgres import VAR

TABLE = "cases"
#: Facets of which a case has at most one value; the others are JSON arrays.
SCALARS = ("jurisdiction", "court_level", "legal_system", "benefit", "language")
#: What FTS5 indexes. `other` holds the rest of what the portal's search reads of a case.
SEARCHED = ("title", "facts", "significance", "court")
WHOLE = (*SEARCHED, "other")
#: What a row of the portal's list shows.
SHOWN = ("code", "title", "court", "jurisdiction", "decision_date", "mode", "offence", "verdict")
#: Raised limits, so that Datasette answers in full however long it takes; suggestions of facets
#: are work that the portal does not do; the cache is as large as PostgreSQL's.
SETTINGS = {
    "suggest_facets": "off",
    "sql_time_limit_ms": "600000",
    "facet_time_limit_ms": "600000",
    "default_facet_size": "30",
    "default_page_size": "25",
    "max_returned_rows": "1000",
    "cache_size_kb": str(128 * 1024),
}
CHUNK = 500


def sqlite_path(cases: int) -> Path:
    """Where the SQLite database of a number of cases is kept."""
    return VAR / "bench" / f"cases-{cases}.sqlite"


@contextmanager
def prepared(cases: int) -> Iterator[tuple[str, Path]]:
    """The same cases in both: the address of a database that answers meanwhile, and a file.

    Made by another process where they are not there yet, because a Django knows one database;
    so this can be used for several numbers of cases in turn.
    """
    with database(cases) as url:
        command = [sys.executable, __file__, "--cases", str(cases)]
        subprocess.run(command, env={**os.environ, "DATABASE_URL": url}, check=True)
        yield url, sqlite_path(cases)


def facets_of(path: Path) -> list[str]:
    """The facets of the portal's case search, in the order of its page: the last columns."""
    with closing(sqlite3.connect(path)) as connection:
        columns = [row[1] for row in connection.execute(f"PRAGMA table_info({TABLE})")]
    return columns[columns.index("year") + 1 :]


def export(path: Path) -> int:
    """Write the public cases of Django's database to SQLite, unless they are there already.

    Returns:
        How many there are in it.
    """
    stamp, wanted = path.with_suffix(".stamp"), json.dumps(signature())
    if not (path.exists() and stamp.exists() and stamp.read_text() == wanted):
        path.parent.mkdir(parents=True, exist_ok=True)
        stamp.unlink(missing_ok=True)
        path.unlink(missing_ok=True)
        with closing(sqlite3.connect(path)) as connection:
            _fill(connection)
        stamp.write_text(wanted)
    with closing(sqlite3.connect(path)) as connection:
        return int(connection.execute(f"SELECT count(*) FROM {TABLE}").fetchone()[0])


def _fill(connection: sqlite3.Connection) -> None:
    from caselaw.filters import CaseParameters

    facets = tuple(CaseParameters.facets())
    columns = {
        "id": "INTEGER PRIMARY KEY",
        **dict.fromkeys(("code", *WHOLE, "decision_date"), "TEXT"),
        "year": "INTEGER",
        **dict.fromkeys(facets, "TEXT"),
    }
    definition = ", ".join(f"[{name}] {kind}" for name, kind in columns.items())
    connection.execute(f"CREATE TABLE {TABLE} ({definition})")
    places = ", ".join(f":{name}" for name in columns)
    with connection:
        connection.executemany(f"INSERT INTO {TABLE} VALUES ({places})", _rows(facets))
    for name in ("code", "court", "decision_date", "year", *SCALARS):
        connection.execute(f"CREATE INDEX [{TABLE}_{name}] ON {TABLE} ([{name}])")
    connection.execute("ANALYZE")
    _make_fts(connection, SEARCHED)


def _make_fts(connection: sqlite3.Connection, searched: Sequence[str]) -> None:
    """Index the words of some columns; the table's name is the one by which Datasette knows it."""
    listed = ", ".join(searched)
    # Datasette finds the index of a table by `content=[table]`, in this spelling only.
    connection.execute(f"DROP TABLE IF EXISTS {TABLE}_fts")
    connection.execute(
        f"CREATE VIRTUAL TABLE {TABLE}_fts USING fts5({listed}, content=[{TABLE}],"
        " content_rowid='id', tokenize='porter unicode61')"
    )
    with connection:
        connection.execute(f"INSERT INTO {TABLE}_fts ({TABLE}_fts) VALUES ('rebuild')")
        connection.execute(f"INSERT INTO {TABLE}_fts ({TABLE}_fts) VALUES ('optimize')")


def _rows(facets: Sequence[str]) -> Iterator[dict[str, Any]]:
    from portal.records.database import database_for
    from portal.reference.catalog import pinned

    cases = database_for("cases")
    public = cases.records.public()
    with pinned(), tqdm(total=public.count(), unit=" cases", desc="SQLite", disable=None) as bar:
        for case in public.for_index().order_by("pk").iterator(chunk_size=CHUNK):
            yield _row(case, cases.document(case), facets)
            bar.update()


def _row(case: Any, document: Any, facets: Sequence[str]) -> dict[str, Any]:
    """A case as Datasette holds it; `document` is what the portal's own search knows of it."""
    values: dict[str, list[str]] = {name: [] for name in facets}
    for token in sorted(set(document.tokens)):
        name, _colon, value = token.partition(":")
        if name in values:
            values[name].append(value)
    told = {case.facts, case.significance, case.court}
    texts = [*document.headings, *document.texts, *document.words]
    return {
        "id": case.pk,
        "code": case.code,
        "title": case.title,
        "facts": case.facts,
        "significance": case.significance,
        "court": case.court,
        "other": "\n".join(text for text in texts if text and text not in told),
        "decision_date": str(case.decision_date) if case.decision_date else None,
        "year": case.decision_date.year if case.decision_date else None,
        **{
            name: (found[0] if found else None) if name in SCALARS else json.dumps(found)
            for name, found in values.items()
        },
    }


def search_whole_text(path: Path, *, whole: bool) -> None:
    """Have the full-text index cover all that the portal's does, or the usual columns only.

    With all of it both find the same cases, but for what their stemmers differ in; without,
    Datasette finds fewer and has less to count.
    """
    with closing(sqlite3.connect(path)) as connection:
        _make_fts(connection, WHOLE if whole else SEARCHED)


def search_path(
    path: Path,
    query: str,
    *,
    facets: Sequence[str] | None = None,
    selected: Mapping[str, str] | None = None,
    as_json: bool = False,
) -> str:
    """The path at which Datasette answers what the portal does at `/en/cases/?q=`.

    Args:
        path: of the SQLite database.
        query: words, of which all must be found; empty for all cases.
        facets: what to count, by default all that the portal's page does.
        selected: values of facets that the cases must have.
        as_json: the data instead of the page.
    """
    pairs = [("_search", query)] if query else []
    for name, value in (selected or {}).items():
        pairs.append((name if name in SCALARS else f"{name}__arraycontains", value))
    for name in facets_of(path) if facets is None else facets:
        pairs.append(("_facet" if name in SCALARS else "_facet_array", name))
    pairs += [("_col", name) for name in SHOWN]
    pairs.append(("_size", "25"))
    if as_json:
        pairs.append(("_shape", "objects"))
    suffix = ".json" if as_json else ""
    return f"/{path.stem}/{TABLE}{suffix}?{urlencode(pairs)}"


@contextmanager
def serve_datasette(path: Path) -> Iterator[str]:
    """Serve a SQLite database with Datasette on a free port; its address, without a slash."""
    port = free_port()
    settings = [word for pair in SETTINGS.items() for word in ("--setting", *pair)]
    # Immutable is what Datasette wants for data that does not change: it counts rows only once.
    command = [sys.executable, "-m", "datasette", "serve", "--immutable", str(path)]
    command += ["--host", "127.0.0.1", "--port", str(port), *settings]
    with stopped_at_end(subprocess.Popen(command, stdout=subprocess.DEVNULL)) as process:
        address = f"http://127.0.0.1:{port}"
        wait_for(f"{address}/-/versions.json", process)
        yield address


def matches(address: str, path: Path, query: str) -> int:
    """How many cases a served SQLite database finds: to be compared with the portal's count."""
    where = search_path(path, query, facets=(), as_json=True)
    with urlopen(f"{address}{where}", timeout=600) as answer:  # noqa: S310 - our own server
        return int(json.load(answer)["filtered_table_rows_count"])


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--cases", type=int, required=True, help="of which benchmark database")
    options = parser.parse_args()
    try:
        with database(options.cases) as url:
            set_up_django(url)
            ensure(options.cases)
            path = sqlite_path(options.cases)
            began = time.perf_counter()
            number = export(path)
    except NotABenchmarkError as error:
        raise SystemExit(str(error)) from error
    took = time.perf_counter() - began
    print(f"{number} cases, {path.stat().st_size / 1e6:.0f} MB in {took:.1f} s: {path}")


if __name__ == "__main__":
    main()
