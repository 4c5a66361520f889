"""Generated requests of strangers and of curators: no fault, no traceback, nothing unescaped.

schemathesis does the same to the API by its document (test_fuzzed_api.py); bytes that are no
request go to a real server (test_safety_processes.py). What each answer is looked at for is in
tests/hostile.py; an exception in the portal comes through the client, and fails the test.
"""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from bibliography.models import Work
from caselaw.models import Case
from legislation.models import Law
from portal.accounts.models import User
from portal.records.database import databases
from tests import documents, hostile
from tests.admin_forms import Data, address, open_page
from tests.conftest import reader
from tests.hostile import bounded_statements, looking, many, queries, text

pytestmark = pytest.mark.django_db

LOGIN = "/admin/login/"
PASSWORD = "nine barrels of herring"
#: Statements of one request: the dearest page of readers asks some thirty.
OF_READERS, OF_CURATORS = 60, 400

#: Lists, figures, records and files of every kind.
PATHS = [
    *("/en/", "/ar/search/", "/en/search/feed/", "/en/cases/", "/zh/legislation/", "/", "/oai"),
    *("/fr/bibliography/", "/en/cases/feed/", "/en/cases/facets/jurisdiction/", "/robots.txt"),
    *("/en/cases/aus-2012-r-v-ahmad/", "/en/cases/aus-2012-r-v-ahmad/cite/", "/sitemap.xml"),
    *("/en/protocol/", "/en/protocol/6.1.a/", "/en/protocol/compare/", "/en/countries/"),
    *("/en/countries/ITA/", "/en/insights/", "/en/insights/modes/", "/en/insights/routes/"),
    *("/en/insights/implementation/", "/en/insights/sentences/", "/en/insights/fees/"),
    *("/en/insights/women-as-offenders/", "/en/insights/comparable-sentences/", "/en/about/"),
    *("/en/insights/coverage/", "/en/insights/table/", "/en/data/", "/data/", "/en/api/"),
    *("/api/reference/", "/id/aus-2012-r-v-ahmad", "/id/aus-2012-r-v-ahmad.ris", "/favicon.ico"),
    *("/api/v1/cases.csv", "/en/opensearch.xml", "/sitemap-cases.xml", LOGIN, "/admin/"),
    *("/admin/second-factor/", "/.well-known/security.txt", "/reports/policy/"),
]
#: Addresses with a hole, which takes anything.
HOLES = [
    *(
        "/{}",
        "/{}/",
        "/en/{}/",
        "/en/cases/{}/",
        "/en/cases/facets/{}/",
        "/en/legislation/{}/cite/",
    ),
    *("/en/countries/{}/", "/en/protocol/{}/", "/en/insights/{}/", "/id/{}", "/id/{}.ris"),
    *("/data/{}/", "/data/2026.12/{}", "/files/{}/0123456789abcdef/a.pdf", "/sitemap-{}.xml"),
    *("/api/v1/{}/", "/static/{}", "/admin/{}/", "/admin/caselaw/case/{}/change/"),
]
METHODS = [
    "GET",
    "GET",
    "GET",
    "HEAD",
    "POST",
    "OPTIONS",
    "PUT",
    "DELETE",
    "TRACE",
    "PATCH",
    "BREW",
]


def parameter_names() -> list[str]:
    """Every parameter of the searches, and what pages and the admin read besides."""
    found = {name for database in databases() for name in database.filterset.parameters()}
    return sorted(found | set(hostile.NAMES))


some_and_many = pytest.mark.parametrize(
    "examples",
    [pytest.param(60, id="some"), pytest.param(2_500, id="many", marks=pytest.mark.long)],
)
few_and_many = pytest.mark.parametrize(
    "examples",
    [pytest.param(15, id="few"), pytest.param(200, id="many", marks=pytest.mark.long)],
)


def asked(client: Any, method: str, path: str, query: str = "", **extra: Any) -> Any:
    """Send a request, and look at its answer."""
    most = OF_READERS if client is reader() else OF_CURATORS
    with looking(most) as look:
        response = client.generic(method, path, QUERY_STRING=query, **extra)
        look.at(response)
    return response


# --- Strangers ----------------------------------------------------------------------------------


@some_and_many
def test_any_parameters_of_any_page(examples: int) -> None:
    bounded_statements()

    @many(examples)
    @given(path=st.sampled_from(PATHS), query=queries(parameter_names()))
    def send(path: str, query: str) -> None:
        asked(reader(), "GET", path, query)

    send()


@some_and_many
def test_any_address(examples: int) -> None:
    bounded_statements()

    @many(examples)
    @given(hole=st.sampled_from(HOLES), value=text, is_raw=st.booleans())
    def send(hole: str, value: str, is_raw: bool) -> None:
        kept = "/.%;:@&=+$," if is_raw else ""
        filled = quote(value.encode("utf-8", "surrogatepass"), safe=kept)
        asked(reader(), "GET", hole.replace("{}", filled))

    send()


@some_and_many
def test_any_headers_and_methods(examples: int) -> None:
    bounded_statements()

    @many(examples)
    @given(
        path=st.sampled_from([*PATHS, "/api/v1/cases/", "/api/schema/", "/static/css/portal.css"]),
        method=st.sampled_from(METHODS),
        headers=hostile.headers,
    )
    def send(path: str, method: str, headers: dict[str, str]) -> None:
        asked(reader(), method, path, headers=headers)

    send()


@few_and_many
def test_any_host_is_ours_or_refused(examples: int) -> None:
    @many(examples)
    @given(host=hostile.header_text, path=st.sampled_from(PATHS))
    def send(host: str, path: str) -> None:
        response = asked(reader(), "GET", path, headers={"Host": host})
        body = b"".join(response) if response.streaming else response.content
        if response.status_code != 400 and len(host) > 8:
            # An address is ours, or it is not written anywhere.
            assert host.encode() not in body

    send()


# --- The forms of signing in --------------------------------------------------------------------

CONTENT_TYPES = [
    *("application/x-www-form-urlencoded", "multipart/form-data; boundary=xqz", "text/plain"),
    *("application/json", "multipart/form-data", "multipart/form-data; boundary=\xff", ""),
    *("application/x-www-form-urlencoded; charset=utf-16", "text/html; charset=none"),
]


@few_and_many
def test_any_body_of_any_form(examples: int) -> None:
    bounded_statements()

    @many(examples)
    @given(
        path=st.sampled_from([LOGIN, "/admin/second-factor/", "/oai", "/en/cases/", "/admin/"]),
        kind=st.sampled_from(CONTENT_TYPES),
        body=st.one_of(
            st.binary(max_size=300),
            queries(["username", "password", "code", "next", "csrfmiddlewaretoken", "verb"]).map(
                str.encode
            ),
            st.binary(max_size=60).map(
                lambda b: b'--xqz\r\nContent-Disposition: form-data; name="username"; filename="'
                + b + b'"\r\n\r\n' + b + b"\r\n--xqz--\r\n"
            ),
        ),
    )  # fmt: skip
    def send(path: str, kind: str, body: bytes) -> None:
        asked(reader(), "POST", path, data=body, content_type=kind)

    send()


@few_and_many
def test_any_name_password_and_code(examples: int, settings: Any) -> None:
    settings.SECOND_FACTOR_REQUIRED = True
    user = User.objects.create_user("ada", password=PASSWORD, is_staff=True)
    half = Client()
    assert half.post(LOGIN, {"username": "ada", "password": PASSWORD}).status_code == 302
    bounded_statements()

    @many(examples)
    @given(values=st.fixed_dictionaries({"username": text, "password": text, "code": text}),
           query=queries(["next"]), number=st.integers(1, 10**6))  # fmt: skip
    def send(values: dict[str, str], query: str, number: int) -> None:
        sent = hostile_form({name: [value] for name, value in values.items()})
        from_there = {"REMOTE_ADDR": f"2001:db8:{number % 65536:x}:{number // 65536:x}::1"}
        with transaction.atomic():
            for path in (LOGIN, "/admin/second-factor/", "/admin/second-factor/set-up/"):
                for client in (Client(**from_there), half):
                    with looking(OF_CURATORS) as look:
                        look.at(client.post(path, sent, QUERY_STRING=query))
            assert not user.staff_sessions.exists()
            transaction.set_rollback(True)

    send()


def hostile_form(data: Data) -> Data:
    """As a client can send it: halves of pairs cannot be written in UTF-8."""
    return {
        name.encode("utf-8", "replace").decode(): [
            value.encode("utf-8", "replace").decode() for value in values
        ]
        for name, values in data.items()
    }


# --- Curators -----------------------------------------------------------------------------------


@pytest.fixture
def curator(admin_client: Client, settings: Any, tmp_path: Path) -> Client:
    settings.ATTACHMENTS_DIR, settings.IMPORTS_DIR = tmp_path / "documents", tmp_path / "imports"
    return admin_client


#: What the lists of the admin read beside their filters.
OF_LISTS = [
    *("q", "o", "p", "e", "all", "_popup", "_to_field", "_changelist_filters", "state__exact"),
    *("id__in", "password__startswith", "jurisdiction__in", "code__regex", "action", "within"),
    *("term", "app_label", "model_name", "field_name", "next", "revision", "to", "kind"),
]


@few_and_many
def test_any_parameters_of_lists_and_pages_of_the_admin(examples: int, curator: Client) -> None:
    case = Case.objects.order_by("code").first()
    assert case is not None
    paths = [
        *(address(model, "changelist") for model in (Case, Law, Work, User)),
        *(address(Case, view, case.pk) for view in ("change", "history", "delete")),
        *(address(Case, "add"), reverse("admin:autocomplete"), reverse("admin:index")),
        *(reverse("admin:security"), reverse("admin:imports_importrun_new", args=["cases"])),
        *(reverse("admin:imports_importrun_changelist"), reverse("admin:jsi18n")),
    ]
    bounded_statements()

    @many(examples)
    @given(path=st.sampled_from(paths), query=queries([*OF_LISTS, *hostile.NAMES]))
    def send(path: str, query: str) -> None:
        asked(curator, "GET", path, query)

    send()


@st.composite
def spoilings(draw: Any) -> list[tuple[str, float, str]]:
    """What is done to a form: to which of its names (a share of them), how, and with what."""
    ways = st.sampled_from(["set", "set", "drop", "twice", "rename", "add"])
    value = st.one_of(text, st.sampled_from(["0", "1", "2", "-1", "1001", "999999999", "on", "x"]))
    return draw(st.lists(st.tuples(ways, st.floats(0, 0.999), value), min_size=1, max_size=5))


def spoilt(data: Data, ways: list[tuple[str, float, str]]) -> Data:
    """A form as somebody else than its page would send it."""
    sent = {name: list(values) for name, values in data.items()}
    # The numbers of rows are of most interest, and one name in ten.
    weighted = sorted(sent) + [name for name in sorted(sent) if name.endswith("_FORMS")] * 3
    for way, share, value in ways:
        name = weighted[int(share * len(weighted))]
        if way == "set":
            sent[name] = [value]
        elif way == "drop":
            sent.pop(name, None)
        elif way == "twice":
            sent[name] = [*sent.get(name, []), value, value]
        elif way == "rename":
            sent[f"{name}{value[:40]}"] = sent.pop(name, [value])
        else:
            sent[value[:80] or "x"] = [value]
    return hostile_form(sent)


@pytest.mark.parametrize("model", [Case, Law, Work])
@few_and_many
def test_any_form_of_a_record(examples: int, model: Any, curator: Client) -> None:
    record = model.objects.public().order_by("code").first()
    changed, added = open_page(curator, model, record.pk), open_page(curator, model)
    change, add = address(model, "change", record.pk), address(model, "add")
    bounded_statements()

    @many(examples)
    @given(ways=spoilings(), is_new=st.booleans(), button=st.sampled_from(["_save", "_continue"]))
    def send(ways: Any, is_new: bool, button: str) -> None:
        form = spoilt((added if is_new else changed).data, ways)
        with transaction.atomic():
            with looking(OF_CURATORS) as look:
                look.at(curator.post(add if is_new else change, {**form, button: "x"}))
            transaction.set_rollback(True)

    send()


@few_and_many
def test_any_action_of_a_list(examples: int, curator: Client) -> None:
    bounded_statements()
    keys = [str(case.pk) for case in Case.objects.order_by("code")[:2]]
    names = ["action", "_selected_action", "select_across", "index", "post", "reason", "_save"]

    @many(examples)
    @given(
        path=st.sampled_from([address(Case, "changelist"), address(User, "changelist")]),
        values=st.dictionaries(
            st.sampled_from(names),
            st.lists(
                st.one_of(text, st.sampled_from(["delete_selected", "publish", "1", *keys])),
                max_size=3,
            ),
        ),
    )
    def send(path: str, values: Data) -> None:
        with transaction.atomic():
            with looking(OF_CURATORS) as look:
                look.at(curator.post(path, hostile_form(values)))
            transaction.set_rollback(True)

    send()


def beginnings() -> list[bytes]:
    """Files that begin as something: true ones, cut ones, and some that are two things at once."""
    pdf, docx = documents.pdf("text"), documents.docx("text")
    return [
        pdf, docx, pdf[:80], docx[: len(docx) // 2], docx + pdf, pdf + docx, b"GIF89a" + pdf,
        b"<html><script>1</script>" + pdf, b"MZ\x90\x00", b"\x7fELF", b"PK\x05\x06" + b"\x00" * 18,
        b'{"id": "a-1"}\n', b"id,title\na,b\n", b"TY  - JOUR\nER  - \n", b"@book{x,\n}", b"\xff",
    ]  # fmt: skip


_names = st.one_of(
    text,
    st.sampled_from(
        [
            "../../../etc/cron.d/x",
            "a.pdf\x00.exe",
            "C:\\x\\y.jsonl",
            "x.xlsx",
            "a.csv",
            ".bib",
            "a.ris",
        ]
    ),
)


@few_and_many
def test_any_file_of_an_import(examples: int, curator: Client, tmp_path: Path) -> None:
    path = reverse("admin:imports_importrun_new", args=["cases"])
    bounded_statements()

    @many(examples)
    @given(
        content=st.builds(bytes.__add__, st.sampled_from(beginnings()), st.binary(max_size=80)),
        name=_names,
        kind=st.one_of(text, st.sampled_from(["", "xlsx", "csv", "jsonl", "bibtex", "ris"])),
        why=text,
    )
    def send(content: bytes, name: str, kind: str, why: str) -> None:
        file = BytesIO(content)
        file.name = name.encode("utf-8", "replace").decode().replace("\x00", "%00") or "x"
        sent = hostile_form({"format": [kind], "why": [why], "source_title": [why]})
        with transaction.atomic():
            with looking(OF_CURATORS) as look:
                response = curator.post(path, {**sent, "file": file})
                look.at(response)
            if response.status_code == 302:
                with looking(OF_CURATORS) as look:
                    look.at(curator.post(f"{response['Location'].replace('change/', '')}step/"))
                    look.at(curator.get(response["Location"]))
            transaction.set_rollback(True)

    send()
    kept = [found for found in tmp_path.rglob("*") if found.is_file()]
    assert all(found.parent == tmp_path / "imports" for found in kept), kept


@few_and_many
def test_any_file_of_a_document(examples: int, curator: Client, tmp_path: Path) -> None:
    page = open_page(curator, Case)
    page.fill(code="fra-2031-hostile", title="Zwetschgen", jurisdiction="FRA")
    prefix = next(name for name in page.data if name.endswith("attachments-TOTAL_FORMS"))
    prefix = prefix.removesuffix("-TOTAL_FORMS")
    row = page.add_row(prefix, title="A ruling")
    bounded_statements()

    @many(examples)
    @given(
        content=st.builds(bytes.__add__, st.sampled_from(beginnings()), st.binary(max_size=40)),
        name=_names,
        ways=st.one_of(st.just([]), spoilings()),
    )
    def send(content: bytes, name: str, ways: Any) -> None:
        file = BytesIO(content)
        file.name = name.encode("utf-8", "replace").decode().replace("\x00", "%00") or "x"
        form: dict[str, Any] = {**spoilt(page.data, ways), f"{prefix}-{row}-file": file}
        with transaction.atomic():
            with looking(OF_CURATORS) as look:
                look.at(curator.post(address(Case, "add"), {**form, "_save": "x"}))
            transaction.set_rollback(True)

    send()
    kept = [found for found in tmp_path.rglob("*") if found.is_file()]
    assert all(found.is_relative_to(tmp_path / "documents") for found in kept), kept


# --- The test's own teeth -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("<p><xqz7></p>", "text/html"),
        ('<p title="" onxqz7="1">', "text/html; charset=utf-8"),
        ('<a href=" java\tscript:alert(1)">', "text/html"),
        ("Traceback (most recent call last):", "text/plain"),
        ('File "/x/site-packages/django/db/utils.py"', "application/json"),
    ],
)
def test_what_must_not_come_back_would_be_seen(body: str, kind: str) -> None:
    response = reader().get("/robots.txt")
    response.content, response.headers["Content-Type"] = body.encode(), kind
    with pytest.raises(AssertionError), looking(5) as look:
        look.at(response)


def test_too_many_questions_would_be_seen() -> None:
    with pytest.raises(AssertionError, match="search_document"), looking(1) as look:
        look.at(reader().get("/en/cases/"))
