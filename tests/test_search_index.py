"""`search_document` is in step with the records, and one function answers every door."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction

from caselaw.models import Case, CaseTerm, Charge, Defendant
from legislation.models import Law, Provision, ProvisionArticle
from portal.records.dates import PartialDate
from portal.records.models import State
from portal.reference.changes import announce
from portal.reference.models import Jurisdiction, Term, TreatyStatus
from portal.search import bits, index
from portal.search.engine import search
from portal.search.models import FacetBits, SearchDocument
from portal.search.query import Query
from portal.search.request import SearchRequest
from portal.search.snippets import reasons
from tests.conftest import reader

pytestmark = pytest.mark.django_db


def rows() -> dict[str, tuple[Any, ...]]:
    fields = [f.attname for f in SearchDocument._meta.fields if f.attname != "id"]
    return {row[fields.index("code")]: row for row in SearchDocument.objects.values_list(*fields)}


def test_a_new_index_is_the_one_that_was_kept() -> None:
    before = rows()
    call_command("reindex", verbosity=0)
    assert rows() == before


def counted_bits() -> dict[tuple[str, str, int], str]:
    kept = FacetBits.objects.values_list("parameter", "value", "chunk", "bits")
    return {(name, value, chunk): bits for name, value, chunk, bits in kept if "1" in bits}


def test_bits_changed_one_by_one_are_those_made_at_once() -> None:
    sea, land = Term.objects.get(pk="modes:sea"), Term.objects.get(pk="modes:land")
    for case in Case.objects.public().filter(term_links__term=sea).order_by("pk")[:5]:
        CaseTerm.objects.filter(case=case, term=sea).update(term=land)
        index.refresh([case])
    withdrawn, deleted = Case.objects.public().order_by("-pk")[:2]
    withdrawn.state, withdrawn.withdrawal_reason = State.WITHDRAWN, "It was another country's."
    withdrawn.save()
    index.refresh([withdrawn])
    index.remove([deleted])
    kept = counted_bits()
    bits.remake()
    assert counted_bits() == kept


def test_every_record_has_one_document() -> None:
    for database, model in (("cases", Case), ("legislation", Law)):
        codes = set(model.objects.values_list("code", flat=True))
        assert set(SearchDocument.objects.of(database).values_list("code", flat=True)) == codes


def count(**parameters: Any) -> int:
    response = reader().get("/api/v1/cases/", {**parameters, "page_size": 1})
    assert response.status_code == 200
    return response.json()["count"]


def test_a_change_of_a_law_reaches_the_cases_that_applied_it() -> None:
    assert count(law="aus-migration-act-1958", article="C24") == 0
    provision = Provision.objects.get(code="aus-migration-act-1958:s-233c")
    applied = count(provision=provision.code)
    assert applied
    ProvisionArticle.objects.create(provision=provision, article_id="C24", position=9)
    index.refresh([provision.law])
    assert count(law="aus-migration-act-1958", article="C24") == applied


def test_a_change_of_reference_data_reaches_the_records() -> None:
    before = count(region="155")
    germany = Jurisdiction.objects.get(code="DEU")
    in_germany = count(jurisdiction="DEU")
    germany.region_id = "151"
    germany.save()
    announce([germany])
    assert count(region="155") == before - in_germany
    status = TreatyStatus.objects.get(jurisdiction="DEU")
    laws = reader().get("/api/v1/laws/", {"party": "true", "jurisdiction": "DEU"}).json()["count"]
    assert laws
    status.is_party, status.consent, status.act = False, None, ""
    status.save()
    announce([status])
    after = reader().get("/api/v1/laws/", {"party": "true", "jurisdiction": "DEU"}).json()
    assert after["count"] == 0


def test_codes_are_unique_across_the_databases() -> None:
    case = Case(
        code="aus-migration-act-1958", title="x", jurisdiction_id="AUS", state=State.PUBLISHED
    )
    case.save()
    with pytest.raises(IntegrityError), transaction.atomic():
        index.refresh([case])


def test_undated_and_partly_dated_records_are_never_lost() -> None:
    case = Case.objects.create(
        code="zzz-one", title="Zzz one", jurisdiction_id="AUS", state=State.PUBLISHED
    )
    dates = (None, PartialDate(1950), PartialDate(1950, 2), PartialDate(1950, 2, 3))
    for date in dates:
        case.decision_date = date
        case.save()
        index.refresh([case])
        found = search(SearchRequest("cases", Query.parse("Zzz")))
        assert found.ids == (case.pk,)
        assert count(q="Zzz", decided_to="1950-02") == (1 if date else 0)
        assert count(q="Zzz", decided_from="1950-02-04", decided_to="1951") == (
            1 if date and date.day is None else 0
        )


def test_snippets_mark_words_and_nothing_else() -> None:
    case = Case.objects.create(
        code="zzz-two",
        title="Zzz two",
        jurisdiction_id="AUS",
        state=State.PUBLISHED,
        facts='The <b>skipper</b> said "a & b" <script>alert(1)</script> of the zorgle boat.',
    )
    index.refresh([case])
    piece = reasons(Query.parse("zorgle"), {"cases": [case.pk]})["cases", case.pk].snippet
    assert "<mark>zorgle</mark>" in piece
    assert "<script>" not in piece
    assert "<b>" not in piece


def test_the_database_refuses_what_a_record_may_not_be() -> None:
    case = Case.objects.get(code="aus-2012-r-v-ahmad")
    defendant = Defendant.objects.filter(case=case).first()
    assert defendant

    def refused(action: Any) -> None:
        with pytest.raises(IntegrityError), transaction.atomic():
            action()

    update = Case.objects.filter(pk=case.pk).update
    refused(lambda: update(court_level="modes:sea"))
    refused(lambda: update(code="Not A Code"))
    refused(lambda: update(state="lost"))
    refused(lambda: update(state=State.WITHDRAWN, withdrawal_reason=""))
    refused(lambda: update(title=""))
    refused(lambda: update(fee_amount=5, fee_currency=""))
    refused(lambda: update(migrants_count=0))
    refused(lambda: CaseTerm.objects.create(case=case, term_id="verdicts:convicted"))
    refused(lambda: CaseTerm.objects.create(case=case, term_id="modes:sea"))
    refused(lambda: Case.objects.create(code=case.code, title="x", jurisdiction_id="AUS"))
    charges = Charge.objects.filter(defendant__case=case)
    refused(lambda: charges.update(imprisonment_months=0))
    refused(lambda: charges.update(verdict="pleas:guilty"))
    refused(lambda: charges.update(fine_amount=-1, fine_currency="EUR"))
    refused(lambda: Defendant.objects.filter(pk=defendant.pk).update(age=200))
    refused(lambda: Defendant.objects.filter(pk=defendant.pk).update(count=0))
    refused(lambda: Term.objects.filter(id="modes:sea").update(code="air"))
