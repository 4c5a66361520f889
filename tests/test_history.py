"""What a record said before: every save kept, compared, told to readers and brought back."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from django.utils.formats import date_format
from hypothesis import given
from hypothesis import strategies as st

from bibliography.models import Work
from caselaw.models import Case, Charge, Defendant
from legislation.models import Law, Provision
from portal.accounts.models import User
from portal.records.database import database_for
from portal.records.differences import changed_keys, differences
from portal.records.lines import canonical
from portal.records.models import Record, Revision
from portal.records.revisions import begin, bring_back, take
from portal.reference.catalog import catalog
from portal.search.models import SearchDocument
from tests.admin_forms import add_case, address, open_page, public_case, save, send
from tests.samples import Sample

pytestmark = pytest.mark.django_db


def line_of(record: Record) -> dict[str, Any]:
    importer = database_for(record.database).importer
    return canonical(importer.export(importer.existing().get(pk=record.pk)))


def revisions(record: Record) -> list[Revision]:
    return list(Revision.objects.of(record).order_by("number"))


def test_every_save_is_kept_with_who_and_why(admin_client: Client, admin_user: User) -> None:
    case = add_case(admin_client, modes=["modes:sea"])
    save(admin_client, Case, case.pk, title="Mirabellen crossing", why="The court's own title.")
    save(admin_client, Case, case.pk)
    found = revisions(case)
    assert [revision.action for revision in found] == ["entered", "changed"]
    assert [revision.number for revision in found] == [1, 2]
    assert found[1].changed == ["title"]
    assert found[1].why == "The court's own title."
    assert found[1].by == admin_user
    assert found[1].line == line_of(case)
    name = found[1].by_name
    admin_user.delete()
    kept = Revision.objects.get(pk=found[1].pk)
    assert (kept.by, kept.author) == (None, name)


def test_what_came_with_the_collection_is_kept_before_its_first_change(
    admin_client: Client,
) -> None:
    case = public_case()
    before = line_of(case)
    assert revisions(case) == []
    save(admin_client, Case, case.pk, title="Another title")
    first, second = revisions(case)
    assert (first.action, first.line, first.by_name) == ("before", before, "")
    assert second.line == line_of(Case.objects.get(pk=case.pk))
    assert second.line["title"] == "Another title"


def test_parts_on_their_own_pages_are_saves_of_the_record(admin_client: Client) -> None:
    defendant = Defendant.objects.filter(case__state="published", charges__isnull=False).first()
    assert defendant is not None
    before = line_of(defendant.case)
    save(admin_client, Defendant, defendant.pk, label="The captain of the second boat")
    first, second = revisions(defendant.case)
    assert first.line == before
    assert second.changed == ["defendants"]
    provision = Provision.objects.filter(law__state="published").order_by("pk").first()
    assert provision is not None
    save(admin_client, Provision, provision.pk, heading="Another heading")
    assert [revision.action for revision in revisions(provision.law)] == ["before", "changed"]
    admin_client.post(address(Provision, "delete", provision.pk), {"post": "yes"})
    assert revisions(provision.law)[-1].changed == ["provisions"]


def test_differences_are_told_field_by_field(admin_client: Client) -> None:
    case = public_case(defendants__charges__isnull=False)
    page = open_page(admin_client, Case, case.pk)
    offences = [key for key in page.data.get("offences", []) if key][:1]
    page.fill(
        title="Mirabellen <script>",
        decision_date="2031-05",
        modes=["modes:air"],
        offences=offences,
    )
    page.data["sources-0-title"] = ["Another source"]
    assert send(admin_client, Case, page, case.pk).status_code == 302
    charge = Charge.objects.filter(defendant__case=case).first()
    assert charge is not None
    save(
        admin_client,
        Defendant,
        charge.defendant_id,
        **{"charges-0-offence": "Another offence than before"},
    )
    response = admin_client.get(address(Case, "history", case.pk), {"before": "1", "after": "3"})
    paths = {" ".join(entry.path) for entry in response.context["differences"]}
    assert {"Title", "Decision date", "Modes"} <= paths
    assert any(path.startswith("Sources 1") for path in paths)
    assert any(path.startswith("Defendants") and "Charges" in path for path in paths)
    content = response.content.decode()
    assert "<script>" not in content.replace("<script src", "")
    assert "&lt;script&gt;" in content
    assert "<ins>" in content
    # The other way round is the same question.
    again = admin_client.get(address(Case, "history", case.pk), {"before": "3", "after": "1"})
    assert len(again.context["differences"]) == len(response.context["differences"])


#: What no line may lack, or what a return leaves alone.
NEEDED = {"id", "state", "review_note"}
#: What every record has, or nearly: it is changed to what another record says.
CHANGED = ("jurisdiction", "type", "status", "issued", "language", "sources")


def another_value(key: str, line: dict[str, Any], lines: list[dict[str, Any]]) -> dict[str, Any]:
    """A key with a value that another record has, and this one has not; {} where none has it."""
    return next(
        ({key: other[key]} for other in lines if key in other and other[key] != line.get(key)), {}
    )


@pytest.mark.parametrize(
    ("model", "slug"), [(Case, "cases"), (Law, "legislation"), (Work, "bibliography")]
)
def test_a_return_restores_everything(
    admin_client: Client, client: Client, model: type[Record], slug: str
) -> None:
    """The richest records of each database are emptied of nearly all, and come back whole.

    What they cannot do without is made to say what another record says.
    """
    database = database_for(slug)
    importer = database.importer
    lines = [
        (record, canonical(importer.export(record)))
        for record in importer.existing().filter(state="published")
    ]
    lines.sort(key=lambda pair: -len(str(pair[1])))
    for record, before in lines[:4]:
        bare = {key: value for key, value in before.items() if key in NEEDED}
        for key in CHANGED:
            bare |= another_value(key, before, [line for _record, line in lines])
        assert len(set(CHANGED) & set(bare)) >= 3
        documents = SearchDocument.objects.filter(code=record.code).values("vector", "facets")
        wanted = documents.get()
        begin(record)
        importer.save([(model.objects.get(pk=record.pk), {**bare, "title": "Emptied"})])
        take(model.objects.get(pk=record.pk))
        assert line_of(record) != before
        loaded = model.objects.get(pk=record.pk).loaded_fingerprint
        response = admin_client.post(
            f"{address(model, 'history', record.pk)}?bring_back=1", {"why": "It was right before."}
        )
        assert response.status_code == 302
        assert line_of(record) == before
        assert documents.get() == wanted
        assert model.objects.get(pk=record.pk).loaded_fingerprint == loaded
        last = revisions(record)[-1]
        assert (last.action, last.why) == ("reverted", "It was right before.")
        assert client.get(record.get_absolute_url()).status_code == 200
    call_command("load_collection", verbosity=0)
    assert all(line_of(record) == before for record, before in lines[:4])


def shown_dates(client: Client, record: Record) -> dict[str, str]:
    """The dates that the public page of a record tells, by their names."""
    content = client.get(record.get_absolute_url()).content.decode()
    return dict(re.findall(r"<dt>(First published|Last changed)</dt>\s*<dd>([^<]*)</dd>", content))


def test_readers_see_when_a_record_was_first_published_and_last_changed(
    admin_client: Client, client: Client
) -> None:
    case = public_case()
    published = datetime(2021, 3, 4, 12, tzinfo=UTC)
    changed = datetime(2022, 5, 6, 12, tzinfo=UTC)
    Case.objects.filter(pk=case.pk).update(first_published_at=published, changed_at=changed)
    then = {"First published": "4 March 2021", "Last changed": "6 May 2022"}
    assert shown_dates(client, case) == then
    today = date_format(timezone.localdate(), "DATE_FORMAT")
    save(admin_client, Case, case.pk, title="Another title")
    assert shown_dates(client, case) == {**then, "Last changed": today}
    Case.objects.filter(pk=case.pk).update(changed_at=changed)
    path = f"{address(Case, 'history', case.pk)}?bring_back=1"
    assert admin_client.post(path, {"why": "It was right before."}).status_code == 302
    assert shown_dates(client, case) == {**then, "Last changed": today}


def test_a_return_leaves_state_code_and_review_note(admin_client: Client) -> None:
    case = add_case(admin_client, modes=["modes:sea"])
    save(admin_client, Case, case.pk, title="Second", review_note="Ask the court.")
    save(admin_client, Case, case.pk, state="published")
    first = revisions(case)[0]
    bring_back(Case.objects.get(pk=case.pk), first, user=None)
    case.refresh_from_db()
    assert case.title == "Zwetschgen crossing"
    assert (case.state, case.review_note) == ("published", "Ask the court.")
    other = public_case()
    with pytest.raises(ValueError, match="no revision of"):
        bring_back(other, first, user=None)


def test_a_revision_can_be_read_whole_and_in_words(admin_client: Client) -> None:
    case = public_case(defendants__position=0, defendants__charges__verdict="verdicts:convicted")
    save(admin_client, Case, case.pk, court="A court of the week", why="A better name")
    save(admin_client, Case, case.pk, court="Another court", why="The best name")
    history = address(Case, "history", case.pk)
    assert "?revision=2" in admin_client.get(history).content.decode()
    page = admin_client.get(history, {"revision": "2"})
    said = {
        " › ".join(entry.path): re.sub(r"</?ins>", "", str(entry.after))
        for entry in page.context["says"]
    }
    assert said["Court"] == "A court of the week"
    assert said["Jurisdiction"] == catalog().jurisdiction_name(case.jurisdiction_id)
    assert said["Sources › 1 › Title"]
    verdicts = {text for path, text in said.items() if path.endswith("› Verdict")}
    assert "Guilty" in verdicts
    assert "convicted" not in verdicts
    assert admin_client.get(history, {"revision": "99"}).status_code == 404


def test_a_return_needs_a_reason_and_the_right_to_change(admin_client: Client) -> None:
    case = public_case()
    save(admin_client, Case, case.pk, title="Changed")
    page = f"{address(Case, 'history', case.pk)}?bring_back=1"
    assert admin_client.get(page).status_code == 200
    assert admin_client.post(page, {"why": "  "}).status_code == 200
    case.refresh_from_db()
    assert case.title == "Changed"
    looker = User.objects.create_user("looker", is_staff=True)
    looker.user_permissions.add(Permission.objects.get(codename="view_case"))
    client = Client()
    client.force_login(looker)
    history = client.get(address(Case, "history", case.pk))
    assert history.status_code == 200
    assert b"bring_back" not in history.content
    assert client.get(page).status_code == 403
    assert client.post(page, {"why": "I want it."}).status_code == 403


@pytest.mark.parametrize(
    "query",
    ["bring_back=99", "bring_back=x", "bring_back=-1", "before=1&after=99", "before=%00&after=1",
     "before=9999999999999&after=1", "before=²&after=1"],
)  # fmt: skip
def test_revisions_that_are_not_there(admin_client: Client, query: str) -> None:
    case = public_case()
    save(admin_client, Case, case.pk, title="Changed")
    assert admin_client.get(f"{address(Case, 'history', case.pk)}?{query}").status_code == 404
    assert admin_client.get(address(Case, "history", 10**9)).status_code == 302


def test_a_deleted_record_stays_in_the_history(admin_client: Client) -> None:
    case = add_case(admin_client)
    key, before = case.pk, line_of(case)
    admin_client.post(address(Case, "delete", case.pk), {"post": "yes"})
    last = Revision.objects.filter(database="cases", object_id=key).first()
    assert last is not None
    assert (last.action, last.line) == ("deleted", before)


def test_corrections_of_the_collection_are_kept(tmp_path: Any) -> None:
    sample = Sample(tmp_path)
    code = sample.lines("cases.jsonl")[0]["id"]
    sample.change("cases.jsonl", lambda lines: lines[0].update(title="A better title"))
    call_command("load_collection", str(tmp_path), verbosity=0)
    found = revisions(Case.objects.get(code=code))
    assert [revision.action for revision in found] == ["before", "loaded"]
    assert found[1].changed == ["title"]
    assert found[1].by_name == ""


def test_readers_see_what_changed_and_no_review_note(admin_client: Client, client: Client) -> None:
    case = public_case()
    page = case.get_absolute_url()
    assert b"What changed" not in client.get(page).content
    save(admin_client, Case, case.pk, review_note="Nobody outside may read this.")
    assert b"What changed" not in client.get(page).content
    save(admin_client, Case, case.pk, docket="12/2031", review_note="Still private.")
    content = client.get(page).content.decode()
    assert "What changed" in content
    assert "Docket" in content
    assert "private" not in content
    assert "Review note" not in content
    save(admin_client, Case, case.pk, docket="13/2031", why="A slip in the docket <b>number</b>.")
    assert "A slip in the docket &lt;b&gt;number&lt;/b&gt;." in client.get(page).content.decode()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4)
    ),
    max_leaves=12,
)
LINES = st.dictionaries(st.text(max_size=6), JSON, max_size=5)


@given(LINES, LINES)
def test_any_two_lines_can_be_compared(before: dict[str, Any], after: dict[str, Any]) -> None:
    assert differences(before, before) == []
    found = differences(before, after)
    assert bool(found) <= bool(changed_keys(before, after))
    for entry in found:
        text = f"{entry.before}{entry.after}"
        for tag in ("ins", "del"):
            assert text.count(f"<{tag}>") == text.count(f"</{tag}>")
