"""Laws named in words only: what is suggested, how it is accepted, and who may do so."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from caselaw.imports import CaseImporter
from caselaw.law_names import names_in, place_words, same_words
from caselaw.models import Case, LawApplied, ProvisionApplied
from caselaw.suggestions import Strength, Suggestion, suggest
from caselaw.unlinked import unlinked
from legislation.models import Law, Provision
from portal.records.lines import canonical
from portal.records.models import Revision, State
from portal.records.revisions import bring_back
from portal.reference.catalog import catalog, pinned
from portal.search import index
from tests.admin_forms import address, facet, open_page, save, send
from tests.test_roles import case_of, curator, signed_in

pytestmark = pytest.mark.django_db

LIST = "/admin/caselaw/lawapplied/"
#: A jurisdiction of which the collection holds no law, so that these are the only ones.
PLACE = "ISL"


def law(code: str, title: str, *numbers: str, **values: Any) -> Law:
    kind = {"type_id": "law_types:act", "status_id": "law_status:in_force"}
    given = {"jurisdiction_id": PLACE, "state": State.PUBLISHED, **kind, **values}
    made = Law.objects.create(code=f"isl-{code}", title=title, **given)
    for place, number in enumerate(numbers):
        Provision.objects.create(
            law=made, position=place, number=number, code=f"{made.code}:{place}"
        )
    index.refresh([made])
    return made


def applied(text: str, provision: str = "", **values: Any) -> LawApplied:
    """A law applied in a case of its own, public unless told otherwise."""
    number = Case.objects.filter(code__startswith="isl-2031").count()
    given = {"jurisdiction_id": PLACE, "state": State.PUBLISHED, **values}
    case = Case.objects.create(code=f"isl-2031-{number}", title="A made-up case", **given)
    index.refresh([case])
    made = LawApplied.objects.create(case=case, law_text=text, provision_text=provision)
    return LawApplied.objects.select_related("case").get(pk=made.pk)


def suggested(row: LawApplied) -> Suggestion | None:
    return suggest([row]).get(row.pk)


def press(client: Client, view: str, row: LawApplied, **values: Any) -> Any:
    return client.post(f"{LIST}{row.pk}/{view}/?next={LIST}", values)


@pytest.mark.parametrize(
    ("text", "names", "numbers"),
    [
        ("Migration Act 1958 (Cth)", {"migration act"}, set()),
        ("Criminal Code of Iceland", {"criminal code"}, set()),
        ("Penal Code", {"criminal code"}, set()),
        ("Residence Act (AufenthG)", {"residence act", "aufenthg"}, set()),
        # Brackets inside of a name are part of it: this is not the Passport Act.
        ("Passport (Entry into Iceland) Act, 1920", {"passport entry into act"}, set()),
        ("Law 8.069/90 (Child Statute)", {"child act"}, {"8069/1990"}),
        ("Directive 2002/90/EC", set(), {"2002/90"}),
        ("Prevention of Organised Crime Act 29 of 2004", None, {"29/2004"}),
        ("Immigration Ordinance, Cap. 115", {"immigration ordinance"}, {"cap:115"}),
        ("8 U.S.C. § 1324", set(), {"usc:8"}),
        ("Criminal Code (former)", set(), set()),
        ("Act", set(), set()),
    ],
)
def test_what_a_text_calls_a_law(text: str, names: set[str] | None, numbers: set[str]) -> None:
    said = names_in(text, place_words(["Iceland", "Icelandic"]))
    assert names is None or said.names == names
    assert said.numbers == numbers


def test_the_same_name_and_the_provision_make_a_suggestion() -> None:
    code = law("penal-code", "Penal Code of Iceland", "Art 57", "Art 58", adopted="1940")
    found = suggested(applied("Criminal Code (Iceland)", "Articles 58(2) and 900"))
    assert found is not None
    assert (found.law, found.strength) == (code, Strength.NAME)
    assert [(p.number, match) for p, match in found.provisions] == [("Art 58", "part")]
    assert "name" in found.reason
    none_named = suggested(applied("Icelandic Criminal Code"))
    assert none_named is not None
    assert none_named.provisions == ()


def test_nothing_is_suggested_that_something_speaks_against() -> None:
    law("aliens-act", "Aliens Act 2002", "s 57", adopted="2002")
    law("decree", "Decree-Law 12/2010 on ferries", "s 57")
    for text, provision, values in (
        ("Aliens Act", "s 58", {}),  # which it does not have
        ("Aliens Act", "the whole of Part V", {}),  # which nobody can read
        ("Aliens Act 1965", "s 57", {}),  # another year
        ("Aliens Police Act", "s 57", {}),  # alike, and another law
        ("Law on Aliens", "s 57", {}),
        ("Aliens Act", "s 57", {"decision_date": "1999"}),  # older than the law
        ("Aliens Act", "s 57", {"jurisdiction_id": "NOR"}),
        ("Law 12/2010", "s 57", {}),  # another kind of act of the same number
        ("Criminal Code", "", {}),
    ):
        assert suggested(applied(text, provision, **values)) is None, text
    assert suggested(applied("Aliens Act", "s 57", decision_date="2005")) is not None
    Law.objects.filter(code="isl-aliens-act").update(state="withdrawn", withdrawal_reason="No.")
    assert suggested(applied("Aliens Act", "s 57")) is None


def test_two_laws_that_could_be_meant_make_none_unless_one_has_the_provision() -> None:
    old = law("aliens-1965", "Aliens Act 1965", "s 1", "s 7")
    law("aliens-2002", "Aliens Act 2002", "s 1", "s 9")
    assert suggested(applied("Aliens Act", "s 1")) is None
    assert suggested(applied("Aliens Act")) is None
    found = suggested(applied("Aliens Act", "s 7"))
    assert found is not None
    assert found.law == old


def test_numbers_abbreviations_and_bodies() -> None:
    ferries = law("ferries", "Ferries Act", "s 3", number="Act 29 of 2004")
    found = suggested(applied("Law on ferries No. 29 of 2004", "s 3"))
    assert found is not None
    assert (found.law, found.strength) == (ferries, Strength.NUMBER)
    law("boats", "Boats and Crews Act", "s 4", "s 5")
    assert suggested(applied("BCA", "s 4")) is not None
    union = applied("Directive 2002/90/EC", "Article 1(1)(a)", jurisdiction_id="FRA")
    found = suggested(union)
    assert found is not None
    assert found.law.code == "eue-directive-2002-90"
    outside = applied("Directive 2002/90/EC", "Article 1(1)(a)", jurisdiction_id="AUS")
    assert suggested(outside) is None, "Union law binds its members"


def test_what_curators_linked_is_learned() -> None:
    act = law("ordinance", "An Act with quite another title", "s 3", "s 4")
    text = "Ordinance on Rafts (RaftO)"
    assert suggested(applied(text, "s 3")) is None
    LawApplied.objects.filter(pk=applied(text, "s 9").pk).update(law=act)
    found = suggested(applied("ORDINANCE on rafts, (RaftO)", "s 3"))
    assert found is not None
    assert (found.law, found.strength) == (act, Strength.SAME_WORDS)
    assert "another case" in found.reason
    short = suggested(applied("RaftO", "s 4"))
    assert short is not None
    assert short.strength == Strength.NAME
    assert same_words("RaftO, s. 3") == same_words("rafto s 3")


def test_the_collection_gets_no_wrong_suggestion() -> None:
    """Every link of the collection, taken away and asked for; then with its law hidden."""
    rows = list(LawApplied.objects.select_related("case", "law"))
    linked = [row for row in rows if row.law_id is not None]
    with pinned():
        # None of the laws that these name in words is in the collection: each was looked at.
        assert suggest([row for row in rows if row.law_id is None]) == {}
        found: Counter[str] = Counter()
        for row in linked[::3]:
            with transaction.atomic():
                LawApplied.objects.filter(pk=row.pk).update(law=None)
                asked = LawApplied.objects.select_related("case").get(pk=row.pk)
                right = suggested(asked)
                assert right is None or right.law.pk == row.law_id, str(row)
                found["found" if right else "none"] += 1
                hidden = Law.objects.filter(pk=row.law_id)
                hidden.update(state="withdrawn", withdrawal_reason="Hidden.")
                assert suggested(asked) is None, str(row)
                transaction.set_rollback(True)
    assert found["found"] > 3 * found["none"], found


def test_a_page_of_rows_costs_three_queries(django_assert_num_queries: Any) -> None:
    rows = list(LawApplied.objects.filter(law=None).select_related("case")[:50])
    with pinned():
        catalog()
        with django_assert_num_queries(3):
            suggest(rows)
        with django_assert_num_queries(0):
            assert suggest([]) == {}


def test_one_click_links_with_provisions_history_and_search(admin_client: Client) -> None:
    act = law("aliens-act", "Aliens Act 2002", "s 57", "s 58")
    row = applied("Aliens Act", "ss 57, 58")
    shown = admin_client.get(LIST, {"link": "likely"})
    assert b"Aliens Act 2002" in shown.content
    assert f"{LIST}{row.pk}/accept/".encode() in shown.content
    before = row.case.changed_at
    answer = press(admin_client, "accept", row, law=act.pk)
    assert answer.status_code == 302
    assert answer["Location"] == LIST
    row.refresh_from_db()
    assert row.law == act
    assert ProvisionApplied.objects.filter(application=row, match="exact").count() == 2
    last, first = Revision.objects.of(row.case)
    assert (first.action, last.action) == ("before", "changed")
    assert (last.why, last.by_name, last.changed) == (
        "Suggested link accepted", "admin", ["laws_applied"]
    )  # fmt: skip
    assert Case.objects.get(pk=row.case.pk).changed_at > before
    assert facet(admin_client, "law", act.code) == 1, "the search follows"
    # Pressed again on a page that is out of date, it changes nothing.
    assert b"no longer suggested" in press_and_follow(admin_client, "accept", row, law=act.pk)
    assert Revision.objects.of(row.case).count() == 2


def press_and_follow(client: Client, view: str, row: LawApplied, **values: Any) -> bytes:
    answer = client.post(f"{LIST}{row.pk}/{view}/", values, follow=True)
    assert answer.status_code == 200
    return bytes(answer.content)


def test_only_what_was_shown_is_linked_and_only_by_a_post(admin_client: Client) -> None:
    act = law("aliens-act", "Aliens Act 2002", "s 57")
    row = applied("Aliens Act", "s 57")
    other = Law.objects.exclude(pk=act.pk).earliest("pk")
    for forged in (other.pk, "", "x\x00", "9" * 30):
        press(admin_client, "accept", row, law=forged)
    assert admin_client.get(f"{LIST}{row.pk}/accept/").status_code == 405
    assert admin_client.get(f"{LIST}{row.pk}/judge/").status_code == 405
    assert admin_client.post(f"{LIST}999999999/accept/").status_code == 404
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(curator("publisher"))
    assert press(strict, "accept", row, law=act.pk).status_code == 403
    answer = admin_client.post(f"{LIST}{row.pk}/judge/?next=https://example.org/", {})
    assert answer["Location"] == LIST, "it does not lead away from the portal"
    row.refresh_from_db()
    assert row.law is None


def test_permission_follows_the_case() -> None:
    act = law("aliens-act", "Aliens Act 2002", "s 57", jurisdiction_id="FRA")
    contributor = curator("contributor")
    own = LawApplied.objects.create(case=case_of(contributor), law_text="Aliens Act 2002")
    foreign = applied("Aliens Act 2002", "s 57", jurisdiction_id="FRA")
    client = signed_in(contributor)
    assert press(client, "accept", foreign, law=act.pk).status_code == 403
    assert press(client, "judge", foreign, not_held="yes").status_code == 403
    shown = client.get(LIST, {"q": "Aliens Act 2002"}).content.decode()
    assert f"{own.pk}/accept/" in shown
    assert f"{foreign.pk}/accept/" not in shown
    assert press(client, "accept", own, law=act.pk).status_code == 302
    assert LawApplied.objects.get(pk=own.pk).law == act
    nobody = signed_in(curator("staff without a group"))
    assert press(nobody, "accept", foreign, law=act.pk).status_code == 403
    assert nobody.get(LIST).status_code == 403
    assert LawApplied.objects.get(pk=foreign.pk).law is None


def test_no_such_law_here_leaves_the_queue_and_survives(admin_client: Client) -> None:
    row = applied("Whaling Act", "s 1")
    waiting = {queue.label: queue.number for queue in unlinked(curator("publisher"))}
    before = waiting["Laws in words only, still to judge"]
    press(admin_client, "judge", row, not_held="yes")
    row.refresh_from_db()
    assert row.not_held
    (queue,) = unlinked(curator("editor"))
    assert queue.number == before - 1
    answer = admin_client.get(queue.url)
    assert answer.context["cl"].result_count == queue.number
    assert f"{row.pk}/judge/" not in answer.content.decode()
    # It is part of what the record says: in its line, its history and what is brought back.
    importer = CaseImporter()
    line = canonical(importer.export(importer.existing().get(pk=row.case.pk)))
    assert line["laws_applied"] == [{"law": "Whaling Act", "provision": "s 1", "not_held": True}]
    assert not list(importer.faults(line))
    judged = Revision.objects.of(row.case).first()
    assert judged is not None
    assert judged.why == "The law is not in the collection"
    press(admin_client, "judge", row, not_held="")
    assert not LawApplied.objects.get(pk=row.pk).not_held
    bring_back(row.case, judged, user=None)
    assert row.case.laws_applied.get().not_held
    line["laws_applied"][0]["law_id"] = "isl-any"
    assert [place for place, _fault in importer.faults(line)] == ["laws_applied[0].not_held"]


def test_a_new_law_is_suggested_also_where_nobody_expected_it(admin_client: Client) -> None:
    row = applied("Whaling Act", "s 1")
    press(admin_client, "judge", row, not_held="yes")
    act = law("whaling", "Whaling Act", "s 1")
    likely = admin_client.get(LIST, {"link": "likely"})
    assert likely.context["cl"].result_count == 1
    assert b"Whaling Act" in likely.content
    press(admin_client, "accept", row, law=act.pk)
    row.refresh_from_db()
    assert (row.law, row.not_held) == (act, False)
    assert press_and_follow(admin_client, "judge", row, not_held="yes").count(b"by now") == 1


def test_the_case_page_offers_the_same_click_outside_of_its_form(admin_client: Client) -> None:
    act = law("aliens-act", "Aliens Act 2002", "s 57")
    row = applied("Aliens Act", "s 57")
    place = address(Case, "change", row.case.pk)
    shown = admin_client.get(place).content.decode()
    assert f'formaction="{LIST}{row.pk}/accept/?next=' in shown
    # A button of the page's own form would be what Enter presses in any of its boxes.
    button = shown[shown.index(f'formaction="{LIST}{row.pk}') :].partition(">")[0]
    assert 'form="suggestion-form"' in button
    assert "save first" in button
    outer = shown.index('<form id="suggestion-form"')
    assert outer > shown.index("</form>", shown.index('id="case_form"'))
    assert "csrfmiddlewaretoken" in shown[outer:]
    answer = admin_client.post(f"{LIST}{row.pk}/accept/?next={place}", {"law": act.pk})
    assert answer["Location"] == place
    # The page saves as it did, with the link or without.
    save(admin_client, Case, row.case.pk, **{"laws_applied-0-law": ""})
    row.refresh_from_db()
    assert row.law is None


def test_a_law_chosen_by_hand_or_other_words_end_the_judgement(admin_client: Client) -> None:
    act = law("aliens-act", "Aliens Act 2002", "s 57")
    row = applied("Whaling Act", "s 1")
    for change in ({"law": act.pk}, {"law_text": "Another Act"}):
        LawApplied.objects.filter(pk=row.pk).update(law=None, not_held=True)
        page = open_page(admin_client, LawApplied, row.pk)
        page.fill(**change)
        assert send(admin_client, LawApplied, page, row.pk).status_code == 302
        row.refresh_from_db()
        assert not row.not_held
    LawApplied.objects.filter(pk=row.pk).update(law=None, not_held=True)
    save(admin_client, Case, row.case.pk, **{"laws_applied-0-law": act.pk})
    row.refresh_from_db()
    assert (row.law, row.not_held) == (act, False)
    assert "no" in same_words("No")


def test_the_filters_of_the_list_divide_the_rows(admin_client: Client) -> None:
    def number(**filters: str) -> int:
        return int(admin_client.get(LIST, filters).context["cl"].result_count)

    words, linked = number(link="words"), number(link="linked")
    assert words + linked == LawApplied.objects.count()
    assert number(link="unjudged") + number(link="not_held") == words
    assert number(link="likely") == 0
    without = LawApplied.objects.exclude(law=None).exclude(provision_text="")
    assert number(link="no_provision") == without.filter(provision_links=None).count() > 0
    assert number(place="NOR") == LawApplied.objects.filter(case__jurisdiction="NOR").count()
    assert number(q="CESEDA") + number(q="visa code") > 0
    cases = admin_client.get("/admin/caselaw/case/", {"laws": "words"})
    waiting = Case.objects.filter(laws_applied__law=None, laws_applied__isnull=False).distinct()
    assert cases.context["cl"].result_count == waiting.count()


@pytest.mark.parametrize(
    "filters",
    [{}, {"link": "words"}, {"link": "likely"}, {"link": "likely", "place": "ISL", "q": "aliens"}],
)
def test_fifty_rows_cost_ten_queries(
    admin_client: Client, filters: dict[str, str], django_assert_max_num_queries: Any
) -> None:
    law("aliens-act", "Aliens Act 2002", "s 57")
    case = applied("Aliens Act", "s 57").case
    LawApplied.objects.bulk_create(
        LawApplied(case=case, law_text="Aliens Act", provision_text="s 57") for _row in range(60)
    )
    with django_assert_max_num_queries(10):
        shown = admin_client.get(LIST, filters)
    assert len(shown.context["cl"].result_list) == 50
    offers = shown.content.count(b"/accept/?next=")
    assert filters.get("link") != "likely" or offers == 50
