"""Files of thousands of rows: in steps, each of a few seconds, and in bounded memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from portal.imports import steps
from tests.conftest import database_copy, read_lines
from tests.import_files import Said, brought, written
from tests.test_roles import curator

pytestmark = pytest.mark.django_db

ROWS = 5_000
UNIQUE = ("DOI", "ISBN")
#: What one step may take, in seconds of its process: it is one request.
LONGEST_STEP = 15
#: What a process may take in all, with Django, in megabytes.
MOST_MEMORY = 400


def made_works(*keys: str) -> list[Said]:
    """Works that say what those of the collection say, with codes and titles of their own.

    Args:
        keys: those that are taken; without any, all that another work may say as well.
    """
    works = [line for line in read_lines("bibliography.jsonl") if "state" not in line]
    found = []
    for number in range(ROWS):
        work = works[number % len(works)]
        line = {
            key: work[key] for key in keys or work if key in work and key not in ("DOI", "ISBN")
        }
        title = f"{work['title']} ({number})"
        found.append({**line, "id": f"made-up-2031-work-{number}", "title": title})
    return found


@pytest.mark.long
def test_five_thousand_rows_are_rehearsed_step_by_step(settings: Any, tmp_path: Path) -> None:
    settings.IMPORTS_DIR = tmp_path / "imports"
    user = curator("publisher")
    works = made_works("type", "issued", "sources")
    run = brought(
        written(tmp_path / "a.csv", "bibliography", works, "csv"), "bibliography", user, "csv"
    )
    done, longest = [], 0.0
    while run.is_going:
        begun = time.process_time()
        run = steps.advance(run, user, patience=0)
        longest = max(longest, time.process_time() - begun)
        done.append(run.done)
    assert run.total == ROWS
    # The file is read, then compared batch by batch; the last step finds nothing left.
    assert done == [*range(0, ROWS + 1, 200), ROWS]
    assert longest < LONGEST_STEP
    assert run.rows.filter(kind="new").count() == ROWS
    assert not run.faults.exists()


@pytest.fixture
def copied_database(django_db_setup: None, django_db_blocker: Any) -> Iterator[str]:
    with database_copy(django_db_blocker) as copy:
        yield copy


#: The command as somebody calls it; on its last line, what it took.
PROCESS = """
import json, sys, time
import django
django.setup()
from django.contrib.auth.models import Group
from django.core.management import call_command
from bibliography.models import Work
from portal.accounts.models import User
from portal.imports import steps
user = User.objects.create_user("brings", is_staff=True)
user.groups.add(Group.objects.get(name="Publishers"))
advance, told = steps._piece, []
def piece(run, user):
    begun = time.process_time()
    run = advance(run, user)
    told.append([run.stage, run.done, time.process_time() - begun])
    return run
steps._piece = piece
call_command(
    "import_records", sys.argv[1], database="bibliography", user="brings", write=True, verbosity=0
)
# Of this program alone: what getrusage says begins with the process that started it.
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
memory = int(status["VmHWM"].split()[0]) / 1024
made = Work.objects.filter(code__startswith="made-up-2031-").count()
print(json.dumps({"told": told, "memory": memory, "made": made}))
"""


@pytest.mark.long
@pytest.mark.parametrize("key", ["csv", "xlsx"])
def test_five_thousand_rows_are_written_in_bounded_memory(
    key: str, copied_database: str, tmp_path: Path
) -> None:
    path = written(tmp_path / f"a.{key}", "bibliography", made_works(), key)
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        "DATABASE_URL": copied_database,
        "IMPORTS_DIR": str(tmp_path / "imports"),
    }
    ended = subprocess.run(
        [sys.executable, "-c", PROCESS, str(path)],
        cwd=settings.BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr[-2000:]
    lines = ended.stdout.splitlines()
    assert lines[0] == f"a.{key}: {ROWS} new, 0 changed, 0 unchanged, 0 faulty."
    assert lines[1] == f"{ROWS} rows written, 0 not."
    found = json.loads(lines[-1])
    assert found["made"] == ROWS
    for stage in ("read", "writing"):
        done = [number for name, number, _seconds in found["told"] if name == stage]
        assert done == sorted(done)
        assert len(set(done)) > ROWS / 200 - 2
    assert max(seconds for _stage, _done, seconds in found["told"]) < LONGEST_STEP
    assert found["memory"] < MOST_MEMORY
    assert list((tmp_path / "imports").iterdir()) != []
