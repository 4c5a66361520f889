"""The file of a backup: a tar archive, written and read in one pass, that tells when it is whole.

    database/part-00000 …       what pg_dump wrote (custom format), in pieces
    attachments/ imports/ releases/
    manifest.json               what all of it is
    SHA256SUMS                  the end: without it the file is cut off

`tar x`, `sha256sum --check SHA256SUMS` and `cat database/part-* | pg_restore` do without us.
"""

from __future__ import annotations

import hashlib
import io
import re
import tarfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any, Protocol, Self, cast

from portal.backups.errors import UnfitError
from portal.backups.manifest import DUMP, MANIFEST, SUMS, Manifest, Packed, is_known

PIECE = 1 << 20
#: What pg_dump writes is of no known length, and a tar archive wants one: so it comes in parts.
PART = 16 << 20
_LARGEST_LIST = 512 << 20
_LINE = re.compile(r"([0-9a-f]{64})  (\S.*)")


class _Measured:
    """A stream whose bytes are counted and digested as they are read."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self.digest = hashlib.sha256()
        self.size = 0

    def read(self, size: int = -1) -> bytes:
        piece: bytes = self._stream.read(size)
        self.digest.update(piece)
        self.size += len(piece)
        return piece


class _Sink:
    """Where an archive is written; what tarfile holds back is dropped once the writing failed."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self.has_failed = False

    def write(self, piece: bytes) -> int:
        if not self.has_failed:
            self._stream.write(piece)
        return len(piece)


class Packer:
    """Writes a backup into a stream, inside a `with`."""

    def __init__(self, sink: Any) -> None:
        self._sink = _Sink(sink)
        # Closed by `finish`, or at the end of the `with`.
        self._tar = tarfile.open(  # noqa: SIM115
            fileobj=cast("Any", self._sink), mode="w|", format=tarfile.PAX_FORMAT
        )
        self._moment = int(time.time())
        self.files: list[Packed] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            self._sink.has_failed = True
        self._tar.close()

    def dump(self, stream: IO[bytes]) -> None:
        """Take in what pg_dump writes, to its end."""
        number = 0
        while part := stream.read(PART):
            self._bytes(f"{DUMP}part-{number:05}", part)
            number += 1

    def file(self, path: str, source: Path) -> Packed:
        """Take in a file under another path.

        Raises:
            OSError: it cannot be read, or changed its length meanwhile.
        """
        with source.open("rb") as stream:
            size = stream.seek(0, io.SEEK_END)
            stream.seek(0)
            return self._add(path, size, stream)

    def finish(self, manifest: Manifest) -> None:
        """Write the lists at the end; nothing can be added after that."""
        manifest.files = list(self.files)
        self._bytes(MANIFEST, manifest.text())
        lines = "".join(f"{file.sha256}  {file.path}\n" for file in self.files)
        self._bytes(SUMS, lines.encode())
        self._tar.close()

    def _bytes(self, path: str, content: bytes) -> None:
        self._add(path, len(content), io.BytesIO(content))

    def _add(self, path: str, size: int, stream: IO[bytes]) -> Packed:
        info = tarfile.TarInfo(path)
        info.size, info.mtime, info.mode = size, self._moment, 0o600
        measured: Any = _Measured(stream)
        self._tar.addfile(info, measured)
        packed = Packed(path, size, measured.digest.hexdigest())
        self.files.append(packed)
        return packed


class Taker(Protocol):
    """Takes what a backup holds, as it comes."""

    def dump(self, piece: bytes) -> None:
        """Take a piece of what pg_dump wrote."""

    def file(self, path: str, stream: Any) -> None:
        """Take a file, which need not be read to its end; its checksum is compared later."""


def unpack(stream: Any, taker: Taker) -> Manifest:
    """Read a backup to its end and compare everything with its checksums.

    What `taker` was given is known to be right only when this returns.

    Raises:
        UnfitError: something is damaged, missing, or no part of a backup.
    """
    try:
        with tarfile.open(fileobj=stream, mode="r|", bufsize=PIECE) as tar:
            manifest = _unpack(tar, taker)
        # What seals the end of an encrypted backup comes after the archive's.
        while stream.read(PIECE):
            pass
    except (tarfile.TarError, EOFError) as error:
        raise UnfitError(f"It is damaged, cut off, or no backup: {error}.") from error
    return manifest


def _unpack(tar: tarfile.TarFile, taker: Taker) -> Manifest:
    found: dict[str, Packed] = {}
    texts: dict[str, bytes] = {}
    for member in tar:
        if SUMS in texts:
            raise UnfitError("It goes on after its end.")
        name = member.name
        content = tar.extractfile(member) if member.isreg() else None
        if content is None or name in found:
            raise UnfitError(f"It holds what no backup holds: {name[:100]!r}.")
        measured = _Measured(content)
        if name in (MANIFEST, SUMS):
            texts[name] = measured.read(_LARGEST_LIST)
        elif MANIFEST in texts or not is_known(name):
            raise UnfitError(f"It holds what no backup holds: {name[:100]!r}.")
        elif name.startswith(DUMP):
            for piece in _pieces(measured):
                taker.dump(piece)
        else:
            taker.file(name, measured)
        for _rest in _pieces(measured):
            pass
        found[name] = Packed(name, measured.size, measured.digest.hexdigest())
    if SUMS not in texts:
        raise UnfitError("It is cut off: its end is missing.")
    return _compared(found, texts)


def _pieces(stream: _Measured) -> Iterator[bytes]:
    read: Callable[[], bytes] = lambda: stream.read(PIECE)  # noqa: E731 - for iter()
    return iter(read, b"")


def _compared(found: dict[str, Packed], texts: dict[str, bytes]) -> Manifest:
    """The manifest, if everything is what it and the checksums say."""
    found.pop(SUMS)
    told: dict[str, str] = {}
    for line in texts[SUMS].decode("utf-8", "replace").splitlines():
        match = _LINE.fullmatch(line)
        if match is None:
            raise UnfitError("Its checksums cannot be read.")
        told[match.group(2)] = match.group(1)
    for path in sorted(told.keys() | found.keys()):
        if path not in found:
            raise UnfitError(f"It lacks {path}.")
        if told.get(path) != found[path].sha256:
            raise UnfitError(f"{path} in it is damaged: its checksum is another.")
    manifest = Manifest.read(texts[MANIFEST])
    found.pop(MANIFEST)
    if {file.path: file for file in manifest.files} != found:
        raise UnfitError("Its manifest names other files than it holds.")
    return manifest
