"""The audit of packages: passed only where all were looked up, never where none was."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).resolve().parent.parent / "script" / "audit"
SOUND = {"name": "sound", "version": "1", "vulns": []}
SKIPPED = {"name": "unknown", "skip_reason": "Dependency not found"}
FAULTY = {
    "name": "faulty", "version": "1", "vulns": [{"id": "PYSEC-1", "fix_versions": ["1.1"]}],
}  # fmt: skip


@pytest.mark.parametrize(
    ("packages", "status", "said"),
    [
        ([SOUND, SOUND], 0, "2 packages looked up, 0 vulnerable"),
        ([SOUND, FAULTY], 1, "faulty 1: PYSEC-1, mended in 1.1"),
        ([SOUND, SKIPPED], 1, "unknown could not be looked up"),
        ([SKIPPED, SKIPPED], 3, "None of 2 packages"),
        ([], 3, "None of 0 packages"),
    ],
)
def test_what_was_not_looked_up_is_no_pass(
    packages: list[Any], status: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    loader = SourceFileLoader("audit", str(SCRIPT))
    spec = spec_from_loader("audit", loader)
    assert spec is not None
    audit = module_from_spec(spec)
    loader.exec_module(audit)
    assert audit.judged(packages) == status
    assert said in capsys.readouterr().out


def test_where_the_service_cannot_be_reached_it_says_so() -> None:
    nowhere = {"HTTPS_PROXY": "http://127.0.0.1:1", "https_proxy": "http://127.0.0.1:1"}
    done = subprocess.run(
        [sys.executable, "-B", str(SCRIPT)],
        env={**os.environ, **nowhere},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 3, done.stdout + done.stderr
