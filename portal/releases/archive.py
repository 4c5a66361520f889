"""Files with their checksums, and the archive of them whose bytes depend on nothing but theirs."""

from __future__ import annotations

import csv
import hashlib
import io
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from portal.releases.package import Written

#: The earliest moment that a ZIP archive can tell; a true one would differ at each build.
_MOMENT = (1980, 1, 1, 0, 0, 0)
_UNIX = 3
_MODE = 0o100644
_LEVEL = 9
_PIECE = 1 << 20
#: A list of objects is one cell; the usual limit of 128 KiB is none for it.
_LONGEST_CELL = 1 << 30
SUMS = "SHA256SUMS"


class BrokenReleaseError(RuntimeError):
    """What was written is not what was read: nothing of it may be published."""


class Folder:
    """A directory in which the files of a release are written.

    Args:
        path: an empty directory.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.files: list[Written] = []

    def write(
        self,
        name: str,
        pieces: Iterable[bytes],
        rows: int | None = None,
        *,
        is_lines: bool = False,
    ) -> Written:
        """Write a file, piece by piece, and note what it is.

        Args:
            name: its path.
            pieces: what it holds.
            rows: of a table; None for other files.
            is_lines: whether each piece is a row.
        """
        digest, size, count = hashlib.sha256(), 0, 0
        target = self.path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("xb") as stream:
            for piece in pieces:
                stream.write(piece)
                digest.update(piece)
                size += len(piece)
                count += 1
        written = Written(name, size, digest.hexdigest(), count if is_lines else rows)
        self.files.append(written)
        return written

    def sums(self) -> str:
        """The checksums of all files, as `sha256sum --check` reads them."""
        ordered = sorted(self.files, key=lambda written: written.path)
        return "".join(f"{written.sha256}  {written.path}\n" for written in ordered)


def pack(folder: Folder, target: Path) -> None:
    """Make the archive of a folder: the same files give the same bytes.

    Their moments, permissions and order are fixed, whatever the disk says of them.
    """
    with target.open("xb") as stream, ZipFile(stream, "w") as archive:
        for written in sorted(folder.files, key=lambda written: written.path):
            info = ZipInfo(written.path, _MOMENT)
            info.create_system = _UNIX
            info.external_attr = _MODE << 16
            info.compress_type = ZIP_DEFLATED
            # Public, as `compress_level`, from Python 3.13 on; this name holds there as well.
            info._compresslevel = _LEVEL  # type: ignore[attr-defined]
            # Known beforehand, it decides whether the entry is one of ZIP64.
            info.file_size = written.size
            with (folder.path / written.path).open("rb") as file, archive.open(info, "w") as entry:
                shutil.copyfileobj(file, entry, _PIECE)
        # On the disk before it is told of.
        stream.flush()
        os.fsync(stream.fileno())


def verify(path: Path, counts: Mapping[str, int]) -> None:
    """Read an archive again: names, checksums, and as many rows as the database has objects.

    Args:
        path: of the archive.
        counts: of each resource, by its name, how many objects the database has.

    Raises:
        BrokenReleaseError: something differs.
    """
    with ZipFile(path) as archive:
        names = archive.namelist()
        told = dict(_told(archive.read(SUMS).decode("utf-8")))
        if sorted(names) != sorted([*told, SUMS]) or len(names) != len(set(names)):
            raise BrokenReleaseError("The archive holds other files than its checksums name.")
        for name, sha256 in told.items():
            with archive.open(name) as stream:
                if checksum(stream) != sha256:
                    raise BrokenReleaseError(f"{name} has another checksum than was written.")
        for name, count in counts.items():
            with archive.open(f"data/{name}.jsonl") as stream:
                _expect(f"{name}.jsonl", sum(1 for _line in stream), count)
            with archive.open(f"data/{name}.csv") as stream:
                _expect(f"{name}.csv", _rows_below_heading(stream), count)


def _told(sums: str) -> Iterator[tuple[str, str]]:
    for line in sums.splitlines():
        sha256, _space, name = line.partition("  ")
        yield name, sha256


def _rows_below_heading(stream: IO[bytes]) -> int:
    limit = csv.field_size_limit(_LONGEST_CELL)
    try:
        text = io.TextIOWrapper(stream, "utf-8-sig", newline="")
        return sum(1 for _row in csv.reader(text, strict=True)) - 1
    finally:
        csv.field_size_limit(limit)


def _expect(name: str, found: int, count: int) -> None:
    if found != count:
        message = f"{name} has {found:,} rows, and the database {count:,}."
        raise BrokenReleaseError(message)


def checksum(stream: IO[bytes]) -> str:
    """The SHA-256 of a stream in hexadecimal digits."""
    digest = hashlib.sha256()
    while piece := stream.read(_PIECE):
        digest.update(piece)
    return digest.hexdigest()
