"""From answers to findings: what is a failure, what is tried again, and what is none of either.

A dead link is one that no reader gets a page from. A paywall (402), a page for those who signed in
(401, 403), one that the law hides here (451), a wall against robots and a certificate that does
not hold are none: somebody answers, and a reader with a browser, an account or another country
may well see the page. They are REFUSED: curators see them, and no reader is ever told that the
page is gone. What the portal does not ask at all, as machines of a private network, stays
UNCHECKED, with the reason.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from urllib.parse import urlsplit

import httpcore
import httpx
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator

from portal.links.asking import MAX_REDIRECTS, Answer, Asker, TooManyRedirectsError
from portal.links.guard import (
    NameServerError,
    NoRouteError,
    NoSuchNameError,
    NotANameError,
    NotAskedError,
    UntrustedError,
)
from portal.links.models import Address, Finding
from portal.reference.provenance import LinkStatus

#: Answers of a server that keeps the page from programs, or from this one (999 is LinkedIn's).
REFUSED = frozenset({401, 402, 403, 407, 451, 999})
#: Answers below 500 that say that it may be otherwise in a while.
PASSING = frozenset({408, 425, 429})
WORDS = {
    404: "Answers 404: the page is not there.",
    410: "Answers 410: the page was taken away.",
    429: "Answers 429: it wants to be asked less often.",
}
#: Seconds before the first new attempt; doubled for each one after it.
FIRST_WAIT = 5.0
#: No server makes a run wait longer, whatever its Retry-After says.
LONGEST_WAIT = 120.0

_valid_target = URLValidator(schemes=["http", "https"])
_URL_LENGTH = Address._meta.get_field("moved_to").max_length or 0

#: Of each way in which no answer comes: the finding, in words, and whether to try again.
_FAULTS: tuple[tuple[type[Exception], LinkStatus, str, bool], ...] = (
    (NotAskedError, LinkStatus.UNCHECKED, "Not asked. {}", False),
    (httpx.InvalidURL, LinkStatus.UNCHECKED, "Not asked. This is no address: {}", False),
    (NoSuchNameError, LinkStatus.FAILING, "There is no machine of this name: {}", False),
    (NameServerError, LinkStatus.FAILING, "The name could not be looked up: {}", True),
    (UntrustedError, LinkStatus.REFUSED, "The encryption does not hold: {}", False),
    (TooManyRedirectsError, LinkStatus.FAILING, f"More than {MAX_REDIRECTS} redirects.", False),
    (httpx.RemoteProtocolError, LinkStatus.FAILING, "Redirects to what is no address.", False),
    (httpcore.TimeoutException, LinkStatus.FAILING, "No answer in time.", True),
    (httpcore.NetworkError, LinkStatus.FAILING, "No connection could be made or kept.", True),
    (httpcore.RemoteProtocolError, LinkStatus.REFUSED, "Answers what is not HTTP: {}", False),
    (httpcore.LocalProtocolError, LinkStatus.UNCHECKED, "Not asked. It cannot be: {}", False),
)
_BEFORE_LEAVING = (NoSuchNameError, NameServerError, NoRouteError)
_KNOWN = tuple(kind for kind, _status, _words, _again in _FAULTS)


class Checker:
    """Checks addresses, asking again where a failure may pass.

    Args:
        asker: asks them.
        retries: how often it asks again.
        sleep: waits between two attempts.
    """

    def __init__(
        self, asker: Asker, retries: int, sleep: Callable[[float], object] = time.sleep
    ) -> None:
        self._asker, self._retries, self._sleep = asker, retries, sleep

    def check(self, url: str) -> Finding:
        """What an address has to say for itself; no page of the web makes it raise."""
        wait = FIRST_WAIT
        for attempt in range(self._retries + 1):
            retry_after = 0.0
            try:
                # Some servers answer HEAD with an error that GET does not meet.
                answer = self._asker.ask(url, head=attempt == 0)
            except _KNOWN as error:
                finding, may_pass = _of_fault(url, error)
            else:
                finding, may_pass = _of_answer(url, answer)
                retry_after = answer.retry_after
            if not may_pass or attempt == self._retries:
                break
            self._sleep(min(max(wait, retry_after), LONGEST_WAIT))
            wait *= 2
        return finding


def _of_fault(url: str, error: Exception) -> tuple[Finding, bool]:
    status, words, again = next(entry[1:] for entry in _FAULTS if isinstance(error, entry[0]))
    # What others' machines say may be anything, and is shown to curators.
    printable = "".join(letter if letter.isprintable() else " " for letter in str(error))
    said = " ".join(printable.split())[:150]
    return Finding(url, status, words.format(said), may_be_here=_may_be_here(url, error)), again


def _may_be_here(url: str, error: Exception) -> bool:
    """Whether a fault came before anything left this machine: it may have no network."""
    if isinstance(error, NotANameError) or not isinstance(error, _BEFORE_LEAVING):
        return False
    # Who was led on to another machine has had an answer.
    return httpx.URL(url).raw_host.decode("ascii") == str(error)


def _of_answer(url: str, answer: Answer) -> tuple[Finding, bool]:
    """The finding, and whether to ask again."""
    code = answer.status
    if code in REFUSED or answer.is_challenge:
        words = f"Answers {code}: it keeps the page from programs, or from who is not signed in."
        return Finding(url, LinkStatus.REFUSED, words, code), False
    if code >= 400:
        words = WORDS.get(code, f"Answers {code}.")
        return Finding(url, LinkStatus.FAILING, words, code), code >= 500 or code in PASSING
    if not answer.moved_to:
        return Finding(url, LinkStatus.REACHABLE, "", code), False
    if not _can_be_kept(answer.moved_to):
        words = "Has moved to an address that cannot be kept: it is too long, or none."
        return Finding(url, LinkStatus.REACHABLE, words, code), False
    words = "Has moved for good."
    if is_front_page(answer.moved_to) and not is_front_page(url):
        words = "Leads to the front page of a site for good: the page itself may be gone."
    return Finding(url, LinkStatus.MOVED, words, code, answer.moved_to), False


def _can_be_kept(url: str) -> bool:
    try:
        _valid_target(url)
    except ValidationError:
        return False
    return len(url) <= _URL_LENGTH


def is_front_page(url: str) -> bool:
    """Whether an address names a site and no page of it."""
    parts = urlsplit(url)
    return parts.path in ("", "/") and not parts.query and not parts.fragment
