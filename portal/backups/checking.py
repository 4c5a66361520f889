"""Whether the file of a backup is whole and right, without touching anything."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from portal.backups.errors import BackupError, UnfitError
from portal.backups.manifest import DUMP, Manifest
from portal.backups.packing import unpack
from portal.backups.programs import Programs, Reader, newest
from portal.backups.sealing import Keys, opening


class _Trial:
    """Has pg_restore read the whole dump, all rows among it, and write what it reads nowhere."""

    def __init__(self, programs: Programs) -> None:
        self.reader = Reader([programs.path("pg_restore"), "--file=/dev/null"])

    def dump(self, piece: bytes) -> None:
        self.reader.feed(piece)

    def file(self, path: str, stream: Any) -> None:
        """Its checksum is all there is to see."""


def verify(path: Path, keys: Keys) -> Manifest:
    """Read a backup to its end: its checksums, its manifest, and pg_restore on its dump.

    Raises:
        UnfitError: it is damaged, cut off, none of ours, or no key opens it.
        BackupError: it cannot be read, or PostgreSQL's programs are not here.
    """
    trial = _Trial(newest())
    try:
        with path.open("rb") as source, opening(source, keys) as plain:
            manifest = unpack(plain, trial)
    except UnfitError:
        raise
    except OSError as error:
        raise BackupError(f"{path} cannot be read: {error}") from error
    else:
        if not manifest.under(DUMP):
            raise UnfitError("It holds no database.")
        try:
            trial.reader.close()
        except BackupError as error:
            raise UnfitError(f"What pg_dump wrote cannot be read: {error}") from error
        return manifest
    finally:
        trial.reader.abandon()
