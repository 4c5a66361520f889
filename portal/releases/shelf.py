"""The releases that were published: directories that are written once and stay for ever."""

from __future__ import annotations

import fcntl
import json
import logging
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings

from portal.releases.versions import Version

logger = logging.getLogger(__name__)

TOLD = "release.json"
#: Where releases are built, on the disk where they are kept.
BUILDING = ".building-"
MEDIA_TYPES = {".zip": "application/zip", ".json": "application/json"}


class BusyError(RuntimeError):
    """Another release is being built."""


@dataclass(frozen=True)
class Release:
    """A release, as its `release.json` tells of it."""

    version: Version
    told: Mapping[str, Any]

    @property
    def home(self) -> Path:
        return Path(settings.RELEASES_DIR) / str(self.version)

    @property
    def archive(self) -> Path:
        return self.home / str(self.told["file"]["name"])

    @property
    def origin(self) -> str:
        return str(self.told["origin"])

    @property
    def built(self) -> datetime:
        return datetime.fromisoformat(self.told["built_at"])

    @property
    def records(self) -> int:
        """The records of all databases."""
        return sum(self.told["counts"].get(name, 0) for name in self.told["databases"])

    def path_of(self, name: str) -> Path | None:
        """The file of that name, where the release has it; no other path is ever opened."""
        return self.home / name if name in (self.archive.name, TOLD) else None


def releases() -> list[Release]:
    """All releases, the newest first; what is broken is left out and logged."""
    try:
        names = [path.name for path in Path(settings.RELEASES_DIR).iterdir()]
    except FileNotFoundError:
        return []
    found = (release_of(name) for name in names if not name.startswith("."))
    return sorted((release for release in found if release), key=_version, reverse=True)


def _version(release: Release) -> Version:
    return release.version


def release_of(name: str) -> Release | None:
    """The release of a version as it is written, or None where there is none."""
    try:
        version = Version.parse(name)
    except ValueError:
        return None
    home = Path(settings.RELEASES_DIR) / str(version)
    try:
        told = json.loads((home / TOLD).read_text(encoding="utf-8"))
        size, published = (home / told["file"]["name"]).stat().st_size, told["file"]["bytes"]
        if size != published:
            raise ValueError(f"its archive has {size} bytes of {published}")
    except FileNotFoundError:
        if home.exists():
            logger.error("The release %s lacks a file", version)
        return None
    except (ValueError, KeyError, TypeError) as error:
        logger.error("The release %s cannot be read: %s", version, error)
        return None
    return Release(version, told)


@contextmanager
def alone() -> Iterator[Path]:
    """The directory of all releases, where nobody else builds meanwhile.

    What a build that was killed left behind is taken away.

    Raises:
        BusyError: somebody else builds.
    """
    home = Path(settings.RELEASES_DIR)
    home.mkdir(parents=True, exist_ok=True)
    with (home / ".lock").open("wb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BusyError("Another release is being built.") from None
        for left in home.glob(f"{BUILDING}*"):
            shutil.rmtree(left)
        yield home
