"""Checking many addresses: hosts side by side, the addresses of one host after each other."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from queue import Empty, SimpleQueue

from django.conf import settings

from portal.links.asking import Asker, Turns, host_of
from portal.links.checking import Checker
from portal.links.models import Finding
from portal.reference.provenance import LinkStatus


class StoppedError(Exception):
    """Somebody wants the round to end."""


@dataclass(frozen=True)
class Manners:
    """How a round asks.

    Attributes:
        delay: seconds between two requests to one host.
        timeout: seconds that one request may take.
        retries: how often what failed is asked again.
        workers: how many hosts are asked side by side.
        longest: seconds after which the round ends, done or not; None for never.
    """

    delay: float = 1.0
    timeout: float = 20.0
    retries: int = 2
    workers: int = 4
    longest: float | None = None


def check_all(urls: Iterable[str], manners: Manners) -> Iterator[Finding]:
    """Check addresses, and give what is found as it comes, in no order.

    The threads know addresses and findings only; the caller alone deals with the database. Who
    stops reading ends the round: threads finish the request that they are at, and no more.
    """
    stop = threading.Event()

    def sleep(seconds: float) -> None:
        if stop.wait(seconds):
            raise StoppedError

    # Only tests set it: they check a server of their own, on this machine.
    loopback = getattr(settings, "LINK_CHECK_ASKS_THIS_MACHINE", False)
    asker = Asker(Turns(manners.delay, sleep=sleep), manners.timeout, loopback=loopback)
    checker = Checker(asker, manners.retries, sleep)
    yield from _gathered(urls, checker.check, manners, stop)


def _gathered(
    urls: Iterable[str],
    check: Callable[[str], Finding],
    manners: Manners,
    stop: threading.Event,
) -> Iterator[Finding]:
    by_host: dict[str, list[str]] = {}
    for url in urls:
        by_host.setdefault(host_of(url), []).append(url)
    waiting: SimpleQueue[list[str]] = SimpleQueue()
    # The host with the most addresses takes longest, and goes first.
    for group in sorted(by_host.values(), key=len, reverse=True):
        waiting.put(group)
    found: SimpleQueue[Finding] = SimpleQueue()
    # Daemons: a process that is told to end does not wait for a slow server.
    threads = [
        threading.Thread(target=_work, args=(waiting, found, check, stop), daemon=True)
        for _number in range(min(manners.workers, len(by_host)))
    ]
    ends = time.monotonic() + manners.longest if manners.longest is not None else None
    try:
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads) or not found.empty():
            if ends is not None and time.monotonic() > ends:
                return
            try:
                yield found.get(timeout=0.2)
            except Empty:
                continue
    finally:
        stop.set()


def _work(
    waiting: SimpleQueue[list[str]],
    found: SimpleQueue[Finding],
    check: Callable[[str], Finding],
    stop: threading.Event,
) -> None:
    while not stop.is_set():
        try:
            urls = waiting.get_nowait()
        except Empty:
            return
        for url in urls:
            if stop.is_set():
                return
            try:
                found.put(check(url))
            except StoppedError:
                return
            except Exception as error:  # noqa: BLE001 - one page must not end the check of all
                words = f"The check itself failed: {type(error).__name__}."
                found.put(Finding(url, LinkStatus.UNCHECKED, words))
