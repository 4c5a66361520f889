"""Where documents lie: under their checksums, once each, outside of what a web server serves.

A document is written before the transaction that names it ends, so that no row ever lacks its
file; what no row names in the end is taken away (`swept_after_failure`, `discard`). Both happen
under a lock of the checksum, so that one curator does not take away what another just named.
"""

from __future__ import annotations

import hashlib
import logging
import os
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.db import DatabaseError, connection, transaction

from portal.attachments.models import attachment_models

logger = logging.getLogger(__name__)

CHUNK = 1 << 16
#: Readable by the portal and its group, and never to be executed.
FILE_MODE = 0o640
DIRECTORY_MODE = 0o750
#: Names of files that are still being written begin with it.
UNFINISHED = "unfinished-"
_LOCKS = 5_741_005
_BACKUP = 5_741_006
#: What has been written since `swept_after_failure` began.
_written: ContextVar[list[str] | None] = ContextVar("written", default=None)


def root() -> Path:
    """The directory of all documents (`ATTACHMENTS_DIR`)."""
    return Path(settings.ATTACHMENTS_DIR)


def path_of(digest: str) -> Path:
    """Where the document of a checksum lies."""
    return root() / digest[:2] / digest


def checksum(stream: IO[bytes] | Any) -> str:
    """The SHA-256 of a stream from its beginning, in hexadecimal digits."""
    found = hashlib.sha256()
    stream.seek(0)
    while chunk := stream.read(CHUNK):
        found.update(chunk)
    stream.seek(0)
    return found.hexdigest()


def keep(stream: IO[bytes] | Any, digest: str) -> None:
    """Write a document under its checksum, unless it is there; call it inside a transaction.

    Raises:
        ValueError: the stream has another checksum; nothing is kept of it.
        OSError: the directory cannot be written.
    """
    _lock(digest)
    target = path_of(digest)
    written = _written.get()
    if target.exists() and _checksum_of(target) == digest:
        return
    target.parent.mkdir(mode=DIRECTORY_MODE, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=UNFINISHED, dir=target.parent)
    unfinished = Path(name)
    try:
        found = hashlib.sha256()
        stream.seek(0)
        with os.fdopen(handle, "wb") as file:
            while chunk := stream.read(CHUNK):
                found.update(chunk)
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        if found.hexdigest() != digest:
            raise ValueError("The document changed while it was kept.")
        unfinished.chmod(FILE_MODE)
        if written is not None:
            written.append(digest)
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)


def _checksum_of(path: Path) -> str:
    with path.open("rb") as stream:
        return checksum(stream)


def _lock(digest: str) -> None:
    """Until the transaction ends, nobody else keeps or takes away this document."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOCKS, _number(digest)])


def _number(digest: str) -> int:
    return int(digest[:8], 16) - (1 << 31)


def discard(digests: Collection[str]) -> None:
    """Once the transaction is committed, take away the documents that no row names any more."""
    going = sorted(set(digests))
    if going:
        transaction.on_commit(lambda: sweep(going))


@contextmanager
def swept_after_failure() -> Iterator[None]:
    """Around a transaction that may keep documents: where it fails, nothing of them stays."""
    written: list[str] = []
    before = _written.set(written)
    try:
        yield
    except BaseException:
        if written:
            sweep(sorted(set(written)))
        raise
    finally:
        _written.reset(before)


def sweep(digests: Collection[str]) -> list[str]:
    """Take away documents that no row of any kind names; returns the checksums of these.

    It waits for transactions that are keeping the same documents. What cannot be taken away is
    said in the log; `manage.py check_attachments` finds it again.
    """
    taken = []
    try:
        for digest in digests:
            with transaction.atomic():
                if not _may_sweep():
                    break
                _lock(digest)
                if not is_named(digest) and path_of(digest).exists():
                    path_of(digest).unlink()
                    taken.append(digest)
    except (DatabaseError, OSError):
        logger.exception("Documents that are no longer needed could not be taken away")
    return taken


@contextmanager
def nothing_swept() -> Iterator[None]:
    """While a backup is made: what its snapshot names stays, also if the row goes meanwhile.

    Waits for those who are sweeping. What is not swept then stays until
    `manage.py check_attachments --remove`.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [_BACKUP])
        try:
            yield
        finally:
            if connection.is_usable():
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_BACKUP])


def _may_sweep() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock_shared(%s)", [_BACKUP])
        is_free: bool = cursor.fetchone()[0]
    if not is_free:
        logger.info("Documents that are no longer needed stay, because a backup is being made")
    return is_free


def is_named(digest: str) -> bool:
    """Whether a row of any kind names a document."""
    return any(
        model._default_manager.filter(sha256=digest).exists() for model in attachment_models()
    )


def digests_of(records: Collection[Any]) -> set[str]:
    """The checksums of the documents of some records of one database."""
    if not records:
        return set()
    owner = type(next(iter(records)))
    found: set[str] = set()
    for model in attachment_models():
        if model.owner_model() is owner:
            held = model._default_manager.filter(**{f"{model.owner_field}__in": records})
            found.update(held.values_list("sha256", flat=True))
    return found


def kept() -> Iterator[Path]:
    """All files in the directory, unfinished ones as well."""
    if root().is_dir():
        yield from (path for path in sorted(root().glob("*/*")) if path.is_file())
