"""Before the server starts: all that is missing or unsafe, named at once.

    python -m portal.watching.preflight

Exit status 0 where nothing stands in the way, 1 with the list of what does. deploy/gunicorn.conf.py
runs it, in a process of its own, because what the server's main process loads its workers keep.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import django
from django.conf import settings
from django.contrib.staticfiles.storage import ManifestFilesMixin
from django.core.checks import ERROR, run_checks
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

TAGS = ("portal", "security")


def main() -> int:
    """Print what was found; the exit status."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    try:
        django.setup()
    except ImproperlyConfigured as error:
        sys.stderr.write(f"{error}\n")
        return 1
    errors: list[str] = []
    lines: list[str] = []
    # Not those that ask the database, which may come up after the server.
    for message in run_checks(tags=TAGS, include_deployment_checks=True):
        if message.is_silenced():
            continue
        (errors if message.level >= ERROR else lines).append(f"  - {_said(message)}")
    errors += [f"  - {fault}" for fault in unprepared()]
    if lines:
        sys.stderr.write("\n".join(["Worth a look:", *lines, ""]))
    if errors:
        sys.stderr.write("\n".join(["The portal does not start:", *errors, ""]))
    return 1 if errors else 0


def unprepared() -> list[str]:
    """What `manage.py prepare` has not made yet."""
    faults = []
    storage = import_string(settings.STORAGES["staticfiles"]["BACKEND"])
    if (
        issubclass(storage, ManifestFilesMixin)
        and not (Path(settings.STATIC_ROOT) / "staticfiles.json").exists()
    ):
        faults.append("The static files were not collected: run `manage.py prepare`.")
    sources = [path for root in settings.LOCALE_PATHS for path in Path(root).glob("*/*/django.po")]
    if any(not path.with_suffix(".mo").exists() for path in sources):
        faults.append("The translations were not compiled: run `manage.py prepare`.")
    return faults


def _said(message: object) -> str:
    text = f"{getattr(message, 'msg', '')} {getattr(message, 'hint', '') or ''}".strip()
    return f"{text} ({getattr(message, 'id', '')})"


if __name__ == "__main__":
    sys.exit(main())
