"""Records that may be the same: told while they are entered, and found for all by a command."""

from __future__ import annotations

import csv
from io import StringIO
from itertools import pairwise
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from bibliography.models import Work
from caselaw.models import Case
from legislation.models import Law
from portal.accounts.models import User
from portal.curation.duplicates import Sought, numbers_agree, open_pairs, suspects, telling_keys
from portal.curation.models import SuspectedPair
from portal.curation.pairs import CROWD, find, keep
from portal.records.database import database_for, databases
from portal.records.dates import PartialDate
from portal.search import index
from tests.admin_forms import CODE, address, errors, open_page, public_case, read, save, send
from tests.test_roles import curator, signed_in

pytestmark = pytest.mark.django_db

CASES, LAWS, WORKS = (database_for(slug) for slug in ("cases", "legislation", "bibliography"))


def case(code: str, title: str, **values: Any) -> Case:
    given = {"jurisdiction_id": "FRA", "decision_date": PartialDate(2031, 5), **values}
    made = Case.objects.create(code=code, title=title, **given)
    index.refresh([made])
    return made


def codes(found: list[Any]) -> list[str]:
    return [suspect.record.code for suspect in found]


def sought(**values: Any) -> Sought:
    given = {"jurisdiction": "FRA", "decision_date": PartialDate(2031), **values}
    return Sought.of_values(CASES, given)


def test_what_names_a_record_finds_it() -> None:
    case("fra-2031-plum", "The Plum", docket="No. 31-80.977", citations=["[2031] PLUM 17"])
    there = suspects(sought(title="Quite another name", docket="31-80977"))
    assert codes(there) == ["fra-2031-plum"]
    assert there[0].words == ["the same docket number “No. 31-80.977”"]
    assert "2031-05" in there[0].told_apart
    # Every court counts its dockets by itself, but nobody else gives out a citation.
    assert not suspects(sought(jurisdiction="DEU", docket="31-80977"))
    assert codes(suspects(sought(jurisdiction="DEU", citations=["2031 Plum 17"]))) == [
        "fra-2031-plum"
    ]
    assert not suspects(sought(docket="2031"))
    work = Work.objects.exclude(doi="").order_by("pk").first()
    assert work is not None
    found = suspects(Sought.of_values(WORKS, {"doi": f"https://doi.org/{work.doi.upper()}"}))
    assert codes(found) == [work.code]


def law(code: str, number: str, **values: Any) -> Law:
    kind = {"type_id": "law_types:act", "status_id": "law_status:in_force"}
    given = {"jurisdiction_id": "FRA", "adopted": PartialDate(2031), **kind, **values}
    made = Law.objects.create(code=code, title=f"On {code[::-1]}", number=number, **given)
    index.refresh([made])
    return made


@pytest.mark.parametrize(
    ("stored", "typed", "values", "is_found"),
    [
        ("2/07", "2-07", {}, True),
        ("263", "No. 263", {}, True),
        ("263", "Loi 263", {"adopted": None}, True),
        ("S 82", "82", {}, True),
        ("14", "Act No. 14", {}, True),
        ("Act 573", "573", {}, True),
        ("573", "Act 573", {}, True),
        ("2031-1472", "Loi n° 2031-1472", {"adopted": PartialDate(2030)}, True),
        # Numbers begin anew each year; and another jurisdiction counts by itself.
        ("263", "263", {"adopted": PartialDate(2030)}, False),
        ("263", "263", {"jurisdiction": "DEU"}, False),
        ("263", "263", {"jurisdiction": ""}, False),
        # Other digits, or the same in other groups, are another number.
        ("263", "264", {}, False),
        ("2/07", "20/7", {}, False),
        ("263", "1263", {}, False),
        # A year is no number.
        ("2031", "2031", {}, False),
        ("", "", {}, False),
    ],
)
def test_official_numbers_name_a_law_however_short(
    stored: str, typed: str, values: dict[str, Any], is_found: bool
) -> None:
    first = law("fra-2031-plum", stored)
    given = {"jurisdiction": "FRA", "adopted": PartialDate(2031), **values}
    found = suspects(Sought.of_values(LAWS, {**given, "number": typed}))
    assert codes(found) == ([first.code] if is_found else [])
    if found:
        assert found[0].words == [f"the same official number “{stored}”"]
    if given["jurisdiction"]:
        # The same of two laws that are saved, and of all pairs at once.
        place = {"jurisdiction_id": given["jurisdiction"], "adopted": given["adopted"]}
        second = law("fra-damson", typed, **place)
        assert codes(suspects(Sought.of_record(second))) == ([first.code] if is_found else [])
        assert ((first.pk, second.pk) in find(LAWS)) is is_found


def test_every_official_number_of_the_collection_warns(
    lines: dict[str, list[dict[str, Any]]],
) -> None:
    numbered = [line for line in lines["legislation"] if line.get("number")]
    assert numbered
    for line in numbered:
        given = {"jurisdiction": line["jurisdiction"], "number": line["number"]}
        assert line["id"] in codes(suspects(Sought.of_values(LAWS, given))), line["id"]


def test_short_numbers_make_no_pairs_in_the_collection() -> None:
    """No two laws of the collection are suspected for a number: the short ones cry no wolf."""
    kinds = [reason.kind for found in find(LAWS).values() for reason in found.reasons]
    assert "number" not in kinds


@pytest.mark.parametrize("typed", ["978-3-16-148410-0", "3-16-148410-X", "9783161484100"])
def test_an_isbn_in_any_spelling_names_a_work(typed: str) -> None:
    work = Work.objects.order_by("pk")[0]
    Work.objects.filter(pk=work.pk).update(isbn="9783161484100")
    work.refresh_from_db()
    index.refresh([work])
    found = suspects(Sought.of_values(WORKS, {"title": "Quite another", "isbn": typed}))
    assert codes(found) == [work.code]
    assert found[0].words == ["the same ISBN “9783161484100”"]
    assert not suspects(Sought.of_values(WORKS, {"isbn": "978-3-16-148410-1"}))


@pytest.mark.parametrize(
    ("title", "values", "is_found"),
    [
        ("The Queen v. Zwetschge and others", {}, True),
        ("THE QUEEN V ZWETSCHGE", {}, True),
        ("The Queen v. Zwetschge and others", {"jurisdiction": "DEU"}, False),
        ("The Queen v. Zwetschge and others", {"decision_date": PartialDate(2030)}, False),
        # A year that is not known may be any, where the title is nearly the same.
        ("The Queen v. Zwetschge & others", {"decision_date": None}, True),
        ("The Queen v. Zwetschge", {"decision_date": None}, False),
        ("The Queen v. Mirabelle and many others", {}, False),
        # Titles with other numbers are of other documents.
        ("The Queen v. Zwetschge and others (No 2)", {}, True),
        ("", {}, False),
    ],
)
def test_near_titles_count_within_a_jurisdiction_and_a_year(
    title: str, values: dict[str, Any], is_found: bool
) -> None:
    case("fra-2031-plum", "The Queen v Zwetschge and others")
    found = suspects(sought(title=title, **values))
    assert codes(found) == (["fra-2031-plum"] if is_found else [])


def test_numbers_tell_titles_apart() -> None:
    case("fra-2031-plum", "Cour de cassation, pourvoi 31-80977 (mirabelles)")
    assert not suspects(sought(title="Cour de cassation, pourvoi 31-80978 (mirabelles)"))
    assert suspects(sought(title="Cour de cassation, pourvoi 31-80977 (mirabelle)"))
    assert numbers_agree("Act 1958", "Act")
    assert not numbers_agree("Law 26.382", "Law 26.384")


def test_keys_that_name_nothing_are_no_evidence() -> None:
    assert telling_keys("docket", "12") == []
    assert telling_keys("docket", "Criminal Appeal") == []
    assert telling_keys("docket", "2013 FCA 87; 2013 FCA 262")[-2:] == ["2013fca87", "2013fca262"]
    gazette = "Gaceta del Semanario, Tomo XXII, Diciembre de 2005, 2527"
    assert telling_keys("citation", gazette) == ["gacetadelsemanariotomoxxiidiciembrede20052527"]


def test_a_new_record_that_may_be_there_comes_back_once(admin_client: Client) -> None:
    case("fra-2031-plum", "The Queen v Zwetschge and others", docket="P 12/2031")
    page = open_page(admin_client, Case)
    typed = {"code": CODE, "title": "The Queen v. Zwetschge", "jurisdiction": "FRA",
             "decision_date": "2031-05", "docket": "P 12/2031", "facts": "A crate of plums.",
             "modes": ["modes:sea"]}  # fmt: skip
    page.fill(**typed)
    page.add_row("sources", title="Plum reports")
    response = send(admin_client, Case, page)
    assert response.status_code == 200
    assert list(errors(response)) == ["__all__"]
    content = response.content.decode()
    assert "1 record looks like it" in content
    assert "fra-2031-plum" in content
    assert "the same docket number" in content.lower()
    assert 'target="_blank"' in content
    assert not Case.objects.filter(code=CODE).exists()
    back = read(response, Case)
    for name, value in typed.items():
        assert back.data[name] == (value if isinstance(value, list) else [value])
    assert back.data["sources-0-title"] == ["Plum reports"]
    assert "another_one" not in back.data
    # Another one that looks like it, and was not shown yet, is shown first.
    case("fra-2031-damson", "The Queen v Zwetschge")
    back.fill(another_one="fra-2031-plum")
    response = send(admin_client, Case, back)
    assert "fra-2031-damson" in response.content.decode()
    back.fill(another_one="fra-2031-damson fra-2031-plum")
    assert send(admin_client, Case, back).status_code == 302
    made = Case.objects.get(code=CODE)
    assert (made.facts, made.sources.get().title) == ("A crate of plums.", "Plum reports")


def test_a_record_that_becomes_like_another_is_saved_with_a_warning(admin_client: Client) -> None:
    plum = case("fra-2031-plum", "The Queen v Zwetschge <b>")
    other = case("fra-2031-other", "Quite another name")

    def saved(**values: Any) -> str:
        save(admin_client, Case, other.pk, **values)
        return admin_client.get(address(Case, "change", other.pk)).content.decode()

    assert "looks like another" not in saved(facts="Plums.")
    told = saved(title="The Queen v Zwetschge b")
    assert "It looks like another record now" in told
    assert f'href="{address(Case, "change", plum.pk)}"' in told
    assert "Zwetschge &lt;b&gt;" in told
    assert "<b>" not in told.split("messagelist")[1].split("</ul>")[0]
    assert "looks like another" not in saved(facts="More plums.")
    SuspectedPair.objects.create(
        database="cases", first_id=min(plum.pk, other.pk), second_id=max(plum.pk, other.pk),
        reasons=[], likeness=1, judged_at=plum.created_at, why="Two trees.",
    )  # fmt: skip
    assert "looks like another" not in saved(title="The Queen v Zwetschge b.")


@pytest.mark.parametrize("model", [Case, Law, Work])
def test_what_is_typed_is_looked_up(admin_client: Client, model: type[Any]) -> None:
    record = model.objects.exclude(title="").order_by("pk").first()
    database = database_for(model.database)
    path = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_alike")
    page = admin_client.get(address(model, "add")).content.decode()
    assert f'data-url="{path}"' in page
    typed = {
        "title": record.title,
        "jurisdiction": getattr(record, "jurisdiction_id", ""),
        database.date_field: str(getattr(record, database.date_field) or ""),
    }
    answer = admin_client.get(path, typed).content.decode()
    assert record.code in answer
    assert 'name="another_one"' in answer
    itself = admin_client.get(path, {**typed, "but": record.pk}).content.decode()
    assert f"<code>{record.code}</code>" not in itself
    assert "another_one" not in itself
    hostile = {"title": "\x00", "jurisdiction": "'", database.date_field: "soon", "but": "-1"}
    assert admin_client.get(path, hostile).status_code == 200
    assert admin_client.get(path, hostile).content.decode().strip() == ""
    assert admin_client.get(path, {"title": "x" * 6000}).status_code == 200
    assert admin_client.post(path).status_code in (200, 403, 405)
    assert signed_in(curator("staff without a group")).get(path).status_code == 403
    assert Client().get(path).status_code == 302


def test_looking_up_takes_few_questions(django_assert_max_num_queries: Any) -> None:
    made = case("fra-2031-plum", "The Queen v Zwetschge", docket="P 12/2031")
    case("fra-2031-other", "The Queen v. Zwetschge", docket="P 12/2031")
    with django_assert_max_num_queries(5):
        found = suspects(Sought.of_record(made))
    assert codes(found) == ["fra-2031-other"]
    assert len(found[0].reasons) == 2


def test_the_command_finds_keeps_and_forgets(django_assert_num_queries: Any) -> None:
    first = case("fra-2031-plum", "The Queen v Zwetschge", docket="P 12/2031")
    second = case("fra-2031-other", "The Queen v. Zwetschge", docket="12/2031 P")
    case("deu-2031-other", "The Queen v Zwetschge", docket="P 12/2031", jurisdiction_id="DEU")
    third = case("fra-2031-third", "Damsons", citations=["PLUM 17/2031"])
    fourth = case("deu-2031-fourth", "Mirabelles", citations=["Plum 17-2031"],
                  jurisdiction_id="DEU")  # fmt: skip
    undated = case("fra-damsons", "The long, long story of the damsons of Ms.", decision_date=None)
    dated = case("fra-2031-damsons", "The long, long story of the damsons of Ms")
    before = set(find(CASES))
    outcome = keep(CASES)
    assert outcome.new == outcome.waiting == len(before) == SuspectedPair.objects.count()
    pairs = {(pair.first_id, pair.second_id): pair for pair in open_pairs(CASES)}
    titles = pairs[first.pk, second.pk]
    assert [reason["kind"] for reason in titles.reasons] == ["title"]
    assert pairs[third.pk, fourth.pk].reasons == [{"kind": "citation", "text": "PLUM 17/2031"}]
    assert pairs[undated.pk, dated.pk].likeness > 0.85
    # A second run finds the same, and keeps what was said.
    SuspectedPair.objects.filter(pk=titles.pk).update(judged_at=first.created_at, why="Two.")
    Case.objects.filter(pk=fourth.pk).update(citations=[])
    index.refresh([fourth])
    with django_assert_num_queries(8):
        again = keep(CASES)
    assert (again.new, again.forgotten) == (0, 1)
    assert again.waiting == outcome.waiting - 2
    assert SuspectedPair.objects.get(pk=titles.pk).why == "Two."
    index.remove([second])
    second.delete()
    assert keep(CASES).forgotten == 1


def test_as_many_questions_for_many_as_for_few(django_assert_num_queries: Any) -> None:
    for number in range(12):
        case(
            f"fra-2031-{number}", f"Plums of {'abcdefghijklmn'[number]}", docket=f"P {number}/2031"
        )
    for database in databases():
        with django_assert_num_queries(1):
            find(database)


def test_what_a_crowd_shares_names_nobody() -> None:
    names = [f"{letter} {letter * 9}" for letter in "abcdefghijklmnopqrstuvwxyz"][: CROWD + 1]
    for name in names:
        case(f"fra-2031-{name[0]}", f"{name} v {name[::-1]}", docket="Not published 1/31")
    pairs = [found for found in find(CASES).values() if found.reasons[0].text.startswith("Not pub")]
    assert pairs == []


def test_the_command_lists_what_it_finds() -> None:
    case("fra-2031-plum", "=The Queen, v Zwetschge")
    case("fra-2031-other", "The Queen, v. Zwetschge")
    out = StringIO()
    call_command("find_duplicates", "--csv", stdout=out)
    rows = list(csv.DictReader(StringIO(out.getvalue())))
    found = next(row for row in rows if "plum" in row["first"])
    assert (found["first_title"], found["second"]) == ("=The Queen, v Zwetschge", "fra-2031-other")
    assert "nearly the same title" in found["reasons"]
    assert {row["database"] for row in rows} >= {"cases", "bibliography"}
    out = StringIO()
    call_command("find_duplicates", "--database", "legislation", stdout=out)
    assert "0 of them new" in out.getvalue()
    assert "cases:" not in out.getvalue()


def test_the_list_of_pairs_and_what_is_said_of_them(
    admin_client: Client, django_assert_max_num_queries: Any
) -> None:
    for database in databases():
        keep(database)
    records = list(Case.objects.order_by("pk")[:60])
    SuspectedPair.objects.bulk_create(
        (
            SuspectedPair(database="cases", first_id=a.pk, second_id=b.pk, reasons=[], likeness=0)
            for a, b in pairwise(records)
        ),
        ignore_conflicts=True,
    )
    path = address(SuspectedPair, "changelist")
    with django_assert_max_num_queries(10):
        response = admin_client.get(path)
    assert len(response.context["cl"].result_list) == 50
    content = response.content.decode()
    assert "Compare and merge" in content
    pair = response.context["cl"].result_list[0]
    action = {"action": "they_are_two", "_selected_action": [pair.pk]}
    assert (
        "Say in a short sentence" in admin_client.post(path, action, follow=True).content.decode()
    )
    admin_client.post(path, {**action, "why": "Two volumes."})
    pair.refresh_from_db()
    assert (pair.why, pair.judged_by) == ("Two volumes.", User.objects.get(username="admin"))
    listed = admin_client.get(path).context["cl"].queryset
    assert pair not in listed
    said = admin_client.get(path, {"judged": "two"})
    assert "Two volumes." in said.content.decode()
    admin_client.post(f"{path}?judged=two", {**action, "action": "suspect_again"})
    pair.refresh_from_db()
    assert (pair.why, pair.judged_at) == ("", None)
    assert admin_client.get(address(SuspectedPair, "add")).status_code == 403


def test_who_sees_pairs_and_who_judges_them() -> None:
    keep(LAWS)
    one, two = Case.objects.order_by("pk")[:2]
    pair = SuspectedPair.objects.create(
        database="cases", first_id=one.pk, second_id=two.pk, reasons=[], likeness=0
    )
    path = address(SuspectedPair, "changelist")
    action = {"action": "they_are_two", "why": "Two.", "_selected_action": [pair.pk]}
    assert signed_in(curator("staff without a group")).get(path).status_code == 403
    for role, may_judge in (("contributor", False), ("editor elsewhere", False), ("editor", True)):
        client = signed_in(curator(role))
        assert client.get(path).status_code == 200
        client.post(path, action)
        pair.refresh_from_db()
        assert (pair.judged_at is not None) is may_judge, role


def test_an_existing_record_without_likeness_is_not_held_up(admin_client: Client) -> None:
    record = public_case()
    page = open_page(admin_client, Case, record.pk)
    assert send(admin_client, Case, page, record.pk).status_code == 302
