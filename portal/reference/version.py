"""The version of the data and of the software: what anything made from them is known by.

`DataVersion` moves inside the transaction of every change. A mark that is read *before* the data
can therefore never make a stale answer look fresh: if the data change in between, the answer is
newer than its mark, and is only made once more than needed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

from django.apps import apps
from django.conf import settings

from portal.databases.choice import first_rows
from portal.reference.models import DataVersion

#: The ORM would take longer to write it than the database to answer.
_QUERY = f"SELECT name, token, changed_at FROM {DataVersion._meta.db_table}"  # noqa: S608 - ours
#: What answers are made by, inside the directory of each package of the portal's own.
_PROGRAM = ("**/*.py",)
#: The same beside the packages. The libraries are told by their pinned versions.
_AROUND = ("templates/**/*", "locale/**/*.mo", "requirements.txt")


@dataclass(frozen=True)
class Version:
    """The data as they were at one moment.

    Attributes:
        tokens: the marks of the parts of the data, by the names that `DataVersion` gives them.
        changed_at: when the last change was made; None where nothing was ever loaded.
    """

    tokens: dict[str, str]
    changed_at: datetime | None

    @property
    def mark(self) -> str:
        """One mark of these data and of the software, as 32 hexadecimal digits."""
        named = json.dumps(self.tokens, sort_keys=True)
        return hashlib.sha256((named + software()).encode("utf-8")).hexdigest()[:32]


_held: ContextVar[list[Version] | None] = ContextVar("held_version", default=None)


def read() -> Version:
    """The version as it is now, by one query. Read it before the data that it is to stand for."""
    rows = first_rows(_QUERY)
    version = Version(
        tokens={name: str(token) for name, token, _changed in rows},
        changed_at=max((changed for _name, _token, changed in rows), default=None),
    )
    held = _held.get()
    if held is not None:
        held[:] = [version]
    return version


@contextmanager
def held() -> Iterator[None]:
    """What is read inside is remembered for `last_read`: one request, one batch."""
    mark = _held.set([])
    try:
        yield
    finally:
        _held.reset(mark)


def last_read() -> Version | None:
    """The version that was read in the present request or batch, if any was."""
    return next(iter(_held.get() or ()), None)


@cache
def software() -> str:
    """A mark of the programs, templates and translations; made at its first use in a process."""
    base = Path(settings.BASE_DIR)
    digest = hashlib.sha256()
    for path in sorted(_files(base)):
        digest.update(str(path.relative_to(base)).encode("utf-8"))
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _files(base: Path) -> Iterator[Path]:
    names = {config.name.partition(".")[0] for config in apps.get_app_configs()}
    for name in names:
        if (base / name).is_dir():
            for pattern in _PROGRAM:
                yield from (base / name).glob(pattern)
    for pattern in _AROUND:
        yield from (path for path in base.glob(pattern) if path.is_file())
