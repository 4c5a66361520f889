"""Other words for concepts and places: kept by curators, loaded, and found by at once."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from portal.reference.models import Jurisdiction, Term, ThesaurusEntry
from portal.search.models import SearchDocument
from tests.admin_forms import errors, open_page, save, send
from tests.conftest import COLLECTION, reader
from tests.samples import Sample, refused, state_of_database

pytestmark = pytest.mark.django_db

THESAURUS = "thesaurus.json"


def found(query: str, slug: str = "cases") -> set[str]:
    """The codes that the API finds for a query."""
    answer = reader().get(f"/api/v1/{slug}/", {"q": query, "page_size": 100, "fields": "code"})
    assert answer.status_code == 200, answer.content
    return {row["code"] for row in answer.json()["results"]}


def naming(concept: str) -> set[str]:
    """The codes of the documents that name a concept in their words."""
    documents = SearchDocument.objects.extra(
        where=["vector @@ %s::tsquery"], params=[f"'said:{concept}'"]
    )
    return set(documents.values_list("code", flat=True))


def test_a_curator_adds_a_word_and_it_finds_at_once(admin_client: Client) -> None:
    assert not found("zzqqxboat")
    page = open_page(admin_client, ThesaurusEntry)
    page.fill(code="zz_boat", labels_en="Zz boat", terms="modes:sea")
    page.fill(words="en: zzqqxboat, zzqqxship\nde: Zzqqxboot", position="900")
    response = send(admin_client, ThesaurusEntry, page)
    assert response.status_code == 302, errors(response)
    by_sea = {
        row["code"]
        for row in reader()
        .get("/api/v1/cases/", {"mode": "sea", "page_size": 100, "fields": "code"})
        .json()["results"]
    }
    assert found("zzqqxships") & by_sea
    assert found("Zzqqxboot") == found("zzqqxboat")


def test_texts_are_read_again_when_the_words_for_something_change(admin_client: Client) -> None:
    document = (
        SearchDocument.objects.public()
        .of("cases")
        .filter(body__icontains="Lampedusa")
        .exclude(code__in=naming("place:FJI"))
        .order_by("code")
        .first()
    )
    assert document is not None
    entry = ThesaurusEntry.objects.filter(place="FJI").first()
    if entry is None:
        page = open_page(admin_client, ThesaurusEntry)
        page.fill(code="FJI", place="FJI", words="en: Lampedusa", position="901")
        response = send(admin_client, ThesaurusEntry, page)
        assert response.status_code == 302, errors(response)
        before = ""
    else:
        before = "\n".join(f"{code}: {', '.join(words)}" for code, words in entry.words.items())
        save(admin_client, ThesaurusEntry, "FJI", words=f"{before}\nit: Lampedusa")
    assert document.code in naming("place:FJI")
    assert document.code in found("Fiji")
    if before:
        save(admin_client, ThesaurusEntry, "FJI", words=before)
    else:
        admin_client.post(
            "/admin/reference/thesaurusentry/FJI/delete/", {"post": "yes"}, follow=True
        )
    assert document.code not in naming("place:FJI")


def test_a_new_name_of_a_term_or_a_place_is_read_in_the_texts(admin_client: Client) -> None:
    wanted = set(
        SearchDocument.objects.filter(body__icontains="Lampedusa").values_list("code", flat=True)
    )
    assert wanted - naming("place:FJI")
    place = Jurisdiction.objects.get(code="FJI")
    save(admin_client, Jurisdiction, "FJI", names_fr="Lampedusa")
    assert wanted <= naming("place:FJI")
    save(admin_client, Jurisdiction, "FJI", names_fr=place.names["fr"])
    assert not (wanted & naming("place:FJI"))
    term = Term.objects.get(pk="modes:air")
    save(admin_client, Term, term.pk, labels_es="Lampedusa")
    assert wanted <= naming("modes:air")


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"terms": "modes:rocket"}, "terms"),
        ({"terms": "modes:sea\nsea"}, "terms"),
        ({"terms": "protocol_articles:99.9"}, "terms"),
        ({"words": "boat, ship"}, "words"),
        ({"words": "english: boat"}, "words"),
        ({"labels_en": ""}, "labels"),
        ({"place": "FRA"}, "code"),
    ],
)
def test_what_a_curator_may_not_enter(
    admin_client: Client, values: dict[str, str], field: str
) -> None:
    page = open_page(admin_client, ThesaurusEntry)
    good = {"code": "zz_boat", "labels_en": "Zz boat", "terms": "modes:sea", "words": "en: zzqqx"}
    page.fill(**{**good, **values})
    response = send(admin_client, ThesaurusEntry, page)
    assert response.status_code == 200
    assert field in errors(response)
    assert not ThesaurusEntry.objects.filter(code="zz_boat").exists()


def _first(data: Any, **values: Any) -> None:
    data["concepts"][0].update(values)


FAULTS: list[tuple[Callable[[Any], Any], str]] = [
    (lambda d: d.update(concepts={}), "concepts: is not a list"),
    (lambda d: _first(d, code="With Space"), 'concepts[0].code: "With Space"'),
    (lambda d: _first(d, terms=["modes:rocket"]), "concepts[0].terms[0]: no term modes:rocket"),
    (lambda d: _first(d, terms="modes:sea"), "concepts[0].terms: "),
    (lambda d: _first(d, words={"english": ["boat"]}), "concepts[0].words"),
    (lambda d: _first(d, words={"en": "boat"}), "concepts[0].words.en: "),
    (lambda d: _first(d, words={"en": ["boat", "boat"]}), "concepts[0].words.en: "),
    (lambda d: _first(d, words={"en": ["x" * 201]}), "concepts[0].words.en[0]: "),
    (lambda d: d["concepts"][0].pop("labels"), "concepts[0].labels: is missing"),
    (lambda d: _first(d, note="?"), "concepts[0].note: "),
    (
        lambda d: d["concepts"].append(d["concepts"][0]),
        "concepts[77].code: “",
    ),
    (lambda d: d["places"][0].update(code="ZZZ"), "places[0].code: no jurisdiction ZZZ"),
    (lambda d: d["places"].append("FRA"), "places["),
]


@pytest.fixture
def sample(tmp_path: Path) -> Sample:
    shutil.copy(COLLECTION / THESAURUS, tmp_path / THESAURUS)
    return Sample(tmp_path)


@pytest.mark.parametrize(("change", "expected"), FAULTS)
def test_a_spoiled_thesaurus_changes_nothing(
    sample: Sample, change: Callable[[Any], Any], expected: str
) -> None:
    path = sample.folder / THESAURUS
    data = json.loads(path.read_text(encoding="utf-8"))
    wanted = expected.replace("[77]", f"[{len(data['concepts'])}]")
    change(data)
    path.write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")
    before = state_of_database()
    faults, error = refused(sample.folder)
    assert any(fault.startswith(f"{THESAURUS}: {wanted}") for fault in faults), faults
    assert error.returncode == 1
    assert state_of_database() == before
