"""What a page weighs on the line, file by file, as it is sent: compressed, cached, from here."""

from __future__ import annotations

import gzip
import http.client
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import brotli
import pytest
from django.conf import settings as configured
from django.core.management import call_command
from django.core.servers.basehttp import ThreadedWSGIServer
from django.core.wsgi import get_wsgi_application
from django.db import connections
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory, override_settings

from portal.compression import CompressionMiddleware, accepts_brotli
from tests.conftest import _Quiet

pytestmark = pytest.mark.django_db

#: Bytes, compressed: a first visit with all that its page needs, and the page alone.
FIRST, LATER = 60_000, 25_000
YEAR = "max-age=315360000, public, immutable"
BOTH = {"Accept-Encoding": "gzip, deflate, br"}
LANGUAGES = ("en", "ar", "fr", "ru", "zh", "es")
#: One of each kind of page; those that grow with the collection in their largest form.
PAGES = (
    "/",
    "/about/",
    "/api/",
    "/data/",
    "/search/?q=boat",
    "/cases/",
    "/cases/?q=boat&mode=sea&modus=1",
    "/cases/?q=zzzzzz",
    "/cases/facets/region/",
    "/cases/facets/jurisdiction/",
    "/cases/gbr-2021-old-bailey-39-vietnamese/",
    "/cases/gbr-2021-old-bailey-39-vietnamese/cite/",
    "/legislation/?article=6.1.a",
    "/legislation/aus-migration-act-1958/",
    "/bibliography/",
    "/bibliography/ab-wahab-2013-smuggling-migrants-its-implications/",
    "/insights/",
    "/insights/modes/",
    "/insights/implementation/",
    "/insights/routes/",
    "/insights/literature-topics/",
    "/insights/coverage-cases/",
    "/insights/coverage/",
    "/insights/table/?database=cases&rows=gender&columns=verdict",
    "/insights/women-as-offenders/",
    "/insights/sentences/",
    "/insights/comparable-sentences/?mode=sea&role=crew",
    "/insights/fees/",
    "/countries/",
    "/countries/USA/",
    "/protocol/",
    "/protocol/6.1.a/",
    "/protocol/compare/?jurisdiction=AUS,CAN,ITA,ESP&article=6.1.a,5",
    "/no-such-page/",
)
HASHED = {
    "default": configured.STORAGES["default"],
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The portal's own static files, as `prepare` collects them."""
    root = tmp_path_factory.mktemp("static")
    # The rest are programs of the admin and of the API's reference.
    finders = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    with override_settings(STATIC_ROOT=root, STORAGES=HASHED, STATICFILES_FINDERS=finders):
        call_command("collectstatic", interactive=False, verbosity=0)
    return root


@pytest.fixture(autouse=True)
def plain_static_files(collected: Path, settings: Any) -> None:
    """Static files by their hashed names, as in earnest; in place of what other tests do."""
    settings.STATIC_ROOT = collected
    settings.STORAGES = HASHED


@pytest.fixture
def host(plain_static_files: None) -> Iterator[str]:
    """The portal with all its middleware on a port, nothing of Django's development server."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(connections.settings["default"], "CONN_MAX_AGE", 0)
        httpd = ThreadedWSGIServer(("127.0.0.1", 0), _Quiet)
        httpd.set_app(get_wsgi_application())
        threading.Thread(target=httpd.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{httpd.server_port}"
        httpd.shutdown()
        httpd.server_close()


@dataclass(frozen=True)
class Answer:
    """An answer as it came: the body is as it was sent."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def coding(self) -> str:
        return self.headers.get("Content-Encoding", "")

    @property
    def weight(self) -> int:
        """Bytes of head and body."""
        return len(self.headers.as_bytes()) + len(self.body)

    @property
    def content(self) -> bytes:
        unpack = {"br": brotli.decompress, "gzip": gzip.decompress, "": bytes}[self.coding]
        return bytes(unpack(self.body))


def ask(host: str, path: str, headers: dict[str, str] | None = None, method: str = "GET") -> Answer:
    connection = http.client.HTTPConnection(host, timeout=60)
    connection.request(method, path, headers=BOTH if headers is None else headers)
    answer = connection.getresponse()
    found = Answer(answer.status, answer.headers, answer.read())
    connection.close()
    return found


@dataclass
class Needs(HTMLParser):
    """What a page has the browser load.

    Attributes:
        at_once: files that a first visit waits for.
        addresses: of everything that is loaded, early or late.
        pictures: the attributes of all pictures but that of the masthead.
    """

    at_once: set[str] = field(default_factory=set)
    addresses: set[str] = field(default_factory=set)
    pictures: list[dict[str, str | None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        loaded = given.get("src") or given.get("srcset") or given.get("data") or given.get("poster")
        if tag == "link" and given.get("rel") in ("stylesheet", "icon", "preload", "manifest"):
            loaded = given["href"]
        if tag == "style" or given.get("style"):
            raise AssertionError(f"a style within the page: {given}")
        if not loaded:
            return
        self.addresses.add(loaded)
        if tag == "img" and "/mark." not in loaded:
            self.pictures.append(given)
        elif tag != "source":
            self.at_once.add(loaded)


def needs_of(page: bytes) -> Needs:
    needs = Needs()
    needs.feed(page.decode())
    return needs


@pytest.mark.parametrize(
    "whole", [pytest.param(False, id="some"), pytest.param(True, id="all", marks=pytest.mark.long)]
)
def test_every_page_is_light(
    host: str, whole: bool, record_property: pytest.RecordProperty
) -> None:
    """Every kind of page; in one language each in the ordinary run, in all in the long one."""
    kept: dict[str, int] = {}
    wrong, heaviest = [], (0, "")
    for turn, page in enumerate(PAGES):
        for language in LANGUAGES if whole else (LANGUAGES[turn % len(LANGUAGES)],):
            path = f"/{language}{page}"
            answer = ask(host, path)
            assert answer.status == (404 if "no-such" in page else 200), path
            needs = needs_of(answer.content)
            assert len(needs.at_once) >= 2, path
            for address in needs.at_once - kept.keys():
                kept[address] = ask(host, address).weight
            first = answer.weight + sum(kept[address] for address in needs.at_once)
            gzipped = len(gzip.compress(answer.content, 6))
            if first > FIRST or max(answer.weight, gzipped) > LATER:
                wrong.append(f"{path}: {first} bytes, of which {answer.weight} are the page")
            heaviest = max(heaviest, (answer.weight, path))
    assert not wrong, "\n".join(wrong)
    record_property("summary", f"The heaviest page: {heaviest[1]} with {heaviest[0]} bytes")


@pytest.mark.parametrize("page", PAGES[::3])
def test_nothing_comes_from_elsewhere_and_pictures_come_when_they_are_seen(
    host: str, page: str
) -> None:
    needs = needs_of(ask(host, f"/en{page}").content)
    assert needs.addresses
    for address in needs.addresses:
        parts = urlsplit(address)
        assert not parts.scheme, address
        assert not parts.netloc, address
    for picture in needs.pictures:
        assert picture["loading"] == "lazy"
        assert int(picture["width"] or 0) > 0
        assert int(picture["height"] or 0) > 0


def test_charts_are_among_the_pictures(host: str) -> None:
    """Else the test above would look at nothing."""
    assert len(needs_of(ask(host, "/en/insights/routes/").content).pictures) == 2


def test_stylesheets_load_nothing_and_no_font_crosses_the_line() -> None:
    for path in (Path(configured.BASE_DIR) / "static" / "css").glob("*.css"):
        text = path.read_text()
        assert "@import" not in text
        assert "@font-face" not in text
        assert not re.search(r"url\((?!['\"]?data:)", text), path.name


def test_static_files_are_compressed_beforehand_and_kept_for_ever(host: str) -> None:
    page = needs_of(ask(host, "/en/").content)
    assert {Path(address).suffix for address in page.at_once} == {".css", ".js", ".svg"}
    for address in page.at_once:
        assert re.fullmatch(r"/static/\w+/[\w-]+\.[0-9a-f]{12}\.\w+", address)
        plain = ask(host, address, {})
        assert plain.headers["Cache-Control"] == YEAR
        if address.endswith(".svg"):
            continue
        by_coding = {code: ask(host, address, {"Accept-Encoding": code}) for code in ("br", "gzip")}
        for code, answer in by_coding.items():
            assert answer.coding == code
            assert answer.content == plain.body
            assert answer.headers["Cache-Control"] == YEAR
            assert "Accept-Encoding" in answer.headers["Vary"]
        assert len(by_coding["br"].body) < len(by_coding["gzip"].body) < len(plain.body)


@pytest.mark.parametrize(
    ("path", "media_type"),
    [
        ("/en/cases/", "text/html"),
        ("/api/v1/cases/?mode=sea", "application/json"),
        ("/api/v1/cases/?modus=sea", "application/problem+json"),
        ("/sitemap.xml", "application/xml"),
        ("/en/cases/feed/", "application/atom+xml"),
    ],
)
def test_answers_are_the_same_in_every_coding(host: str, path: str, media_type: str) -> None:
    plain = ask(host, path, {})
    assert plain.headers["Content-Type"].startswith(media_type)
    assert plain.coding == ""
    for accepted, coding in (("gzip, br", "br"), ("gzip", "gzip"), ("gzip, br;q=0", "gzip")):
        answer = ask(host, path, {"Accept-Encoding": accepted})
        assert answer.coding == coding
        assert int(answer.headers["Content-Length"]) == len(answer.body)
        assert answer.content == plain.body
        assert "Accept-Encoding" in answer.headers["Vary"]


def test_a_stream_stays_a_stream(host: str) -> None:
    answer = ask(host, "/api/v1/cases.csv")
    assert answer.coding == "gzip"
    assert "Content-Length" not in answer.headers
    assert answer.content == ask(host, "/api/v1/cases.csv", {}).body


def test_head_tells_of_the_same_answer_without_it(host: str) -> None:
    head, got = ask(host, "/en/cases/", method="HEAD"), ask(host, "/en/cases/")
    assert head.body == b""
    for name in ("Content-Encoding", "Content-Length", "Vary"):
        assert head.headers[name] == got.headers[name]


def test_what_a_client_has_is_not_sent_again(host: str) -> None:
    answer = ask(host, "/api/v1/cases/")
    assert answer.coding == "br"
    again = ask(host, "/api/v1/cases/", {**BOTH, "If-None-Match": answer.headers["ETag"]})
    assert (again.status, again.body) == (304, b"")


@pytest.mark.parametrize(
    "header", [{"Cookie": "sessionid=somebody"}, {"Authorization": "Bearer none"}]
)
def test_who_is_known_gets_lengths_that_tell_nothing(host: str, header: dict[str, str]) -> None:
    """BREACH: what may hold a secret is never sent with a length that a guess could move."""
    answers = [ask(host, "/en/about/", {**BOTH, **header}) for _turn in range(12)]
    assert {answer.coding for answer in answers} == {"gzip"}
    assert len({len(answer.body) for answer in answers}) > 1


@pytest.mark.parametrize("makes_known", [True, False])
def test_an_answer_that_makes_a_reader_known_is_padded_too(makes_known: bool) -> None:
    def page(_request: HttpRequest) -> HttpResponse:
        response = HttpResponse("the same words " * 100)
        if makes_known:
            response.set_cookie("csrftoken", "secret")
        return response

    request = RequestFactory(headers={"accept-encoding": "gzip, br"}).get("/")
    answer = CompressionMiddleware(page)(request)
    assert answer["Content-Encoding"] == ("gzip" if makes_known else "br")


@pytest.mark.parametrize(
    ("media_type", "coding"),
    [("image/svg+xml", "br"), ("application/problem+json", "br"), ("image/png", "gzip")],
)
def test_only_texts_are_sent_as_brotli(media_type: str, coding: str) -> None:
    answer = HttpResponse("the same words " * 100, content_type=media_type)
    answer["ETag"] = '"strong"'
    request = RequestFactory(headers={"accept-encoding": "gzip, br"}).get("/")
    CompressionMiddleware(lambda _request: answer)(request)
    assert answer["Content-Encoding"] == coding
    assert answer["ETag"] == 'W/"strong"'


@pytest.mark.parametrize(
    ("accepted", "understood"),
    [
        ("br", True),
        ("gzip, deflate, br, zstd", True),
        ("gzip;q=1.0, BR ; q=0.5", True),
        ("br;q=0.001", True),
        ("br;q=0", False),
        ("gzip, br; q=0.000", False),
        ("*", False),
        ("brotli", False),
        ("", False),
        ("x-br, br2, ;;;,", False),
    ],
)
def test_brotli_is_sent_to_whom_asks_for_it(accepted: str, understood: bool) -> None:
    assert accepts_brotli(accepted) is understood
