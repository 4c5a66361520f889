"""The template tags: labels, numbers and times in words, and addresses of searches."""

from decimal import Decimal
from types import SimpleNamespace

import pytest
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import translation

from portal.records.dates import PartialDate
from portal.templatetags import portal_tags as tags


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (Decimal(1), "1 month"),
        (Decimal("2.00"), "2 months"),
        (Decimal(12), "1 year"),
        (Decimal(54), "4 years 6 months"),
        (Decimal(25), "2 years 1 month"),
        (Decimal("13.80"), "1 year 1.8 months"),
        (Decimal("0.50"), "0.5 months"),
        (Decimal("25.5"), "2 years 1.5 months"),
        (12000, "1,000 years"),
    ],
)
def test_months_are_said_in_years_and_months(value, text):
    assert tags.months(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (Decimal(10), "10 years"),
        (Decimal("1.00"), "1 year"),
        (Decimal("0.5"), "6 months"),
        (Decimal("0.25"), "3 months"),
        (Decimal("0.33"), "4 months"),
        (Decimal("7.5"), "7 years 6 months"),
    ],
)
def test_years_are_said_in_years_and_months(value, text):
    assert tags.years(value) == text


@pytest.mark.parametrize(
    ("language", "text"),
    [("en", "1,234,567"), ("es", "1.234.567"), ("zh-hans", "1,234,567"), ("ar", "1,234,567")],
)
def test_numbers_have_the_separators_of_the_language(language, text):
    with translation.override(language):
        assert tags.number(1234567) == text


def test_numbers_have_decimals_only_where_there_are_any():
    assert tags.number(Decimal("84000.00")) == "84,000"
    assert tags.number(Decimal("0.50")) == "0.5"
    assert tags.number("7") == "7"
    assert tags.number(None) == ""
    assert tags.number("") == ""


def test_money_keeps_the_currency_of_the_source_on_its_line():
    assert tags.money(Decimal("84000.00"), "EUR") == "84,000\N{NO-BREAK SPACE}EUR"
    assert tags.money(Decimal("99.95"), "USD") == "99.95\N{NO-BREAK SPACE}USD"
    assert tags.money(None, "") == ""


def test_partial_dates_are_no_more_precise_than_known():
    assert tags.partial_date(PartialDate(2015)) == "2015"
    assert "2015" in tags.partial_date(PartialDate(2015, 6))
    assert tags.partial_date(None) == ""


@pytest.mark.parametrize(
    ("code", "direction"),
    [("ar", "rtl"), ("fa", "rtl"), ("ckb", "rtl"), ("en", "ltr"), ("", "ltr")],
)
def test_direction_of_a_language(code, direction):
    assert tags.language_dir(code) == direction


def test_names_of_languages_follow_the_interface():
    with translation.override("fr"):
        assert tags.language_name("it") == "italien"
    with translation.override("en"):
        assert tags.language_name("it") == "Italian"
        assert tags.language_name("qqq") == "qqq"
        assert tags.language_name(None) == ""


def test_yes_or_no_says_nothing_of_what_is_not_known():
    assert [tags.yes_or_no(value) for value in (True, False, None)] == ["Yes", "No", ""]


def test_code_of_a_term():
    assert tags.term_code("modes:sea") == "sea"
    assert tags.term_code("bibliography_types:article-journal") == "article-journal"
    assert tags.term_code(None) == ""


def test_permanent_url_is_absolute_where_a_request_is_at_hand():
    record = SimpleNamespace(permanent_path="/id/ita-2015-x")
    template = Template("{% load portal_tags %}{% permanent_url record %}")
    request = RequestFactory().get("/en/", headers={"host": "localhost"})
    assert template.render(Context({"record": record})) == "/id/ita-2015-x"
    shown = template.render(Context({"record": record, "request": request}))
    assert shown == "http://localhost/id/ita-2015-x"


@pytest.mark.django_db
class TestWithReferenceData:
    def test_terms_have_labels_and_definitions(self):
        with translation.override("en"):
            assert tags.term("modes:sea") == "Sea"
        with translation.override("fr"):
            assert tags.term("modes:sea") == "Mer"
        assert "boat or ship" in tags.term_definition("modes:sea")
        assert (tags.term("modes:submarine"), tags.term(None)) == ("", "")
        assert (tags.term_definition("modes:submarine"), tags.term_definition(None)) == ("", "")

    def test_jurisdictions_have_names(self):
        with translation.override("es"):
            assert tags.jurisdiction("ITA") == "Italia"
        assert tags.jurisdiction("QQQ") == "QQQ"
        assert tags.jurisdiction(None) == ""

    def test_articles_are_found_by_code(self):
        found = tags.article("6.1.b.ii")
        assert found is not None
        assert found.citation == "6(1)(b)(ii)"
        with translation.override("en"):
            assert tags.localized(found.labels).startswith("Procuring")
        assert tags.article("99") is None
        assert tags.article(None) is None

    def test_search_addresses_carry_codes_and_leave_out_what_is_empty(self):
        with translation.override("en"):
            path = tags.search_url("cases")
            address = tags.search_url(
                "cases", mode="modes:sea", law="ita-tui-286-1998", q="", role=None
            )
        assert path.endswith("/cases/")
        assert address == f"{path}?mode=sea&law=ita-tui-286-1998"

    def test_search_addresses_repeat_a_parameter_and_keep_the_colon_of_a_provision(self):
        address = tags.search_link("cases", "provision", ["a-law:s-1", "a-law:s-2"])
        assert address.endswith("?provision=a-law%3As-1&provision=a-law%3As-2")

    def test_templates_use_them_by_name(self):
        template = Template(
            "{% load portal_tags %}{{ key|term }} {{ key|term_code }} {{ 'FRA'|jurisdiction }}"
            " {% money 5 'EUR' %} {% search_url 'legislation' article='6.1.a' %}"
        )
        with translation.override("en"):
            text = template.render(Context({"key": "modes:air"}))
        assert text.startswith("Air air France 5\N{NO-BREAK SPACE}EUR ")
        assert text.endswith("/legislation/?article=6.1.a")
