"""Readers and a curator, who say of each answer whether it is right.

They stand behind a balancer as nginx is one: an address that cannot be connected to, or that breaks
off before it has answered, is followed by the next one, for requests that change nothing.
"""

from __future__ import annotations

import random
import re
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

from benchmarks.faults.forms import form_of

#: Longer than a statement may take (portal/wsgi.py).
TIMEOUT = 30.0
MARKER = re.compile(r"\(state (\d+)\)")


@dataclass
class Seen:
    """What was seen in one phase.

    Attributes:
        answers: right answers to readers; `wrong` holds the others in words.
        errors: of readers: no answer, or one that says it cannot.
        slowest: milliseconds of the slowest right answer.
        saved: edits of the curator that were acknowledged.
        refused: times that the curator was told it does not go now.
        cut: times that the curator was not answered at all.
        unseen: times that the curator did not see their own edit, in words.
        retried: requests that the balancer sent to the next web process.
    """

    answers: int = 0
    wrong: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    slowest: float = 0.0
    saved: int = 0
    refused: list[str] = field(default_factory=list)
    cut: list[str] = field(default_factory=list)
    unseen: list[str] = field(default_factory=list)
    retried: int = 0

    @property
    def told(self) -> int:
        """What readers were told, whatever it was."""
        return self.answers + len(self.wrong) + len(self.errors)


@dataclass(frozen=True)
class Question:
    """An address, and what is wrong with its answer; "" if nothing is."""

    path: str
    fault: Callable[[str], str]
    #: Whether the answer shows the record that the curator edits.
    is_marked: bool = False


class Ledger:
    """The states of the edited record: which were tried, which were acknowledged and when.

    Args:
        slack: seconds after which an acknowledged edit must be seen by everybody.
    """

    def __init__(self, slack: float) -> None:
        self.slack = slack
        self._lock = threading.Lock()
        self._tried = 0
        self._saved: list[tuple[float, int]] = []
        self.phase = Seen()

    def begin(self) -> Seen:
        """Begin a phase; what is seen from now on."""
        self.phase = Seen()
        return self.phase

    def next(self) -> int:
        with self._lock:
            self._tried += 1
            return self._tried

    def acknowledge(self, number: int) -> None:
        with self._lock:
            self._saved.append((time.monotonic(), number))

    def acknowledged(self) -> list[int]:
        return [number for _at, number in self._saved]

    def last_saved(self, before: float = float("inf")) -> int:
        with self._lock:
            return max((number for at, number in self._saved if at < before), default=0)

    def fault(self, text: str, asked: float) -> str:
        """What is wrong with the state of the record in an answer to a question of some moment."""
        found = {int(number) for number in MARKER.findall(text)}
        if len(found) > 1:
            return f"two states in one answer: {sorted(found)}"
        state = next(iter(found), 0)
        oldest = self.last_saved(before=asked - self.slack)
        if not oldest <= state <= self._tried:
            return f"state {state}, which must be from {oldest} to {self._tried}"
        return ""


class Browser:
    """Asks one of the web processes, and the next one if that does not answer."""

    def __init__(self, addresses: Sequence[str], ledger: Ledger) -> None:
        self._addresses = list(addresses)
        self._ledger = ledger
        # One jar of cookies, because a balancer has one name for all.
        # gunicorn ends connections that wait for two seconds; those ended here are not missed.
        limits = httpx.Limits(keepalive_expiry=1)
        self._client = httpx.Client(timeout=TIMEOUT, limits=limits)

    def get(self, path: str, **options: Any) -> httpx.Response:
        """The answer to GET.

        Raises:
            httpx.HTTPError: none of them has answered.
        """
        random.shuffle(self._addresses)
        for address in self._addresses[:-1]:
            try:
                return self._client.get(address + path, **options)
            except httpx.TransportError:
                self._ledger.phase.retried += 1
        return self._client.get(self._addresses[-1] + path, **options)

    def post(self, path: str, data: dict[str, Any]) -> httpx.Response:
        """The answer to POST, which is sent once.

        Raises:
            httpx.HTTPError: there was none.
        """
        return self._client.post(random.choice(self._addresses) + path, data=data)

    def close(self) -> None:
        self._client.close()


class Reader(threading.Thread):
    """Asks questions, one after the other in any order, until it is told to stop."""

    def __init__(
        self, addresses: Sequence[str], questions: Sequence[Question], ledger: Ledger
    ) -> None:
        super().__init__(daemon=True)
        self._browser = Browser(addresses, ledger)
        self._questions, self._ledger = questions, ledger
        self._over = threading.Event()

    def run(self) -> None:
        while not self._over.is_set():
            self._ask(random.choice(self._questions))
            # Readers read; without a pause these would leave nothing of the machine to anybody.
            self._over.wait(0.02)
        self._browser.close()

    def stop(self) -> None:
        self._over.set()
        self.join()

    def _ask(self, question: Question) -> None:
        seen, asked = self._ledger.phase, time.monotonic()
        try:
            response = self._browser.get(question.path)
        except httpx.HTTPError as error:
            seen.errors.append(f"{question.path}: {error!r}")
            return
        if response.status_code != 200:
            seen.errors.append(f"{question.path}: {response.status_code}")
            return
        try:
            fault = question.fault(response.text)
        except (ValueError, LookupError) as error:
            fault = f"cannot be read: {error!r}"
        if question.is_marked and not fault:
            fault = self._ledger.fault(response.text, asked)
        if fault:
            seen.wrong.append(f"{question.path}: {fault}")
        else:
            seen.answers += 1
            seen.slowest = max(seen.slowest, (time.monotonic() - asked) * 1000)


class Curator(threading.Thread):
    """Signs in, edits a published record again and again, and looks at it after each edit.

    Args:
        change: the path of the record's page in the admin.
        page: the path of its public page.
        text: what the field `annotation` says, before its marker.
    """

    def __init__(
        self, addresses: Sequence[str], ledger: Ledger, *, change: str, page: str, text: str
    ) -> None:
        super().__init__(daemon=True)
        self._browser = Browser(addresses, ledger)
        self._ledger = ledger
        self._change, self._page, self._text = change, page, text
        self._over = threading.Event()

    def sign_in(self, name: str, password: str) -> None:
        """Sign in as a browser does.

        Raises:
            RuntimeError: the portal lets nobody in.
        """
        path = "/admin/login/"
        data = form_of(self._browser.get(path).text, "login-form")
        answer = self._browser.post(path, {**data, "username": name, "password": password})
        if answer.status_code != 302:
            raise RuntimeError(f"the curator cannot sign in: {answer.status_code}")

    def run(self) -> None:
        while not self._over.is_set():
            try:
                self._edit()
            except httpx.HTTPError as error:
                self._ledger.phase.cut.append(repr(error))
            self._over.wait(0.1)
        self._browser.close()

    def stop(self) -> None:
        self._over.set()
        self.join()

    def _edit(self) -> None:
        form = self._browser.get(self._change)
        if form.status_code != 200:
            self._told(form, "the form")
            return
        number = self._ledger.next()
        data = form_of(form.text, "work_form")
        data["annotation"] = f"{self._text} (state {number})"
        answer = self._browser.post(self._change, {**data, "_save": "Save"})
        if answer.status_code != 302 or "login" in answer.headers["location"]:
            self._told(answer, "saving")
            return
        self._ledger.acknowledge(number)
        self._ledger.phase.saved += 1
        self._look(number)

    def _look(self, number: int) -> None:
        """Whether the public page shows the edit that was acknowledged just now."""
        page = self._browser.get(self._page)
        if page.status_code != 200:
            self._told(page, "looking")
            return
        found = {int(state) for state in MARKER.findall(page.text)}
        if found != {number}:
            self._ledger.phase.unseen.append(f"saved {number}, sees {sorted(found)}")

    def _told(self, response: httpx.Response, what: str) -> None:
        if response.status_code == 503:
            self._ledger.phase.refused.append(f"{what}: 503")
            return
        # Signed out, a conflict with oneself, a failure: nothing of it must be.
        where = response.headers.get("location", "")
        self._ledger.phase.unseen.append(f"{what}: {response.status_code} {where}".strip())
