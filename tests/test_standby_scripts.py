"""The scripts of the compose file make a primary and a standby that follows it, without Docker."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import psutil
import psycopg2
import pytest

from portal.embedded_postgres import Hold, remove
from portal.postgres_server import PORT, Server

SCRIPTS = Path(__file__).resolve().parent.parent / "deploy" / "compose"
PASSWORDS = {"PORTAL_PASSWORD": "a1", "REPLICATION_PASSWORD": "b2"}


@pytest.fixture
def place() -> Iterator[Path]:
    directory = Path(tempfile.mkdtemp(prefix="portal-test-"))
    directory.chmod(0o777)
    yield directory
    remove(directory / "primary")
    shutil.rmtree(directory)


def one(url: str, statement: str) -> Any:
    with closing(psycopg2.connect(url)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchone() if cursor.description else None


@pytest.mark.parametrize("script", sorted(SCRIPTS.glob("*.sh")), ids=lambda path: path.name)
def test_scripts_can_be_read_and_run(script: Path) -> None:
    subprocess.run(["bash", "-n", str(script)], check=True)
    assert os.access(script, os.X_OK)


def test_a_standby_follows(place: Path) -> None:
    # The portal's database is there already; the image's script makes it.
    with Hold(place / "primary") as hold:
        primary = Server(place / "primary")
        admin = primary.url("postgres")
        one(admin, "DROP DATABASE portal")
        one(admin, "DROP EXTENSION pg_stat_statements")
        programs = primary._programs()
        environment = {
            "PATH": f"{programs}:{os.environ['PATH']}",
            **PASSWORDS,
            "PGHOST": str(primary.socket),
            "PGPORT": str(PORT),
            "PGDATA": str(primary.data),
            "HOME": str(place),
        }
        subprocess.run([str(SCRIPTS / "primary.sh")], env=environment, check=True)
        as_portal = hold.url.replace("postgres@", "portal@")
        one(as_portal, "CREATE TABLE told AS SELECT 4711 AS number")
        assert "replication all scram" in (primary.data / "pg_hba.conf").read_text()
        (place / "standby.sh").write_text((SCRIPTS / "standby.sh").read_text())
        (place / "standby.sh").chmod(0o755)
        socket = place / "s"
        data = place / "standby"
        for directory in (socket, data):
            directory.mkdir()
            if primary.account:
                os.chown(directory, primary.account["user"], primary.account["group"])
        environment |= {"PGDATA": str(data / "data"), "PRIMARY": str(primary.socket)}
        environment |= {"PRIMARY_PORT": str(PORT)}
        options = ["-c", f"unix_socket_directories={socket}", "-c", "listen_addresses="]
        process = subprocess.Popen(
            ["bash", str(place / "standby.sh"), *options],
            env=environment,
            cwd="/",
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            **primary.account,
        )
        try:
            follower = f"postgresql://portal@:{PORT}/portal?host={socket}"
            assert wait_for(lambda: one(follower, "SELECT number FROM told"), process) == (4711,)
            assert one(follower, "SELECT pg_is_in_recovery()") == (True,)
            slot = "SELECT active FROM pg_replication_slots WHERE slot_name = 'standby'"
            assert one(admin, slot) == (True,)
        finally:
            process.send_signal(signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):
                process.wait(20)
            if process.poll() is None:
                for child in psutil.Process(process.pid).children(recursive=True):
                    child.kill()
                process.kill()


def wait_for(ask: Any, process: subprocess.Popen[bytes]) -> Any:
    deadline = time.monotonic() + 60
    while True:
        try:
            return ask()
        except psycopg2.Error:
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.1)
