"""What pages and API answers cost in server time, beside a constant view of the same stack.

Run with the portal's own environment, on a database that holds the collection:

    .venv/bin/python benchmarks/pages.py [rounds]

Each round asks every address once, in turn, so that what else the machine does falls on all of
them alike. Printed are medians and 95th percentiles in milliseconds of process time plus the time
that the database takes, and the ratio to `/api/v1/`, a view that asks the database nothing. Pages
of numbers are taken twice, made anew and from what was kept (`portal/kept_pages.py`); their charts
are pictures of their own and not part of it.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.collection import collection
from benchmarks.results import Found
from portal.embedded_postgres import ensure_local_environment

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
NUMBERS = [
    "/en/insights/modes/",
    "/en/insights/coverage-cases/",
    "/en/insights/implementation/",
    "/en/insights/routes/",
    "/en/insights/literature-topics/",
    "/en/insights/coverage/",
    "/en/insights/women-as-offenders/",
    "/en/insights/sentences/",
    "/en/insights/comparable-sentences/?mode=sea&role=crew",
    "/en/insights/fees/",
    "/en/countries/",
    "/en/countries/ITA/",
    "/en/countries/AUS/",
    "/en/protocol/",
    "/en/protocol/6.1.a/",
    "/en/protocol/compare/?jurisdiction=AUS,CAN,ITA,ESP&article=6.1.a",
]
#: Searches without and with their reference data in memory are not the same thing.
WARM_UP = 3


def run(rounds: int = 40) -> Found:
    """Measure the collection in a benchmark database, in a process of its own."""
    found = Found()
    with collection() as url:
        command = [sys.executable, __file__, str(rounds)]
        environment = {**os.environ, "DATABASE_URL": url}
        done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True)
    found.say("```")
    for line in done.stdout.decode().splitlines():
        found.say(line)
    found.say("```")
    return found


def main() -> None:
    os.environ.setdefault("STATEMENT_TIMEOUT", "20s")
    ensure_local_environment()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "benchmarks.served_settings")
    os.environ.setdefault("API_REQUESTS_PER_MINUTE", "0")
    import django

    django.setup()
    from django.conf import settings
    from django.test import Client
    from django.test.utils import override_settings

    # Pages name their static files by what they were collected to; the benchmark's own are enough.
    plain = "django.contrib.staticfiles.storage.StaticFilesStorage"
    storages = {**settings.STORAGES, "staticfiles": {"BACKEND": plain}}
    client = Client(headers={"host": "localhost"})
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 40
    for title, addresses, seconds in (
        ("pages and API", ADDRESSES, 0),
        ("pages of numbers, made anew", [ADDRESSES[0], *NUMBERS], 0),
        ("pages of numbers, kept", [ADDRESSES[0], *NUMBERS], 3600),
    ):
        with override_settings(PAGES_KEPT_SECONDS=seconds, STORAGES=storages):
            show(title, times_of(client, addresses, rounds), rounds)


def times_of(client: Any, addresses: list[str], rounds: int) -> dict[str, list[float]]:
    """Of each address, the milliseconds of each round after the warm-up."""
    taken: dict[str, list[float]] = {address: [] for address in addresses}
    for turn in range(rounds + WARM_UP):
        for address in addresses:
            began = time.perf_counter()
            response = client.get(address)
            elapsed = (time.perf_counter() - began) * 1000
            if response.status_code != 200:
                raise SystemExit(f"{address} answers {response.status_code}")
            if turn >= WARM_UP:
                taken[address].append(elapsed)
    return taken


def show(title: str, taken: dict[str, list[float]], rounds: int) -> None:
    """Print medians, 95th percentiles and ratios to the first address."""
    floor = statistics.median(next(iter(taken.values())))
    print(f"{'median':>8} {'p95':>8} {'ratio':>7}  {title} ({rounds} rounds)")
    for address, times in taken.items():
        median = statistics.median(times)
        high = statistics.quantiles(times, n=20)[-1]
        print(f"{median:8.1f} {high:8.1f} {median / floor:7.1f}  {address}")


if __name__ == "__main__":
    main()
