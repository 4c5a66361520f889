"""Making a backup: one moment of the database and its files, read back before it has its name."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from portal.attachments.storage import nothing_swept
from portal.backups import places, shelf
from portal.backups.checking import verify
from portal.backups.errors import BackupError
from portal.backups.manifest import Manifest
from portal.backups.packing import PIECE, Packer
from portal.backups.programs import Programs, fitting, server_major, writing
from portal.backups.sealing import Keys, sealing
from portal.backups.snapshot import Snapshot, snapshot
from portal.disk import flush


@dataclass(frozen=True)
class Made:
    """A backup that was made.

    Attributes:
        path: where it is.
        manifest: what it holds.
        size: bytes of the file.
        sha256: of the file.
        is_opened: whether its contents were read back; not where only public keys sealed it.
        removed: older backups that went.
    """

    path: Path
    manifest: Manifest
    size: int
    sha256: str
    is_opened: bool
    removed: list[Path]


class _Digesting:
    """A file that is written, with the digest of what was meant to be written."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self.digest = hashlib.sha256()

    def write(self, piece: Any) -> int:
        self.digest.update(piece)
        return self._stream.write(piece)

    def flush(self) -> None:
        self._stream.flush()


def make(
    directory: Path,
    keys: Keys,
    *,
    keep: int | None = None,
    progress: Callable[[str], Any] = lambda said: None,
) -> Made:
    """Make a backup in a directory, or leave nothing there.

    Args:
        directory: made if need be, for its owner only.
        keys: those that it is sealed for; none for a plain one.
        keep: how many backups stay there, this one among them; None for all.
        progress: told what is done.

    Raises:
        BackupError: a program is missing or failed, or what was read back is not what was written.
        OSError: the directory or a file cannot be read or written.
    """
    programs = fitting(server_major())
    with shelf.alone(directory):
        unfinished = directory / f"{shelf.UNFINISHED}{os.getpid()}"
        try:
            manifest, digest = _write(unfinished, programs, keys, progress)
            progress("reading it back")
            is_opened = not keys or bool(keys.identities)
            sha256, size = _read_back(unfinished)
            if sha256 != digest:
                raise BackupError("The disk gave back something else than was written.")
            if is_opened and verify(unfinished, keys).text() != manifest.text():
                raise BackupError("What was read back is not what was written.")
            path = directory / shelf.name_for(manifest.made_at, directory, is_sealed=bool(keys))
            unfinished.rename(path)
            flush(directory)
        finally:
            unfinished.unlink(missing_ok=True)
        removed = shelf.thin_out(directory, keep, path) if keep else []
    return Made(path, manifest, size, sha256, is_opened, removed)


def _write(
    target: Path, programs: Programs, keys: Keys, progress: Callable[[str], Any]
) -> tuple[Manifest, str]:
    """Write everything; what it is, and the digest of the file as it should be."""
    handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb", PIECE) as file:
        written: Any = _Digesting(file)
        with nothing_swept(), sealing(written, keys) as sink, Packer(sink) as packer:
            with snapshot() as found:
                progress("dumping the database")
                _dump(packer, programs, found)
            progress("taking in the files")
            found.manifest.lacking = places.pack(packer, found)
            packer.finish(found.manifest)
        file.flush()
        os.fsync(file.fileno())
    return found.manifest, written.digest.hexdigest()


def _dump(packer: Packer, programs: Programs, found: Snapshot) -> None:
    found.manifest.database["pg_dump"] = programs.major
    left_out = [f"--exclude-table-data={table}" for table in found.manifest.left_out]
    command = [
        *(programs.path("pg_dump"), "--format=custom", f"--snapshot={found.name}"),
        # A migration that holds a table is told of, rather than waited for without an end.
        *("--lock-wait-timeout=120s", "--no-password", *left_out),
    ]
    with writing(command) as stream:
        packer.dump(stream)


def _read_back(path: Path) -> tuple[str, int]:
    with path.open("rb") as stream:
        # What was just written is to come from the disk, as far as the system can be told so.
        os.posix_fadvise(stream.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        return hashlib.file_digest(stream, "sha256").hexdigest(), stream.tell()
