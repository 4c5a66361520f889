"""How much memory and time it takes to write and to read a file of many records.

    python benchmarks/formats.py [RECORDS] [FORMAT …]

Each format runs in a process of its own, and reading in another than writing; what the process
takes before it begins is taken off. Records are the cases of the collection with other codes.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _many(count: int):
    with (ROOT / "collection" / "cases.jsonl").open(encoding="utf-8") as stream:
        lines = [json.loads(line) for line in stream]
    for number in range(count):
        line = lines[number % len(lines)]
        yield {**line, "id": f"{line['id']}-{number}"}


def _step(what: str, key: str, path: Path, count: int) -> None:
    sys.path.insert(0, str(ROOT))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    os.environ.setdefault("SECRET_KEY", "x" * 50)
    # Nothing here asks the database.
    os.environ["DATABASE_URL"] = "postgres://nobody@localhost:1/nothing"
    import django

    django.setup()
    from portal.exchange.formats.base import formats_for
    from portal.exchange.foundations import Codes
    from portal.records.database import database_for

    database = database_for("cases")
    form = next(form for form in formats_for(database) if form.key == key)
    before, start = _peak(), time.perf_counter()
    if what == "write":
        with path.open("wb") as stream:
            stream.writelines(form.write(_many(count), database))
        found = f"{path.stat().st_size / 1e6:.1f} MB"
    else:
        reading = form.read(path, path.name, database, Codes({}))
        found = f"{len(reading.lines):,} records, {len(reading.faults)} faults"
    seconds = time.perf_counter() - start
    print(f"{key:>10}  {what:>5}  {seconds:6.1f} s  +{_peak() - before:6.0f} MB  {found}")


def main(arguments: list[str]) -> None:
    count = int(arguments[0]) if arguments else 5000
    keys = arguments[1:] or ["xlsx", "csv", "jsonl"]
    with tempfile.TemporaryDirectory() as folder:
        for key in keys:
            for what in ("write", "read"):
                step = [what, key, f"{folder}/{key}", str(count)]
                subprocess.run([sys.executable, __file__, "--step", *step], check=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--step"]:
        _step(sys.argv[2], sys.argv[3], Path(sys.argv[4]), int(sys.argv[5]))
    else:
        main(sys.argv[1:])
