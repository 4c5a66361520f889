"""Data releases: the same bytes from the same data, equal to the API, whole or not at all."""

from __future__ import annotations

import csv
import errno
import fcntl
import hashlib
import io
import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import nullcontext
from html import unescape
from importlib.resources import files
from itertools import islice
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import jsonschema_rs
import psycopg2
import pytest
import yaml
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation
from django.utils.translation import gettext
from drf_spectacular.generators import SchemaGenerator
from frictionless import Package

from bibliography.models import Work
from caselaw.models import Case
from legislation.models import Law
from portal.records.database import databases
from portal.records.models import Redirect, State
from portal.reference.meanings import meaning
from portal.reference.models import TreatyArticle
from portal.releases import archive, building, contents
from portal.releases.changes import compare, lines_of
from portal.releases.contents import Origin, Resource, resources
from portal.releases.describing import dataset
from portal.releases.schemas import part_at
from portal.releases.shelf import Release, release_of
from portal.releases.versions import Version
from portal.rest.tabular import columns_of, value_at
from tests.conftest import SOME_AND_ALL, read_lines, reader
from tests.test_tabular import divided

pytestmark = pytest.mark.django_db

ORIGIN = "http://testserver"
NAMES = [
    *("cases", "legislation", "provisions", "bibliography"),
    *("jurisdictions", "vocabularies", "treaty-articles", "treaty-status"),
]


def run(version: str, **options: Any) -> None:
    call_command("build_release", version, verbosity=0, **options)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The directory of releases of all tests that change none."""
    path = tmp_path_factory.mktemp("releases")
    with override_settings(RELEASES_DIR=path, PORTAL_ADDRESS=ORIGIN):
        yield path


@pytest.fixture(scope="module")
def released(home: Path, django_db_setup: None, django_db_blocker: Any) -> Path:
    """The archive that the command made of the collection, in a transaction of its own."""
    with django_db_blocker.unblock():
        run("2026.12", note="All <that> was public.")
    return home / "2026.12" / "smuggling-of-migrants-2026.12.zip"


@pytest.fixture(scope="module")
def folder(released: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same unpacked."""
    path = tmp_path_factory.mktemp("unpacked")
    with ZipFile(released) as found:
        found.extractall(path)
    return path


@pytest.fixture
def shelf(tmp_path: Path, settings: Any) -> Path:
    """A directory of releases of this test alone."""
    settings.RELEASES_DIR = tmp_path / "releases"
    settings.PORTAL_ADDRESS = ORIGIN
    return Path(settings.RELEASES_DIR)


@pytest.fixture
def in_test(monkeypatch: pytest.MonkeyPatch) -> None:
    """Releases are built in the transaction of the test, whose changes they see."""
    monkeypatch.setattr(building, "snapshot", nullcontext)


@pytest.fixture
def few(in_test: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Releases of three objects of each resource: quickly built."""
    objects, count = Resource.objects, Resource.count
    monkeypatch.setattr(Resource, "objects", lambda self, origin: islice(objects(self, origin), 3))
    monkeypatch.setattr(Resource, "count", lambda self: min(count(self), 3))
    monkeypatch.setattr(contents, "CHUNK", 3)


def named(name: str) -> Resource:
    return next(resource for resource in resources() if resource.name == name)


def lines(folder: Path, name: str) -> list[dict[str, Any]]:
    with (folder / f"data/{name}.jsonl").open(encoding="utf-8", newline="\n") as stream:
        return [json.loads(line) for line in stream]


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def told(shelf: Path, version: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((shelf / version / "release.json").read_text())
    return found


def left(shelf: Path) -> set[str]:
    return {path.name for path in shelf.iterdir()} - {".lock"}


# What a release holds


def test_every_list_of_the_api_is_released() -> None:
    listed = set(reader().get("/api/v1/").json()["resources"])
    data = {name for name in listed if name.split("/")[0] not in ("insights", "search")}
    assert {resource.slug for resource in resources()} == data
    assert [resource.name for resource in resources()] == NAMES


@pytest.mark.parametrize("step", SOME_AND_ALL)
@pytest.mark.parametrize("name", NAMES)
def test_a_line_is_byte_by_byte_what_the_api_answers(folder: Path, name: str, step: int) -> None:
    resource = named(name)
    raw = (folder / f"data/{name}.jsonl").read_bytes().splitlines()
    assert raw
    for line in raw[:: step * 3 if step > 1 else 1]:
        code = json.loads(line)[resource.key]
        answer = reader().get(f"/api/v1/{resource.slug}/{code}/")
        assert answer.content == line


def test_the_records_are_the_published_lines_of_the_collection_in_the_order_of_their_codes(
    folder: Path, lines: dict[str, list[Any]]
) -> None:
    for slug, published in lines.items():
        with (folder / f"data/{slug}.jsonl").open(encoding="utf-8") as stream:
            codes = [json.loads(line)["code"] for line in stream]
        assert codes == sorted(line["id"] for line in published)


def test_nothing_that_is_held_back_and_no_review_note_is_in_any_file(
    folder: Path, held_back: list[tuple[str, str]]
) -> None:
    notes = [line["note"] for line in read_lines("review-notes.jsonl")]
    assert held_back
    assert notes
    quoted = [f'"{code}"' for _slug, code in held_back]
    addresses = [f"/id/{code}," for _slug, code in held_back]
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            text = path.read_text(encoding="utf-8")
            assert not [secret for secret in (*quoted, *addresses, *notes) if secret in text]


@pytest.mark.parametrize("name", NAMES)
def test_a_table_says_what_the_lines_say(folder: Path, name: str) -> None:
    columns = columns_of(named(name).serializer)
    told_rows, objects = table(folder / f"data/{name}.csv"), lines(folder, name)
    assert len(told_rows) == len(objects)
    assert list(told_rows[0]) == [column.key for column in columns]
    for row, found in zip(told_rows, objects, strict=True):
        for column in columns:
            value, cell = value_at(found, column.path), row[column.key]
            if value in (None, "", []):
                assert cell == ""
            elif isinstance(value, list):
                is_plain = isinstance(value[0], str)
                assert (divided(cell) if is_plain else json.loads(cell)) == value
            elif isinstance(value, str):
                assert cell.removeprefix("'") == value.removeprefix("'")
            else:
                assert json.loads(cell) == value


@pytest.mark.parametrize("name", NAMES)
def test_every_line_meets_its_schema_and_a_spoilt_one_does_not(folder: Path, name: str) -> None:
    schema = json.loads((folder / f"schema/{name}.schema.json").read_text())
    jsonschema_rs.meta.validate(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    check = jsonschema_rs.validator_for(schema, validate_formats=True)
    found = lines(folder, name)
    assert [line for line in found if not check.is_valid(line)] == []
    line = found[0]
    for key in line:
        assert not check.is_valid({k: v for k, v in line.items() if k != key}), key
        assert not check.is_valid({**line, key: [{"x": [1]}]}), key
    assert not check.is_valid({**line, "more": 1})


def test_the_schemas_are_those_of_the_openapi_document(folder: Path) -> None:
    document = SchemaGenerator().get_schema(request=None, public=True)
    components = json.loads(json.dumps(document["components"]["schemas"], default=str))
    compared = 0
    for name in NAMES:
        schema = json.loads((folder / f"schema/{name}.schema.json").read_text())
        for component, found in schema["$defs"].items():
            properties = components[component]["properties"]
            assert list(found["properties"]) == list(properties) == found["required"]
            for key, value in properties.items():
                ours = found["properties"][key]
                for keyword in ("type", "format", "enum", "description"):
                    assert ours.get(keyword) == value.get(keyword), (component, key)
                compared += 1
    assert compared > 150


def paths_of(value: Any, path: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            inner_path = f"{path}.{key}" if path else key
            yield inner_path
            yield from paths_of(inner, inner_path)
    elif isinstance(value, list):
        for inner in value:
            yield from paths_of(inner, f"{path}[]")


@pytest.mark.parametrize("name", NAMES)
def test_the_dictionary_tells_of_every_field_and_column(folder: Path, name: str) -> None:
    entries = {
        row["field"]: row for row in table(folder / "dictionary.csv") if row["resource"] == name
    }
    found = lines(folder, name)
    assert {path for line in found for path in paths_of(line)} <= set(entries)
    columns = [column.key for column in columns_of(named(name).serializer)]
    assert sorted(row["column"] for row in entries.values() if row["column"]) == sorted(columns)
    assert [path for path, row in entries.items() if not row["meaning"] or not row["type"]] == []
    known = {line["code"] for line in lines(folder, "vocabularies")}
    named_there = {row["vocabulary"] for row in entries.values()} - {""}
    assert {code for codes in named_there for code in codes.split(", ")} <= known
    for path, row in entries.items():
        plain = [line[path] for line in found[:1000] if isinstance(line.get(path), str)]
        assert bool(row["example"]) or not any(plain), path


def test_the_dictionary_speaks_the_words_of_the_portals_own(folder: Path) -> None:
    entries = {(row["resource"], row["field"]): row for row in table(folder / "dictionary.csv")}
    assert entries["cases", "facts"]["meaning"] == str(meaning(Case, "facts"))
    verdict = entries["cases", "defendants[].charges[].verdict"]
    assert (verdict["vocabulary"], verdict["type"]) == ("verdicts", "string")
    assert entries["cases", "modes"]["vocabulary"] == "modes"
    assert entries["cases", "modes"]["type"] == "list of string"
    assert entries["cases", "fee"]["type"] == "object"
    assert entries["cases", "migrants_count"]["type"] == "integer"
    assert entries["treaty-status", "signed"]["type"] == "date"
    assert entries["jurisdictions", "names.fr"]["meaning"] == "In French."


def test_the_readme_counts_the_records_of_each_jurisdiction(
    folder: Path, lines: dict[str, list[Any]]
) -> None:
    text = (folder / "README.md").read_text(encoding="utf-8")
    counted = {
        match[1]: [int(cell) for cell in match[2].split("|")]
        for match in re.finditer(r"^\| [^|]+ \| ([A-Z]{3}) \|([ 0-9|]+) \|$", text, re.MULTILINE)
    }
    wanted: dict[str, list[int]] = {}
    for place, slug in enumerate(("cases", "legislation", "bibliography")):
        for line in lines[slug]:
            for code in [line["jurisdiction"]] if place < 2 else line.get("countries", []):
                wanted.setdefault(code, [0, 0, 0])[place] += 1
    assert counted == wanted
    for slug, database in zip(wanted and lines, databases(), strict=True):
        assert f"- {database.title}: {len(lines[slug]):,} records, " in text
    assert "All <that> was public." in text
    assert "This is the first release." in text
    assert f"{ORIGIN}/data/2026.12/" in text


def test_the_citation_file_is_valid_and_a_spoilt_one_is_not(folder: Path) -> None:
    vendored = files("check_jsonschema") / "builtin_schemas/vendor/citation-file-format.json"
    check = jsonschema_rs.validator_for(json.loads(vendored.read_text(encoding="utf-8")))
    text = (folder / "CITATION.cff").read_text(encoding="utf-8")
    found = yaml.safe_load(text)
    assert [error.message for error in check.iter_errors(found)] == []
    assert found["version"] == "2026.12"
    assert found["preferred-citation"]["year"] == 2026
    assert "&id" not in text
    assert not check.is_valid({**found, "license": "CC BY"})


def test_the_data_package_is_valid_and_a_spoilt_table_is_not(folder: Path, tmp_path: Path) -> None:
    report = Package(folder / "datapackage.json").validate()
    assert report.valid, report.flatten(["name", "rowNumber", "fieldName", "type", "note"])
    assert [task.name for task in report.tasks] == NAMES
    shutil.copytree(folder, tmp_path / "spoilt")
    path = tmp_path / "spoilt/data/treaty-status.csv"
    path.write_text(path.read_text(encoding="utf-8").replace(",true,", ",maybe,", 1), "utf-8")
    described = json.loads((folder / "datapackage.json").read_text())
    described["resources"] = [
        {key: value for key, value in found.items() if key not in ("hash", "bytes")}
        for found in described["resources"]
        if found["name"] == "treaty-status"
    ]
    (tmp_path / "spoilt/datapackage.json").write_text(json.dumps(described))
    spoilt = Package(tmp_path / "spoilt/datapackage.json").validate()
    assert spoilt.flatten(["fieldName", "type"]) == [["party", "type-error"]]


def test_manifest_and_checksums_name_every_file(folder: Path, released: Path) -> None:
    manifest = json.loads((folder / "MANIFEST.json").read_text())["files"]
    sums = dict(
        reversed(line.split("  ", 1)) for line in (folder / "SHA256SUMS").read_text().splitlines()
    )
    paths = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert set(sums) == paths - {"SHA256SUMS"}
    assert {entry["path"] for entry in manifest} == paths - {"SHA256SUMS", "MANIFEST.json"}
    for name, sha256 in sums.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == sha256
    for entry in manifest:
        assert entry["sha256"] == sums[entry["path"]]
        assert entry["bytes"] == (folder / entry["path"]).stat().st_size
        if entry["path"].endswith(".jsonl"):
            assert entry["rows"] == len(lines(folder, Path(entry["path"]).stem))
        elif entry["path"].endswith(".csv"):
            assert entry["rows"] == len(table(folder / entry["path"]))
    file = told(released.parent.parent, "2026.12")["file"]
    assert file["sha256"] == hashlib.sha256(released.read_bytes()).hexdigest()
    assert file["bytes"] == released.stat().st_size


# How it is built


def test_the_same_data_give_the_same_bytes_whatever_the_order_on_the_disk(
    released: Path, shelf: Path, in_test: None
) -> None:
    # PostgreSQL writes a changed row anew, at the end of its table.
    with connection.cursor() as cursor:
        for name in ("caselaw_case", "caselaw_defendant", "legislation_law", "reference_term"):
            cursor.execute(f"UPDATE {name} SET id = id WHERE right(id::text, 1) < '5'")
    before = os.umask(0o077)
    try:
        run("2026.12", note="All <that> was public.")
    finally:
        os.umask(before)
    again = shelf / "2026.12" / released.name
    assert again.read_bytes() == released.read_bytes()
    with ZipFile(again) as found:
        names = [entry.filename for entry in found.infolist()]
        for entry in found.infolist():
            assert entry.date_time == (1980, 1, 1, 0, 0, 0)
            assert entry.external_attr >> 16 == 0o100644
    assert names == sorted(names)
    assert (shelf / "2026.12").stat().st_mode & 0o777 == 0o755
    assert {path.stat().st_mode & 0o777 for path in again.parent.iterdir()} == {0o644}


@pytest.fixture(scope="module")
def seen(django_db_setup: None, django_db_blocker: Any) -> list[bool]:
    """Whether what another connection writes is seen: before, inside a snapshot, and after it."""
    code, found = "written-meanwhile", []

    def is_there() -> bool:
        return Redirect.objects.filter(code=code).exists()

    with django_db_blocker.unblock():
        other = psycopg2.connect(**connection.get_connection_params())
        other.autocommit = True
        try:
            with building.snapshot():
                found.append(is_there())
                with other.cursor() as cursor:
                    cursor.execute(
                        "INSERT INTO records_redirect (code, target, reason, note, created_at)"
                        " VALUES (%s, 'x', 'merged', '', now())",
                        [code],
                    )
                found.append(is_there())
            found.append(is_there())
        finally:
            with other.cursor() as cursor:
                cursor.execute("DELETE FROM records_redirect WHERE code = %s", [code])
            other.close()
    return found


def test_all_is_read_in_one_moment(seen: list[bool]) -> None:
    assert seen == [False, False, True]


def test_records_are_read_piece_by_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    resource = named("bibliography")

    def queries(size: int) -> int:
        monkeypatch.setattr(contents, "CHUNK", size)
        with CaptureQueriesContext(connection) as asked:
            total = sum(1 for _found in resource.objects(Origin(ORIGIN)))
        assert total == Work.objects.public().count()
        return len(asked)

    whole, halves = queries(400), queries(200)
    assert halves - whole == whole - 1, "as many questions again for each piece, one for the keys"
    assert whole <= 8
    with CaptureQueriesContext(connection) as asked:
        next(resource.objects(Origin(ORIGIN)))
    assert len(asked) == whole, "the second piece is not read before it is wanted"


def test_objects_come_in_the_order_of_the_bytes_of_their_codes() -> None:
    resource = named("legislation")
    first = Law.objects.public().order_by("pk").first()
    assert first is not None
    Law.objects.filter(pk=first.pk).update(code="zz-last")
    with CaptureQueriesContext(connection) as asked:
        codes = [found["code"] for found in resource.objects(Origin(ORIGIN))]
    assert codes == sorted(codes)
    assert codes[-1] == "zz-last"
    # The database of the tests sorts by bytes anyway; another may not.
    assert any('COLLATE "C"' in query["sql"] for query in asked)


@pytest.mark.parametrize(
    "version", ["2026", "2026.1", "2026.13", "2026.00", "2026.12.0", "2026.12.01", "v2026.12"]
)
def test_a_malformed_version_is_refused(version: str, shelf: Path) -> None:
    with pytest.raises(CommandError, match="is no version"):
        run(version)
    with pytest.raises(CommandError, match="is no version"):
        run(f"{version}\n")
    assert not shelf.exists()


def test_versions_rise_and_none_is_built_twice(shelf: Path, few: None) -> None:
    for version in ("2026.12", "2026.12.2"):
        run(version)
    before = (shelf / "2026.12.2" / "release.json").read_bytes()
    with pytest.raises(CommandError, match="exists"):
        run("2026.12.2")
    for version in ("2026.12.1", "2026.11.10", "2025.01"):
        with pytest.raises(CommandError, match=r"2026\.12\.2 is newer"):
            run(version)
    assert left(shelf) == {"2026.12", "2026.12.2"}
    assert (shelf / "2026.12.2" / "release.json").read_bytes() == before
    assert Version.parse("2026.12.10") > Version.parse("2026.12.9") > Version.parse("2026.12")


def test_a_dry_run_leaves_nothing(shelf: Path, few: None, capsys: Any) -> None:
    call_command("build_release", "2026.12", dry_run=True)
    assert left(shelf) == set()
    said = capsys.readouterr().out
    assert "cases: 3" in said
    assert "taken back" in said


def _full(*args: Any, **kwargs: Any) -> Any:
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize(
    "place",
    [
        "portal.releases.archive.Folder.write",
        "portal.releases.archive.shutil.copyfileobj",
        "portal.releases.archive.os.fsync",
        "pathlib.Path.rename",
    ],
)
def test_a_full_disk_leaves_nothing_behind(
    place: str, shelf: Path, few: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(place, _full)
        with pytest.raises(CommandError, match="No space left"):
            run("2026.12")
    assert left(shelf) == set()
    run("2026.12")
    assert left(shelf) == {"2026.12"}


def test_what_a_killed_build_left_is_taken_away(shelf: Path, few: None) -> None:
    (shelf / ".building-killed" / "contents").mkdir(parents=True)
    (shelf / ".building-killed" / "contents" / "half").write_text("x")
    run("2026.12")
    assert left(shelf) == {"2026.12"}


def test_two_builds_do_not_meet(shelf: Path, few: None) -> None:
    shelf.mkdir()
    with (shelf / ".lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(CommandError, match="being built"):
            run("2026.12")
    run("2026.12")


def test_a_count_that_differs_from_the_database_is_not_published(
    shelf: Path, few: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Resource, "count", lambda self: 4)
    with pytest.raises(CommandError, match="3 rows, and the database 4"):
        run("2026.12")
    assert left(shelf) == set()


def test_an_archive_that_is_not_what_was_written_is_not_published(
    shelf: Path, few: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    pack = archive.pack

    def spoilt(folder: archive.Folder, target: Path) -> None:
        path = folder.path / "data/treaty-status.csv"
        path.write_bytes(path.read_bytes().replace(b"true", b"eurt", 1))
        pack(folder, target)

    monkeypatch.setattr(building, "pack", spoilt)
    with pytest.raises(CommandError, match=r"treaty-status\.csv has another checksum"):
        run("2026.12")
    assert left(shelf) == set()


def test_beside_a_broken_release_none_is_built(shelf: Path, few: None, caplog: Any) -> None:
    run("2026.12")
    next((shelf / "2026.12").glob("*.zip")).write_bytes(b"PK")
    with pytest.raises(CommandError, match=r"2026\.12 in .* is broken"):
        run("2027.01")
    assert "2 bytes of" in caplog.text
    assert release_of("2026.12") is None


@pytest.mark.parametrize("address", ["", "portal.example.org", "ftp://example.org", "https://"])
def test_an_address_that_is_none_is_refused(address: str, shelf: Path, settings: Any) -> None:
    settings.PORTAL_ADDRESS = address
    with pytest.raises(CommandError, match="PORTAL_ADDRESS"):
        run("2026.12")
    assert not shelf.exists()


# What changed


def test_a_release_tells_what_changed_since_the_one_before(
    released: Path, shelf: Path, in_test: None, settings: Any, held_back: list[tuple[str, str]]
) -> None:
    shelf.mkdir()
    shutil.copytree(released.parent, shelf / "2026.12")
    cases = list(Case.objects.public().order_by("code")[:5])
    Case.objects.filter(pk=cases[0].pk).update(title="A title of now")
    Case.objects.filter(pk=cases[1].pk).update(
        state=State.WITHDRAWN, withdrawal_reason="It stood there twice."
    )
    Case.objects.filter(pk=cases[2].pk).delete()
    Redirect.objects.create(code=cases[2].code, target=cases[0].code, reason="merged")
    Case.objects.filter(pk=cases[3].pk).update(state=State.DRAFT)
    # The time of the last change alone is none that a reader could see.
    Case.objects.filter(pk=cases[4].pk).update(changed_at=timezone.now())
    new = next(code for slug, code in held_back if slug == "cases")
    Case.objects.filter(code=new).update(state=State.PUBLISHED)
    article = TreatyArticle.objects.get(code="6.1.a")
    TreatyArticle.objects.filter(pk=article.pk).update(definition="Said anew.")
    # Nor is it a change of the records that the portal moved.
    settings.PORTAL_ADDRESS = "https://portal.example.org/"
    run("2026.12.1")
    with ZipFile(shelf / "2026.12.1/smuggling-of-migrants-2026.12.1.zip") as found:
        changes = json.loads(found.read("changes.json"))
        readme = found.read("README.md").decode()
        first = json.loads(found.read("data/cases.jsonl").splitlines()[0])
    assert first["url"].startswith("https://portal.example.org/id/")
    assert changes["since"] == "2026.12"
    nothing: dict[str, Any] = {"added": [], "changed": [], "withdrawn": [], "merged": []}
    nothing |= {"removed": [], "fields_added": [], "fields_removed": []}
    wanted = {name: dict(nothing) for name in NAMES}
    wanted["cases"] |= {
        "added": [new],
        "changed": [cases[0].code],
        "withdrawn": [cases[1].code],
        "merged": [{"code": cases[2].code, "into": cases[0].code}],
        "removed": [cases[3].code],
    }
    wanted["treaty-articles"]["changed"] = ["6.1.a"]
    linked = changes["resources"]["bibliography"].pop("changed")
    wanted["bibliography"].pop("changed")
    assert changes["resources"] == wanted
    # Works that discuss a case that is public no more do not name it any longer.
    assert len(linked) < 10
    assert "- cases: 1 added, 1 changed, 1 withdrawn, 1 merged, 1 removed" in readme
    summary = told(shelf, "2026.12.1")["changes"]
    assert summary["cases"]["merged"] == {"count": 1, "codes": wanted["cases"]["merged"]}
    assert summary["legislation"] == {}
    page = reader().get("/en/data/2026.12.1/").content.decode()
    assert f'<a href="/id/{cases[1].code}">' in page
    assert f'<a href="/id/{cases[3].code}">' not in page
    assert cases[3].code in page


def test_a_field_that_is_new_makes_no_record_changed() -> None:
    before = [{"code": "a", "old": 1, "title": "x"}, {"code": "b", "old": 1, "title": "y"}]
    now = [{"code": "a", "new": 1, "title": "x"}, {"code": "b", "new": 1, "title": "z"}]
    changes = compare(named("treaty-articles"), before, now)
    assert changes.changed == ["b"]
    assert (changes.fields_added, changes.fields_removed) == (["new"], ["old"])


def test_a_move_of_the_portal_changes_no_address_within_it(tmp_path: Path) -> None:
    def said(host: str, document: str) -> list[Any]:
        path = tmp_path / "lines.jsonl"
        path.write_text(json.dumps({"code": "a", "attachments": [{"url": document}]}) + "\n")
        return list(lines_of(path, host))

    resource, old, new = named("cases"), "https://old.example.org", "https://new.example.org"
    before = said(old, f"{old}/files/a")
    assert compare(resource, before, said(new, f"{new}/files/a")).changed == []
    assert compare(resource, before, said(new, f"{old}/files/a")).changed == ["a"]


def test_codes_are_compared_by_their_bytes() -> None:
    def coded(*codes: str) -> list[dict[str, str]]:
        return [{"code": code} for code in codes]

    changes = compare(named("treaty-articles"), coded("A", "a-b", "a1"), coded("A1", "a-b", "b"))
    assert (changes.added, changes.removed) == (["A1", "b"], ["A", "a1"])


def test_of_a_new_resource_everything_is_new(released: Path) -> None:
    changes = compare(named("treaty-articles"), [], [{"code": "1"}])
    assert changes.added == ["1"]
    assert changes.fields_added == []


# Pages and files


def test_without_a_release_the_page_says_so_and_leads_to_the_exports(shelf: Path) -> None:
    for language in ("en", "ar"):
        page = reader().get(f"/{language}/data/").content.decode()
        with translation.override(language):
            said = gettext(
                "There is no data release yet. The records can be exported as they are now: "
                "see below."
            )
        assert said in page
        assert "ld+json" not in page
        for database in databases():
            address = f"/api/v1/{database.api_slug}/?format=csv"
            assert address in page
            assert reader().head(address).status_code == 200
    assert reader().get("/data/releases.json").json() == {"releases": []}


@pytest.mark.usefixtures("released")
def test_the_page_shows_a_release_with_what_is_needed_to_check_and_cite_it(
    home: Path,
) -> None:
    file = told(home, "2026.12")["file"]
    for path in ("/en/data/", "/en/data/2026.12/", "/ru/data/2026.12/"):
        with CaptureQueriesContext(connection) as asked:
            page = reader().get(path).content.decode()
        assert len(asked) <= 1, "a release is told of by its file; the catalog asks for its version"
        assert file["sha256"] in page
        assert f'href="{ORIGIN}/data/2026.12/{file["name"]}"' in page
        assert "All &lt;that&gt; was public." in page
        assert "preferred-citation" in page
    assert 'href="/en/data/"' in reader().get("/en/about/").content.decode()


@pytest.mark.usefixtures("released")
def test_search_engines_find_a_dataset_that_cannot_leave_its_element(home: Path) -> None:
    page = reader().get("/en/data/2026.12/").content.decode()
    block = page.split('<script type="application/ld+json">')[1].split("</script>")[0]
    assert not set("<>&") & set(block)
    found = json.loads(block)
    assert found["@type"] == "Dataset"
    assert found["version"] == "2026.12"
    assert found["license"] == "https://creativecommons.org/licenses/by/4.0/"
    download = found["distribution"][0]
    assert download["sha256"] == told(home, "2026.12")["file"]["sha256"]
    assert reader().get(download["contentUrl"]).status_code == 200
    assert reader().get(found["url"]).status_code == 302
    hostile = {**told(home, "2026.12"), "as_of": "</script><script>&\u2028"}
    text = dataset(Release(Version(2026, 12), hostile), "x", "y")
    assert not set("<>&\u2028") & set(text)
    assert json.loads(text)["dateModified"] == hostile["as_of"]


def test_all_releases_are_listed_the_newest_first(shelf: Path, few: None) -> None:
    for version in ("2026.12", "2026.12.2", "2026.12.10"):
        run(version)
    page = reader().get("/en/data/").content.decode()
    assert re.findall(r'<h3 id="release-([0-9.]+)">', page) == [
        *("2026.12.10", "2026.12.2", "2026.12"),
    ]
    listed = reader().get("/data/releases.json").json()["releases"]
    assert listed[0]["version"] == "2026.12.10"
    for entry in listed:
        answer: Any = reader().get(entry["file"]["url"])
        content = b"".join(answer.streaming_content)
        assert hashlib.sha256(content).hexdigest() == entry["file"]["sha256"]
    with ZipFile(io.BytesIO(content)) as found:
        assert found.testzip() is None


def test_the_address_without_a_language_leads_to_the_readers(released: Path) -> None:
    for path in ("/data/", "/data/2026.12/"):
        for language in ("fr", "zh-CN", "en"):
            answer = reader().get(path, headers={"accept-language": language})
            assert answer.status_code == 302
            assert answer["Location"] == f"/{language[:2]}{path}"
            assert "Accept-Language" in answer["Vary"]


def test_a_file_is_sent_whole_with_its_length_and_kept_for_ever(released: Path) -> None:
    path = f"/data/2026.12/{released.name}"
    answer: Any = reader().get(path, headers={"accept-encoding": "gzip, br"})
    content = b"".join(answer.streaming_content)
    assert content == released.read_bytes()
    assert answer["Content-Length"] == str(len(content))
    assert answer["Content-Type"] == "application/zip"
    assert released.name in answer["Content-Disposition"]
    assert "Content-Encoding" not in answer
    assert {"immutable", "max-age=31536000"} <= set(answer["Cache-Control"].split(", "))
    again = reader().get(path, headers={"if-none-match": answer["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    head: Any = reader().head(path)
    assert head["Content-Length"] == str(len(content))
    told_of = reader().get("/data/2026.12/release.json")
    assert json.loads(b"".join(told_of))["version"] == "2026.12"
    assert told_of["Content-Type"] == "application/json"


@pytest.mark.parametrize(
    "path",
    [
        "2026.12/other.zip",
        "2026.12/../2026.12/release.json",
        "2026.12/..%2f.lock",
        "2026.12/%2e%2e/.lock",
        "2026.12/.lock",
        "../.lock",
        "./release.json",
        ".lock",
        "2026.11/release.json",
        "2026.12.0/release.json",
        "2026.12%00/release.json",
        "2026.12/release.json%00",
        "2026.12/release.json/",
        "%d9%a2026.12/release.json",
    ],
)
def test_no_other_file_is_ever_sent(path: str, released: Path) -> None:
    assert (released.parent.parent / ".lock").exists()
    for prefix in ("/data/", "/en/data/"):
        assert reader().get(f"{prefix}{path}", follow=True).status_code == 404


def test_a_release_that_does_not_exist_is_not_found(shelf: Path) -> None:
    for path in ("/en/data/2026.12/", "/data/2026.12/x.zip", "/en/data/x/"):
        assert reader().get(path).status_code == 404
    assert reader().get("/data/2026.12/", follow=True).status_code == 404


def test_the_lines_of_python_on_the_page_work(released: Path) -> None:
    page = reader().get("/en/data/").content.decode()
    pieces = [unescape(piece) for piece in re.findall(r"<pre[^>]*><code>(.*?)</code>", page, re.S)]
    code = next(piece for piece in pieces if piece.startswith("import "))
    assert len(code.splitlines()) == 3
    address = f"{ORIGIN}/data/2026.12/{released.name}"
    assert address in code
    names: dict[str, Any] = {}
    exec(code.replace(address, released.as_uri()), names)  # noqa: S102 - the lines that the page shows
    assert len(names["cases"]) == Case.objects.public().count()
    curl = next(piece for piece in pieces if piece.startswith("curl "))
    sha256 = hashlib.sha256(released.read_bytes()).hexdigest()
    assert f'echo "{sha256}  {released.name}" | sha256sum --check' in curl


def test_the_schema_of_a_part_is_found_by_its_path(folder: Path) -> None:
    schema = json.loads((folder / "schema/cases.schema.json").read_text())
    assert part_at(schema, ("defendants", "charges", "fine", "amount"))["type"] == [
        *("number", "null"),
    ]
