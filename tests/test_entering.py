"""Entering records as people type them: lengths, dates, pasted lines, and whole real cases."""

from __future__ import annotations

import re
from decimal import Decimal
from html.parser import HTMLParser
from typing import Any

import pytest
from django.test import Client
from django.utils import translation
from hypothesis import example, given
from hypothesis import strategies as st

from bibliography.models import Contributor, Work
from bibliography.pasted import read_contributor
from caselaw.imports import PLACES
from caselaw.models import CASE_VOCABULARIES, Case
from legislation.models import Law
from portal.records.dates import PartialDate
from portal.records.durations import as_typed, read_months
from portal.records.lines import canonical
from portal.records.models import Revision
from portal.records.typed_dates import month_names, read_date
from portal.reference.pasted import PastedSource, read_source
from tests.admin_forms import CODE, Page, add_case, address, errors, open_page, save, send
from tests.conftest import read_lines, reader
from tests.test_history import line_of

LANGUAGES = ["en", "fr", "es", "ru", "ar", "zh-hans"]


@pytest.mark.parametrize(
    ("typed", "months"),
    [
        ("4 years 6 months", "54"), ("4y6m", "54"), ("4 ans 6 mois", "54"), ("54", "54"),
        ("54 months", "54"), ("18 m", "18"), ("2.5 years", "30"), ("2,5 ans", "30"),
        ("2½ years", "30"), ("30 days", "1"), ("45 days", "1.5"), ("2 weeks", "0.47"),
        ("1 yr. 6 mos.", "18"), ("4 años y 6 meses", "54"), ("4 года и 6 месяцев", "54"),
        ("5 лет", "60"), ("٤ سنوات و٦ أشهر", "54"), ("سنتان وشهران", "26"), ("4年6个月", "54"),
        ("4年零6个月", "54"), ("６个月", "6"), ("1 Jahr, 3 Monate", "15"),
        ("2 anni e 1 mese", "25"),
        ("3 jaar", "36"), ("1 ano e 2 meses", "14"), ("1 year 10 months 20 days", "22.67"),
    ],
)  # fmt: skip
def test_lengths_of_imprisonment_as_people_say_them(typed: str, months: str) -> None:
    assert read_months(typed) == Decimal(months)


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("life", "write “life imprisonment”"), ("à perpétuité", "write “life imprisonment”"),
        ("пожизненное", "write “life imprisonment”"), ("4 years 6", "what 6 counts"),
        ("4 6", "what 4 counts"), ("2-3 years", "what 2 counts"), ("1,000", "thousands or"),
        ("2.5 years 6 months", "Only the last part"), ("3 years 2 years", "each said once"),
        ("0", "longer than nothing"), ("0.1 days", "longer than nothing"), ("-4", "no length"),
        ("four years", "no length"), ("6 months and", "no length"), ("years", "no length"),
        ("9999999", "fewer than"), ("4 <b>", "what 4 counts"), ("?", "no length"),
        ("፩", "no length"), ("1 ፩", "what 1 counts"),
    ],
)  # fmt: skip
def test_a_length_without_one_meaning_is_refused(typed: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_months(typed)


@given(st.decimals("0.01", "99999.99", places=2), st.sampled_from(LANGUAGES))
def test_a_length_that_is_shown_is_read_back(months: Decimal, language: str) -> None:
    with translation.override(language):
        assert read_months(as_typed(months)) == months


@given(st.text(max_size=30))
@example("፩")
@example("1 ፩")
@example("1 year ፩ months")
def test_any_text_is_a_length_or_told_why_not(text: str) -> None:
    try:
        months = read_months(text)
    except ValueError:
        return
    assert Decimal(0) < months < 100_000


@pytest.mark.parametrize(
    ("typed", "date"),
    [
        ("12 March 2014", "2014-03-12"), ("March 2014", "2014-03"), ("2014", "2014"),
        ("12.3.2014", "2014-03-12"), ("31/12/2014", "2014-12-31"), ("12/31/2014", "2014-12-31"),
        ("5/5/2014", "2014-05-05"), ("2014-03", "2014-03"), ("2014/3/12", "2014-03-12"),
        ("March 12, 2014", "2014-03-12"), ("12th of March 2014", "2014-03-12"),
        ("1er mars 2014", "2014-03-01"), ("12 de marzo de 2014", "2014-03-12"),
        ("12. März 2014", "2014-03-12"), ("12 марта 2014 г.", "2014-03-12"),
        ("май 2014", "2014-05"), ("2014年3月12日", "2014-03-12"), ("２０１４年３月", "2014-03"),
        ("١٢ مارس ٢٠١٤", "2014-03-12"), ("12 آذار/مارس 2014", "2014-03-12"),
        ("كانون الثاني 2014", "2014-01"), ("03/2014", "2014-03"), ("Sept. 2015", "2015-09"),
        (" 2014-3-1 ", "2014-03-01"), ("août 2014", "2014-08"),
    ],
)  # fmt: skip
def test_dates_as_people_type_them(typed: str, date: str) -> None:
    assert str(read_date(typed)) == date


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("12/03/2014", "Is this 12 March 2014 or 3 December 2014?"), ("1-2-2014", "Is this"),
        ("12-3-14", "four digits"), ("30 February 2014", "no date 2014-02-30"),
        ("12.13.2014", "no date 2014-13-12"), ("Smarch 2014", "is no date"),
        ("ca. 2014", "is no date"), ("2014?", "is no date"), ("12 12 2014", "is no date"),
        ("20140312", "is no date"), ("March", "is no date"), ("12 March 14", "is no date"),
        ("12 آذار/أبريل 2014", "is no date"), ("0999", "from 1000 to 2999"),
        ("1/2-2014", "is no date"), ("፩፩፩፩", "is no date"),
    ],
)  # fmt: skip
def test_a_date_that_is_none_or_two_is_refused(typed: str, message: str) -> None:
    with pytest.raises(ValueError, match=message.replace("?", r"\?")):
        read_date(typed)


@given(
    st.dates(PartialDate(1000).earliest, PartialDate(2999).latest),
    st.integers(1, 3),
    st.sampled_from(LANGUAGES),
)
def test_a_date_that_is_shown_is_read_back(day: Any, parts: int, language: str) -> None:
    date = PartialDate(*(day.year, day.month, day.day)[:parts])
    with translation.override(language):
        assert read_date(date.display()) == read_date(str(date)) == date


def test_no_name_of_a_month_means_two() -> None:
    assert {len(months) for months in month_names().values()} == {1}


@given(st.text(max_size=30))
@example("፩፩፩፩")
@example("፩ March 2014")
def test_any_text_is_a_date_or_told_why_not(text: str) -> None:
    try:
        date = read_date(text)
    except ValueError:
        return
    assert date == PartialDate.parse(str(date))


URL = "https://court.example/a_(b).pdf?c=1"


@pytest.mark.parametrize(
    ("line", "source"),
    [
        (f"The judgment {URL}", PastedSource("The judgment", URL)),
        (f"{URL} The judgment", PastedSource("The judgment", URL)),
        (f"- The judgment: {URL}.", PastedSource("The judgment", URL)),
        (f"The judgment ({URL})", PastedSource("The judgment", URL)),
        (f"The judgment | {URL} | in Greek", PastedSource("The judgment", URL, "in Greek")),
        (f"{URL} | The judgment | in Greek", PastedSource("The judgment", URL, "in Greek")),
        (f"[The judgment]({URL}) in Greek", PastedSource("The judgment", URL, "in Greek")),
        (f"2. The judgment <{URL}>", PastedSource("The judgment", URL)),
        (
            "An article, doi:10.1000/x.1",
            PastedSource("An article", "https://doi.org/10.1000/x.1"),
        ),
    ],
)
def test_pasted_sources(line: str, source: PastedSource) -> None:
    assert read_source(line) == source


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("Only a title", "no address"), (URL, "no title"), ("10.1000/x.1", "no title"),
        ("Title javascript:alert(1)", "no address"), ("Title https://", "no address"),
        ("Title https://nowhere", "is no address"), ("[](https://court.example/)", "no title"),
        ("[" * 40_000, "more than 2,?500 characters"),
        (f"Title {URL} {'x' * 2_500}", "more than 2,?500 characters"),
    ],
)  # fmt: skip
def test_a_line_without_title_or_address_is_refused(line: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_source(line)


def test_names_are_not_guessed() -> None:
    person = read_contributor("Weber, Anna Maria (eds.)")
    assert (person.family, person.given, person.role) == ("Weber", "Anna Maria", "editor")
    assert read_contributor("{Institute, The}").literal == "Institute, The"
    for line in ("Anna Weber", "Weber, Anna, Dr", "{}", ", Anna"):
        with pytest.raises(ValueError, match="Family, Given"):
            read_contributor(line)


@pytest.mark.django_db
class TestBoxes:
    def test_pasted_sources_follow_the_others_once_each(self, admin_client: Client) -> None:
        case = add_case(admin_client, pasted_sources=f"First {URL}\r\n\r\nSecond {URL}2")
        page = open_page(admin_client, Case, case.pk)
        page.add_row("sources", title="By hand")
        page.fill(pasted_sources=f"Again {URL}\r\nThird {URL}3\r\nThird twice {URL}3")
        response = admin_client.post(
            address(Case, "change", case.pk), {**page.data, "_save": "Save"}, follow=True
        )
        rows = case.sources.values_list("position", "title")
        assert list(rows) == [(0, "First"), (1, "Second"), (2, "By hand"), (3, "Third")]
        told = [str(message) for message in response.context["messages"]]
        assert f"The record has this source already: {URL}" in told
        found = Revision.objects.of(case).order_by("number")
        assert [revision.changed for revision in found] == [[], ["sources"]]

    def test_lines_that_cannot_be_read_are_named_and_kept(self, admin_client: Client) -> None:
        page = open_page(admin_client, Case)
        text = f"Good {URL}\r\nonly words\r\n{URL}\r\nx {URL}/{'y' * 1000}"
        page.fill(code=CODE, title="Kept", jurisdiction="FRA", pasted_sources=text)
        response = send(admin_client, Case, page)
        faults = errors(response).pop("pasted_sources")
        assert [fault.partition(":")[0] for fault in faults] == ["Line 2", "Line 3", "Line 4"]
        assert "only words" in response.content.decode()
        page.fill(pasted_sources="\r\n".join(f"Title {n} {URL}{n}" for n in range(51)))
        assert errors(send(admin_client, Case, page)) == {
            "pasted_sources": ["At most 50 lines at once."]
        }
        assert not Case.objects.filter(code=CODE).exists()

    def test_a_work_gets_its_names_from_lines(self, admin_client: Client) -> None:
        page = open_page(admin_client, Work)
        page.fill(code=CODE, title="A work", type="bibliography_types:book")
        page.fill(pasted_contributors="Weber, Anna\r\n{Institute}\r\nAnna Weber")
        faults = errors(send(admin_client, Work, page))["pasted_contributors"]
        assert [fault.partition(":")[0] for fault in faults] == ["Line 3"]
        page.fill(pasted_contributors="Weber, Anna\r\n{Institute}\r\nMeier, Bo (ed.)")
        assert send(admin_client, Work, page).status_code == 302
        found = Contributor.objects.filter(work__code=CODE).order_by("position")
        assert [str(person) for person in found] == ["Anna Weber", "Institute", "Bo Meier"]
        assert [person.role for person in found] == ["author", "author", "editor"]

    def test_a_provision_gets_its_articles_on_the_page_of_its_law(
        self, admin_client: Client
    ) -> None:
        law = Law.objects.get(code="aus-migration-act-1958")
        page = open_page(admin_client, Law, law.pk)
        typed = page.data["provisions-0-article_codes"][0]
        assert typed == ", ".join(line_of(law)["provisions"][0]["protocol_articles"])
        page.fill(**{"provisions-0-article_codes": "Article 6(1)(a), 99.9"})
        (fault,) = errors(send(admin_client, Law, page, law.pk))["provisions"]
        assert "99.9" in fault["article_codes"][0]
        page.fill(**{"provisions-0-article_codes": "c5; 6 (1)(a)"})
        page.add_row("provisions", number="s 999", article_codes="6.1.a")
        response = send(admin_client, Law, page, law.pk)
        assert response.status_code == 302, errors(response)
        provisions = line_of(law)["provisions"]
        assert provisions[0]["protocol_articles"] == ["C5", "6.1.a"]
        assert provisions[-1]["protocol_articles"] == ["6.1.a"]
        save(admin_client, Law, law.pk)
        assert line_of(law)["provisions"] == provisions

    def test_a_form_says_what_it_understood(self, admin_client: Client) -> None:
        case = add_case(admin_client, decision_date="12 de marzo de 2014")
        case.defendants.create(label="D").charges.create(offence="O", imprisonment_months=54)
        content = admin_client.get(address(Case, "change", case.pk)).content.decode()
        assert 'value="2014-03-12"' in content
        assert '<span class="understood">12 March 2014</span>' in content
        assert 'value="4 years 6 months"' in content
        assert '<span class="understood">54 months in all</span>' in content

    @pytest.mark.parametrize("model", [Case, Law, Work])
    def test_sections_follow_the_public_page(self, admin_client: Client, model: Any) -> None:
        shown = reader().get(rich(model).get_absolute_url()).content.decode()
        parts = ["header", *re.findall(r'<section class="part[^"]*" id="([^"]+)"', shown)]
        fields = FIELDS_OF[model]
        assert set(fields) <= set(parts), "the record has all that the form has"
        assert set(parts) - set(fields) <= WITHOUT_FIELDS
        linked = re.findall(r'<li><a href="#([^"]+)">', shown.partition('<nav class="toc"')[2])
        assert [part for part in linked if part in parts] == parts[1:]
        content = admin_client.get(address(model, "add")).content.decode()
        order = [name for part in parts for name in fields.get(part, [])]
        places = [content.index(f'name="{name}"') for name in order]
        assert places == sorted(places)
        sections = re.split(r'id="section-\d+"', content)[1:]
        assert len(sections) == content.count('href="#section-') > 7
        forgotten = [
            section[:200]
            for section in sections
            if not any(f'name="{name}"' in section for name in order)
        ]
        assert forgotten == []


#: Of each part of a public page, by its anchor, the fields in which the form begins a section.
FIELDS_OF: dict[Any, dict[str, list[str]]] = {
    Case: {
        "header": ["code"],
        "keywords": ["offences"],
        "facts": ["facts"],
        "significance": ["significance"],
        "cross-cutting": ["techniques"],
        "procedure": ["legal_system", "proceedings-TOTAL_FORMS"],
        "migrants": ["migrants_count", "country_links-TOTAL_FORMS"],
        "defendants": ["defendants-TOTAL_FORMS"],
        "law": ["laws_applied-TOTAL_FORMS"],
        "documents": ["attachments-TOTAL_FORMS"],
        "sources": ["sources-TOTAL_FORMS", "pasted_sources"],
        "record": ["contributor", "state"],
    },
    Law: {
        "header": ["code"],
        "summary": ["summary"],
        "safeguards": ["humanitarian_exemption"],
        "provisions": ["provisions-TOTAL_FORMS"],
        "relations": ["effects-TOTAL_FORMS"],
        "documents": ["attachments-TOTAL_FORMS"],
        "sources": ["sources-TOTAL_FORMS", "pasted_sources"],
        "record": ["state"],
    },
    Work: {
        "header": ["code", "contributors-TOTAL_FORMS", "pasted_contributors", "issued"],
        "annotation": ["annotation"],
        "keywords": ["topics", "country_links-TOTAL_FORMS"],
        "cases": ["case_links-TOTAL_FORMS"],
        "laws": ["law_links-TOTAL_FORMS"],
        "sources": ["sources-TOTAL_FORMS", "pasted_sources"],
        "record": ["state"],
    },
}
#: Parts that follow from other records or other fields.
WITHOUT_FIELDS = {"cite", "literature", "court", "completeness", "cases", "treaty"}


def rich(model: Any) -> Any:
    """A public record that has something to show in every part of its page."""
    record = model.objects.public().order_by("code").first()
    if model is Work:
        record.case_links.get_or_create(case=Case.objects.public().earliest("code"))
        record.law_links.get_or_create(law=Law.objects.public().earliest("code"))
    else:
        kept = {"title": "A", "kind": "pdf", "size": 1, "sha256": "0" * 64, "is_public": True}
        record.attachments.create(**kept)
    if model is Case:
        texts = dict.fromkeys(("facts", "significance", "gender_considerations"), "Something.")
        Case.objects.filter(pk=record.pk).update(migrants_count=3, language="en", **texts)
        record.defendants.create(label="Defendant 9")
        record.laws_applied.create(law_text="Whaling Act")
    if model is Law:
        Law.objects.filter(pk=record.pk).update(summary="Something.", humanitarian_exemption=True)
        other = Law.objects.public().exclude(pk=record.pk).earliest("code")
        record.effects.create(other=other, kind="amends")
    return record


class Offered(HTMLParser):
    """What a form lets one choose: of each field with choices, their values."""

    def __init__(self, content: str) -> None:
        super().__init__()
        self.choices: dict[str, set[str]] = {}
        self._select = ""
        self.feed(content)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "select":
            # What is found by typing is asked for at its own address.
            is_typed = "admin-autocomplete" in given.get("class", "")
            self._select = "" if is_typed else given.get("name", "")
        elif tag == "option" and self._select:
            self.choices.setdefault(self._select, set()).add(given.get("value", ""))
        elif tag == "input" and given.get("type") == "checkbox":
            self.choices.setdefault(given["name"], set()).add(given.get("value", "on"))


def months_as_said(months: float | None) -> str | None:
    return None if months is None else as_typed(Decimal(str(months)))


def date_as_said(date: str | None) -> str | None:
    return None if date is None else PartialDate.parse(date).display()


def yes_or_no(value: bool | None) -> str:
    return {None: "unknown", True: "true", False: "false"}[value]


def key(vocabulary: str, code: str | None) -> str | None:
    return code and f"{vocabulary}:{code}"


def typed(values: dict[str, Any]) -> dict[str, Any]:
    """What is there to be typed."""
    return {name: value for name, value in values.items() if value is not None}


def enter(page: Page, line: dict[str, Any]) -> None:
    """Type a line of the collection into the form of a case, as a curator would."""
    migrants, fee = line.get("migrants", {}), line.get("fee", {})
    same = ("title", "title_original", "language", "jurisdiction", "court", "docket", "facts",
            "significance", "gender_considerations", "contributor", "proceeding_type",
            "review_note")  # fmt: skip
    page.fill(
        code=CODE,
        state="published",
        includes_children=yes_or_no(migrants.get("includes_children")),
        includes_women=yes_or_no(migrants.get("includes_women")),
        **typed({name: line.get(name) for name in same}),
        **{name: [f"{name}:{code}" for code in line.get(name, [])] for name in CASE_VOCABULARIES},
        **typed(
            {
                "court_level": key("court_level", line.get("court_level")),
                "legal_system": key("legal_system", line.get("legal_system")),
                "benefit": key("benefit", line.get("benefit")),
                "decision_date": date_as_said(line.get("decision_date")),
                "citations": "\r\n".join(line.get("citations", [])),
                "migrants_count": migrants.get("count"),
                "migrants_deaths": migrants.get("deaths"),
                "fee_amount": fee.get("amount"),
                "fee_currency": fee.get("currency"),
                "fee_per": key("fee_per", fee.get("per")),
            }
        ),
    )
    for step in line.get("proceedings", []):
        values = {**step, "stage": key("proceedings_stages", step["stage"])}
        page.add_row("proceedings", **typed({**values, "date": date_as_said(step.get("date"))}))
    places = {name: line.get("route", {}).get(name, []) for name in PLACES}
    for relation, codes in {
        **places,
        "migrant_nationality": migrants.get("nationalities", []),
    }.items():
        for code in codes:
            page.add_row("country_links", relation=relation, jurisdiction=code)
    for person in line.get("defendants", []):
        enter_defendant(page, person)
    for applied in line.get("laws_applied", []):
        law = Law.objects.get(code=applied["law_id"]).pk if "law_id" in applied else None
        values = {"law_text": applied["law"], "provision_text": applied.get("provision")}
        page.add_row("laws_applied", **typed({**values, "law": law}))
    page.fill(
        pasted_sources="\r\n".join(
            " | ".join(
                [source["title"], source["url"], *([source["note"]] if "note" in source else [])]
            )
            for source in line["sources"]
        )
    )


def enter_defendant(page: Page, person: dict[str, Any]) -> None:
    values = {name: person.get(name) for name in ("label", "count", "nationality", "age")}
    values |= {"role": key("roles", person.get("role"))}
    values |= {"gender": key("genders", person.get("gender"))}
    row = page.add_row("defendants", **typed(values))
    for number, charge in enumerate(person.get("charges", [])):
        rows = f"defendants-{row}-charges"
        # The first row is there already, as the form offers one.
        place = page.add_row(rows) if number else 0
        fine = charge.get("fine", {})
        values = {name: charge.get(name) for name in ("offence", "statute", "other")}
        values |= {
            "plea": key("pleas", charge.get("plea")),
            "verdict": key("verdicts", charge.get("verdict")),
            "imprisonment_months": months_as_said(charge.get("imprisonment_months")),
            "suspended": yes_or_no(charge.get("suspended")),
            "fine_amount": fine.get("amount"),
            "fine_currency": fine.get("currency"),
        }
        page.fill(**{f"{rows}-{place}-{name}": value for name, value in typed(values).items()})


@pytest.mark.django_db
@pytest.mark.parametrize(
    "code",
    [
        "bra-2014-uruguaiana-operacao-esquife",
        "chl-nd-cuarto-tribunal-santiago-haitian-children",
        "gbr-2021-old-bailey-39-vietnamese",
    ],
)
def test_a_real_case_can_be_entered_from_nothing(admin_client: Client, code: str) -> None:
    """Nothing that the collection says of a case is impossible to enter."""
    (line,) = [line for line in read_lines("cases.jsonl") if line["id"] == code]
    response = admin_client.get(address(Case, "add"))
    page = Page("case_form")
    page.feed(response.content.decode())
    offered = Offered(response.content.decode()).choices
    enter(page, line)
    for name, values in page.data.items():
        numbered = [part if not part.isdecimal() else "__prefix__" for part in name.split("-")]
        for choices in (offered.get(name), offered.get("-".join(numbered))):
            assert choices is None or set(values) <= choices, name
    response = send(admin_client, Case, page)
    if response.status_code == 200:
        # It looks like the case of the collection: it is another one, as the box says.
        (seen,) = Offered(response.content.decode()).choices["another_one"]
        page.fill(another_one=seen)
        response = send(admin_client, Case, page)
    assert response.status_code == 302, errors(response)
    entered = line_of(Case.objects.get(code=CODE))
    assert entered == {**canonical(line), "id": CODE}
    (revision,) = Revision.objects.of(Case.objects.get(code=CODE))
    assert revision.line == entered
