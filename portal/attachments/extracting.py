"""Asking a process of its own about a document, and keeping the text that it finds."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_noop

from portal.attachments.models import Attachment, Reading
from portal.attachments.storage import path_of

SCRIPT = Path(__file__).with_name("reading_process.py")
#: Seconds that a document may take: to be opened while its curator waits, and to be read.
CHECK_SECONDS = 15
READ_SECONDS = 120

#: What is told of a document whose text could not be had; kept in English, shown translated.
FAULTS = {
    "encrypted": gettext_noop("It asks for a password."),
    "broken": gettext_noop("It is damaged."),
    "memory": gettext_noop("It needs too much memory."),
    "time": gettext_noop("It takes too long."),
    "crash": gettext_noop("Its reader failed."),
    "unread": gettext_noop("None of its pages gave a text: reading them failed."),
    "missing": gettext_noop("The file is missing."),
}


def ask(task: str, kind: str, data: bytes, seconds: int) -> dict[str, Any]:
    """What `reading_process.py` answers; `fault` is one of `FAULTS`, or empty.

    Args:
        task: `check` or `read`.
        kind: `pdf` or `docx`.
        data: the document.
        seconds: how long it may take, of the processor and by the clock.
    """
    command = [sys.executable, "-I", "-B", str(SCRIPT), task, kind, str(seconds)]
    try:
        done = subprocess.run(  # noqa: S603 - our own script, its arguments are ours
            command,
            input=data,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=seconds + 5,
            check=False,
            env={"LANG": "C.UTF-8"},
        )
    except subprocess.TimeoutExpired:
        return {"fault": "time"}
    if done.returncode in (-signal.SIGXCPU, -signal.SIGKILL):
        return {"fault": "time"}
    try:
        found: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        return {"fault": "crash"}
    return found


def read(attachment: Attachment, seconds: int = READ_SECONDS) -> None:
    """Set text, pages and what became of them on a document; the caller saves it."""
    try:
        data = path_of(attachment.sha256).read_bytes()
    except OSError:
        found: dict[str, Any] = {"fault": "missing"}
    else:
        found = ask("read", attachment.kind, data, seconds)
    attachment.read_at = timezone.now()
    attachment.pages = found.get("pages")
    attachment.text = found.get("text", "")
    attachment.fault = FAULTS.get(found["fault"], "")
    attachment.reading = _outcome(found)


def _outcome(found: dict[str, Any]) -> Reading:
    if found["fault"]:
        return Reading.FAILED
    if not found["text"]:
        return Reading.EMPTY
    return Reading.CUT if found["cut"] or found["unread"] else Reading.DONE
