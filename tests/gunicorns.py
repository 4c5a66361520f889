"""Real servers of the portal, as deploy/gunicorn.conf.py makes them, for tests."""

from __future__ import annotations

import http.client
import os
import re
import secrets
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).resolve().parent.parent
#: Seconds after which what is waited for will not come.
PATIENCE = 90
#: The same for a server that starts; machines of tests are busy.
START_PATIENCE = 180


def wait_for(what: Callable[[], Any], name: str, seconds: float = PATIENCE) -> Any:
    """Wait until something is so, and say what was waited for in vain."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        if found := what():
            return found
        time.sleep(0.02)
    raise AssertionError(f"waited in vain for: {name}")


class UnixConnection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=30)
        self.path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(30)
        self.sock.connect(str(self.path))


@dataclass
class Gunicorn:
    """A server that runs.

    Attributes:
        process: the first one, which answers nobody itself.
        bound: where it listens, as gunicorn is told it.
        log: the file that it writes its log to.
        out: the file of what it says beside that.
    """

    process: subprocess.Popen[bytes]
    bound: str
    log: Path
    out: Path

    @property
    def socket(self) -> Path:
        """The Unix socket at which it listens."""
        assert self.bound.startswith("unix:")
        return Path(self.bound.removeprefix("unix:"))

    @property
    def port(self) -> int:
        """The port that it was given; 0 until it has said so."""
        found = re.search(r"Serving http://127\.0\.0\.1:(\d+)", self.out.read_text())
        return int(found[1]) if found else 0

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def said(self) -> str:
        """All that it wrote so far."""
        return "".join(path.read_text(errors="replace") for path in (self.log, self.out))

    def connection(self) -> http.client.HTTPConnection:
        """A new connection, which is still to be made."""
        if self.bound.startswith("unix:"):
            return UnixConnection(self.socket)
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)

    def get(self, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
        """Ask over a connection of its own; status, headers by their small names, and body."""
        connection = self.connection()
        try:
            connection.request("GET", path, headers={"Host": "localhost", **headers})
            response = connection.getresponse()
            body = response.read()
            told = {name.lower(): value for name, value in response.getheaders()}
            return response.status, told, body
        finally:
            connection.close()

    def answers(self) -> bool:
        with suppress(OSError, http.client.HTTPException):
            return self.get("/healthz")[0] == 200
        return False

    def workers(self) -> set[int]:
        """The processes that answer."""
        return {child.pid for child in self._children()}

    def wait_for(self, what: Callable[[], Any], name: str, seconds: float = PATIENCE) -> Any:
        """Wait for something as long as the server runs; its log tells why that was in vain."""

        def found() -> Any:
            assert self.process.poll() is None, f"the server ended before: {name}"
            return what()

        try:
            return wait_for(found, name, seconds)
        except AssertionError as error:
            error.add_note(self.said()[-3000:])
            raise

    def end(self) -> None:
        """Have it end in order, and end it with all its processes if it does not."""
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            for child in self._children():
                with suppress(psutil.NoSuchProcess):
                    child.kill()
            self.process.kill()
            self.process.wait()

    def _children(self) -> list[psutil.Process]:
        with suppress(psutil.NoSuchProcess):
            return psutil.Process(self.process.pid).children(recursive=True)
        return []


@contextmanager
def gunicorn(
    directory: Path,
    database_url: str,
    *,
    tcp: bool = False,
    listener: socket.socket | None = None,
    **given: str,
) -> Iterator[Gunicorn]:
    """Serve the portal on a Unix socket in a directory; ended at the end, whatever happens.

    Args:
        tcp: on a free port of this machine instead.
        listener: on a Unix socket that listens already instead, handed over as systemd does it.
        given: further settings.
    """
    static = directory / "static"
    static.mkdir(parents=True, exist_ok=True)
    bound = "127.0.0.1:0" if tcp else f"unix:{directory / 'web.sock'}"
    command: list[Any] = [sys.executable, "-m", "gunicorn", "-c", "deploy/gunicorn.conf.py"]
    handed: dict[str, Any] = {}
    if listener is not None:
        # The socket is expected as the third file, and for this very process.
        shell = f'exec 3<&{listener.fileno()}; export LISTEN_PID=$$ LISTEN_FDS=1; exec "$@"'
        command = ["bash", "-c", shell, "bash", *command]
        handed = {"pass_fds": (listener.fileno(),)}
        bound = f"unix:{listener.getsockname()}"
    environment = {
        "PATH": os.environ["PATH"],
        "DJANGO_SETTINGS_MODULE": "tests.served_settings",
        "PYTHONPATH": str(ROOT),
        "TEST_STATIC_ROOT": str(static),
        "CHARTS_DIR": str(directory / "charts"),
        "DATABASE_URL": database_url,
        "SECRET_KEY": secrets.token_urlsafe(50),
        "WEB_GRACEFUL_TIMEOUT": "20",
        **given,
        "BIND": bound,
    }
    log, out = directory / "log", directory / "out"
    # What servers before it logged here is kept; what they said of their ports is not.
    with log.open("ab") as logged, out.open("wb") as told:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=told, stderr=logged, **handed
        )
    server = Gunicorn(process, bound, log, out)
    try:
        server.wait_for(server.answers, "an answer", START_PATIENCE)
        yield server
    finally:
        server.end()


class Load:
    """Readers who ask without a pause, each time over a new connection, as a proxy does."""

    def __init__(self, ask: Callable[[], int], readers: int = 4) -> None:
        self.answered = 0
        self.failed: list[str] = []
        self._ask, self._stop = ask, threading.Event()
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._read) for _ in range(readers)]

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def wait_for(self, answers: int) -> None:
        """Wait for so many more answers."""
        wanted = self.answered + answers
        wait_for(lambda: self.answered >= wanted or self.failed, f"{answers} answers")

    def _read(self) -> None:
        while not self._stop.is_set():
            try:
                status = self._ask()
            except (OSError, http.client.HTTPException) as error:
                status = 0
                self.failed.append(repr(error))
            with self._lock:
                if status == 200:
                    self.answered += 1
                elif status:
                    self.failed.append(str(status))
