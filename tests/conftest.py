"""The reference collection, loaded once into the database of each worker.

Tests run in transactions that are rolled back, so all of them see the collection as it was
loaded. `lines` gives the same collection as plain data, for counting by hand.
"""

from __future__ import annotations

import fcntl
import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.management import call_command
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django.core.wsgi import get_wsgi_application
from django.db import connection, connections
from django.template import Context, Template
from django.test import Client
from django.test.signals import template_rendered
from django.test.utils import _TestState
from django.utils import translation
from django.utils.safestring import SafeString
from django_otp import DEVICE_ID_SESSION_KEY
from django_otp.plugins.otp_totp.models import TOTPDevice

from portal.accounts.models import User
from portal.management.commands.prepare import compile_messages

COLLECTION = Path(settings.COLLECTION_DIR)
#: How often a password is hashed in earnest, and in tests.
ROUNDS, FEW_ROUNDS = PBKDF2PasswordHasher.iterations, 10
#: Steps through the lines of a file: every sixth in each run, all of them in the long one.
SOME_AND_ALL = [
    pytest.param(6, id="some"),
    pytest.param(1, id="all", marks=pytest.mark.long),
]


def pytest_sessionstart() -> None:
    """The translations are compiled, as `prepare` does it before the portal is served.

    The reader's middleware is loaded under the settings as they are, and not under those that some
    test sets for itself. Passwords are hashed by few rounds: in earnest each takes a quarter of a
    second, so that guessing takes years.
    """
    compile_messages()
    PBKDF2PasswordHasher.iterations = FEW_ROUNDS
    _reader().handler.load_middleware()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    with django_db_blocker.unblock():
        # Without a test that is marked for the database there is none made for the tests.
        assert str(connection.settings_dict["NAME"]).startswith("test_")
        call_command("load_collection", verbosity=0)


#: How often this process has asked for the whole server and not given it back.
_whole = [0]


@contextmanager
def whole_server() -> Iterator[None]:
    """Inside, no other worker makes or drops a database, or fills the server's disk.

    While a disk is full, no checkpoint can be made, which a database that comes or goes needs.
    """
    lock = Path(settings.BASE_DIR) / "var" / "whole-server.lock"
    lock.parent.mkdir(exist_ok=True)
    with lock.open("w") as stream:
        if not _whole[0]:
            fcntl.flock(stream, fcntl.LOCK_EX)
        _whole[0] += 1
        try:
            yield
        finally:
            _whole[0] -= 1


@pytest.fixture
def alone_on_the_server() -> Iterator[None]:
    """For tests that make databases themselves."""
    with whole_server():
        yield


@contextmanager
def database_copy(blocker: Any, prefix: str = "") -> Iterator[str]:
    """The address of a copy of the test database: what a process writes there no test sees."""
    name = str(connection.settings_dict["NAME"])
    copy = f"{prefix}{name}_copy"
    with blocker.unblock():
        connections.close_all()
        with whole_server(), connection._nodb_cursor() as cursor:
            cursor.execute(f'DROP DATABASE IF EXISTS "{copy}" WITH (FORCE)')
            cursor.execute(f'CREATE DATABASE "{copy}" TEMPLATE "{name}"')
        yield urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{copy}").geturl()
        with whole_server(), connection._nodb_cursor() as cursor:
            cursor.execute(f'DROP DATABASE IF EXISTS "{copy}" WITH (FORCE)')


def read_lines(name: str) -> list[dict[str, Any]]:
    """The lines of a file of the collection."""
    with (COLLECTION / name).open(encoding="utf-8") as stream:
        return [json.loads(line) for line in stream]


@pytest.fixture(scope="session")
def lines() -> dict[str, list[dict[str, Any]]]:
    """Of each database, the lines that are published: what the world sees."""
    return {
        slug: [line for line in read_lines(f"{slug}.jsonl") if "state" not in line]
        for slug in ("cases", "legislation", "bibliography")
    }


@pytest.fixture
def held_back() -> list[tuple[str, str]]:
    """Database and code of every record that waits for curators."""
    return [
        (slug, line["id"])
        for slug in ("cases", "legislation", "bibliography")
        for line in read_lines(f"{slug}.jsonl")
        if "state" in line
    ]


@cache
def _reader() -> Client:
    return Client()


def reader() -> Client:
    """A reader without a session. One for all tests: each new client loads all middleware."""
    client = _reader()
    # What an earlier test was given.
    client.cookies.clear()
    return client


@pytest.fixture(autouse=True)
def own_language() -> Iterator[None]:
    """Each test begins in the settings' language: a request leaves its own behind."""
    translation.deactivate()
    yield
    translation.deactivate()


@pytest.fixture(autouse=True)
def password_alone(settings: Any) -> None:
    """Staff need no second factor: most tests sign them in by force. Who has one is still asked.

    The tests of the second factor (test_second_factor.py) require it, as the settings do.
    """
    settings.SECOND_FACTOR_REQUIRED = False


@pytest.fixture
def admin_client(admin_user: User) -> Client:
    """An administrator at work: both factors given, and the session in the list of sessions.

    The first request of a session writes it down, which is not what the tests measure.
    """
    device = TOTPDevice.objects.create(user=admin_user, name="authenticator")
    client = Client()
    client.force_login(admin_user)
    session = client.session
    session[DEVICE_ID_SESSION_KEY] = device.persistent_id
    session.save()
    assert client.get("/admin/security/").status_code == 200
    translation.deactivate()
    return client


@pytest.fixture(autouse=True)
def pages_made_anew(settings: Any) -> None:
    """No page comes from what was kept, so that each can be asked what it was made of."""
    settings.PAGES_KEPT_SECONDS = 0


@pytest.fixture(autouse=True)
def nobody_is_counted(settings: Any) -> None:
    """Tests ask as often as they like; those of the limits (test_limits.py) set some."""
    settings.API_REQUESTS_PER_MINUTE = settings.SIGN_IN_REQUESTS_PER_MINUTE = 0


@pytest.fixture(autouse=True)
def plain_static_files(settings: Any) -> None:
    """Static files by their plain names: the tests do not collect them first."""
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


@pytest.fixture(scope="session", autouse=True)
def rendering_of_pages(django_test_environment: None) -> Iterator[None]:
    """Pages are rendered nearly as in earnest; `response.context` is what a page began with.

    Django's test environment copies the whole context for every piece that a page includes, which
    makes a page of many pieces ten times slower.
    """
    pieces = _TestState.saved_data.template_render

    def render(template: Template, context: Context) -> SafeString:
        if context.template is template and "request" in context:
            template_rendered.send(sender=template, template=template, context=context)
        return pieces(template, context)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Template, "_render", render)
        yield


class _Quiet(WSGIRequestHandler):
    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture(scope="module")
def server(django_db_setup: None, django_db_blocker: Any) -> Iterator[str]:
    """The portal on a free port, reading the collection that the worker's database holds.

    Unlike `live_server` it empties no table: what a test writes in its transaction it does not see.
    """
    with django_db_blocker.unblock(), pytest.MonkeyPatch.context() as patch:
        # A connection that outlives its request would keep the test database from going.
        patch.setitem(connections.settings["default"], "CONN_MAX_AGE", 0)
        httpd = ThreadedWSGIServer(("127.0.0.1", 0), _Quiet)
        httpd.set_app(StaticFilesHandler(get_wsgi_application()))
        thread = threading.Thread(target=httpd.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{httpd.server_port}"
        httpd.shutdown()
        httpd.server_close()


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print what tests measured, also where they ran in processes of their own."""
    for report in terminalreporter.getreports("passed") + terminalreporter.getreports("failed"):
        for name, value in report.user_properties:
            if name == "summary" and report.when == "call":
                terminalreporter.write_line(value)
