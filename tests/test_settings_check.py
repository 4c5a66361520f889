"""What is missing or unsafe in the settings is named at once, and nothing starts with it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg2
import pytest
from django.core.checks import ERROR
from django.db import connection

from portal.environment import Environment, IncompleteSettings
from portal.watching.checks import deployment

ROOT = Path(__file__).resolve().parent.parent
#: As in a deployment, by the names of the environment.
GOOD = {
    "SECRET_KEY": "k3y-" + "aZ9_" * 15,
    "DATABASE_URL": "postgresql://portal:password@db.example.org/portal?sslmode=verify-full",
    "ALLOWED_HOSTS": "portal.example.org",
    "PORTAL_ADDRESS": "https://portal.example.org",
    "OAI_DOMAIN": "portal.example.org",
    "HTTPS": "true",
    "TRUSTED_PROXIES": "1",
    "LOG_FORMAT": "json",
}


def process(*command: str, **given: str) -> subprocess.CompletedProcess[str]:
    """Run Python in the checkout with nothing but these settings."""
    keep = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env={**keep, **given},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


pytestmark = pytest.mark.skipif(
    (ROOT / ".env").exists(), reason="a .env in the checkout would be read, too"
)


def test_all_that_is_missing_or_unreadable_is_named_at_once() -> None:
    done = process(
        *("-m", "portal.watching.preflight"),
        DEBUG="maybe",
        TRUSTED_PROXIES="one-and-mellon",
        CONN_MAX_AGE="",
    )
    assert done.returncode == 1
    assert re.findall(r"^  - (\S+) ", done.stderr, re.MULTILINE) == [
        *("SECRET_KEY", "DEBUG", "DATABASE_URL", "CONN_MAX_AGE", "TRUSTED_PROXIES"),
    ]
    assert "Traceback" not in done.stderr
    # Settings may be secrets: their values are not told.
    assert "mellon" not in done.stderr


def test_an_address_of_another_database_is_refused() -> None:
    for wrong in ("mysql://a:mellon@b/c", "mellon", "sqlite:///mellon"):
        done = process(*("-m", "portal.watching.preflight"), **{**GOOD, "DATABASE_URL": wrong})
        assert done.returncode == 1
        assert "DATABASE_URL is not an address" in done.stderr
        assert "mellon" not in done.stderr


def test_commands_name_them_without_a_traceback() -> None:
    given = {**GOOD, "METRICS": "perhaps", "LOG_SLOW_QUERY_MS": "soon"}
    done = process("manage.py", "check", **given)
    assert done.returncode == 1
    assert "METRICS is neither true nor false" in done.stderr
    assert (
        "LOG_SLOW_QUERY_MS is not a int" in done.stderr or "LOG_SLOW_QUERY_MS is not" in done.stderr
    )
    assert "Traceback" not in done.stderr


@pytest.fixture
def account(django_db_setup: None) -> Iterator[str]:
    """An account that is not the administrator's, and may read what the tests have loaded."""
    with closing(psycopg2.connect(os.environ["DATABASE_URL"])) as server:
        server.autocommit = True
        with server.cursor() as cursor:
            cursor.execute("DROP ROLE IF EXISTS portal_checked")
            cursor.execute("CREATE ROLE portal_checked LOGIN IN ROLE pg_read_all_data")
            yield "portal_checked"
            cursor.execute("DROP ROLE portal_checked")


@pytest.mark.django_db
def test_a_good_deployment_has_nothing_to_be_told(account: str) -> None:
    """By Django's own checks, either; one of a library asks the database."""
    name = connection.settings_dict["NAME"]
    address = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl()
    given = {**GOOD, "DATABASE_URL": address.replace("postgres@", f"{account}@", 1)}
    done = process("manage.py", "check", "--deploy", "--fail-level", "WARNING", **given)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    assert "no issues" in done.stdout


def test_all_that_is_unsafe_is_named_at_once() -> None:
    given = {"SECRET_KEY": "short", "DATABASE_URL": "postgresql://portal@192.0.2.7/portal"}
    given |= {"DEBUG": "true", "METRICS": "true", "METRICS_ALLOWED_NETWORKS": "0.0.0.0/0"}
    given |= {"METRICS_TOKEN": "short", "LOG_FORMAT": "xml", "RELEASES_DIR": "/dev/null/nowhere"}
    done = process(*("-m", "portal.watching.preflight"), **given)
    assert done.returncode == 1
    found = set(re.findall(r"portal\.([EW]\d+)", done.stderr))
    assert found >= {
        *("E001", "E002", "W003", "E010", "E011", "W014", "E020", "E030", "E032", "E033"),
        *("W040", "E050"),
    }


#: A setting, its wrong value, and what is said of it.
UNSAFE: list[tuple[dict[str, Any], str]] = [
    ({"SECRET_KEY": "a" * 60}, "portal.E001"),
    ({"SECRET_KEY": "django-insecure-" + GOOD["SECRET_KEY"]}, "portal.E001"),
    ({"DEBUG": True}, "portal.E002"),
    ({"SECOND_FACTOR_REQUIRED": False}, "portal.W003"),
    ({"ALLOWED_HOSTS": ["*"]}, "portal.E010"),
    ({"ALLOWED_HOSTS": ["localhost", "127.0.0.1"]}, "portal.E010"),
    ({"PORTAL_ADDRESS": "http://localhost:8000"}, "portal.E011"),
    ({"PORTAL_ADDRESS": "https://elsewhere.example.org"}, "portal.E012"),
    ({"PORTAL_ADDRESS": "http://portal.example.org"}, "portal.E013"),
    ({"OAI_DOMAIN": ""}, "portal.W014"),
    ({"HTTPS": False}, "portal.E020"),
    ({"TRUSTED_PROXIES": 0}, "portal.E021"),
    ({"LOG_FORMAT": "xml"}, "portal.E030"),
    ({"METRICS_ALLOWED_NETWORKS": ["10.0.0"]}, "portal.E031"),
    ({"METRICS": True, "METRICS_ALLOWED_NETWORKS": ["::/0"]}, "portal.E032"),
    ({"METRICS_TOKEN": "short"}, "portal.E033"),
    ({"ATTACHMENTS_DIR": Path("/dev/null/nowhere")}, "portal.E050"),
]


@pytest.fixture
def deployed(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setitem(connection.settings_dict, "USER", "portal")
    settings.SECRET_KEY = GOOD["SECRET_KEY"]
    settings.ALLOWED_HOSTS = ["portal.example.org"]
    settings.PORTAL_ADDRESS, settings.OAI_DOMAIN = GOOD["PORTAL_ADDRESS"], GOOD["OAI_DOMAIN"]
    settings.HTTPS, settings.TRUSTED_PROXIES = True, 1
    settings.SECOND_FACTOR_REQUIRED = True
    settings.RELEASES_DIR = tmp_path / "not" / "made" / "yet"
    return settings


def test_a_safe_one(deployed: Any) -> None:
    assert [message.id for message in deployment(None)] == []


@pytest.mark.parametrize(("given", "said"), UNSAFE)
def test_each_that_is_unsafe(given: dict[str, Any], said: str, deployed: Any) -> None:
    for name, value in given.items():
        setattr(deployed, name, value)
    (message,) = deployment(None)
    assert message.id == said
    assert message.hint
    assert (message.level >= ERROR) == (".E" in said)


def test_what_was_read_is_what_was_given(monkeypatch: pytest.MonkeyPatch) -> None:
    env = Environment()
    for word, value in (("true", True), ("Yes", True), ("0", False), ("", False), ("OFF", False)):
        monkeypatch.setenv("A_TRUTH", word)
        assert env.bool("A_TRUTH") is value
    assert env.bool("NOT_GIVEN", default=True) is True
    assert env.int("NOT_GIVEN", default=7) == 7
    assert env.list("NOT_GIVEN", default=["a"]) == ["a"]
    env.stop_if_faulty()
    monkeypatch.setenv("A_NUMBER", "seven")
    env.int("A_NUMBER", default=7)
    env.str("A_TEXT")
    with pytest.raises(IncompleteSettings, match=r"A_NUMBER.*\n.*A_TEXT is not set"):
        env.stop_if_faulty()


@pytest.mark.parametrize("missing", ["static", "translations"])
def test_what_was_not_prepared(missing: str, deployed: Any, tmp_path: Path) -> None:
    from portal.watching.preflight import unprepared

    deployed.STATIC_ROOT = tmp_path
    hashed = "whitenoise.storage.CompressedManifestStaticFilesStorage"
    deployed.STORAGES = {**deployed.STORAGES, "staticfiles": {"BACKEND": hashed}}
    if missing == "translations":
        (tmp_path / "staticfiles.json").write_text("{}")
        (tmp_path / "locale" / "fr" / "LC_MESSAGES").mkdir(parents=True)
        (tmp_path / "locale" / "fr" / "LC_MESSAGES" / "django.po").write_text("")
        deployed.LOCALE_PATHS = [tmp_path / "locale"]
    (said,) = unprepared()
    assert missing.removesuffix("s") in said
    assert "manage.py prepare" in said
