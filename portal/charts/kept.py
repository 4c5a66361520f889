"""Pictures that were drawn once, kept as files until the data change.

Their directory is named after what they were drawn from: the version of the data and of the
software (`portal.reference.version`), and what charts alone are made of. One of them changes, and
all pictures are drawn anew, when somebody asks for them.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.metadata
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

from django.conf import settings

from portal.charts.renderer import WAIT_SECONDS, BusyError, DrawingError, RendererMissingError
from portal.reference.version import read

#: More pictures than this are never kept: the oldest go.
MOST_PICTURES = 3_000
#: Seconds for which a chart that failed is not tried again.
FAILED_SECONDS = 60


@cache
def release() -> str:
    """A mark of what makes pictures what they are, beside the data and the software."""
    base = Path(settings.BASE_DIR)
    digest = hashlib.sha256()
    for pattern in ("portal/charts/specs/*", "geo/*"):
        for path in sorted(base.glob(pattern)):
            digest.update(path.read_bytes())
    with suppress(importlib.metadata.PackageNotFoundError):
        digest.update(importlib.metadata.version("vl-convert-python").encode("ascii"))
    return digest.hexdigest()


def version() -> str:
    """A mark of the data and of all that draws them, as they are now."""
    return hashlib.sha256((read().mark + release()).encode("ascii")).hexdigest()[:32]


def name_of(*parts: str) -> str:
    """The name under which a picture is kept."""
    return hashlib.sha256(json.dumps(parts).encode("utf-8")).hexdigest()[:40]


def kept(name: str, at: str, make: Callable[[], bytes]) -> bytes:
    """The picture of a name at a version; `make` draws it if nobody has.

    However many ask at once, one draws and the others wait for it.

    Raises:
        DrawingError: it cannot be drawn, or could not a moment ago.
    """
    home = Path(settings.CHARTS_DIR)
    path = home / at / name
    with suppress(OSError):
        return path.read_bytes()
    if has_failed(name):
        raise DrawingError("it failed a moment ago")
    try:
        with _alone(home, name):
            with suppress(FileNotFoundError):
                return path.read_bytes()
            if has_failed(name):
                raise DrawingError("it failed a moment ago")
            picture = _made(name, make)
            _keep(path, picture)
            return picture
    except OSError:
        # The directory cannot be written: there are charts all the same, and each is drawn.
        return _made(name, make)


def has_failed(name: str = "") -> bool:
    """Whether a picture, or the renderer itself, failed within the last minute."""
    for marked in {"renderer", name} - {""}:
        with suppress(OSError):
            at = (Path(settings.CHARTS_DIR) / "failed" / marked).stat().st_mtime
            # A moment ahead is one of a clock that was set right since.
            if abs(time.time() - at) < FAILED_SECONDS:
                return True
    return False


def has_any_failed() -> bool:
    """Whether any picture failed within the last minute."""
    with suppress(OSError):
        marks = list((Path(settings.CHARTS_DIR) / "failed").iterdir())
        return any(abs(time.time() - mark.stat().st_mtime) < FAILED_SECONDS for mark in marks)
    return False


def _made(name: str, make: Callable[[], bytes]) -> bytes:
    try:
        return make()
    except RendererMissingError:
        _mark_failed("renderer")
        raise
    except BusyError:
        raise
    except DrawingError:
        _mark_failed(name)
        raise


def _mark_failed(name: str) -> None:
    with suppress(OSError):
        home = Path(settings.CHARTS_DIR) / "failed"
        home.mkdir(parents=True, exist_ok=True)
        for old in home.iterdir():
            if abs(time.time() - old.stat().st_mtime) > FAILED_SECONDS:
                old.unlink(missing_ok=True)
        (home / name).touch()


@contextmanager
def _alone(home: Path, name: str) -> Iterator[None]:
    """Nobody else, in this process or another, draws a picture of this name meanwhile."""
    locks = home / "locks"
    locks.mkdir(parents=True, exist_ok=True)
    until = time.monotonic() + 2 * WAIT_SECONDS
    # A name shares its lock with a few others: 256 files, however many pictures.
    with (locks / name[:2]).open("wb") as lock:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > until:
                    raise BusyError("it is being drawn") from None
                time.sleep(0.03)
        yield


def _keep(path: Path, picture: bytes) -> None:
    home = path.parent
    if not home.exists():
        _forget_others(home)
    home.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=home, prefix=".")
    with os.fdopen(handle, "wb") as stream:
        stream.write(picture)
    Path(temporary).replace(path)
    _thin_out(home)


def _forget_others(home: Path) -> None:
    """Take away the pictures of other versions."""
    with suppress(OSError):
        for other in home.parent.iterdir():
            if other.name not in (home.name, "locks", "failed"):
                shutil.rmtree(other, ignore_errors=True)


def _thin_out(home: Path) -> None:
    """Take away the oldest pictures where there are too many."""
    with os.scandir(home) as entries:
        found = [(entry.stat().st_mtime, entry.path) for entry in entries]
    if len(found) > MOST_PICTURES:
        for _age, old in sorted(found)[: MOST_PICTURES // 3]:
            Path(old).unlink(missing_ok=True)
