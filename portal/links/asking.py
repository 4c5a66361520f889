"""Asking addresses: politely, through all redirects, one request at a time to a host."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import httpx
from django.utils import timezone

from portal.links.guard import GuardedTransport, NotAskedError

MAX_REDIRECTS = 10
PERMANENT = frozenset({301, 308})
#: Answers to HEAD that a page may well give for want of understanding it: GET tells.
HEAD_REFUSED = frozenset({400, 403, 404, 405, 406, 501})
#: Who asks, and what for: a site that does not want it can say so to this name.
HEADERS = {
    "User-Agent": "SmugglingOfMigrantsKnowledgePortal/1.0 (checks links to sources once a week)",
    "Accept": "text/html, application/pdf, */*;q=0.8",
    "Accept-Language": "*",
    "Connection": "close",
}


class TooManyRedirectsError(Exception):
    """A page leads on and on."""


def host_of(url: str) -> str:
    """The machine that an address is asked of: with `www.` or without, it is mostly the same."""
    try:
        return (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:
        return ""


@dataclass
class _Host:
    lock: threading.Lock = field(default_factory=threading.Lock)
    free_at: float = 0


class Turns:
    """Lets one request at a time go to a host, with a pause between two.

    Args:
        delay: the pause in seconds.
        clock, sleep: where time comes from.
    """

    def __init__(
        self,
        delay: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._delay, self._clock, self._sleep = delay, clock, sleep
        self._hosts: dict[str, _Host] = {}
        self._lock = threading.Lock()

    @contextmanager
    def at(self, host: str) -> Iterator[None]:
        """Wait for one's turn at a host, and have it for a request."""
        with self._lock:
            place = self._hosts.setdefault(host, _Host(free_at=self._clock()))
        with place.lock:
            wait = place.free_at - self._clock()
            if wait > 0:
                self._sleep(wait)
            try:
                yield
            finally:
                place.free_at = self._clock() + self._delay


@dataclass(frozen=True)
class Answer:
    """What an address answered at the end of its redirects.

    Attributes:
        moved_to: where its permanent redirects lead, '' where it has none.
        retry_after: the seconds after which the server asks to be asked again.
        is_challenge: whether the answer is a riddle for robots, whatever its status says.
    """

    status: int
    moved_to: str = ""
    retry_after: float = 0
    is_challenge: bool = False


class Asker:
    """Asks addresses.

    Args:
        turns: the turns at the hosts, also for those that redirects lead to.
        seconds: how long one request may take.
        loopback: whether this very machine may be asked; only for tests.
    """

    def __init__(self, turns: Turns, seconds: float, *, loopback: bool = False) -> None:
        self._turns, self._seconds, self._loopback = turns, seconds, loopback

    def ask(self, url: str, *, head: bool) -> Answer:
        """Ask an address, by HEAD first or by GET alone.

        Raises:
            TooManyRedirectsError: it never comes to an end.
            NotAskedError, NoSuchNameError, NameServerError, UntrustedError: of the guard.
            httpx.InvalidURL: what is given is no address.
            httpx.RemoteProtocolError: a redirect leads to what is none.
            httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError: as named.
        """
        transport = GuardedTransport(self._seconds, loopback=self._loopback)
        # Cookies last for one address: some pages redirect in a circle without them.
        with httpx.Client(transport=transport, headers=HEADERS, trust_env=False) as client:
            request = client.build_request("HEAD" if head else "GET", url)
            moved_to, is_permanent = "", True
            for _redirect in range(MAX_REDIRECTS + 1):
                response = self._send(client, request)
                if request.method == "HEAD" and response.status_code in HEAD_REFUSED:
                    response = self._send(client, client.build_request("GET", request.url))
                following = response.next_request
                if following is None:
                    return _answer(response, "" if moved_to == url else moved_to)
                is_permanent = is_permanent and response.status_code in PERMANENT
                if is_permanent:
                    moved_to = str(following.url)
                request = following
        raise TooManyRedirectsError(url)

    def _send(self, client: httpx.Client, request: httpx.Request) -> httpx.Response:
        if request.url.scheme not in ("http", "https") or not request.url.host:
            raise NotAskedError("Only addresses that begin with http or https are asked.")
        with self._turns.at(request.url.host.removeprefix("www.")):
            return client.send(request)


def _answer(response: httpx.Response, moved_to: str) -> Answer:
    return Answer(
        status=response.status_code,
        moved_to=moved_to,
        retry_after=seconds_of(response.headers.get("retry-after", "")),
        # What Cloudflare's wall says of itself, with 403 or 503.
        is_challenge=response.headers.get("cf-mitigated", "") == "challenge",
    )


def seconds_of(retry_after: str) -> float:
    """The seconds that a Retry-After asks for, as a number or a date; 0 for nonsense."""
    text = retry_after.strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        wanted = parsedate_to_datetime(text)
        return max((wanted - timezone.now()).total_seconds(), 0)
    except (ValueError, TypeError, OverflowError):
        return 0
