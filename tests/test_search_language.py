"""How texts are read, what queries are taken for, and what is marked in a text."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from portal.search.analysis import fold, lexemes, raw_words, words
from portal.search.engine import compiled_query, holding
from portal.search.exact import exact_matches
from portal.search.highlight import Marker
from portal.search.interpretation import interpret
from portal.search.models import SearchDocument
from portal.search.query import Query
from tests.conftest import reader


def read(text: str) -> list[str]:
    return [word.text for word in words(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The U.S.C. § 1324(a)", ["the", "usc", "1324", "a"]),
        ("[2012] NTSC 1", ["2012", "ntsc", "1"]),
        ("C-61/11", ["c", "61", "11"]),
        ("Kž1 İstanbul straße Łódź Øst", ["kz1", "istanbul", "strasse", "lodz", "ost"]),
        ("偷运移民 sea", ["偷运", "运移", "移民", "民", "sea"]),
        ("الْمُهَاجِرِينَ إلى", ["المهاجرين", "الي"]),
        ("Ёлка мой", ["елка", "мой"]),
        ("２０１３ ＡＢＣ", ["2013", "abc"]),
        ("한국 밀입국", ["한국", "국", "밀입", "입국", "국"]),
        ("", []),
    ],
)
def test_texts_are_cut_and_folded(text: str, expected: list[str]) -> None:
    assert read(text) == expected


@given(st.text(alphabet=st.characters(max_codepoint=127), max_size=80))
def test_plain_texts_are_cut_as_all_others(text: str) -> None:
    """Where all letters are ASCII, a shorter way is taken; one strange letter takes the other."""
    assert list(words(text)) == list(words(f"{text} é"))[:-1]
    assert {fold(raw) for raw in raw_words(text)} - {""} == {word.text for word in words(text)}


@given(st.text(max_size=60))
def test_words_as_written_are_all_words(text: str) -> None:
    from_raw = {word.text for raw in raw_words(text) for word in words(raw)}
    assert {word.text for word in words(text)} <= from_raw


def test_words_are_stemmed_by_the_language_of_the_text() -> None:
    assert lexemes("boats", ("en",)) == lexemes("boat", ("en",)) == ("boat",)
    assert "мигрант" in lexemes("мигрантов", ("ru",))
    assert "مهاجر" in lexemes("المهاجرين", ("ar",))
    assert lexemes("schleusern", ("de",)) == ("schleus", "schleusern")
    assert lexemes("the", ("en",)) == ()


@given(st.text(max_size=300))
def test_any_text_can_be_read(text: str) -> None:
    for word in words(text):
        assert word.text
        assert fold(word.text) == word.text or len(word.text) <= 2
        assert 0 <= word.start < word.end <= len(text)


def parts(query: str, language: str) -> list[tuple[str, list[str]]]:
    with translation.override(language):
        found = interpret(Query.parse(query)).parts
    return [(part.typed, [concept.key for concept in part.concepts]) for part in found]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("language", "query", "key"),
    [
        ("fr", "contrebande", "concept:smuggling_of_migrants"),
        ("zh-hans", "偷运", "concept:smuggling_of_migrants"),
        ("ar", "تهريب المهاجرين", "concept:smuggling_of_migrants"),
        ("en", "people smuggling", "concept:smuggling_of_migrants"),
        ("de", "Schleuser", "concept:migrant_smuggler"),
        ("en", "snakehead", "concept:migrant_smuggler"),
        ("es", "polleros", "concept:migrant_smuggler"),
        ("en", "Kingdom of Spain", "place:ESP"),
        ("en", "Spanish", "place:ESP"),
        ("es", "españoles", "place:ESP"),
        ("ru", "испанской", "place:ESP"),
        ("ar", "إسبانيا", "place:ESP"),
        ("zh-hans", "西班牙", "place:ESP"),
        ("en", "North Korea", "place:PRK"),
        ("fr", "Afrique", "region:002"),
    ],
)
def test_names_are_recognised_in_any_form(language: str, query: str, key: str) -> None:
    assert key in parts(query, language)[0][1]
    assert len(parts(query, language)) == 1


@pytest.mark.django_db
def test_a_query_is_understood_part_by_part() -> None:
    found = parts("contrebande mer Espagne tempête", "fr")
    assert [typed for typed, _keys in found] == ["contrebande", "mer", "Espagne", "tempête"]
    assert found[2][1] == ["place:ESP"]
    assert found[3][1] == []
    run = parts("偷运西班牙", "zh-hans")
    assert [typed for typed, _keys in run] == ["偷运", "西班牙"]


@pytest.mark.django_db
def test_what_is_quoted_or_typed_as_such_names_nothing() -> None:
    assert parts('"Spain"', "en") == [("“Spain”", [])]
    with translation.override("en"):
        assert not interpret(Query.parse("Spain", as_typed=True)).concepts
    broad = reader().get("/api/v1/cases/", {"q": "Espagne"}).json()
    literal = reader().get("/api/v1/cases/", {"q": "Espagne", "as_typed": "true"}).json()
    assert broad["count"] > literal["count"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("language", "query"),
    [
        ("zh", "偷运 海路"),
        ("ar", "تهريب المهاجرين البحر"),
        ("ru", "контрабанда мигрантов морем"),
        ("fr", "contrebande mer Espagne"),
        ("es", "contrabando mar Italia"),
    ],
)
def test_other_languages_find_the_english_summaries(language: str, query: str) -> None:
    response = reader().get(f"/{language}/cases/", {"q": query})
    page = response.context["page"]
    assert page.total > 0
    modes = page.result.facets["mode"]
    assert modes["sea"] >= page.total * 0.6


@pytest.mark.django_db
def test_the_same_word_with_and_without_accents() -> None:
    for first, second in (("Boké", "boke"), ("Òrăde", "orade"), ("ГОРОД", "город")):
        counts = [
            reader().get("/api/v1/cases/", {"q": word, "page_size": 1}).json()["count"]
            for word in (first, second)
        ]
        assert counts[0] == counts[1]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("query", "code", "kind"),
    [
        ("2012 ntcca 01", "aus-2012-r-v-ahmad", "citation"),
        ("[2012] N.T.C.C.A. 01", "aus-2012-r-v-ahmad", "citation"),
        ("aus-2012-r-v-ahmad", "aus-2012-r-v-ahmad", "code"),
        ("AUS 2012 R v Ahmad", "aus-2012-r-v-ahmad", "code"),
        ("Case C-61/11", "", ""),
        ("r. v. appulonappa", "can-2015-r-v-appulonappa", "title"),
        ("2015 SCC 59", "can-2015-r-v-appulonappa", "citation"),
        ("ECLI ES TS 2012 3293", "esp-2012-sts-385-2012", "citation"),
        ("ES:TS:2012:3293", "esp-2012-sts-385-2012", "citation"),
        ("3 926371 56 0", "", "isbn"),
    ],
)
def test_what_names_a_record_finds_it_in_any_spelling(query: str, code: str, kind: str) -> None:
    found = exact_matches(query)
    if code:
        assert (code, kind) in [(match.code, match.kind) for match in found]
    elif kind:
        assert [match.kind for match in found] == [kind]


@pytest.mark.django_db
def test_every_citation_docket_doi_and_isbn_is_an_exact_match(lines: dict[str, Any]) -> None:
    asked = [
        (text, line["id"])
        for line in lines["cases"]
        for text in (*line.get("citations", []), line.get("docket", ""))
    ]
    asked += [
        (line[key], line["id"])
        for line in lines["bibliography"]
        for key in ("DOI", "ISBN")
        if key in line
    ]
    for text, code in asked:
        if sum(letter.isalnum() for letter in text) >= 3:
            assert code in [match.code for match in exact_matches(text)], text


@pytest.mark.django_db
def test_no_filter_hides_an_exact_match_and_no_draft_is_one(
    held_back: list[tuple[str, str]],
) -> None:
    response = reader().get("/en/cases/", {"q": "2015 SCC 59", "jurisdiction": "ITA"})
    page = response.context["page"]
    assert page.total == 0
    assert [found.record.code for found in page.exact] == ["can-2015-r-v-appulonappa"]
    answer = reader().get("/api/v1/laws/", {"q": "2015 SCC 59"}).json()
    assert [match["code"] for match in answer["exact"]] == ["can-2015-r-v-appulonappa"]
    for _slug, code in held_back:
        assert not exact_matches(code)


def marker(query: str) -> Marker:
    with translation.override("en"):
        return Marker(interpret(Query.parse(query)), "en")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("query", "text", "expected"),
    [
        ("boats", "A boat sank.", "A <mark>boat</mark> sank."),
        ('"fast boat"', "A fast boat, a boat.", "A <mark>fast</mark> <mark>boat</mark>, a boat."),
        (
            "C-61/11",
            "In C-61/11 and 61.",
            "In <mark>C</mark>-<mark>61</mark>/<mark>11</mark> and 61.",
        ),
        ("<b>", "a <b> & b", "a &lt;<mark>b</mark>&gt; &amp; <mark>b</mark>"),
        ("smug*", "A smuggler", "A <mark>smuggler</mark>"),
        ("Espagne", "Spanish police", "<mark>Spanish</mark> police"),
        ("移民", "偷运移民案", "偷运<mark>移民</mark>案"),
        ("zebra", "A boat.", "A boat."),
    ],
)
def test_what_was_found_is_marked(query: str, text: str, expected: str) -> None:
    assert marker(query).read(text).whole() == expected


@pytest.mark.django_db
def test_a_snippet_is_cut_around_the_words() -> None:
    text = "word " * 200 + "a rare zebra stood here " + "word " * 200
    piece = marker("zebra").read(text).snippet()
    assert "<mark>zebra</mark>" in piece
    assert piece.startswith("… ")
    assert len(piece) < 300


@pytest.mark.django_db
def test_a_record_says_which_concept_it_carries_without_a_word_for_it() -> None:
    page = reader().get("/fr/cases/", {"q": "Afrique", "page_size": 100}).context["page"]
    assert any(row.concepts == ("Afrique",) for row in page.rows)


@pytest.mark.django_db
def test_excluded_and_alternative_words() -> None:
    with translation.override("en"):
        public = SearchDocument.objects.public().of("cases")

        def count(text: str) -> int:
            return holding(public, Query.parse(text, as_typed=True)).count()

        both = count("boat") + count("truck") - count("boat truck")
        assert count("boat or truck") == both
        assert count("boat -truck") == count("boat") - count("boat truck")
        assert count("-boat") == public.count() - count("boat")
        assert count("smugg*") >= count("smuggling")
        assert compiled_query(Query.parse("the of")).match == ""
