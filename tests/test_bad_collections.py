"""Whatever is wrong with the files of a collection: it is named, and nothing has changed."""

from __future__ import annotations

import os
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from portal.exchange.collection import read_collection
from portal.exchange.faults import CollectionError
from tests.samples import Sample, load, refused, state_of_database
from tests.spoiling import (
    ALL,
    CASES,
    LAWS,
    NOTES,
    PLACES,
    STATUS,
    TERMS,
    WORKS,
    Change,
    folder,
    line,
    no_file,
    pipe,
    raw,
    whole,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def sample(tmp_path: Path) -> Sample:
    return Sample(tmp_path)


DEEP = b'{"id": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"
DEEPER_THAN_ANY = b'{"id": ' + b"[" * 30 + b"]" * 30 + b"}"

#: How a file may be spoiled as a file: the change, and the one fault that it must give.
FILES: list[tuple[Change, str]] = [
    *((no_file(name), f"{name}: is missing") for name in ALL),
    *((folder(name), f"{name}: is not a file") for name in (CASES, TERMS, NOTES)),
    *((pipe(name), f"{name}: is not a file") for name in (LAWS, PLACES)),
    *((whole(name, b""), f"{name}: is empty") for name in (CASES, LAWS, WORKS, STATUS)),
    (whole(WORKS, b"\n \r\n\n"), f"{WORKS}: is empty"),
    (whole(TERMS, b""), f"{TERMS}:1: is not JSON: Expecting value, column 1"),
    (whole(TERMS, b'{\n "a": [],\n}'), f"{TERMS}:3: is not JSON: Expecting property name"),
    (whole(TERMS, b"[]"), f"{TERMS}: is not an object"),
    (whole(PLACES, b'"a"'), f"{PLACES}: is not an object"),
    (whole(TERMS, b" " * 50_000_001), f"{TERMS}: is larger than 50,000,000 bytes"),
    (raw(CASES, b'{"id": '), f"{CASES}:1: is not JSON: Expecting value, column 7"),
    (raw(CASES, b'{"id": "a"', 2), f"{CASES}:2: is not JSON: Expecting ',' delimiter, column 11"),
    (raw(LAWS, b"[1]"), f"{LAWS}:1: is not an object"),
    (raw(WORKS, b'"text"'), f"{WORKS}:1: is not an object"),
    (raw(WORKS, b"null"), f"{WORKS}:1: is not an object"),
    (raw(CASES, '{"id": "é"}'.encode("latin-1")), f"{CASES}:1: is not UTF-8: byte 9"),
    (raw(CASES, '{"id": "a"}'.encode("utf-16")), f"{CASES}:1: is not UTF-8: byte 1"),
    (whole(PLACES, b'{"a": "\xff"}'), f"{PLACES}: is not UTF-8: byte 8"),
    (raw(NOTES, b"\xef\xbb\xbf{}", 2), f"{NOTES}:2: is not JSON"),
    (raw(STATUS, DEEP), f"{STATUS}:1: is nested too deep"),
    (whole(TERMS, DEEP), f"{TERMS}: is nested too deep"),
    (raw(CASES, DEEPER_THAN_ANY), f"{CASES}:1: id[0][0][0]"),
    (raw(CASES, b'{"id": NaN}'), f"{CASES}:1: NaN is no JSON number"),
    (raw(CASES, b'{"id": -Infinity}'), f"{CASES}:1: -Infinity is no JSON number"),
    (raw(CASES, b'{"id": 1e400}'), f"{CASES}:1: the number 1e400 is too large"),
    (raw(CASES, b'{"id": 1' + b"0" * 5000 + b"}"), f"{CASES}:1: the number 100000000000000"),
    (raw(CASES, b'{"id": 1, "id": 2}'), f"{CASES}:1: the key “id” stands twice"),
    (raw(CASES, rb'{"id": "a\u0000"}'), f"{CASES}:1: id: holds a control character"),
    (raw(CASES, rb'{"id": ["\ud800"]}'), f"{CASES}:1: id[0]: holds a control character"),
    (raw(CASES, rb'{"a\u001b[2J": 1}'), f"{CASES}:1: a\ufffd[2J: the key holds a control"),
    (whole(TERMS, rb'{"a": [{"code": "\udfff"}]}'), f"{TERMS}: a[0].code: holds a control"),
    (raw(CASES, b'{"id": "' + b"a" * 2_000_000 + b'"}'), f"{CASES}:1: the line is longer than"),
]


@pytest.mark.parametrize(("change", "expected"), FILES, ids=[fault[:50] for _c, fault in FILES])
def test_a_spoiled_file(sample: Sample, change: Change, expected: str) -> None:
    change(sample)
    before = state_of_database()
    faults, error = refused(sample.folder)
    assert len(faults) == 1
    assert faults[0].startswith(expected)
    assert error.returncode == 1
    assert str(error) == f"1 fault in {sample.folder}; nothing was changed."
    assert state_of_database() == before


def test_all_faults_are_told_at_once_in_the_order_of_files_and_lines(sample: Sample) -> None:
    line(CASES, 2, decision_date="2015-02-30")(sample)
    line(CASES, 1, jurisdiction="XYZ")(sample)
    line(CASES, 0, laws_applied=[{"law": "Act", "law_id": "no-such-law"}])(sample)
    line(WORKS, 1, type="song")(sample)
    line(STATUS, 1, jurisdiction="XYZ")(sample)
    sample.replace(LAWS, b"{", 2)
    notes = [{"code": "no-such-record", "note": "x"}, {"code": "another", "note": ""}]
    sample.write(NOTES, notes)
    faults, error = refused(sample.folder)
    # Whether a law or a record is missing cannot be known while a line of the laws is broken.
    assert [": ".join(fault.split(": ")[:2]) for fault in faults] == [
        f"{WORKS}:2: type",
        f"{CASES}:2: jurisdiction",
        f"{CASES}:3: decision_date",
        f"{LAWS}:2: is not JSON",
        f"{STATUS}:2: jurisdiction",
        f"{NOTES}:2: note",
    ]
    assert str(error).startswith("6 faults in")


def test_a_record_with_a_fault_is_no_missing_record(sample: Sample) -> None:
    named = sample.lines(CASES)[0]["laws_applied"][0]["law_id"]
    number = [entry["id"] for entry in sample.lines(LAWS)].index(named)
    line(LAWS, number, status="dead")(sample)
    faults, _error = refused(sample.folder)
    assert [fault.split(": ")[:2] for fault in faults] == [[f"{LAWS}:{number + 1}", "status"]]


def test_what_is_not_a_folder(tmp_path: Path) -> None:
    for path in (tmp_path / "nowhere", tmp_path / "file"):
        (tmp_path / "file").write_text("x")
        faults, error = refused(path)
        assert faults == [f"{path}: is not a folder"]
        assert error.returncode == 1


def test_a_line_of_100_megabytes_is_not_read_into_memory(sample: Sample) -> None:
    with (sample.folder / CASES).open("ab") as stream:
        stream.write(b'{"id": "')
        for _ in range(100):
            stream.write(b"a" * 1_000_000)
        stream.write(b'"}\n{}\n')
    number = 4
    tracemalloc.start()
    try:
        with pytest.raises(CollectionError) as caught:
            read_collection(sample.folder)
        _now, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 30_000_000
    faults = [str(fault) for fault in caught.value.faults]
    assert faults[0] == f"{CASES}:{number}: the line is longer than 2,000,000 bytes"
    # Reading goes on behind it, and the lines are counted on.
    assert f"{CASES}:{number + 1}: id: is missing" in faults


def test_one_key_twice_among_very_many(sample: Sample) -> None:
    keys = ",".join(f'"k{n}":1' for n in range(150_000))
    sample.replace(CASES, f'{{{keys},"k149999":1}}'.encode())
    assert refused(sample.folder)[0] == [f"{CASES}:1: the key “k149999” stands twice"]


def test_faults_are_short_printable_and_not_too_many(sample: Sample) -> None:
    bad = {f"\u202ekey{n:04d}" + "x" * 1000: "y" * 10_000 for n in range(60)}
    sample.change(CASES, lambda lines: lines.extend([bad] * 10))
    faults, error = refused(sample.folder)
    assert len(faults) == 201
    assert faults[-1] == "… and 300 more"
    assert str(error).startswith("500 faults in")
    assert all(len(fault) < 700 and fault.isprintable() for fault in faults)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda data: b"\xef\xbb\xbf" + data, id="byte order mark"),
        pytest.param(lambda data: data.replace(b"\n", b"\r\n"), id="CRLF"),
        pytest.param(lambda data: data.replace(b"\n", b"\n\n  \n"), id="blank lines"),
        pytest.param(lambda data: data.rstrip(b"\n"), id="no line end"),
    ],
)
def test_harmless_oddities_of_files(sample: Sample, change: Callable[[bytes], bytes]) -> None:
    for name in ALL:
        path = sample.folder / name
        path.write_bytes(change(path.read_bytes()))
    before = state_of_database()
    assert "Nothing to write" in load(sample.folder)
    assert state_of_database() == before


def test_a_whole_number_may_be_written_with_a_point(sample: Sample) -> None:
    line(WORKS, issued={"date-parts": [[2018.0, 5.0]]})(sample)
    assert "1 updated" in load(sample.folder)


def _environment() -> dict[str, str]:
    """The environment of a process that works on the database of this test."""
    own, test = connection.settings_dict, os.environ["DATABASE_URL"]
    head, mark, options = test.partition("?")
    return {**os.environ, "DATABASE_URL": f"{head.rpartition('/')[0]}/{own['NAME']}{mark}{options}"}


def test_the_exit_status_of_the_process(sample: Sample) -> None:
    line(CASES, jurisdiction="XYZ")(sample)
    before = state_of_database()
    done = subprocess.run(
        [sys.executable, "manage.py", "load_collection", str(sample.folder)],
        cwd=settings.BASE_DIR,
        env=_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    faults, last = done.stderr.splitlines()[:-1], done.stderr.splitlines()[-1]
    assert [fault for fault in faults if fault.startswith(f"{CASES}:1: jurisdiction: ")]
    assert last == f"CommandError: 1 fault in {sample.folder}; nothing was changed."
    assert done.stdout == ""
    assert state_of_database() == before


DYING = """
import sys
from unittest import mock
import django
django.setup()
from django.core.management import execute_from_command_line
from django.db import connection
from portal.search import index

def die(changed):
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM caselaw_case WHERE title = 'Another title'")
        print("written inside the transaction:", cursor.fetchone()[0])
        cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")

with mock.patch.object(index, "refresh", die):
    execute_from_command_line(["manage.py", "load_collection", sys.argv[1]])
"""


def test_a_database_that_dies_during_the_load(sample: Sample) -> None:
    line(CASES, title="Another title")(sample)
    before = state_of_database()
    done = subprocess.run(
        [sys.executable, "-c", DYING, str(sample.folder)],
        cwd=settings.BASE_DIR,
        env={**_environment(), "DJANGO_SETTINGS_MODULE": "portal.settings"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "written inside the transaction: 1" in done.stdout
    assert done.returncode == 1
    assert "CommandError: The database did not take the collection" in done.stderr
    assert "Traceback" not in done.stderr
    assert state_of_database() == before
