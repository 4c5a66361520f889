"""The files of imports on disk: outside of what a web server serves, under names of our own."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.exchange.faults import shown
from portal.exchange.formats.base import formats_for
from portal.imports.models import ImportFault, ImportRow, ImportRun

#: The longest name of a file that is kept.
LONGEST_NAME = 120


class FileGoneError(Exception):
    """The file of a run was removed, or is not the one that was uploaded."""


def plain_name(name: str) -> str:
    """The name of a file without folders, and with letters that can be shown."""
    base = name.replace("\\", "/").rpartition("/")[2].strip()
    clean = shown(base, 10_000).replace("\ufffd", "_")
    stem, dot, extension = clean.rpartition(".")
    if dot and len(clean) > LONGEST_NAME:
        clean = f"{stem[: LONGEST_NAME - len(extension) - 1]}.{extension[:20]}"
    return clean[:LONGEST_NAME] or _("file")


def keep(run: ImportRun, chunks: Iterable[bytes]) -> None:
    """Write a file for a run; sets the run's name of it, size and digest."""
    folder = Path(settings.IMPORTS_DIR)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    extensions = {form.key: form.extension for form in formats_for(run.where)}
    # Some readers look at the end of a name, and believe no other.
    run.stored = f"{uuid4().hex}.{extensions[run.format]}"
    digest, size = hashlib.sha256(), 0
    handle = os.open(folder / run.stored, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as stream:
            for chunk in chunks:
                digest.update(chunk)
                size += len(chunk)
                stream.write(chunk)
    except BaseException:
        # On a full disk half a file would take the room that is left.
        (folder / run.stored).unlink(missing_ok=True)
        raise
    run.sha256, run.size = digest.hexdigest(), size


@contextmanager
def opened(run: ImportRun) -> Iterator[Path]:
    """The path of the file of a run.

    Raises:
        FileGoneError: it is not there, or not what was uploaded.
    """
    path = Path(settings.IMPORTS_DIR) / run.stored
    if not run.stored or not path.is_file():
        raise FileGoneError(_("The file is no longer there; upload it again."))
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    if digest != run.sha256:
        raise FileGoneError(_("The file is not the one that was uploaded; upload it again."))
    yield path


def remove(run: ImportRun) -> None:
    """Remove the file of a run and what was kept of its rows; how many there were stays."""
    if run.stored:
        (Path(settings.IMPORTS_DIR) / run.stored).unlink(missing_ok=True)
    ImportFault.objects.filter(run=run).delete()
    ImportRow.objects.filter(run=run).delete()
    run.stored = ""
    if run.stage != ImportRun.Stage.WRITTEN:
        run.stage = ImportRun.Stage.CANCELLED
    run.save()


def remove_older_than(days: int) -> int:
    """Remove the files of runs that nothing has happened with for so many days."""
    old = ImportRun.objects.filter(changed_at__lt=timezone.now() - timedelta(days=days))
    runs = list(old.exclude(stored=""))
    for run in runs:
        remove(run)
    return len(runs)
