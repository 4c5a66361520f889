"""What a backup says of itself: what it holds, and of which data and software it was made."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from portal.backups.errors import UnfitError

FORMAT = "smuggling-of-migrants-portal-backup"
#: Moves when an older `restore` could not read a newer backup.
FORMAT_VERSION = 1

DUMP = "database/"
ATTACHMENTS = "attachments/"
IMPORTS = "imports/"
RELEASES = "releases/"
MANIFEST = "manifest.json"
SUMS = "SHA256SUMS"

_DIGEST = r"[0-9a-f]{64}"
_PART = r"[A-Za-z0-9_][A-Za-z0-9._ +-]*"
_PATHS = (
    re.compile(r"database/part-[0-9]{5}"),
    re.compile(r"attachments/([0-9a-f]{2})/\1[0-9a-f]{62}"),
    re.compile(r"imports/[0-9a-f]{32}\.[a-z0-9]{1,10}"),
    re.compile(rf"releases(/{_PART})+"),
)
_LONGEST_PATH = 400


def is_known(path: str) -> bool:
    """Whether a file of that path may stand in a backup; no other is ever written anywhere."""
    return len(path) <= _LONGEST_PATH and any(known.fullmatch(path) for known in _PATHS)


@dataclass(frozen=True)
class Packed:
    """A file of a backup."""

    path: str
    size: int
    sha256: str


@dataclass
class Manifest:
    """What a backup holds.

    Attributes:
        made_at: the moment of the snapshot, by the database's clock, in ISO 8601.
        database: its name, the server's version, and that of `pg_dump`.
        software: the mark of the portal's programs and the versions of Django and Python.
        migrations: those that were applied, as pairs of app and name.
        data_version: name, token and time of change of each part of the data.
        tables: rows of each table, by its name.
        left_out: tables whose rows are not in it, with the reason.
        files: all files but the manifest and the checksums.
        lacking: paths of files that rows name and that were missing or damaged when it was made.
    """

    made_at: str
    database: dict[str, Any]
    software: dict[str, str]
    migrations: list[list[str]]
    data_version: list[list[str]]
    tables: dict[str, int]
    left_out: dict[str, str]
    files: list[Packed] = field(default_factory=list)
    lacking: list[str] = field(default_factory=list)

    def text(self) -> bytes:
        told = {"format": FORMAT, "format_version": FORMAT_VERSION, **asdict(self)}
        return json.dumps(told, ensure_ascii=False, indent=1).encode()

    def under(self, place: str) -> list[Packed]:
        """The files of one place: `DUMP`, `ATTACHMENTS`, `IMPORTS` or `RELEASES`."""
        return [file for file in self.files if file.path.startswith(place)]

    @classmethod
    def read(cls, text: bytes) -> Manifest:
        """The manifest of a text.

        Raises:
            UnfitError: it is none, or one of a later format.
        """
        try:
            told = json.loads(text)
            if told.pop("format") != FORMAT:
                raise UnfitError("It is no backup of this portal.")
            if (version := told.pop("format_version")) != FORMAT_VERSION:
                raise UnfitError(f"It is written in format {version}: restore it with its portal.")
            files = [Packed(**file) for file in told.pop("files")]
            found = cls(files=files, **told)
            datetime.fromisoformat(found.made_at)
            sound = all(
                is_known(file.path) and re.fullmatch(_DIGEST, file.sha256) and file.size >= 0
                for file in files
            )
            sound = sound and all(isinstance(n, int) for n in found.tables.values())
            sound = sound and all(len(pair) == 2 for pair in found.migrations)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise UnfitError(f"Its manifest cannot be read: {error!r}.") from error
        if not sound:
            raise UnfitError("Its manifest names what no backup holds.")
        return found
