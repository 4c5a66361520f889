"""Building a release: read in one moment, written aside, read again, and only then published."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version as version_of
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

from django.apps import apps
from django.conf import settings
from django.db import connection, transaction
from django.utils import translation
from rest_framework.renderers import JSONRenderer

from portal.disk import flush
from portal.reference.catalog import pinned
from portal.releases import changes, dictionary, package, texts
from portal.releases.archive import SUMS, Folder, checksum, pack, verify
from portal.releases.contents import Origin, Resource, resources
from portal.releases.schemas import schemas
from portal.releases.shelf import BUILDING, TOLD, Release, alone, releases
from portal.releases.versions import Version
from portal.rest.tabular import Column, columns_of, pieces_of, rows

#: Codes of one kind of change that `release.json` names; the archive has all of them.
SHOWN_CODES = 200
KINDS = ("added", "changed", "withdrawn", "merged", "removed")
_SOFTWARE = ("Django", "djangorestframework", "drf-spectacular")


class ReleaseError(ValueError):
    """A release cannot be built; the text says why."""


@contextmanager
def snapshot() -> Iterator[None]:
    """Everything that is read inside is of one moment, whoever writes meanwhile."""
    with transaction.atomic(durable=True):
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def build(version: Version, note: str = "", *, dry_run: bool = False) -> dict[str, Any]:
    """Build a release and publish it, or leave everything as it was.

    Args:
        version: of it; higher than all others.
        note: what readers should know of it.
        dry_run: do everything but publish it.

    Returns:
        What its `release.json` says.

    Raises:
        ReleaseError: the version or a setting is not fit.
        BusyError: another release is being built.
        BrokenReleaseError: what was written is not what the database says.
        OSError: the disk does not take it.
    """
    origin = _origin()
    with alone() as home:
        last = _last(home)
        _check(version, last, home)
        with TemporaryDirectory(prefix=BUILDING, dir=home) as made:
            folder = Folder(Path(made) / "contents")
            ready = Path(made) / "ready"
            ready.mkdir()
            with translation.override("en"), snapshot(), pinned():
                told = _written(folder, version, note, origin, last)
            archive = ready / f"{package.NAME}-{version}.zip"
            pack(folder, archive)
            verify(archive, told["counts"])
            told["file"] = _file(archive)
            told["built_at"] = datetime.now(UTC).isoformat("T", "seconds")
            _write_to_disk(ready / TOLD, _json(told))
            if not dry_run:
                # Whoever serves them is not always who builds them.
                ready.chmod(0o755)
                for path in ready.iterdir():
                    path.chmod(0o644)
                # One step of the file system: a release is there as a whole or not at all.
                ready.rename(home / str(version))
                flush(home)
    return told


def _origin() -> Origin:
    address = settings.PORTAL_ADDRESS.rstrip("/")
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
        message = f"PORTAL_ADDRESS is not the address of a portal: “{settings.PORTAL_ADDRESS}”."
        raise ReleaseError(message)
    return Origin(address)


def _last(home: Path) -> Release | None:
    """The release before.

    Raises:
        ReleaseError: a release is broken, so that nobody could say what changed since.
    """
    found = releases()
    known = {str(release.version) for release in found}
    broken = sorted(path.name for path in home.glob("[0-9]*") if path.name not in known)
    if broken:
        raise ReleaseError(f"The release {broken[0]} in {home} is broken: bring it back first.")
    return found[0] if found else None


def _check(version: Version, last: Release | None, home: Path) -> None:
    if (home / str(version)).exists():
        raise ReleaseError(f"The release {version} exists. A release is never changed.")
    if last is not None and version < last.version:
        raise ReleaseError(f"The release {last.version} is newer than {version}: versions rise.")


def _written(
    folder: Folder, version: Version, note: str, origin: Origin, last: Release | None
) -> dict[str, Any]:
    """Write all files of a release; what `release.json` says of their contents."""
    found = resources()
    described = schemas(found)
    before = changes.Before(str(last.version), last.archive, last.origin) if last else None
    entries: list[list[str]] = []
    changed: dict[str, Any] = {}
    tables, columns, as_of = {}, {}, ""
    for resource in found:
        schema = described[resource.name]
        columns[resource.name] = columns_of(resource.serializer)
        examples = dictionary.Examples()
        latest = _write_data(folder, resource, columns[resource.name], origin, examples)
        as_of = max(as_of, latest)
        entries += dictionary.entries(resource, schema, examples)
        tables[resource.name] = package.table_schema(resource, columns[resource.name], schema)
        folder.write(f"schema/{resource.name}.schema.json", [_json(schema)])
        if before:
            now = changes.lines_of(folder.path / f"data/{resource.name}.jsonl", origin.address)
            compared = changes.compare(resource, before.lines(resource.name), now)
            changed[resource.name] = compared.told()
    counts = {resource.name: resource.count() for resource in found}
    facts = texts.Facts(
        version=version,
        address=origin.build_absolute_uri(f"/data/{version}/"),
        note=note,
        as_of=as_of,
        counts=counts,
        columns={name: len(listed) for name, listed in columns.items()},
        since=before.version if before else "",
        changes=changed,
    )
    _write_texts(folder, facts, entries, tables)
    _write_lists(folder, facts)
    return {
        "version": str(version),
        "note": note,
        "origin": origin.address,
        "address": facts.address,
        "as_of": as_of,
        "counts": counts,
        "databases": [resource.name for resource in found if resource.database],
        "since": facts.since,
        "changes": {name: _summary(compared) for name, compared in changed.items()},
        "citation": texts.citation(facts),
        "software": software(),
    }


def _write_data(
    folder: Folder,
    resource: Resource,
    columns: list[Column],
    origin: Origin,
    examples: dictionary.Examples,
) -> str:
    """Write a resource as JSON Lines and CSV; when one of its records was last changed, or ''."""
    renderer = JSONRenderer()
    latest = ""

    def lines() -> Iterator[bytes]:
        nonlocal latest
        for found in resource.objects(origin):
            examples.look_at(found)
            latest = max(latest, found.get("last_changed") or "")
            yield renderer.render(found) + b"\n"

    written = folder.write(f"data/{resource.name}.jsonl", lines(), is_lines=True)
    # From that file: so that both say the same, and nothing is asked of the database twice.
    with (folder.path / written.path).open(encoding="utf-8", newline="\n") as stream:
        heading = [column.key for column in columns]
        cells = rows((json.loads(line) for line in stream), columns)
        folder.write(f"data/{resource.name}.csv", pieces_of(chain([heading], cells)), written.rows)
    return latest


def _write_texts(
    folder: Folder,
    facts: texts.Facts,
    entries: list[list[str]],
    tables: Mapping[str, Mapping[str, Any]],
) -> None:
    folder.write("dictionary.csv", pieces_of([dictionary.HEADINGS, *entries]), len(entries))
    csv_files = [file for file in folder.files if file.path in {f"data/{n}.csv" for n in tables}]
    described = package.descriptor(
        str(facts.version), facts.address, texts.SUMMARY, tables, csv_files
    )
    folder.write("datapackage.json", [_json(described)])
    told = {"since": facts.since or None, "resources": facts.changes}
    folder.write("changes.json", [_json(told)])
    folder.write("README.md", [texts.readme(facts).encode()])
    folder.write("LICENSE.txt", [texts.licence().encode()])
    folder.write("CITATION.cff", [texts.citation(facts).encode()])


def _write_lists(folder: Folder, facts: texts.Facts) -> None:
    """Write the lists of files: the manifest knows all others, the checksums that one as well."""
    files = [
        {
            "path": file.path,
            "bytes": file.size,
            **({} if file.rows is None else {"rows": file.rows}),
            "sha256": file.sha256,
        }
        for file in sorted(folder.files, key=lambda file: file.path)
    ]
    manifest = {"version": str(facts.version), "address": facts.address, "files": files}
    folder.write("MANIFEST.json", [_json(manifest)])
    folder.write(SUMS, [folder.sums().encode()])


def _summary(compared: Mapping[str, Any]) -> dict[str, Any]:
    """Changes with their numbers, and as many codes as a page shows."""
    found: dict[str, Any] = {
        kind: {"count": len(compared[kind]), "codes": compared[kind][:SHOWN_CODES]}
        for kind in KINDS
        if compared[kind]
    }
    for kind in ("fields_added", "fields_removed"):
        if compared[kind]:
            found[kind] = compared[kind]
    return found


def software() -> dict[str, str]:
    """A mark of all that makes the bytes of a release what they are, beside the data."""
    digest = hashlib.sha256()
    base = Path(settings.BASE_DIR)
    homes = {Path(config.path) for config in apps.get_app_configs()} | {base / "templates"}
    for home in sorted(home for home in homes if home.is_relative_to(base)):
        if ".venv" in home.relative_to(base).parts:
            continue
        for path in sorted(home.rglob("*")):
            if path.suffix in (".py", ".md", ".txt") and path.is_file():
                digest.update(str(path.relative_to(base)).encode())
                digest.update(path.read_bytes())
    return {
        "portal": digest.hexdigest()[:16],
        "python": platform.python_version(),
        "zlib": zlib.ZLIB_RUNTIME_VERSION,
        **{name: version_of(name) for name in _SOFTWARE},
    }


def _file(archive: Path) -> dict[str, Any]:
    with archive.open("rb") as stream:
        sha256 = checksum(stream)
    return {"name": archive.name, "bytes": archive.stat().st_size, "sha256": sha256}


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=2, default=str).encode() + b"\n"


def _write_to_disk(path: Path, content: bytes) -> None:
    with path.open("xb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
