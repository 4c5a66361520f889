"""How many requests a second a server answers from what it has kept, beside a constant view.

The collection is served as in production by one worker (deploy/gunicorn.conf.py), with one more
address whose view always answers the same (`served_urls.py`). Some clients ask an address for a
while over connections that are kept alive, then the next one; this is done several times in turn,
so that what else the machine does falls on all alike.
"""

from __future__ import annotations

import http.client
import os
import statistics
import threading
import time
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from benchmarks.collection import collection
from benchmarks.exchange import get
from benchmarks.measure import CONSTANT, HEADERS, serve
from benchmarks.results import Found

CLIENTS = 4
PAGE = "/en/cases/?q=boat&mode=sea"
PAGES = {
    "search page": PAGE,
    "home": "/en/",
    "a case": "/en/cases/gbr-2021-old-bailey-39-vietnamese/",
    "page of numbers": "/en/insights/modes/",
    "API list": "/api/v1/cases/",
}


@dataclass
class Asked:
    """An address that is asked again and again.

    Attributes:
        name: how it is told.
        path: the address.
        headers: that are sent.
        status: that every answer must have.
        rates: answers a second, of each turn.
    """

    name: str
    path: str
    headers: dict[str, str] = field(default_factory=lambda: dict(HEADERS))
    status: int = 200
    rates: list[float] = field(default_factory=list)


def ask(portal: str, asked: Asked, seconds: float) -> None:
    """Ask an address for some seconds, and note how often it answered in each.

    Raises:
        RuntimeError: an answer has another status than it must have.
    """
    counts = [0] * CLIENTS
    faults: list[str] = []
    until = time.perf_counter() + seconds

    def client(place: int) -> None:
        connection = http.client.HTTPConnection(urlsplit(portal).netloc, timeout=60)
        try:
            while time.perf_counter() < until:
                connection.request("GET", asked.path, headers=asked.headers)
                answer = connection.getresponse()
                answer.read()
                if answer.status != asked.status:
                    raise RuntimeError(f"{asked.path} answers {answer.status}")
                counts[place] += 1
        except (OSError, http.client.HTTPException, RuntimeError) as error:
            faults.append(str(error) or type(error).__name__)
        finally:
            connection.close()

    threads = [threading.Thread(target=client, args=(place,)) for place in range(CLIENTS)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if faults:
        raise RuntimeError(faults[0])
    asked.rates.append(sum(counts) / (time.perf_counter() - began))


def marked(portal: str, name: str, path: str) -> Asked | None:
    """The same address with the mark of its answer, to be told that it is still good; or None."""
    mark = get(portal + path).headers["ETag"]
    if not mark:
        return None
    return Asked(f"304 of {name}", path, {**HEADERS, "If-None-Match": mark}, 304)


def run(seconds: float = 3, turns: int = 7) -> Found:
    """Ask all addresses in turn, and tell of each what share of the constant view it reaches."""
    found = Found()
    os.environ["API_REQUESTS_PER_MINUTE"] = "0"
    with collection() as url, serve(url, kept=True) as portal:
        pages = [Asked(name, path) for name, path in PAGES.items()]
        marks = [marked(portal, name, path) for name, path in PAGES.items()]
        asked = [Asked("constant view", CONSTANT), *pages, *(each for each in marks if each)]
        for each in asked:
            ask(portal, each, seconds / 3)
            each.rates.clear()
        for _turn in range(turns):
            for each in asked:
                ask(portal, each, seconds)
    found.table("what", "requests a second, median of the turns", "of the constant view")
    for each in asked:
        rate = statistics.median(each.rates)
        # Of each turn its own share: the machine is not equally quiet in all.
        shares = [own / one for own, one in zip(each.rates, asked[0].rates, strict=True)]
        share = statistics.median(shares)
        found.row(each.name, f"{rate:,.0f}", f"{share:.2f}")
        if each.path == PAGE:
            found.values["cached/304" if each.status == 304 else "cached/page"] = share
    missing = [name for name, mark in zip(PAGES, marks, strict=True) if mark is None]
    if missing:
        found.say()
        found.say(f"Without a mark (`ETag`), so that there is no 304: {', '.join(missing)}.")
    return found
