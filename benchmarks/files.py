"""How memory grows with the records of a file that is sent to readers.

    .venv/bin/python benchmarks/files.py [RECORDS] [FORMAT …]

The public cases of the local database are read again and again, in the pieces in which a file of
them is read, until so many were written; the highest memory of the process is printed after 1,000
and after all of them. Each format runs in a process of its own.
"""

from __future__ import annotations

import itertools
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ORIGIN = "https://portal.example"


def _write(key: str, count: int) -> None:
    sys.path.insert(0, str(ROOT))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    from portal.embedded_postgres import ensure_local_environment

    ensure_local_environment()
    import django

    django.setup()
    from portal.publishing.files import format_for
    from portal.publishing.lines import public_lines
    from portal.records.database import database_for

    cases = database_for("cases")
    form = format_for(cases, key)
    own = list(cases.records.public().values_list("pk", flat=True))
    for number in (1_000, count):
        keys = itertools.islice(itertools.cycle(own), number)
        began = time.perf_counter()
        lines = public_lines(cases, keys, ORIGIN)
        size = sum(len(piece) for piece in form.write(lines, cases, ORIGIN, for_readers=True))
        seconds = time.perf_counter() - began
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(
            f"{key:>10}  {number:>8,}  {seconds:6.1f} s  {size / 1e6:6.1f} MB  peak {peak:.0f} MB"
        )


def main(arguments: list[str]) -> None:
    count = int(arguments[0]) if arguments else 100_000
    for key in arguments[1:] or ["csv", "jsonl", "ris", "jsonld"]:
        command = [sys.executable, __file__, "--write", key, str(count)]
        subprocess.run(command, check=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--write"]:
        _write(sys.argv[2], int(sys.argv[3]))
    else:
        main(sys.argv[1:])
