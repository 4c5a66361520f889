"""Asking a process of its own to draw a chart.

The renderer holds a hundred megabytes and grows with each chart; a web worker never loads it. Each
worker has one process at most, started by the first chart that is not kept yet; it ends by itself
(`drawing_process.py`), and is ended here where a chart takes too long.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import threading
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

SCRIPT = Path(__file__).with_name("drawing_process.py")
#: A process ends after so many charts, or so many seconds without one.
CHARTS, IDLE_SECONDS = 60, 120
#: Seconds that a chart may take, and that it may wait for another one.
DRAW_SECONDS, WAIT_SECONDS = 12, 12
_BLOCK = 1 << 16


class DrawingError(Exception):
    """A chart could not be drawn."""


class BusyError(DrawingError):
    """Other charts are being drawn, and take too long."""


class RendererMissingError(DrawingError):
    """No chart can be drawn here at present."""


class _EndedError(Exception):
    """The process ended before it answered."""


def is_installed() -> bool:
    """Whether there is a renderer; it is looked for, not imported."""
    return find_spec("vl_convert") is not None


class Renderer:
    """One process that draws, and the way to it."""

    def __init__(self, charts: int = CHARTS, idle_seconds: float = IDLE_SECONDS) -> None:
        self._command = [sys.executable, "-I", "-B", str(SCRIPT), str(charts), str(idle_seconds)]
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = 0

    def draw(self, job: dict[str, Any], seconds: float = DRAW_SECONDS) -> bytes:
        """The picture of a job of `drawing_process.py`.

        Raises:
            BusyError: others are drawn, and take too long.
            DrawingError: the specification is wrong, or it takes too long.
            RendererMissingError: no process can be had that draws.
        """
        if not is_installed():
            raise RendererMissingError("vl-convert-python is not installed")
        line = json.dumps(job).encode("ascii") + b"\n"
        if not self._lock.acquire(timeout=WAIT_SECONDS):
            raise BusyError("other charts take too long")
        try:
            return self._drawn(line, time.monotonic() + seconds)
        finally:
            self._lock.release()

    @property
    def pid(self) -> int | None:
        """The process that would draw now, if one runs."""
        process = self._process
        return process.pid if process and process.poll() is None else None

    def stop(self) -> None:
        """End the process, if one runs."""
        process, self._process = self._process, None
        if process is None or self._owner != os.getpid():
            return
        process.kill()
        for stream in (process.stdin, process.stdout):
            if stream:
                stream.close()
        process.wait()

    def _drawn(self, line: bytes, deadline: float) -> bytes:
        try:
            return self._asked(line, deadline)
        except _EndedError:
            # It may have ended of idleness just now: a second one is fresh.
            self.stop()
        try:
            return self._asked(line, deadline)
        except _EndedError:
            self.stop()
            raise RendererMissingError("the process that draws ends without an answer") from None

    def _asked(self, line: bytes, deadline: float) -> bytes:
        process = self._running()
        try:
            self._write(process, line, deadline)
            head, rest = self._head(process, deadline)
            while len(rest) < head["bytes"]:
                rest += self._read(process, deadline)
        except TimeoutError:
            self.stop()
            raise DrawingError("it takes too long") from None
        if head["last"]:
            self.stop()
        if head["fault"]:
            raise DrawingError(head["fault"])
        return rest

    def _running(self) -> subprocess.Popen[bytes]:
        if self._owner != os.getpid():
            # A copy of the process that started it: what it started is not ours.
            self._process, self._owner = None, os.getpid()
        if self._process and self._process.poll() is None:
            return self._process
        self.stop()
        try:
            self._process = subprocess.Popen(  # noqa: S603 - our own script
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                bufsize=0,
                env={"LANG": "C.UTF-8"},
            )
        except OSError as error:
            raise RendererMissingError(str(error)) from error
        assert self._process.stdin is not None  # noqa: S101 - it was asked for
        os.set_blocking(self._process.stdin.fileno(), False)
        return self._process

    @staticmethod
    def _write(process: subprocess.Popen[bytes], line: bytes, deadline: float) -> None:
        assert process.stdin is not None  # noqa: S101 - it was asked for
        pipe, rest = process.stdin.fileno(), memoryview(line)
        while rest:
            _wait([], [pipe], deadline)
            try:
                rest = rest[os.write(pipe, rest[:_BLOCK]) :]
            except BlockingIOError:
                continue
            except OSError as error:
                raise _EndedError from error

    def _head(
        self, process: subprocess.Popen[bytes], deadline: float
    ) -> tuple[dict[str, Any], bytes]:
        found = b""
        while b"\n" not in found:
            found += self._read(process, deadline)
        line, _newline, rest = found.partition(b"\n")
        return json.loads(line), rest

    @staticmethod
    def _read(process: subprocess.Popen[bytes], deadline: float) -> bytes:
        assert process.stdout is not None  # noqa: S101 - it was asked for
        pipe = process.stdout.fileno()
        _wait([pipe], [], deadline)
        block = os.read(pipe, _BLOCK)
        if not block:
            raise _EndedError
        return block


def _wait(readable: list[int], writable: list[int], deadline: float) -> None:
    left = deadline - time.monotonic()
    if left <= 0 or not any(select.select(readable, writable, [], left)):
        raise TimeoutError


#: The renderer of this process.
renderer = Renderer()
