"""Web processes for the tests: gunicorn with the settings of `deploy/`, on a free port."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
#: Seconds that a process may take to say its address; machines of tests are busy.
PATIENCE = 180


@dataclass
class Served:
    """A portal that answers; what it wrote to its log can be read while it runs."""

    port: int
    log: Path

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def said(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")


@contextmanager
def served(database: str, **environment: str) -> Iterator[Served]:
    """One gunicorn of one worker over a database; it ends with the block, whatever happens."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        given = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "tests.served_settings",
            "DATABASE_URL": database,
            "PORT": "0",
            **environment,
        }
        command = [sys.executable, "-m", "gunicorn", "-c", "deploy/gunicorn.conf.py", "-w", "1"]
        with log.open("wb") as stream:
            process = subprocess.Popen(
                command, cwd=ROOT, env=given, stdout=stream, stderr=subprocess.STDOUT
            )
        try:
            yield Served(_port(process, log), log)
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _port(process: subprocess.Popen[bytes], log: Path) -> int:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        said = log.read_text(encoding="utf-8", errors="replace")
        if found := re.search(r"Serving http://127\.0\.0\.1:(\d+)", said):
            return int(found[1])
        assert process.poll() is None, said
        time.sleep(0.1)
    raise AssertionError(f"no address: {log.read_text()}")
