"""Any list of the admin goes out as it is shown: the same rows, for those who may see them."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.contrib import admin
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from bibliography.models import Work
from caselaw.models import Case
from legislation.models import Law
from portal.accounts.models import User
from portal.exchange.formats.base import formats_for
from portal.exchange.foundations import present_codes
from portal.records.database import database_for
from portal.records.lines import canonical
from portal.records.models import Redirect
from portal.reference.models import Jurisdiction, Term
from tests.admin_forms import address
from tests.test_roles import case_of, curator, signed_in

pytestmark = pytest.mark.django_db


def exported(model: type[Any], key: str, **query: str) -> str:
    names = [model._meta.app_label, model._meta.model_name, key]
    tail = "?" + "&".join(f"{name}={value}" for name, value in query.items()) if query else ""
    return reverse("admin:export", args=names) + tail


def body(response: Any) -> bytes:
    assert response.status_code == 200
    return b"".join(response.streaming_content)


def lines_of(response: Any) -> list[dict[str, Any]]:
    return [json.loads(line) for line in body(response).splitlines()]


def rows_of(response: Any) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(body(response).decode("utf-8-sig"), newline="")))


def shown(client: Client, model: type[Any], **query: str) -> list[str]:
    """The codes that a list shows, on all its pages, in its order."""
    changelist = client.get(address(model, "changelist"), query).context["cl"]
    return [record.code for record in changelist.queryset]


@pytest.mark.parametrize(
    ("model", "query"),
    [
        (Case, {}),
        (Case, {"state__exact": "in_review"}),
        (Case, {"q": "boat"}),
        (Case, {"q": "boat", "state__exact": "published", "o": "-1"}),
        (Case, {"missing": "fee"}),
        (Law, {"q": "migration"}),
        (Work, {"q": "smuggling", "p": "2"}),
        (Work, {"q": "nothing-is-called-so"}),
    ],
)
def test_what_goes_out_is_what_the_list_shows(
    model: type[Any], query: dict[str, str], admin_client: Client
) -> None:
    wanted = shown(admin_client, model, **{k: v for k, v in query.items() if k != "p"})
    found = lines_of(admin_client.get(exported(model, "jsonl", **query)))
    assert [line["id"] for line in found] == wanted
    assert bool(wanted) == ("nothing" not in query.get("q", ""))


@pytest.mark.parametrize("name", ["state__exact", "q", "missing"])
def test_a_filter_that_the_list_uses_makes_a_difference(name: str, admin_client: Client) -> None:
    values = {"state__exact": "in_review", "q": "boat", "missing": "fee"}
    assert 0 < len(shown(admin_client, Case, **{name: values[name]})) < Case.objects.count()


def test_every_list_of_records_offers_its_formats_with_its_filters(admin_client: Client) -> None:
    for model in (Case, Law, Work):
        page = admin_client.get(address(model, "changelist"), {"q": "smuggling", "p": "1"})
        links = page.content.decode()
        for form in formats_for(database_for(model.database), writing=True):
            assert f'href="{exported(model, form.key, q="smuggling")}"' in links
        assert f'value="export_{form.key}"' in links


@pytest.mark.parametrize("model", [Case, Law, Work])
def test_every_format_of_a_list_is_a_file_of_its_kind(
    model: type[Any], admin_client: Client, tmp_path: Path
) -> None:
    database, codes = database_for(model.database), present_codes()
    wanted = [database.exporter(record) for record in model.objects.for_export()[:3]]
    for form in formats_for(database, writing=True):
        response = admin_client.get(exported(model, form.key, q=wanted[0]["id"]))
        assert response.streaming
        assert response["Content-Type"] == form.media_type
        name = response["Content-Disposition"]
        assert name.startswith(f'attachment; filename="{database.slug}-20')
        assert name.endswith(f'.{form.extension}"')
        path = tmp_path / form.key
        path.write_bytes(body(response))
        if form not in formats_for(database, reading=True):
            assert wanted[0]["id"].encode() in path.read_bytes()
            continue
        assert form.read is not None
        reading = form.read(path, f"x.{form.extension}", database, codes)
        assert reading.faults == []
        assert reading.lines[0].data["id"] == wanted[0]["id"]
        if form.is_complete:
            assert canonical(reading.lines[0].data) == canonical(wanted[0])


def test_drafts_and_review_notes_are_in_the_list_of_curators(admin_client: Client) -> None:
    case = case_of(None, "in_review")
    Case.objects.filter(pk=case.pk).update(review_note="Check the date.")
    (row,) = rows_of(admin_client.get(exported(Case, "csv", q=case.code)))
    assert (row["state"], row["review_note"]) == ("in_review", "Check the date.")
    assert row["address"] == f"http://testserver{case.permanent_path}"


@pytest.mark.parametrize("key", ["jsonl", "xlsx", "csv"])
def test_chosen_rows_go_out_by_an_action(key: str, admin_client: Client) -> None:
    chosen = list(Case.objects.order_by("code")[2:5])
    data = {"action": f"export_{key}", "_selected_action": [case.pk for case in chosen]}
    response = admin_client.post(address(Case, "changelist"), data)
    content = body(response)
    if key == "xlsx":
        sheet = openpyxl.load_workbook(io.BytesIO(content))["cases"]
        place = [cell.value for cell in sheet[1]].index("id")
        found = [row[place].value for row in sheet.iter_rows(min_row=2)]
    elif key == "csv":
        found = [row["id"] for row in csv.DictReader(io.StringIO(content.decode("utf-8-sig")))]
    else:
        found = [json.loads(line)["id"] for line in content.splitlines()]
    assert sorted(found) == [case.code for case in chosen]


def test_all_cases_are_read_piece_by_piece(
    admin_client: Client, django_assert_max_num_queries: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = exported(Case, "jsonl")
    body(admin_client.get(path))
    pieces = -(-Case.objects.count() // 200)
    # Each piece brings its parts by a query for each kind; besides, who asks and the list itself.
    with django_assert_max_num_queries(12 + 10 * pieces):
        found = lines_of(admin_client.get(path))
    assert len(found) == Case.objects.count()
    # The first line is there before the last record is read.
    read: list[str] = []
    exporter = database_for("cases").exporter
    monkeypatch.setattr(
        "portal.curation.export_admin._lines",
        lambda database, records: (
            read.append(record.code) or exporter(record)
            for record in records.for_export().iterator(chunk_size=200)
        ),
    )
    stream = iter(admin_client.get(path).streaming_content)
    next(stream)
    assert len(read) < len(found)


ROLES = {
    "contributor": 200, "editor": 200, "editor elsewhere": 200, "publisher": 200,
    "administrator": 200, "staff without a group": 403,
}  # fmt: skip


@pytest.mark.parametrize("role", ROLES)
def test_who_may_see_the_list_may_take_it_along(role: str) -> None:
    client = signed_in(curator(role))
    path = exported(Case, "csv", q="boat")
    assert client.get(path).status_code == ROLES[role]
    assert client.get(address(Case, "changelist")).status_code == ROLES[role]


def test_strangers_are_sent_to_the_sign_in() -> None:
    for response in (Client().get(exported(Case, "csv")), Client().get(exported(Term, "csv"))):
        assert response.status_code == 302
        assert "/login/" in response["Location"]


@pytest.mark.parametrize(
    ("app", "model", "key"),
    [
        ("reference", "term", "ris"),
        ("caselaw", "case", "docx"),
        ("reference", "term", "jsonl"),
        ("caselaw", "nothing", "csv"),
        ("nothing", "case", "csv"),
        ("caselaw", "caseterm", "csv"),
    ],
)
def test_what_there_is_not_is_not_found(
    app: str, model: str, key: str, admin_client: Client
) -> None:
    path = reverse("admin:export", args=[app, model, key])
    assert admin_client.get(path).status_code == 404


@pytest.mark.parametrize("name", ["nonsense__x", "pk__exact", "jurisdiction__nonsense"])
def test_a_filter_that_there_is_not_leads_back_to_the_list(name: str, admin_client: Client) -> None:
    response = admin_client.get(exported(Case, "csv", **{name: "x"}))
    assert isinstance(response, HttpResponse)
    assert (response.status_code, response["Location"]) == (302, address(Case, "changelist"))


@pytest.mark.parametrize("key", ["xlsx", "csv", "jsonl"])
def test_one_control_character_does_not_keep_the_list_back(key: str, admin_client: Client) -> None:
    case = Case.objects.order_by("code")[0]
    Case.objects.filter(pk=case.pk).update(title="A\x0bB\x1f_x0041_")
    content = body(admin_client.get(exported(Case, key, q=case.code)))
    if key == "xlsx":
        (sheet, *_others) = openpyxl.load_workbook(io.BytesIO(content)).worksheets
        place = [cell.value for cell in sheet[1]].index("title")
        assert sheet[2][place].value == "A_x000B_B_x001F__x005F_x0041_"
    # The table of a list of other things is written by the same cells.
    Redirect.objects.create(code="old", target="a\x0bb", reason="merged")
    if key != "jsonl":
        assert body(admin_client.get(exported(Redirect, key)))


@pytest.mark.parametrize("model", [Term, Jurisdiction, Redirect, User])
def test_other_lists_go_out_as_the_table_that_they_are(
    model: type[Any], admin_client: Client
) -> None:
    Redirect.objects.create(code="old", target="=new", reason="merged")
    changelist = admin_client.get(address(model, "changelist")).context["cl"]
    rows = list(
        csv.reader(io.StringIO(body(admin_client.get(exported(model, "csv"))).decode("utf-8-sig")))
    )
    assert len(rows) - 1 == changelist.queryset.count() > 0
    columns = [name for name in changelist.list_display if name != "action_checkbox"]
    assert all(len(row) == len(columns) for row in rows)
    book = openpyxl.load_workbook(
        io.BytesIO(body(admin_client.get(exported(model, "xlsx")))), data_only=False
    )
    sheet = book.worksheets[0]
    assert sheet.max_row == len(rows)
    assert [cell.value for cell in sheet[1]] == rows[0]
    assert not [cell for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]


def test_a_list_of_terms_keeps_its_words_and_its_order(admin_client: Client) -> None:
    query = {"q": "sea"}
    changelist = admin_client.get(address(Term, "changelist"), query).context["cl"]
    found = rows_of(admin_client.get(exported(Term, "csv", **query)))
    assert 0 < len(found) < Term.objects.count()
    assert len(found) == changelist.queryset.count()


def test_every_list_of_the_admin_can_be_exported(
    admin_client: Client,
) -> None:
    for model, model_admin in admin.site._registry.items():
        request = admin_client.get(address(model, "changelist")).wsgi_request
        if not model_admin.has_view_or_change_permission(request):
            continue
        for key in ("csv", "xlsx"):
            if model in (Case, Law, Work):
                continue
            response = admin_client.get(exported(model, key))
            assert body(response), model
