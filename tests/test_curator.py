"""A curator's week in a real browser: from the first sign-in to a record that was withdrawn.

The portal runs in a process of its own, on a copy of the test database, with the second factor on.
With `PICTURES=docs/pictures` in the environment the pictures of `docs/curating.md` are taken anew.
"""

from __future__ import annotations

import base64
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import connection, connections
from django_otp.oath import totp

from tests.test_browser import CHROMIUM, browser  # noqa: F401

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine"),
]

PASSWORD = "forty pages of minutes"
COPY = "curator_week"
USERS = {"ada": "Contributors", "ben": "Publishers"}
PICTURES = os.environ.get("PICTURES", "")
MAKE_USERS = """
from django.contrib.auth.models import Group
from portal.accounts.models import User
for name, group in {users!r}.items():
    user = User.objects.create_user(name, password={password!r}, is_staff=True)
    user.groups.add(Group.objects.get(name=group))
"""


@pytest.fixture(scope="module")
def copied_database(django_db_setup: None, django_db_blocker: Any) -> Iterator[str]:
    """The name of a copy of the test database: what the curators write is seen by no other test."""
    name = str(connection.settings_dict["NAME"])
    copy = f"{name}_{COPY}"
    with django_db_blocker.unblock():
        connections.close_all()
        with connection._nodb_cursor() as cursor:
            cursor.execute(f'DROP DATABASE IF EXISTS "{copy}" WITH (FORCE)')
            cursor.execute(f'CREATE DATABASE "{copy}" TEMPLATE "{name}"')
        yield copy
        with connection._nodb_cursor() as cursor:
            cursor.execute(f'DROP DATABASE IF EXISTS "{copy}" WITH (FORCE)')


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def portal(copied_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a portal that runs on the copy."""
    address = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{copied_database}").geturl()
    files = tmp_path_factory.mktemp("files")
    environment = {
        **os.environ,
        "DATABASE_URL": address,
        "DEBUG": "true",
        "SECOND_FACTOR_REQUIRED": "true",
        "ATTACHMENTS_DIR": str(files / "attachments"),
        "IMPORTS_DIR": str(files / "imports"),
    }
    manage = [sys.executable, str(Path(settings.BASE_DIR) / "manage.py")]
    made = MAKE_USERS.format(users=USERS, password=PASSWORD)
    subprocess.run([*manage, "shell", "-v", "0", "-c", made], env=environment, check=True)
    port = free_port()
    log = files / "log"
    with log.open("w") as out:
        process = subprocess.Popen(
            [*manage, "runserver", f"127.0.0.1:{port}", "--noreload"],
            env=environment,
            stdout=out,
            stderr=out,
        )
    try:
        wait_for(port, process, log)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=30)


def wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    for _attempt in range(300):
        assert process.poll() is None, log.read_text()
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.2)
    raise AssertionError(log.read_text())


@dataclass
class Curator:
    """Somebody at a browser of their own."""

    page: Any
    portal: str
    name: str

    def goes(self, path: str) -> int:
        response = self.page.goto(path if path.startswith("http") else self.portal + path)
        return int(response.status)

    def picture(self, name: str) -> None:
        """Take a picture for the handbook, if it is asked for."""
        if PICTURES:
            folder = Path(settings.BASE_DIR) / PICTURES
            folder.mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=str(folder / f"{name}.png"))

    def signs_in(self) -> None:
        """With the password, and a code of an authenticator that is set up the first time."""
        page = self.page
        self.goes("/admin/")
        page.fill("#id_username", self.name)
        page.fill("#id_password", PASSWORD)
        page.click("input[type=submit]")
        secret = page.inner_text(".secret").replace(" ", "")
        if self.name == "ada":
            self.picture("second-factor")
        code = totp(base64.b32decode(secret + "=" * (-len(secret) % 8)))
        page.fill("#code-form input[type=text]", f"{code:06d}")
        page.click("#code-form input[type=submit]")
        page.wait_for_load_state()
        assert "recovery" in page.inner_text("#content").lower()
        assert self.goes("/admin/") == 200
        assert "Log out" in page.inner_text("#user-tools") or page.query_selector("#logout-form")

    def saves(self, button: str = "_continue") -> str:
        """Save the form; returns the address that follows."""
        self.page.click(f"input[name={button}]")
        self.page.wait_for_load_state()
        return str(self.page.url)


@pytest.fixture
def curator(portal: str, browser: Any) -> Iterator[Callable[[str], Curator]]:  # noqa: F811
    contexts = []

    def opened(name: str) -> Curator:
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        found = Curator(page, portal, name)
        found.signs_in()
        return found

    yield opened
    for context in contexts:
        context.close()


def test_a_curators_week(curator: Callable[[str], Curator]) -> None:
    ada, ben = curator("ada"), curator("ben")
    assert ben.goes("/admin/caselaw/case/") == 200
    assert ada.goes("/admin/caselaw/case/add/") == 200
    ada.picture("entering")
    assert json
