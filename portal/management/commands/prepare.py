"""Command `prepare`: all that must be done before the portal can be served, in one process."""

import hashlib
import os
import time
from argparse import ArgumentParser
from collections.abc import Callable
from importlib.metadata import version
from io import StringIO
from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connection

from portal.curation.models import SuspectedPair
from portal.management.commands.migrate import one_at_a_time
from portal.search import index


class Command(BaseCommand):
    """Migrate, load the collection, compile the translations and collect static files."""

    help = "Bring database, collection, translations and static files up to date."
    # migrate makes the checks it needs, and script/test makes them all.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Either half may be done where the other cannot be: files when an image is made."""
        halves = parser.add_mutually_exclusive_group()
        halves.add_argument("--files", action="store_true", help="only what needs no database")
        halves.add_argument("--data", action="store_true", help="only what writes no files")

    def handle(self, *args: Any, files: bool, data: bool, **options: Any) -> None:
        """Run the steps; the error of one that fails ends the command."""
        if not files:
            self._prepare_data()
        if not data:
            self._step("Translations compiled", lambda: f"{compile_messages()} files")
            self._step("Static files collected", collect_static)

    def _prepare_data(self) -> None:
        with one_at_a_time(connection, self.stdout.write):
            self._step("Database migrated", migrate)
            self._step("Collection loaded", load_collection)
            self._step("Search index checked", complete_index)
            self._step("Duplicates looked for", look_for_duplicates)

    def _step(self, name: str, action: Callable[[], str]) -> None:
        began = time.monotonic()
        detail = action()
        took = f"{time.monotonic() - began:.1f} s"
        self.stdout.write(f"{name}: {detail} ({took})" if detail else f"{name} ({took})")
        self.stdout.flush()


def _call(command: str, **options: Any) -> list[str]:
    """Run another command; the lines it prints."""
    output = StringIO()
    call_command(command, stdout=output, **options)
    return [line.strip() for line in output.getvalue().splitlines() if line.strip()]


def migrate() -> str:
    """Apply the migrations that are new; how many there were."""
    applied = sum(line.startswith("Applying ") for line in _call("migrate", no_color=True))
    return f"{applied} migrations applied"


def load_collection() -> str:
    """Load the collection; the last line that command prints is its summary."""
    return "".join(_call("load_collection", no_color=True)[-1:])


def complete_index() -> str:
    """Make the search index anew if a migration emptied it or it lacks a record."""
    if index.is_complete():
        return "complete"
    return f"{index.rebuild()} documents made anew"


def look_for_duplicates() -> str:
    """Fill the queue of possible duplicates the first time; later whoever keeps the portal does."""
    if SuspectedPair.objects.exists():
        return "found before"
    _call("find_duplicates", verbosity=0)
    return f"{SuspectedPair.objects.waiting().count()} pairs wait"


def compile_messages() -> int:
    """Compile every translation newer than its compiled form; how many there were.

    Babel does it, because msgfmt, which Django's own command wants, may not be installed.
    """
    compiled = 0
    for directory in settings.LOCALE_PATHS:
        for source in sorted(Path(directory).glob("*/LC_MESSAGES/django*.po")):
            target = source.with_suffix(".mo")
            if target.exists() and target.stat().st_mtime_ns >= source.stat().st_mtime_ns:
                continue
            with source.open("rb") as file:
                catalog = read_po(file)
            making = target.with_name(f"{target.name}.{os.getpid()}")
            with making.open("wb") as file:
                write_mo(file, catalog)
            making.replace(target)
            compiled += 1
    return compiled


def collect_static() -> str:
    """Collect and compress the static files, unless neither they nor the result changed."""
    root = Path(settings.STATIC_ROOT)
    stamp = root.with_name(f"{root.name}.stamp")
    if stamp.exists() and stamp.read_text() == _static_state(root):
        return "unchanged"
    # Cleared first: files collected earlier would stay, also those of another branch.
    summary = _call("collectstatic", interactive=False, clear=True)
    stamp.write_text(_static_state(root))
    return "".join(summary[-1:])


def _static_state(root: Path) -> str:
    """A digest that differs when the static files or what was made of them differ."""
    names = ("Django", "whitenoise", "brotli")
    state: list[Any] = [settings.STATIC_URL, settings.STORAGES["staticfiles"]]
    state += [version(name) for name in names]
    for finder in get_finders():
        for name, storage in finder.list([]):
            state.append((name, *_file_state(storage.path(name))))
    for path in sorted(root.rglob("*")):
        state.append((str(path), *_file_state(path)))
    return hashlib.sha256(repr(state).encode()).hexdigest()


def _file_state(path: Path | str) -> tuple[int, int]:
    status = os.stat(path)
    return status.st_size, status.st_mtime_ns
