"""The real server: its log, its numbers over all processes, and how it is replaced under load."""

from __future__ import annotations

import itertools
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.conftest import database_copy
from tests.gunicorns import ROOT, Gunicorn, Load, gunicorn

pytestmark = pytest.mark.django_db
SECRET = "mellon4711"
PAGES = ("/en/about/", "/api/v1/cases/?page_size=3", "/en/cases/?mode=sea", "/api/v1/")


@pytest.fixture(scope="module")
def database(django_db_setup: None, django_db_blocker: Any) -> Iterator[str]:
    with database_copy(django_db_blocker) as url:
        yield url


@pytest.fixture(scope="module")
def server(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gunicorn]:
    given = {"LOG_FORMAT": "json", "METRICS": "true", "METRICS_TOKEN": SECRET * 4}
    given |= {"API_REQUESTS_PER_MINUTE": "0"}
    with gunicorn(tmp_path_factory.mktemp("web"), database, **given) as server:
        yield server


def lines(server: Gunicorn) -> list[dict[str, Any]]:
    return [json.loads(line) for line in server.log.read_text().splitlines()]


def numbers(server: Gunicorn) -> dict[tuple[str, ...], float]:
    status, _headers, body = server.get("/metrics", Authorization=f"Bearer {SECRET * 4}")
    assert status == 200
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(body.decode())
        for sample in family.samples
    }


def test_everything_is_logged_as_json_and_nothing_personal(server: Gunicorn) -> None:
    status, headers, _body = server.get(
        f"/en/cases/?q={SECRET}", Cookie=f"a={SECRET}", **{"X-Request-ID": SECRET * 2}
    )
    assert status == 200
    server.get(f"/{SECRET}")
    for rubbish in (
        f"GET /?q={SECRET} HTTP/9.9\r\n\r\n",
        f"{SECRET}\r\n\r\n",
        f"GET / HTTP/1.1\r\nHost: localhost\r\n{SECRET} bad: header\r\n\r\n",
    ):
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(server.socket))
            client.sendall(rubbish.encode())
            assert b"400 Bad Request" in client.recv(4096)
    found = lines(server)
    (line,) = [line for line in found if line["request_id"] == headers["x-request-id"]]
    assert line["route"] == "cases:search"
    assert {line["message"] for line in found if line["logger"] == "gunicorn.error"} == {
        "A request that is not HTTP was refused"
    }
    assert SECRET not in server.log.read_text()
    assert "/healthz" not in server.log.read_text()


def test_numbers_are_the_sum_of_all_processes(server: Gunicorn) -> None:
    before = numbers(server)
    for _ in range(24):
        assert server.get("/en/about/")[0] == 200
    after = numbers(server)
    key = ("portal_requests_total", "GET", "about", "200")
    assert after[key] - before.get(key, 0) == 24
    assert after["portal_workers",] == 2
    assert after["portal_requests_at_work",] == 0
    assert after["portal_ready", "all"] == 1
    # A process that dies takes what it was doing with it, and not what it has done.
    victim = min(server.workers())
    os.kill(victim, signal.SIGKILL)
    server.wait_for(
        lambda: victim not in server.workers() and len(server.workers()) == 2, "another process"
    )
    server.wait_for(server.answers, "an answer")
    assert numbers(server)[key] == after[key]


def test_reloading_under_load_fails_no_request(server: Gunicorn) -> None:
    pages = itertools.cycle(PAGES)
    old = server.workers()
    with Load(lambda: server.get(next(pages))[0]) as load:
        load.wait_for(20)
        os.kill(server.process.pid, signal.SIGHUP)
        server.wait_for(
            lambda: not old & server.workers() and len(server.workers()) == 2, "new processes"
        )
        load.wait_for(20)
    assert load.failed == []


def slow_answer(server: Gunicorn) -> Any:
    """A file that is being read: its connection, with the first piece of it."""
    connection = server.connection()
    connection.request("GET", "/api/v1/cases.jsonl", headers={"Host": "localhost"})
    response = connection.getresponse()
    return connection, response, response.read(1000)


@pytest.mark.long
def test_replacing_the_server_under_load_fails_no_request(database: str, tmp_path: Path) -> None:
    """As `systemctl restart portal` does it: the socket stays, and what comes waits in it."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "web.sock"))
        listener.listen(512)
        given = {"API_REQUESTS_PER_MINUTE": "0"}
        first = gunicorn(tmp_path / "first", database, listener=listener, **given)
        server = first.__enter__()
        pages = itertools.cycle(PAGES)
        try:
            whole = server.get("/api/v1/cases.jsonl")[2]
            with Load(lambda: server.get(next(pages))[0]) as load:
                load.wait_for(20)
                connection, response, begun = slow_answer(server)
                server.process.send_signal(signal.SIGTERM)
                # What was being read is read to its end.
                assert begun + response.read() == whole
                connection.close()
                assert server.process.wait(60) == 0
                with gunicorn(tmp_path / "second", database, listener=listener, **given):
                    load.wait_for(40)
                    load._stop.set()
                    for thread in load._threads:
                        thread.join()
            assert load.failed == []
        finally:
            first.__exit__(None, None, None)


def start(**given: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "gunicorn", "-c", "deploy/gunicorn.conf.py"]
    environment = {"PATH": os.environ["PATH"], **given}
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.skipif((ROOT / ".env").exists(), reason="a .env would be read, too")
def test_it_does_not_start_with_what_is_missing_or_unsafe() -> None:
    done = start(HTTPS="true", TRUSTED_PROXIES="none")
    assert done.returncode == 1
    for name in ("SECRET_KEY", "DATABASE_URL", "TRUSTED_PROXIES"):
        assert f"  - {name} is not" in done.stderr
    assert "Traceback" not in done.stderr
    # Open to the network without TLS.
    given = {"SECRET_KEY": "x", "DATABASE_URL": "postgresql://a@127.0.0.1:1/a"}
    done = start(BIND="0.0.0.0:0", **given)
    assert done.returncode == 1
    assert "portal.E020" in done.stderr
    assert "Traceback" not in done.stderr
