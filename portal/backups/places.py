"""The files beside the database: which of them belong into a backup, and how they are put back."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.conf import settings

from portal.attachments import storage
from portal.backups.errors import BackupError
from portal.backups.manifest import ATTACHMENTS, IMPORTS, RELEASES, Manifest
from portal.backups.packing import PIECE, Packer
from portal.backups.snapshot import Snapshot

#: Where releases wait until they are whole; the portal shows no name that begins so.
_WAITING = ".restoring-"


def pack(packer: Packer, found: Snapshot) -> list[str]:
    """Take the files of a snapshot in; returns the paths of those that are missing or damaged.

    A document was written before its row, and nothing is swept meanwhile, so that each is there
    unless it was lost before. The file of an import may be removed at any time.
    """
    lacking = []
    for digest in found.attachments:
        path = f"{ATTACHMENTS}{digest[:2]}/{digest}"
        try:
            packed = packer.file(path, storage.path_of(digest))
        except FileNotFoundError:
            lacking.append(path)
        else:
            if packed.sha256 != digest:
                lacking.append(path)
    for name in found.imports:
        try:
            packer.file(f"{IMPORTS}{name}", Path(settings.IMPORTS_DIR) / name)
        except FileNotFoundError:
            lacking.append(f"{IMPORTS}{name}")
    for source in _releases():
        relative = source.relative_to(settings.RELEASES_DIR).as_posix()
        packer.file(f"{RELEASES}{relative}", source)
    return lacking


def _releases() -> Iterator[Path]:
    """The files of all releases; what is being built is none yet."""
    home = Path(settings.RELEASES_DIR)
    if home.is_dir():
        for release in sorted(home.iterdir()):
            if not release.name.startswith(".") and release.is_dir():
                yield from (path for path in sorted(release.rglob("*")) if path.is_file())


def check_releases(manifest: Manifest) -> None:
    """See that no release of the backup would take the place of another of the same name.

    Raises:
        BackupError: one of them is here and says something else.
    """
    home = Path(settings.RELEASES_DIR)
    for packed in manifest.under(RELEASES):
        path = home / packed.path.removeprefix(RELEASES)
        release = home / packed.path.split("/")[1]
        if release.is_dir() and _checksum(path) != packed.sha256:
            raise BackupError(
                f"{path} is missing or another one than in the backup. A release is never changed: "
                f"move {release} away, if the one in the backup is the right one."
            )


class PuttingBack:
    """Writes the files of a backup where they belong; what is there and right stays as it is."""

    def __init__(self) -> None:
        self.written = {ATTACHMENTS: 0, IMPORTS: 0, RELEASES: 0}
        self._releases = Path(settings.RELEASES_DIR)
        with suppress(FileNotFoundError):
            for left in self._releases.glob(f"{_WAITING}*"):
                shutil.rmtree(left)
        self._waiting: Path | None = None

    def file(self, path: str, stream: Any) -> None:
        """Put one file back.

        Raises:
            OSError: it cannot be written.
        """
        place, _slash, rest = path.partition("/")
        if place == "attachments":
            self._document(rest.rpartition("/")[2], stream)
        elif place == "imports":
            self._import(rest, stream)
        elif place == "releases" and not (self._releases / rest.split("/")[0]).exists():
            self._release(rest, stream)

    def finish(self) -> None:
        """Show the releases, each by one step of the file system."""
        if self._waiting is None:
            return
        for release in sorted(self._waiting.iterdir()):
            release.rename(self._releases / release.name)
            self.written[RELEASES] += 1
        self.abandon()

    def abandon(self) -> None:
        """Take away what was not finished."""
        if self._waiting is not None:
            shutil.rmtree(self._waiting, ignore_errors=True)

    def _document(self, digest: str, stream: Any) -> None:
        target = storage.path_of(digest)
        if _checksum(target) == digest:
            return
        target.parent.mkdir(mode=storage.DIRECTORY_MODE, parents=True, exist_ok=True)
        if self._write(target, stream, storage.FILE_MODE, storage.UNFINISHED, digest):
            self.written[ATTACHMENTS] += 1

    def _import(self, name: str, stream: Any) -> None:
        target = Path(settings.IMPORTS_DIR) / name
        if not target.exists():
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._write(target, stream, 0o600, ".unfinished-")
            self.written[IMPORTS] += 1

    def _release(self, path: str, stream: Any) -> None:
        if self._waiting is None:
            self._releases.mkdir(parents=True, exist_ok=True)
            self._waiting = Path(tempfile.mkdtemp(prefix=_WAITING, dir=self._releases))
        target = self._waiting / path
        target.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        self._write(target, stream, 0o644, ".unfinished-")

    def _write(
        self, target: Path, stream: Any, mode: int, prefix: str, digest: str | None = None
    ) -> bool:
        """Write a file whole, or not at all, also where its checksum is not the wanted one."""
        handle, name = tempfile.mkstemp(prefix=prefix, dir=target.parent)
        unfinished, found = Path(name), hashlib.sha256()
        try:
            with os.fdopen(handle, "wb") as file:
                while piece := stream.read(PIECE):
                    found.update(piece)
                    file.write(piece)
                file.flush()
                os.fsync(file.fileno())
            # A document that was damaged when it was saved is told of, and not brought back.
            if digest is not None and found.hexdigest() != digest:
                return False
            unfinished.chmod(mode)
            unfinished.replace(target)
            return True
        finally:
            unfinished.unlink(missing_ok=True)


def _checksum(path: Path) -> str:
    """The SHA-256 of a file; '' where there is none."""
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except FileNotFoundError:
        return ""
