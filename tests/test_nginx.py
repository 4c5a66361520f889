"""deploy/nginx.conf for real: TLS, names, forwarded headers, sizes, logs, in front of gunicorn."""

from __future__ import annotations

import datetime
import http.client
import os
import re
import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.conftest import database_copy
from tests.gunicorns import ROOT, Gunicorn, gunicorn, wait_for

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(
        shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin") is None,
        reason="THERE IS NO nginx HERE: deploy/nginx.conf IS NOT TESTED.",
    ),
]
NAME = "portal.example.org"
SECRET = "mellon4711"
MAIN = """
daemon off; master_process off; worker_processes 1; pid {place}/pid; {user}
error_log {place}/main.log info;
events {{ worker_connections 128; }}
http {{
    client_body_temp_path {place}/body; proxy_temp_path {place}/proxy;
    fastcgi_temp_path {place}/f; uwsgi_temp_path {place}/u; scgi_temp_path {place}/s;
    include {place}/portal.conf;
}}
"""


@dataclass
class Nginx:
    """The proxy, its ports, and what it wrote."""

    place: Path
    plain: int
    tls: int
    web: Gunicorn

    @property
    def log(self) -> list[str]:
        path = self.place / "portal.log"
        return path.read_text().splitlines() if path.exists() else []

    def ask(
        self,
        path: str,
        *,
        tls: bool = True,
        host: str = NAME,
        source: str = "127.0.0.1",
        method: str = "GET",
        **headers: str,
    ) -> tuple[int, Any, bytes]:
        """Ask from an address of this machine, by a name that the certificate has."""
        port = self.tls if tls else self.plain
        given = socket.create_connection(("127.0.0.1", port), 20, source_address=(source, 0))
        if tls:
            context = ssl.create_default_context(cafile=str(self.place / "cert.pem"))
            given = context.wrap_socket(given, server_hostname=NAME)
        connection = http.client.HTTPConnection("127.0.0.1", port)
        connection.sock = given
        try:
            connection.putrequest(method, path, skip_host=True)
            for name, value in {"Host": host, **headers}.items():
                connection.putheader(name, value)
            connection.endheaders()
            response = connection.getresponse()
            return response.status, response.headers, response.read()
        finally:
            connection.close()


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def make_certificate(place: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (place / "cert.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    (place / "key.pem").write_bytes(secret)


def settled(place: Path, web: Path, plain: int, tls: int) -> str:
    """The example with this test's places and ports."""
    text = (ROOT / "deploy" / "nginx.conf").read_text()
    text = re.sub(r"^ *listen \[::\].*\n", "", text, flags=re.MULTILINE)
    for old, new in (
        ("listen 80", f"listen 127.0.0.1:{plain}"),
        ("listen 443", f"listen 127.0.0.1:{tls}"),
        ("/etc/letsencrypt/live/portal.example.org/fullchain.pem", f"{place}/cert.pem"),
        ("/etc/letsencrypt/live/portal.example.org/privkey.pem", f"{place}/key.pem"),
        ("/var/log/nginx", str(place)),
        ("/run/portal/web.sock", str(web)),
    ):
        assert old in text, old
        text = text.replace(old, new)
    return text


@pytest.fixture(scope="module")
def nginx(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Nginx]:
    place = tmp_path_factory.mktemp("nginx")
    make_certificate(place)
    given = {
        "ALLOWED_HOSTS": NAME,
        "PORTAL_ADDRESS": f"https://{NAME}",
        "OAI_DOMAIN": NAME,
        "HTTPS": "true",
        "TRUSTED_PROXIES": "1",
        "LOG_FORMAT": "json",
        "METRICS": "true",
        "API_REQUESTS_PER_MINUTE": "5",
        "WEB_CONCURRENCY": "1",
    }
    with (
        database_copy(django_db_blocker) as url,
        gunicorn(tmp_path_factory.mktemp("web"), url, **given) as web,
    ):
        plain, tls = free_port(), free_port()
        user = "user root;" if os.geteuid() == 0 else ""
        (place / "portal.conf").write_text(settled(place, web.socket, plain, tls))
        (place / "nginx.conf").write_text(MAIN.format(place=place, user=user))
        program = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
        command = [str(program), "-c", str(place / "nginx.conf"), "-e", str(place / "main.log")]
        tried = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
        assert tried.returncode == 0, tried.stderr
        process = subprocess.Popen(command)
        try:
            found = Nginx(place, plain, tls, web)
            wait_for(lambda: takes_connections(plain, process), "nginx", 30)
            yield found
        finally:
            process.terminate()
            process.wait(20)


def takes_connections(port: int, process: subprocess.Popen[bytes]) -> bool:
    assert process.poll() is None, "nginx ended"
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), 5):
        return True
    return False


def test_pages_come_over_tls_with_addresses_that_readers_use(nginx: Nginx) -> None:
    status, headers, body = nginx.ask("/en/cases/?mode=sea")
    assert status == 200
    assert f'<link rel="canonical" href="https://{NAME}/en/cases/?mode=sea">' in body.decode()
    assert "max-age=" in headers["Strict-Transport-Security"]
    assert "nginx/" not in headers["Server"]
    status, headers, _body = nginx.ask("/admin/login/")
    assert status == 200
    for cookie in headers.get_all("Set-Cookie"):
        assert "; Secure" in cookie


def test_plain_http_leads_to_tls(nginx: Nginx) -> None:
    status, headers, _body = nginx.ask("/en/cases/?q=a", tls=False)
    assert (status, headers["Location"]) == (308, f"https://{NAME}/en/cases/?q=a")


@pytest.mark.parametrize("tls", [True, False])
def test_another_name_gets_no_answer(nginx: Nginx, tls: bool) -> None:
    with pytest.raises(http.client.RemoteDisconnected):
        nginx.ask("/en/", host="evil.example", tls=tls)


def test_another_name_gets_no_certificate(nginx: Nginx) -> None:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with (
        socket.create_connection(("127.0.0.1", nginx.tls)) as connection,
        pytest.raises(ssl.SSLError),
    ):
        context.wrap_socket(connection, server_hostname="evil.example")


def test_health_is_told_to_load_balancers_and_not_logged(nginx: Nginx) -> None:
    before = len(nginx.log)
    assert nginx.ask("/healthz", tls=False, host="10.1.2.3")[::2] == (200, b"ok\n")
    assert nginx.ask("/healthz")[0] == 200
    assert nginx.ask("/en/about/")[0] == 200
    wait_for(lambda: len(nginx.log) > before, "a line of the log", 20)
    assert len(nginx.log) == before + 1


@pytest.mark.parametrize("path", ["/readyz", "/metrics", "//metrics", "/x/../readyz"])
def test_watchers_ask_from_inside(nginx: Nginx, path: str) -> None:
    inside = nginx.ask(path)[0]
    assert inside == (200 if path in ("/readyz", "/metrics") else inside)
    # Another address of this machine stands for somebody outside.
    status, _headers, body = nginx.ask(path, source="127.0.0.2")
    assert status in (403, 404), path
    assert b"portal_requests" not in body
    # By the other door, either.
    with pytest.raises(http.client.RemoteDisconnected):
        nginx.ask(path, tls=False, host="10.1.2.3", source="127.0.0.2")


def test_who_says_to_be_others_is_counted_as_one(nginx: Nginx) -> None:
    found = []
    for n in range(8):
        spoofed = {"X-Forwarded-For": f"198.51.100.{n}", "X-Real-IP": f"198.51.100.{n}"}
        spoofed["Forwarded"] = f"for=198.51.100.{n}"
        found.append(nginx.ask("/api/v1/", source="127.0.0.7", **spoofed)[0])
    # A minute may have ended between them.
    assert 429 in found
    assert nginx.ask("/api/v1/", source="127.0.0.8")[0] == 200


def test_what_a_visitor_says_of_the_way_here_is_replaced(nginx: Nginx) -> None:
    status, headers, _body = nginx.ask(
        "/en/about/",
        **{
            "X-Forwarded-Proto": "http",
            "X-Forwarded-Host": "evil.example",
            "X-Request-ID": SECRET * 3,
        },
    )
    assert status == 200
    assert SECRET not in headers["X-Request-ID"]
    # One name for both logs.
    name = headers["X-Request-ID"]
    wait_for(lambda: any(name in line for line in nginx.log), "a line of the log", 20)
    assert name in nginx.web.log.read_text()


def test_sizes_of_requests(nginx: Nginx) -> None:
    length = {"Content-Length": str(131 << 20)}
    assert nginx.ask("/admin/login/", method="POST", **length)[0] == 413
    assert nginx.ask("/en/?" + "x" * 9_000)[0] == 414
    # What the proxy lets pass the portal may refuse.
    assert nginx.ask("/en/", method="POST", **{"Content-Length": "0"})[0] in (403, 405)


def test_no_log_tells_who_asked_for_what(nginx: Nginx) -> None:
    nginx.ask(f"/en/cases/?q={SECRET}", Cookie=f"a={SECRET}", Referer=f"https://x/{SECRET}")
    wait_for(lambda: nginx.log, "a line of the log", 20)
    for path in (nginx.place / "portal.log", nginx.place / "portal-error.log", nginx.web.log):
        text = path.read_text()
        assert SECRET not in text
        assert "127.0.0." not in text
