"""What pages and API answers cost in server time, beside a constant view of the same stack.

Run with the portal's own environment, on a database that holds the collection:

    .venv/bin/python benchmarks/pages.py [rounds]

Each round asks every address once, in turn, so that what else the machine does falls on all of
them alike. Printed are medians and 95th percentiles in milliseconds of process time plus the time
that the database takes, and the ratio to `/api/v1/`, a view that asks the database nothing.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

ADDRESSES = [
    "/api/v1/",
    "/en/",
    "/en/cases/",
    "/en/cases/?q=boat&mode=sea",
    "/en/legislation/?article=6.1.a",
    "/en/bibliography/?q=Libya",
    "/en/search/?q=boat",
    "/en/cases/gbr-2021-old-bailey-39-vietnamese/",
    "/en/legislation/aus-migration-act-1958/",
    "/api/v1/cases/",
    "/api/v1/cases/?expand=defendants,proceedings,laws_applied,sources,facts",
    "/api/v1/cases/?q=boat&facets=mode,jurisdiction",
    "/api/v1/cases/gbr-2021-old-bailey-39-vietnamese/",
]
#: Searches without and with their reference data in memory are not the same thing.
WARM_UP = 3


def main() -> None:
    from portal.embedded_postgres import ensure_local_environment

    ensure_local_environment()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    os.environ.setdefault("STATEMENT_TIMEOUT", "20s")
    import django

    django.setup()
    from django.test import Client

    client = Client(headers={"host": "localhost"})
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 40
    taken: dict[str, list[float]] = {address: [] for address in ADDRESSES}
    for turn in range(rounds + WARM_UP):
        for address in ADDRESSES:
            began = time.perf_counter()
            response = client.get(address)
            elapsed = (time.perf_counter() - began) * 1000
            if response.status_code != 200:
                raise SystemExit(f"{address} answers {response.status_code}")
            if turn >= WARM_UP:
                taken[address].append(elapsed)
    floor = statistics.median(taken[ADDRESSES[0]])
    print(f"{'median':>8} {'p95':>8} {'ratio':>7}  address ({rounds} rounds)")
    for address, times in taken.items():
        median = statistics.median(times)
        high = statistics.quantiles(times, n=20)[-1]
        print(f"{median:8.1f} {high:8.1f} {median / floor:7.1f}  {address}")


if __name__ == "__main__":
    main()
