"""The checkout's own PostgreSQL server: started, shared, stopped, and found again after crashes."""

import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import environ
import psutil
import psycopg2
import pytest

from portal import embedded_postgres
from portal.embedded_postgres import Hold
from portal.postgres_server import EmbeddedPostgresError, Server

ROOT = os.geteuid() == 0
HOLDER = """
import signal, sys, time
from portal.embedded_postgres import Hold
# As in a terminal, also where the tests run in the background or under nohup.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)
Hold(sys.argv[1], testing=True)
print("ready", flush=True)
time.sleep(60)
"""


def make_place() -> Iterator[Path]:
    """A directory that PostgreSQL's account can reach, which pytest's own are not for root."""
    directory = Path(tempfile.mkdtemp(prefix="portal-test-"))
    directory.chmod(0o755)
    yield directory
    for server in (directory / "var" / "postgres", *directory.iterdir()):
        embedded_postgres.remove(server)
    shutil.rmtree(directory)


place = pytest.fixture(make_place)
# Making a data directory takes more than a second: most tests share one.
shared_place = pytest.fixture(make_place, scope="module")


@pytest.fixture
def directory(shared_place: Path) -> Iterator[Path]:
    """The directory of a server that has run before and does not run now."""
    directory = shared_place / "a b+%"
    with Hold(directory, testing=True):
        pass
    yield directory
    embedded_postgres.stop(directory)


def query(url: str, statement: str) -> object:
    """The first value that a statement gives; runs outside a transaction."""
    connection = psycopg2.connect(url)
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)
            row = cursor.fetchone() if cursor.description else None
            return row and row[0]
    finally:
        connection.close()


@contextmanager
def holder(directory: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that holds a server, once it does; killed at the end if it still lives."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(directory)],
        cwd=embedded_postgres.CHECKOUT,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            yield process
        finally:
            process.kill()


def kill_server(directory: Path) -> None:
    """End a server's main process as a crash of the machine would."""
    pid = Server(directory).pid()
    assert pid is not None
    children = psutil.Process(pid).children(recursive=True)
    os.kill(pid, signal.SIGKILL)
    psutil.wait_procs(children, timeout=5)
    assert Server(directory).pid() is None


def test_started_server_has_the_database_and_settings(directory: Path) -> None:
    url = embedded_postgres.start(directory, testing=True)
    assert url == embedded_postgres.url(directory)
    assert query(url, "SELECT current_database()") == "portal"
    assert query(url, "SHOW server_version").startswith("18.")
    assert query(url, "SHOW server_encoding") == "UTF8"
    assert query(url, "SELECT lower('ÉÑΣЖ')") == "éñσж"
    expected = {
        "jit": "off",
        "random_page_cost": "1.1",
        "fsync": "off",
        "max_connections": "60",
        "listen_addresses": "",
    }
    assert {name: query(url, f"SHOW {name}") for name in expected} == expected


def test_address_makes_working_django_settings(directory: Path, monkeypatch) -> None:
    # What a developer's shell may hold must not lead elsewhere.
    monkeypatch.setenv("PGPORT", "1")
    monkeypatch.setenv("PGHOST", "nowhere.invalid")
    hold = Hold(directory, testing=True)
    settings = environ.Env.db_url_config(hold.url)
    assert settings["ENGINE"] == "django.db.backends.postgresql"
    connection = psycopg2.connect(
        dbname=settings["NAME"],
        user=settings["USER"],
        port=settings["PORT"],
        **settings["OPTIONS"],
    )
    connection.close()
    hold.release()


def test_nobody_else_can_enter_data_or_socket(directory: Path) -> None:
    url = embedded_postgres.start(directory, testing=True)
    (host,) = parse_qs(urlsplit(url).query)["host"]
    for private in (host, Server(directory).data):
        assert stat.S_IMODE(os.stat(private).st_mode) == 0o700


def test_start_is_repeatable_and_lasts_until_stop(directory: Path) -> None:
    url = embedded_postgres.start(directory, testing=True)
    pid = Server(directory).pid()
    query(url, "CREATE TABLE kept AS SELECT 7 AS number")
    assert embedded_postgres.start(directory, testing=True) == url
    Hold(directory, testing=True).release()
    assert Server(directory).pid() == pid
    embedded_postgres.stop(directory)
    embedded_postgres.stop(directory)
    assert Server(directory).pid() is None
    with Hold(directory, testing=True) as hold:
        assert query(hold.url, "SELECT number FROM kept") == 7
    assert Server(directory).pid() is None


def test_server_stops_with_its_last_holder(directory: Path) -> None:
    with holder(directory) as first, Hold(directory, testing=True) as second:
        assert second.found_running
        first.terminate()
        first.wait(timeout=20)
        assert query(second.url, "SELECT 1") == 1
        with pytest.raises(EmbeddedPostgresError, match="in use"):
            embedded_postgres.remove(directory)
    assert Server(directory).pid() is None


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signal_to_the_holder_stops_the_server(directory: Path, number: signal.Signals) -> None:
    with holder(directory) as process:
        pid = Server(directory).pid()
        os.killpg(process.pid, number)
        assert process.wait(timeout=20) != 0
    assert Server(directory).pid() is None
    assert not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def test_server_of_a_killed_holder_is_used_and_then_stopped(directory: Path) -> None:
    with holder(directory):
        pid = Server(directory).pid()
    assert Server(directory).pid() == pid
    with Hold(directory, testing=True):
        assert Server(directory).pid() == pid
    assert Server(directory).pid() is None


def test_starts_after_a_crash_of_the_server(directory: Path) -> None:
    with Hold(directory, testing=True):
        kill_server(directory)
        assert (Server(directory).data / "postmaster.pid").exists()
        with Hold(directory, testing=True) as again:
            assert not again.found_running
            assert query(again.url, "SELECT 1") == 1


def test_pid_file_with_the_number_of_another_process(directory: Path) -> None:
    embedded_postgres.start(directory, testing=True)
    pid_file = Server(directory).data / "postmaster.pid"
    socket_lock = Server(directory).socket / ".s.PGSQL.5432.lock"
    kill_server(directory)
    # A process of PostgreSQL's own account, which it would take for a server of its own.
    other = subprocess.Popen(["sleep", "60"], **Server(directory).account)
    try:
        for path in (pid_file, socket_lock):
            lines = path.read_text().splitlines()
            path.write_text("\n".join([str(other.pid), *lines[1:], ""]))
        assert query(embedded_postgres.start(directory, testing=True), "SELECT 1") == 1
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


def test_half_made_data_directory_is_made_anew(place: Path) -> None:
    directory = place / "postgres"
    embedded_postgres.url(directory)
    for name in ("data", "data.making"):
        (directory / name / "base").mkdir(parents=True)
        (directory / name / "PG_VERSION").write_text("18\n")
    with Hold(directory, testing=True) as hold:
        assert query(hold.url, "SELECT 1") == 1
    assert not (directory / "data.making").exists()


def test_two_directories_do_not_disturb_each_other(place: Path) -> None:
    with Hold(place / "one", testing=True) as one, Hold(place / "two", testing=True) as two:
        query(one.url, "CREATE TABLE mine ()")
        assert query(two.url, "SELECT to_regclass('mine')") is None
        two.release()
        assert query(one.url, "SELECT to_regclass('mine')") == "mine"


@pytest.mark.parametrize("name", ["long" * 30, "comma, quote's"])
def test_path_that_no_socket_can_have(place: Path, name: str) -> None:
    directory = place / name
    with Hold(directory, testing=True) as hold:
        assert query(hold.url, "SELECT 1") == 1
    refuge = Server(directory).refuge()
    assert refuge is not None
    assert refuge.stat().st_uid == os.geteuid()
    embedded_postgres.remove(directory)
    assert not refuge.exists()


@pytest.mark.skipif(not ROOT, reason="only root can make a directory that only root enters")
def test_directory_that_only_root_can_enter(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    directory = closed / "var" / "postgres"
    with Hold(directory, testing=True) as hold:
        query(hold.url, "CREATE TABLE mine ()")
    with Hold(directory, testing=True) as hold:
        assert query(hold.url, "SELECT to_regclass('mine')") == "mine"
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700

    # A copy of the checkout has a server of its own.
    copy = tmp_path / "copy"
    shutil.copytree(directory, copy)
    with Hold(copy, testing=True) as hold:
        assert query(hold.url, "SELECT to_regclass('mine')") is None
    refuge = Server(copy).refuge()
    assert refuge not in (None, Server(directory).refuge())

    # One that was moved keeps its data.
    moved = tmp_path / "moved"
    copy.rename(moved)
    assert Server(moved).refuge() == refuge
    embedded_postgres.remove(directory)
    embedded_postgres.remove(moved)


def test_failure_shows_the_end_of_the_log(directory: Path) -> None:
    settings = Server(directory).data / "postgresql.auto.conf"
    settings.write_text("nonsense = 1\n")
    expected = r"did not start[^$]*server\.log[^$]*nonsense"
    try:
        with pytest.raises(EmbeddedPostgresError, match=expected):
            embedded_postgres.start(directory, testing=True)
    finally:
        settings.write_text("")


def test_data_of_another_release_is_left_alone(directory: Path) -> None:
    version = Server(directory).data / "PG_VERSION"
    version.write_text("15\n")
    try:
        with pytest.raises(EmbeddedPostgresError, match="PostgreSQL 15"):
            embedded_postgres.start(directory, testing=True)
        assert version.read_text() == "15\n"
    finally:
        version.write_text("18\n")


@pytest.fixture
def checkout(place: Path, monkeypatch) -> Path:
    """A checkout without settings of its own, nor any from the environment."""
    monkeypatch.setattr(embedded_postgres, "CHECKOUT", place)
    monkeypatch.setattr(embedded_postgres, "VAR", place / "var")
    for name in ("DATABASE_URL", "SECRET_KEY"):
        # Set first, so that what the test sets is undone.
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    return place


def test_given_environment_is_kept(checkout: Path, monkeypatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://elsewhere/portal")
    monkeypatch.setenv("SECRET_KEY", "given")
    assert embedded_postgres.ensure_local_environment() is None
    assert os.environ["DATABASE_URL"] == "postgresql://elsewhere/portal"
    assert os.environ["SECRET_KEY"] == "given"
    assert not (checkout / "var").exists()


def test_settings_in_the_env_file_are_left_to_django(checkout: Path) -> None:
    env_file = checkout / ".env"
    env_file.write_text("export DATABASE_URL=postgresql://elsewhere/portal\nSECRET_KEY = given\n")
    try:
        assert embedded_postgres.ensure_local_environment() is None
        assert "DATABASE_URL" not in os.environ
        assert "SECRET_KEY" not in os.environ
    finally:
        env_file.unlink()


def test_environment_of_its_own(checkout: Path) -> None:
    (checkout / ".env").write_text("# DATABASE_URL=commented\nDATABASE_URL=\nDEBUG=true\n")
    try:
        hold = embedded_postgres.ensure_local_environment(testing=True)
        assert hold is not None
        assert query(os.environ["DATABASE_URL"], "SELECT 1") == 1
        key_file = checkout / "var" / "secret-key"
        assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
        assert os.environ.pop("SECRET_KEY") == key_file.read_text()
        assert len(key_file.read_text()) >= 50
        hold.release()
        assert embedded_postgres.ensure_local_environment() is None
        assert os.environ["SECRET_KEY"] == key_file.read_text()
    finally:
        (checkout / ".env").unlink()
