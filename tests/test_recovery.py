"""Point-in-time recovery as docs/operations/backup.md describes it: back to before a mistake."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fault_server import Site, site
from tests.gunicorns import wait_for

EDIT = """
from django.db import transaction
from caselaw.models import Case
from portal.records.revisions import begin, take
from portal.search import index
with transaction.atomic():
    case = Case.objects.get(pk={key})
    begin(case)
    case.title = {title!r}
    case.save()
    take(case, why="A better title.")
    index.refresh([case])
"""
MISTAKE = """
from caselaw.models import Case
from portal.search import index
with __import__("django.db").db.transaction.atomic():
    index.remove(Case.objects.all())
    Case.objects.all().delete()
"""
#: Of the documented settings, those that have no place of their own.
ARCHIVING = {"archive_mode": "on", "archive_timeout": "60s", "wal_level": "replica"}


# Marked for the database, so that there is one for the tests that take a copy of it.
@pytest.mark.django_db
def test_the_settings_of_the_handbook_are_those_that_are_tried() -> None:
    text = (Path(__file__).resolve().parent.parent / "docs/operations/backup.md").read_text()
    for name, value in ARCHIVING.items():
        assert f"{name} = {value}" in text
    for name in ("archive_command", "restore_command", "recovery_target_time"):
        assert f"{name} = '" in text
    assert "recovery_target_action = 'promote'" in text


@pytest.fixture
def portal(django_db_setup: None, django_db_blocker: Any, tmp_path: Path) -> Iterator[Site]:
    with site(tmp_path, filled_by=django_db_blocker) as found:
        yield found


def restart(portal: Site) -> None:
    with portal.server.locked():
        portal.server.stop()
    portal.start()


def configure(portal: Site, **values: str) -> None:
    for name, value in values.items():
        portal.ask(f"ALTER SYSTEM SET {name} = '{value}'")


def program(portal: Site, name: str, *arguments: str) -> None:
    status, said = portal.server._run(name, *arguments)
    assert status == 0, said


@pytest.mark.long
def test_the_portal_is_taken_back_to_the_moment_before_a_mistake(portal: Site) -> None:
    server = portal.server
    archive, base = server.data.parent / "archive", server.data.parent / "base"
    for directory in (archive, base):
        server._own(directory)
    # Continuous archiving, as the handbook sets it up.
    keep = f"test ! -f {archive}/%f && cp %p {archive}/%f"
    configure(portal, **ARCHIVING, archive_command=keep)
    restart(portal)
    program(
        portal, "pg_basebackup", "--pgdata", str(base), "--checkpoint=fast", "--wal-method=stream",
        "--host", str(server.socket), "--username=postgres",
    )  # fmt: skip
    program(portal, "pg_verifybackup", str(base))
    # Work goes on after it; then somebody deletes everything.
    key = portal.ask("SELECT id FROM caselaw_case WHERE state = 'published' ORDER BY id")[0][0]
    count = portal.ask("SELECT count(*) FROM caselaw_case")[0][0]
    done = portal.manage("shell", "-v", "0", "-c", EDIT.format(key=key, title="Said on Tuesday"))
    assert done.returncode == 0, done.stderr
    mark = portal.ask("SELECT token, changed_at FROM reference_dataversion WHERE name = 'records'")
    moment = portal.ask("SELECT clock_timestamp()::text")[0][0]
    done = portal.manage("shell", "-v", "0", "-c", MISTAKE)
    assert done.returncode == 0, done.stderr
    assert portal.ask("SELECT count(*) FROM caselaw_case") == [(0,)]
    segment = portal.ask("SELECT pg_walfile_name(pg_switch_wal())")[0][0]
    wait_for((archive / segment).exists, "the last segment in the archive")
    # The machine is lost; what there is are the base and the archive.
    portal.kill()
    data, account = server.data, server.account
    shutil.rmtree(data)
    subprocess.run(["cp", "--archive", str(base), str(data)], check=True)
    with (data / "postgresql.auto.conf").open("a") as file:
        file.write(
            f"restore_command = 'cp {archive}/%f %p'\n"
            f"recovery_target_time = '{moment}'\n"
            "recovery_target_action = 'promote'\n"
        )
    (data / "recovery.signal").touch()
    if account:
        shutil.chown(data / "recovery.signal", account["user"], account["group"])
    portal.start()
    wait_for(lambda: not portal.ask("SELECT pg_is_in_recovery()")[0][0], "the end of the recovery")
    # The edit is there, the mistake is not.
    assert portal.ask("SELECT count(*) FROM caselaw_case") == [(count,)]
    assert portal.ask("SELECT title FROM caselaw_case WHERE id = %s", key) == [("Said on Tuesday",)]
    told = portal.ask(
        "SELECT line->>'title' FROM records_revision WHERE object_id = %s AND database = 'cases' "
        "ORDER BY number DESC LIMIT 1", key,
    )  # fmt: skip
    assert told == [("Said on Tuesday",)]
    done = portal.manage("after_recovery")
    assert done.returncode == 0, done.stderr
    assert "The data have a new version" in done.stdout
    now = portal.ask("SELECT token, changed_at FROM reference_dataversion WHERE name = 'records'")
    assert now[0][0] != mark[0][0]
    assert now[0][1] > mark[0][1]
    assert portal.ask("SELECT count(*) FROM django_session") == [(0,)]
