"""The directory of backups: their names, which is the newest, and how old ones go."""

from __future__ import annotations

import fcntl
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from portal.backups.errors import BackupError

#: How a backup is named while it is written; such a one is never taken for a backup.
UNFINISHED = ".unfinished-"
_NAME = re.compile(r"portal-(\d{8}T\d{6}Z)(?:-(\d{1,3}))?\.tar(\.age)?")


def name_for(made_at: str, directory: Path, *, is_sealed: bool) -> str:
    """The name of a backup of that moment (ISO 8601, UTC) that no other one has."""
    stamp = made_at.partition("+")[0].replace("-", "").replace(":", "")
    taken = {match[1] + (f"-{match[2]}" if match[2] else "") for match in _matches(directory)}
    free, number = f"{stamp}Z", 2
    while free in taken:
        free, number = f"{stamp}Z-{number}", number + 1
    return f"portal-{free}.tar{'.age' if is_sealed else ''}"


def backups(directory: Path) -> list[Path]:
    """The backups of a directory, the newest first by the moments in their names."""
    found = sorted(_matches(directory), key=lambda m: (m[1], int(m[2] or 1)), reverse=True)
    return [directory / match[0] for match in found]


def chosen(path: Path) -> Path:
    """The backup that a path means: itself, or the newest one of a directory.

    Raises:
        BackupError: there is none.
    """
    if not path.exists():
        raise BackupError(f"There is no {path}.")
    if path.is_file():
        return path
    found = backups(path)
    if not found:
        raise BackupError(f"No backup is in {path}.")
    return found[0]


def thin_out(directory: Path, keep: int, newest: Path) -> list[Path]:
    """Take the oldest backups away, so that so many stay; `newest` stays, whatever its name says.

    Returns:
        those that went.
    """
    others = [path for path in backups(directory) if path != newest]
    going = others[keep - 1 :]
    for path in going:
        path.unlink()
    return going


@contextmanager
def alone(directory: Path) -> Iterator[None]:
    """Nobody else writes into the directory; what a killed backup left there is taken away.

    Raises:
        BackupError: somebody else does.
        OSError: the directory cannot be written.
    """
    if not directory.exists():
        directory.mkdir(mode=0o700, parents=True)
    with (directory / ".lock").open("wb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BackupError(f"Another backup is being written into {directory}.") from None
        for left in directory.glob(f"{UNFINISHED}*"):
            left.unlink()
        yield


def _matches(directory: Path) -> list[re.Match[str]]:
    if not directory.is_dir():
        return []
    names = (path.name for path in directory.iterdir())
    return [match for name in names if (match := _NAME.fullmatch(name))]
