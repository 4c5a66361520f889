"""Citations of records and of the portal, in the styles and in the files of reference managers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bibliography.models import Work
from caselaw.models import Case
from caselaw.reported import parse
from legislation.models import Law
from portal.citing import processor
from portal.citing.corrections import american_quotes, said_once, tidy
from portal.citing.processor import Cited, cited
from portal.citing.records import citations_of, citations_of_portal
from portal.citing.styles import STYLES, style_of
from portal.exchange.formats.base import format_of_name, formats_for
from portal.records.database import Database, database_for, databases
from portal.records.models import Redirect, State
from tests.conftest import read_lines, reader

SLUGS = ("cases", "legislation", "bibliography")
READ_ON = date(2026, 12, 12)
EXAMPLES = Path(__file__).with_name("citations.txt")
CITATION_FORMATS = {"csl-json", "ris", "bibtex"}


@cache
def line(slug: str, code: str) -> dict[str, Any]:
    return next(found for found in read_lines(f"{slug}.jsonl") if found["id"] == code)


def citations(slug: str, code: str) -> dict[str, Cited]:
    found = line(slug, code)
    address = f"https://portal.example/id/{code}"
    told = citations_of(found, database_for(slug), address, READ_ON)
    return {one.style.key: one for one in told}


def bare(text: str) -> str:
    """The letters and digits of a text."""
    return "".join(filter(str.isalnum, text)).casefold()


def examples() -> Iterator[Any]:
    """The blocks of the table: what is cited, and its citation in each style."""
    for block in EXAMPLES.read_text(encoding="utf-8").split("\n\n")[1:]:
        head, *expected = block.strip().splitlines()
        slug, code = head.partition(":")[0].split()
        yield pytest.param(slug, code, [text.strip() for text in expected], id=code)


def written(database: Database, key: str, lines: list[dict[str, Any]]) -> str:
    form = next(form for form in formats_for(database, writing=True) if form.key == key)
    assert form.write is not None
    return b"".join(form.write(lines, database, "https://portal.example")).decode()


@pytest.mark.django_db
@pytest.mark.parametrize(("slug", "code", "expected"), list(examples()))
def test_a_record_is_cited_as_the_rules_of_each_style_say(
    slug: str, code: str, expected: list[str]
) -> None:
    found = citations(slug, code)
    assert list(found) == [style.key for style in STYLES]
    assert [one.text for one in found.values()] == expected


def test_the_examples_are_of_all_types_and_languages() -> None:
    lines = [line(*param.values[:2]) for param in examples()]
    types = {found["type"] for found in lines if "type" in found}
    assert types >= {found["type"] for found in read_lines("bibliography.jsonl")}
    assert types >= {"act", "code", "decree", "ordinance", "directive"}
    assert {found.get("language") for found in lines} >= {"ar", "zh", "en", "fr", "ru", "es"}


@pytest.mark.django_db
def test_italics_and_small_capitals_are_those_of_the_style() -> None:
    case = citations("cases", "gbr-2002-wacker")
    assert case["oscola"].html == "<i>Wacker, R v</i> [2002] EWCA Crim 1944, [2003] QB 1207."
    # The number of a case of the Court of Justice is no part of its name.
    vo = citations("cases", "eue-2012-vo")["oscola"].html
    assert vo == "Case C-83/12 PPU <i>Minh Khoa Vo</i> ECLI:EU:C:2012:202."
    book = citations("bibliography", "kyle-2001-global-human-smuggling-comparative")
    title = "Global Human Smuggling: Comparative Perspectives"
    assert f"<i>{title}</i>" in book["apa"].html
    assert f'<span class="smallcaps">{title}</span>' in book["bluebook"].html
    assert "style=" not in book["bluebook"].html


@pytest.mark.django_db
def test_names_and_titles_from_right_to_left_stand_for_themselves() -> None:
    found = citations("bibliography", "anon-2025-crime-smuggling-migrants-algeria")["oscola"]
    names = "<bdi>زينب الحسني</bdi> and <bdi>شيخة زقري</bdi>"
    assert found.html.startswith(f"{names}, ‘<bdi>جريمة تهريب المهاجرين</bdi>’ (Thesis, 2025)")
    assert "bdi" not in found.text


@pytest.mark.django_db
@pytest.mark.parametrize("slug", SLUGS)
@pytest.mark.parametrize(
    "step", [pytest.param(9, id="some"), pytest.param(1, id="all", marks=pytest.mark.long)]
)
def test_every_record_has_a_sound_citation_in_every_style(slug: str, step: int) -> None:
    database = database_for(slug)
    faults = ("..", ",,", " ,", "( ", " )", "()", "None", "{", "Retrieved http", "  ")
    for found in read_lines(f"{slug}.jsonl")[::step]:
        address = f"https://portal.example/id/{found['id']}"
        told = citations_of(found, database, address, READ_ON)
        assert len(told) == len(STYLES), found["id"]
        for one in told:
            # An ellipsis of the title is its own.
            text = one.text.replace("...", "")
            assert not [fault for fault in faults if fault in text], one.text
            assert not any("\ue000" <= sign <= "\uf8ff" for sign in one.text + one.html)
            assert bare(found["title"].split()[0]) in bare(one.text), one.text


@pytest.mark.django_db
def test_a_text_of_a_record_is_never_taken_for_markup() -> None:
    found = line("bibliography", "bankston-2020-dangerous-digital-liaisons-inquiry")
    hostile = {
        **found,
        "title": "<script>alert(1)</script> & “more” \ue000\ue008",
        "URL": "https://example.org/?a=1&b=<i>",
        "author": [{"family": "<b>Bold</b>", "given": "A&B"}],
    }
    for one in citations_of(hostile, database_for("bibliography"), "https://x", READ_ON):
        plain = one.html.replace("<i>", "").replace("</i>", "")
        plain = plain.replace('<span class="smallcaps">', "").replace("</span>", "")
        assert "<" not in plain, one.html
        assert "&lt;script&gt;" in one.html.casefold()
        assert "&amp;" in one.html
        assert "<script>" in one.text.casefold()


def test_a_fault_of_the_processor_breaks_no_page_and_is_logged(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(item: Any, style: Any) -> str:
        raise NotImplementedError("unfinished")

    monkeypatch.setattr(processor, "_written", broken)
    assert cited({"id": "some-work", "type": "book", "title": "A"}, STYLES[0], READ_ON) is None
    assert "some-work cannot be cited in OSCOLA" in caplog.text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Who are they?. Publisher.", "Who are they? Publisher."),
        ("‘Who?’. Next", "‘Who?’ Next"),
        ("One,, two ( ) three.", "One, two three."),
        ("Retrieved https://example.org", "https://example.org"),
        ("Retrieved May 1, 2026, from https://x.org", "Retrieved May 1, 2026, from https://x.org"),
        ("See https://x.org/?.b", "See https://x.org/?.b"),
        ("An Edition. Edition Verlag.", "An Edition. Edition Verlag."),
    ],
)
def test_seams_of_punctuation_are_put_right(text: str, expected: str) -> None:
    assert tidy(text) == expected


def test_american_stops_stand_inside_of_quotation_marks() -> None:
    assert american_quotes("“A title”. In “B”, 1.") == "“A title.” In “B,” 1."
    assert american_quotes("“Is it?”. Next") == "“Is it?” Next"


def test_a_title_in_the_place_of_names_is_said_once_and_addresses_stay() -> None:
    text = "‘smuggling’, ‘smuggling’ (Site) <https://x.org/smuggling>"
    assert said_once(text, "Smuggling") == "‘smuggling’  (Site) <https://x.org/smuggling>"
    assert said_once("‘smuggling’ <https://x.org/smuggling>", "smuggling").count("smuggling") == 2


@pytest.mark.parametrize(
    ("citation", "kind", "told"),
    [
        ("[2012] EWCA Crim 1944", "neutral", "[2012] EWCA Crim 1944"),
        ("[2012] NTCCA 01", "neutral", "[2012] NTCCA 1"),
        ("2015 SCC 58", "neutral", "2015 SCC 58"),
        ("[1993] AC 674", "reported", "[1993] AC 674"),
        ("(2012) 36 VR 402", "reported", "(2012) 36 VR 402"),
        ("567 F. App'x 784", "reported", "567 F. App'x 784"),
        ("2007 WL 4102736", "database", "2007 WL 4102736"),
        ("ECLI:NL:HR:2013:946", "ecli", "ECLI:NL:HR:2013:946"),
        ("BGE 146 IV 297", "other", "BGE 146 IV 297"),
        ("Rt. 1995 s. 1663", "other", "Rt. 1995 s. 1663"),
    ],
)
def test_a_citation_is_taken_apart_or_left_as_it_is(citation: str, kind: str, told: str) -> None:
    assert str(getattr(parse([citation]), kind)) == told


def test_no_citation_of_the_collection_is_lost() -> None:
    for found in read_lines("cases.jsonl"):
        for citation in found.get("citations", []):
            parsed = parse([citation])
            kinds = (parsed.neutral, parsed.reported, parsed.database, parsed.ecli, parsed.other)
            assert sum(map(bool, kinds)) == 1, citation


@pytest.mark.django_db
def test_decisions_and_laws_are_written_for_reference_managers_and_never_read() -> None:
    for slug in SLUGS:
        database = database_for(slug)
        assert {form.key for form in formats_for(database, writing=True)} >= CITATION_FORMATS
        read = CITATION_FORMATS & {form.key for form in formats_for(database, reading=True)}
        assert read == (CITATION_FORMATS if slug == "bibliography" else set())
        named = format_of_name("file.bib", database)
        assert (named is not None) == (slug == "bibliography")


@pytest.mark.django_db
def test_the_item_of_a_case_has_what_reference_managers_read() -> None:
    found = line("cases", "usa-2012-us-v-costello")
    [item] = json.loads(written(database_for("cases"), "csl-json", [found]))
    assert item == {
        "id": "usa-2012-us-v-costello",
        "type": "legal_case",
        "title": "United States v. Costello",
        "authority": "United States Court of Appeals for the Seventh Circuit",
        "number": "11-2917",
        "volume": "666",
        "container-title": "F.3d",
        "page": "1040",
        "issued": {"date-parts": [[2012, 1, 31]]},
        "jurisdiction": "United States",
        "language": "en",
        "references": "666 F.3d 1040",
        "URL": "https://portal.example/id/usa-2012-us-v-costello",
    }
    wacker = line("cases", "gbr-2002-wacker")
    [item] = json.loads(written(database_for("cases"), "csl-json", [wacker]))
    assert item["references"] == "; ".join(wacker["citations"])
    assert item["page"] == "1944"


@pytest.mark.django_db
def test_the_item_of_a_law_says_that_it_was_repealed() -> None:
    found = line("legislation", "hrv-criminal-code-1997")
    [item] = json.loads(written(database_for("legislation"), "csl-json", [found]))
    assert item["type"] == "legislation"
    assert item["note"] == "Repealed"
    assert item["jurisdiction"] == "Croatia"
    assert item["original-title"] == "Kazneni zakon"
    assert item["URL"] == "https://portal.example/id/hrv-criminal-code-1997"


@pytest.mark.django_db
def test_ris_and_bibtex_tell_court_docket_and_citations() -> None:
    found = line("cases", "usa-2012-us-v-costello")
    ris = written(database_for("cases"), "ris", [found]).splitlines()
    assert ris[0] == "TY  - CASE"
    for told in (
        "PB  - United States Court of Appeals for the Seventh Circuit",
        "SV  - 11-2917",
        "N1  - 666 F.3d 1040. United States",
        "UR  - https://portal.example/id/usa-2012-us-v-costello",
    ):
        assert told in ris
    bibtex = written(database_for("cases"), "bibtex", [found])
    assert bibtex.startswith("@jurisdiction{usa-2012-us-v-costello,")
    assert "number = {11-2917}" in bibtex
    law = line("legislation", "cub-codigo-penal-2022")
    assert "M1  - 151/2022" in written(database_for("legislation"), "ris", [law])
    assert "number = {151/2022}" in written(database_for("legislation"), "bibtex", [law])


@pytest.mark.django_db
def test_a_work_keeps_its_own_address() -> None:
    found = line("bibliography", "anon-nd-menneskesmugling")
    [item] = json.loads(written(database_for("bibliography"), "csl-json", [found]))
    assert item["URL"] == "https://snl.no/menneskesmugling"


@pytest.mark.django_db
@pytest.mark.parametrize("slug", SLUGS)
def test_a_file_of_items_asks_for_names_once(slug: str) -> None:
    lines = read_lines(f"{slug}.jsonl")[:40]
    with CaptureQueriesContext(connection) as few:
        written(database_for(slug), "csl-json", lines[:2])
    with CaptureQueriesContext(connection) as many:
        written(database_for(slug), "csl-json", lines)
    assert len(many) == len(few) <= 1


def test_the_portal_is_cited_with_version_and_date_of_access() -> None:
    found = {
        one.style.key: one.text
        for one in citations_of_portal("https://portal.example/", "2026-11-30", READ_ON)
    }
    name = "Smuggling of Migrants Knowledge Portal (version 2026-11-30)"
    assert found == {
        "oscola": f"‘{name}’ <https://portal.example/> accessed 12 December 2026.",
        "apa": f"{name}. (n.d.). Retrieved December 12, 2026, from https://portal.example/",
        "chicago": f"“{name}.” n.d. Accessed December 12, 2026. https://portal.example/.",
        "bluebook": f"{name}, https://portal.example/ (last visited Dec. 12, 2026).",
    }


def test_a_style_has_a_key() -> None:
    assert style_of("apa").label == "APA"
    with pytest.raises(LookupError):
        style_of("vancouver")


@pytest.mark.django_db
@pytest.mark.parametrize("database", databases(), ids=lambda database: database.slug)
def test_the_page_of_a_record_cites_it_and_leads_to_all_styles(database: Database) -> None:
    record = database.records.public().order_by("code")[3]
    content = reader().get(record.get_absolute_url()).content.decode()
    assert content.count('id="cite"') == 1
    assert 'href="#cite"' in content
    assert "OSCOLA" in content
    path = f"/en/{database.slug}/{record.code}/cite/"
    assert f'href="{path}"' in content
    for suffix in ("ris", "bib", "csl.json"):
        assert f'href="http://testserver/id/{record.code}.{suffix}"' in content
    page = reader().get(path)
    assert page.status_code == 200
    text = page.content.decode()
    for style in STYLES:
        assert style.label in text
    # Four citations of the record and four of the portal, each with its button.
    assert text.count("data-copy=") == 2 * len(STYLES)
    assert 'content="noindex"' in text


@pytest.mark.django_db
@pytest.mark.parametrize("model", [Case, Law, Work])
def test_what_is_not_public_is_not_cited(model: Any) -> None:
    record = model.objects.public().order_by("code")[5]
    path = f"/en/{model.database}/{record.code}/cite/"
    assert reader().get(path).status_code == 200
    model.objects.filter(pk=record.pk).update(state=State.IN_REVIEW)
    assert reader().get(path).status_code == 404
    model.objects.filter(pk=record.pk).update(
        state=State.WITHDRAWN, withdrawal_reason="Not a decision."
    )
    gone = reader().get(path)
    assert gone.status_code == 410
    assert "Not a decision." in gone.content.decode()
    assert record.title not in gone.content.decode()


@pytest.mark.django_db
def test_the_old_code_of_a_merged_record_leads_to_the_citations_of_the_present_one() -> None:
    record = Case.objects.public().order_by("code")[0]
    Redirect.objects.create(code="old-code", target=record.code, reason=Redirect.Reason.MERGED)
    response = reader().get("/en/cases/old-code/cite/")
    assert response.status_code == 301
    assert response.headers["Location"] == f"/en/cases/{record.code}/cite/"


@pytest.mark.django_db
def test_the_about_page_cites_the_portal() -> None:
    content = reader().get("/en/about/").content.decode()
    assert content.count("data-copy=") == len(STYLES)
    assert "Smuggling of Migrants Knowledge Portal (version 20" in content


@pytest.mark.django_db
@pytest.mark.parametrize("slug", SLUGS)
def test_citing_asks_the_database_no_more_for_many_parts_than_for_few(slug: str) -> None:
    database = database_for(slug)
    counts = set()
    for record in database.records.public().order_by("code")[10:16]:
        reader().get(f"/en/{slug}/{record.code}/cite/")
        with CaptureQueriesContext(connection) as captured:
            assert reader().get(f"/en/{slug}/{record.code}/cite/").status_code == 200
        counts.add(len(captured))
    # Parts of a record that has none of a kind are not asked for.
    assert max(counts) <= 13
