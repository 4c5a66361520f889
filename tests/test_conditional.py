"""Answers that need not be read twice, HEAD and OPTIONS, languages, and what is deprecated."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.db.utils import OperationalError
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import path as address_of
from django.utils import timezone
from django.utils.http import http_date
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from caselaw.models import Case
from portal import conditional
from portal.conditional import ConditionalMiddleware
from portal.records.models import State
from portal.reference import version
from portal.reference.models import DataVersion
from portal.rest.deprecation import DeprecatedMixin, Deprecation
from portal.rest.schema import StrictSchema
from portal.search import index
from tests.admin_forms import public_case
from tests.conftest import reader
from tests.test_api import EXAMPLES, NEEDED

pytestmark = pytest.mark.django_db

RECORD = "/api/v1/cases/aus-2012-r-v-ahmad/"
ADDRESSES = (
    "/api/v1/",
    "/api/v1/cases/?mode=sea&facets=mode",
    "/api/v1/laws/?cursor=*&page_size=5",
    RECORD,
    "/api/v1/vocabularies/modes/",
    "/api/v1/insights/modes/",
    "/api/v1/cases/?format=csv&mode=air",
    "/api/schema/",
)


@pytest.fixture(autouse=True)
def a_change_that_is_past() -> None:
    """The last change is a minute old, as it nearly always is."""
    DataVersion.objects.update(changed_at=timezone.now() - timedelta(minutes=1))


def get(path: str, **headers: str) -> Any:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return reader().get(path, headers=sent)


def body(response: Any) -> bytes:
    return b"".join(response.streaming_content) if response.streaming else response.content


def varied(response: Any) -> set[str]:
    """The headers that another answer may depend on."""
    return {name.strip().lower() for name in response["Vary"].split(",")}


# --- Validators ---------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ADDRESSES)
def test_who_has_the_answer_is_told_so_by_one_query(
    path: str, django_assert_num_queries: Callable[..., Any]
) -> None:
    whole = get(path)
    assert whole.status_code == 200
    assert re.fullmatch(r'W/"[0-9a-f]{32}"', whole["ETag"])
    changed_at = max(DataVersion.objects.values_list("changed_at", flat=True))
    told = parsedate_to_datetime(whole["Last-Modified"])
    assert told == changed_at.replace(microsecond=0)
    assert whole["Cache-Control"] == "public, no-cache"
    assert {"accept", "accept-language"} <= varied(whole)
    assert body(whole)
    for method in (reader().get, reader().head):
        with django_assert_num_queries(1):
            unchanged = method(path, headers={"if-none-match": f'"other", {whole["ETag"]}'})
        assert unchanged.status_code == 304
        assert unchanged.content == b""
        for name in ("ETag", "Last-Modified", "Cache-Control", "Content-Language"):
            assert unchanged[name] == whole[name], name
        assert varied(unchanged) == varied(whole)
    again = get(path, if_none_match='W/"0123456789abcdef0123456789abcdef"')
    assert again.status_code == 200
    assert again["ETag"] == whole["ETag"]


def test_a_mark_is_of_one_address_language_host_and_form() -> None:
    answers = [
        get(RECORD),
        get(f"{RECORD}?fields=title"),
        get("/api/v1/cases/"),
        get("/api/v1/cases/?page=2"),
        get(RECORD, accept_language="fr"),
        get(RECORD, host="localhost"),
        get(RECORD, accept="application/json"),
        reader().get(RECORD, secure=True),
    ]
    assert {answer.status_code for answer in answers} == {200}
    marks = [answer["ETag"] for answer in answers]
    assert len(set(marks)) == len(marks)
    for answer, foreign in zip(answers[1:], marks, strict=False):
        sent = {"if-none-match": foreign}
        assert reader().get(answer.wsgi_request.get_full_path(), headers=sent).status_code == 200


def test_a_change_moves_the_mark_and_a_withdrawal_is_seen_at_once() -> None:
    case = public_case()
    path = f"/api/v1/cases/{case.code}/"
    before = get(path)
    assert before.status_code == 200
    Case.objects.filter(pk=case.pk).update(title="Otherwise")
    index.refresh([Case.objects.get(pk=case.pk)])
    after = get(path, if_none_match=before["ETag"])
    assert after.status_code == 200
    assert after.json()["title"] == "Otherwise"
    assert after["ETag"] != before["ETag"]
    Case.objects.filter(pk=case.pk).update(
        state=State.WITHDRAWN, withdrawal_reason="Two were taken for one."
    )
    index.refresh([Case.objects.get(pk=case.pk)])
    gone = get(path, if_none_match=after["ETag"], if_modified_since=http_date())
    assert gone.status_code == 410


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/v1/cases/?modus=sea", 400),
        ("/api/v1/cases/no-such-case/", 404),
        ("/api/v1/nothing/", 404),
        ("/api/v1/cases", 301),
    ],
)
def test_an_error_has_no_mark_and_is_never_unchanged(path: str, status: int) -> None:
    for sent in (
        {},
        {"if_modified_since": http_date()},
        {"if_none_match": "*"},
        {"if_none_match": get(RECORD)["ETag"]},
    ):
        answer = get(path, **sent)
        assert answer.status_code == status, sent
        assert not answer.has_header("ETag")
        assert not answer.has_header("Last-Modified")
    assert not reader().post(RECORD).has_header("ETag")


def test_a_date_or_a_star_is_answered_when_it_is_known_that_there_is_an_answer() -> None:
    whole = get(RECORD)
    for sent in ({"if_modified_since": whole["Last-Modified"]}, {"if_none_match": "*"}):
        unchanged = get(RECORD, **sent)
        assert unchanged.status_code == 304
        assert unchanged["ETag"] == whole["ETag"]
    earlier = http_date(parsedate_to_datetime(whole["Last-Modified"]).timestamp() - 1)
    assert get(RECORD, if_modified_since=earlier).status_code == 200
    # What is named goes before the date (RFC 9110, section 13.2.2).
    both = {"if_modified_since": whole["Last-Modified"], "if_none_match": '"other"'}
    assert get(RECORD, **both).status_code == 200


def test_who_wants_only_what_is_not_there_is_told_so() -> None:
    refused = get(RECORD, if_match='"other"')
    assert refused.status_code == 412
    assert refused["Content-Type"] == "application/problem+json"


def test_no_date_is_told_before_its_second_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """Within the same second the data may change again, and the date would be the same."""
    now = timezone.now().replace(microsecond=900_000)
    monkeypatch.setattr(conditional, "timezone", SimpleNamespace(now=lambda: now))
    for changed_at in (now - timedelta(milliseconds=800), now, now + timedelta(hours=1)):
        DataVersion.objects.update(changed_at=changed_at)
        whole = get(RECORD)
        assert whole["ETag"]
        assert not whole.has_header("Last-Modified")
        sent = http_date(changed_at.timestamp())
        assert get(RECORD, if_modified_since=sent).status_code == 200
        assert get(RECORD, if_none_match=whole["ETag"]).status_code == 304
    DataVersion.objects.update(changed_at=now - timedelta(milliseconds=1000))
    told = parsedate_to_datetime(get(RECORD)["Last-Modified"])
    assert told == (now - timedelta(seconds=1)).replace(microsecond=0)


def test_a_change_between_mark_and_data_is_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    case = public_case()
    path = f"/api/v1/cases/{case.code}/"

    def then_changed() -> version.Version:
        found = version.read()
        Case.objects.filter(pk=case.pk).update(title="Meanwhile")
        index.refresh([Case.objects.get(pk=case.pk)])
        return found

    with monkeypatch.context() as patch:
        patch.setattr(conditional, "read", then_changed)
        answer = get(path)
    assert answer.json()["title"] == "Meanwhile"
    assert get(path, if_none_match=answer["ETag"]).status_code == 200


def test_a_file_that_was_not_changed_is_not_written(monkeypatch: pytest.MonkeyPatch) -> None:
    path = "/api/v1/cases/?format=csv"
    whole = get(path)
    assert whole.streaming
    assert whole["Content-Disposition"]
    mark, date = whole["ETag"], whole["Last-Modified"]
    assert len(body(whole)) > 10_000

    def never(*args: Any, **kwargs: Any) -> Any:
        raise AssertionError("the records were read")

    monkeypatch.setattr("portal.publishing.lines.public_records", never)
    assert get(path, if_none_match=mark).status_code == 304
    with pytest.raises(AssertionError):
        body(get(path, if_modified_since=http_date(0)))
    assert date


@contextmanager
def no_version() -> Iterator[None]:
    def refuse(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if "reference_dataversion" in sql and "changed_at" in sql:
            raise OperationalError("as the test wants it")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(refuse):
        yield


def test_without_a_version_there_is_an_answer_without_a_mark() -> None:
    mark = get(RECORD)["ETag"]
    with no_version():
        answer = get(RECORD, if_none_match=mark)
    assert answer.status_code == 200
    assert not answer.has_header("ETag")


@pytest.mark.parametrize("path", ["/en/cases/?q=boat", "/ar/about/", "/en/insights/modes/"])
def test_a_page_has_a_mark_for_who_has_no_session(
    path: str, admin_client: Client, django_assert_num_queries: Callable[..., Any]
) -> None:
    page = get(path)
    assert page["Cache-Control"] == "public, no-cache"
    assert {"cookie", "accept-encoding"} <= varied(page)
    # The day is printed on it, which a date of the data does not tell.
    assert not page.has_header("Last-Modified")
    with django_assert_num_queries(1):
        assert get(path, if_none_match=page["ETag"]).status_code == 304
    for client in (admin_client, with_cookie("messages")):
        answer = client.get(path, headers={"if-none-match": page["ETag"]})
        assert answer.status_code == 200
        assert not answer.has_header("ETag")
        assert "public" not in answer.get("Cache-Control", "")


def with_cookie(name: str) -> Client:
    client = Client()
    client.cookies[name] = "x"
    return client


def test_a_page_is_another_on_another_day(monkeypatch: pytest.MonkeyPatch) -> None:
    before = get("/en/about/")
    day = timezone.localdate() + timedelta(days=1)
    monkeypatch.setattr(conditional.timezone, "localdate", lambda *_given: day)
    after = get("/en/about/", if_none_match=before["ETag"])
    assert after.status_code == 200
    assert after["ETag"] != before["ETag"]


@pytest.mark.parametrize("path", ["/api/", "/id/aus-2012-r-v-ahmad", "/en/data/", "/admin/"])
def test_what_changes_without_the_data_has_no_mark(path: str, admin_client: Client) -> None:
    for client in (reader(), admin_client):
        answer = client.get(path)
        assert not answer.has_header("ETag")
        assert "public" not in answer.get("Cache-Control", "")


def through(path: str, respond: Callable[[Any], HttpResponse], **headers: str) -> HttpResponse:
    """An answer of a view of the test's own, as the middleware lets it out."""
    return ConditionalMiddleware(respond)(RequestFactory().get(path, headers=headers))


def test_what_says_itself_how_it_is_kept_is_left_as_it_is() -> None:
    own = through(RECORD, lambda _request: HttpResponse("a", headers={"ETag": '"own"'}))
    assert own["ETag"] == '"own"'
    assert not own.has_header("Cache-Control")
    secret = {"Cache-Control": "private, no-store"}
    kept = through(RECORD, lambda _request: HttpResponse("a", headers=secret))
    assert not kept.has_header("ETag")
    lasting = {"Cache-Control": "public, max-age=60"}
    longer = through(RECORD, lambda _request: HttpResponse("a", headers=lasting))
    assert longer["ETag"]
    assert longer["Cache-Control"] == "public, max-age=60"

    def personal(request: Any) -> HttpResponse:
        request.session = Client().session
        request.session.get("user")
        return HttpResponse("a")

    assert not through(RECORD, personal).has_header("ETag")


def test_the_software_is_part_of_the_version(tmp_path: Path, settings: Any) -> None:
    settings.BASE_DIR = tmp_path
    marks = {version.software.__wrapped__()}
    for name in (
        *("portal/views.py", "caselaw/api.py", "legislation/api.py", "bibliography/x/y.py"),
        *("templates/a/b.html", "locale/fr/LC_MESSAGES/django.mo", "requirements.txt"),
    ):
        for text in ("one", "two"):
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text)
            marks.add(version.software.__wrapped__())
    assert len(marks) == 15
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "x.py").write_text("not the portal's")
    assert version.software.__wrapped__() in marks


# --- HEAD and OPTIONS ---------------------------------------------------------------------------


def documented(lines: dict[str, list[Any]]) -> Iterator[tuple[str, dict[str, str]]]:
    """Every address of the OpenAPI document, with what it needs."""
    document = SchemaGenerator(api_version="1.0").get_schema(request=None, public=True)
    examples = {**EXAMPLES, "works": lines["bibliography"][0]["id"]}
    for path, told in document["paths"].items():
        resource = path.removeprefix("/api/v1/").rpartition("/{")[0]
        address = re.sub(r"\{\w+\}", lambda _found, of=resource: examples[of], path)
        needed = [p["name"] for p in told["get"].get("parameters", ()) if p.get("required")]
        yield address, {name: NEEDED[name] for name in needed if name in NEEDED}


def test_head_and_options_work_at_every_address(lines: dict[str, list[Any]]) -> None:
    addresses = [*documented(lines), ("/api/schema/", {}), ("/api/v1/cases/?format=csv", {})]
    assert len(addresses) > 25
    for path, needed in addresses:
        whole, head = reader().get(path, needed), reader().head(path, needed)
        assert whole.status_code == head.status_code == 200, path
        length = {"Content-Length", "X-Request-ID"}
        assert set(whole.headers) - length == set(head.headers) - length, path
        assert {name: head[name] for name in head.headers if name not in length} == {
            name: whole[name] for name in whole.headers if name not in length
        }, path
        assert body(head) == b"", path
        options = reader().options(path)
        assert options.status_code == 200, path
        assert {"GET", "HEAD", "OPTIONS"} == set(options["Allow"].split(", ")), path
        assert not options.has_header("ETag"), path


def test_the_document_tells_of_marks_limits_and_tokens() -> None:
    document = SchemaGenerator(api_version="1.0").get_schema(request=None, public=True)
    for path, told in document["paths"].items():
        assert {"304", "401", "429"} <= set(told["get"]["responses"]), path
    # With a token, and without one just as well.
    assert {} in document["security"]
    assert {"token": []} in document["security"]
    assert document["components"]["securitySchemes"]["token"]["scheme"] == "bearer"


# --- Languages ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "told", "label"),
    [
        ("fr", "fr", "Mer"),
        ("ar", "ar", "البحر"),
        ("zh", "zh-hans", "海路"),
        ("zh-CN,en;q=0.5", "zh-hans", "海路"),
        ("tlh, fr;q=0.8", "fr", "Mer"),
        ("tlh", "en", "Sea"),
        ("%%%", "en", "Sea"),
        ("", "en", "Sea"),
    ],
)
def test_labels_are_in_the_language_that_is_asked_for(asked: str, told: str, label: str) -> None:
    found = get("/api/v1/cases/?facets=mode&page_size=1", accept_language=asked)
    assert found["Content-Language"] == told
    assert "accept-language" in found["Vary"].lower()
    labels = {entry["value"]: entry["label"] for entry in found.json()["facets"]["mode"]}
    assert labels["sea"] == label
    concepts = get("/api/v1/cases/?q=Lampedusa&page_size=1", accept_language=asked)
    assert concepts["Content-Language"] == told
    insight = get("/api/v1/insights/modes/", accept_language=asked)
    assert insight["Content-Language"] == told
    assert label in insight.content.decode()


# --- What will go -------------------------------------------------------------------------------

OLD = Deprecation(
    since=datetime(2027, 1, 1, tzinfo=UTC),
    sunset=datetime(2028, 1, 1, tzinfo=UTC),
    link="https://portal.example/api/#changes",
)
SOON = Deprecation(since=datetime(2026, 6, 1, tzinfo=UTC), link="https://portal.example/soon")


class Orchard(DeprecatedMixin, APIView):
    """A resource of the test's own, whose parameter `plum` is deprecated."""

    schema = StrictSchema()
    deprecated_parameters = {"plum": SOON}

    def documented_parameters(self) -> list[Any]:
        return [OpenApiParameter(name, str, "query", description=name) for name in ("plum", "pear")]

    @extend_schema(responses={200: dict})
    def get(self, request: Request) -> Response:
        return Response({}, headers={"Link": '</next>; rel="next"'})


class OldOrchard(Orchard):
    deprecated = OLD


def answer(view: type[APIView], **parameters: str) -> Any:
    return view.as_view()(RequestFactory().get("/orchard/", parameters))


def test_what_is_deprecated_says_since_when_until_when_and_why() -> None:
    told = answer(OldOrchard)
    assert told["Deprecation"] == "@1798761600"
    assert told["Sunset"] == "Sat, 01 Jan 2028 00:00:00 GMT"
    assert told["Link"] == (
        '</next>; rel="next", '
        '<https://portal.example/api/#changes>; rel="deprecation"; type="text/html"'
    )
    parameter = answer(Orchard, plum="1")
    assert parameter["Deprecation"] == "@1780272000"
    assert not parameter.has_header("Sunset")
    for kept in (answer(Orchard), answer(Orchard, pear="1")):
        assert not kept.has_header("Deprecation")
        assert kept["Link"] == '</next>; rel="next"'


def test_the_document_marks_what_is_deprecated() -> None:
    patterns = [
        address_of("api/v1/orchard/", Orchard.as_view()),
        address_of("api/v1/old-orchard/", OldOrchard.as_view()),
    ]
    document = SchemaGenerator(patterns=patterns).get_schema(request=None, public=True)
    new, old = (document["paths"][f"/api/v1/{name}/"]["get"] for name in ("orchard", "old-orchard"))
    assert old["deprecated"] is True
    assert "deprecated" not in new
    marked = {one["name"]: one.get("deprecated", False) for one in new["parameters"]}
    assert marked == {"plum": True, "pear": False}


def test_a_deprecation_that_makes_no_sense_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        Deprecation(since=datetime(2027, 1, 1), link="https://portal.example/")
    with pytest.raises(ValueError, match="before"):
        Deprecation(since=OLD.since, sunset=OLD.since - timedelta(days=1), link="")


def test_nothing_is_deprecated_today(lines: dict[str, list[Any]]) -> None:
    for path, needed in documented(lines):
        assert not reader().head(path, needed).has_header("Deprecation"), path
