"""Lists and labels with the marks of the reader's language, and the marks that curators type."""

from __future__ import annotations

import html

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import translation

from bibliography.pasted import read_contributor
from portal.limits.models import ApiToken
from portal.records.durations import read_months
from portal.reference.article_codes import read_codes
from portal.reference.models import ThesaurusEntry
from portal.reference.pasted import PastedSource, read_source
from portal.reference.punctuation import clauses, labelled, listed, together
from portal.reference.words import WordsFormField
from tests.admin_forms import address
from tests.conftest import reader

URL = "https://court.example/a"
NO_BREAK, NARROW = "\N{NO-BREAK SPACE}", "\N{NARROW NO-BREAK SPACE}"


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("en", ("a, b, c", "a; b; c", "a, b and c", "a and b", "a: b")),
        ("ar", ("a، b، c", "a؛ b؛ c", "a وb وc", "a وb", "a: b")),
        ("es", ("a, b, c", "a; b; c", "a, b y c", "a y b", "a: b")),
        ("fr", ("a, b, c", f"a{NARROW}; b{NARROW}; c", "a, b et c", "a et b", f"a{NO_BREAK}: b")),
        ("ru", ("a, b, c", "a; b; c", "a, b и c", "a и b", "a: b")),
        ("zh-hans", ("a、b、c", "a；b；c", "a、b和c", "a和b", "a：b")),
    ],
)
def test_lists_and_labels_by_language(code: str, told: tuple[str, ...]) -> None:
    three = ["a", "b", "c"]
    with translation.override(code):
        found = (listed(three), clauses(three), together(three), together(three[:2]))
        assert (*found, labelled("a", "b")) == told
        assert (listed([]), clauses([]), together([]), together(["a"])) == ("", "", "", "a")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("prefix", "heading"),
    [
        ("en", "Comparison of laws: Australia, Canada"),
        ("fr", f"Comparaison de textes de loi{NO_BREAK}: Australie, Canada"),
        ("ar", "مقارنة القوانين: أستراليا، كندا"),
        ("zh", "法律比较：澳大利亚、加拿大"),
    ],
)
def test_a_page_uses_them(prefix: str, heading: str) -> None:
    path = f"/{prefix}/protocol/compare/?jurisdiction=AUS,CAN"
    page = html.unescape(reader().get(path).content.decode())
    assert f"<title>{heading}" in page


@pytest.mark.django_db
@pytest.mark.parametrize(
    "text",
    [
        "6.1.a, 16",
        "6(1)(a) and 16",
        "6.1.a؛ 16",
        "المواد 6(1)(a)، و16",
        "6.1.a و 16",
        "6（1）（a）、16",
        "6.1.a；16",
        "6.1.a和16",
        "статьи 6.1.a и 16",
        "artículos 6.1.a y 16",
    ],
)
def test_codes_as_they_are_typed_in_six_languages(text: str) -> None:
    assert read_codes(text) == ["6.1.a", "16"]


@pytest.mark.django_db
@pytest.mark.parametrize("text", ["6.1.a、x", "و", "6.1.a وx", "الفقرة 6.1.a"])
def test_what_is_no_code_is_still_refused(text: str) -> None:
    if text == "و":
        assert read_codes(text) == []
        return
    with pytest.raises(ValueError, match="is no article"):
        read_codes(text)


@pytest.mark.parametrize(
    "line", ["ar: a, b", "ar: a، b", "ar: a؛ b", "zh：a、b", "zh:a，b", "zh: a；b；", "en: a; b"]
)
def test_words_as_they_are_typed(line: str) -> None:
    assert list(WordsFormField().to_python(line).values()) == [["a", "b"]]


@pytest.mark.django_db
def test_words_with_commas_of_their_own_come_back_as_they_were() -> None:
    """As a phrase of the thesaurus has: a form that was opened and saved must not cut it."""
    field = WordsFormField()
    kept = [{"ru": ["лица, ищущие убежище"]}, {"es": ["niñas, niños y adolescentes", "menores"]}]
    kept += [entry.words for entry in ThesaurusEntry.objects.exclude(words={})]
    assert len(kept) > 10
    assert any("," in word for found in kept[2:] for words in found.values() for word in words)
    for words in kept:
        shown = field.prepare_value(words)
        assert field.to_python(shown) == words
        assert not field.has_changed(words, shown)
    with pytest.raises(ValidationError):
        field.to_python("; a")


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("Вебер, Анна (ред.)", ("Вебер", "Анна", "editor")),
        ("الأحمد، سارة (محرر)", ("الأحمد", "سارة", "editor")),
        ("王，小明（编）", ("王", "小明", "editor")),
        ("王、小明（主编）", ("王", "小明", "editor")),
        ("王，小明", ("王", "小明", "author")),
    ],
)
def test_names_as_they_are_typed(line: str, told: tuple[str, str, str]) -> None:
    person = read_contributor(line)
    assert (person.family, person.given, person.role) == told


@pytest.mark.parametrize("line", ["王，小，明", "الأحمد، سارة، د", "王小明"])
def test_names_are_not_guessed_in_other_scripts_either(line: str) -> None:
    with pytest.raises(ValueError, match="Family, Given"):
        read_contributor(line)


@pytest.mark.parametrize(
    ("line", "source"),
    [
        (f"判决书，{URL}", PastedSource("判决书", URL)),
        (f"{URL}，判决书", PastedSource("判决书", URL)),
        (f"判决书 ｜ {URL} ｜ 希腊文", PastedSource("判决书", URL, "希腊文")),
        (f"الحكم، {URL}", PastedSource("الحكم", URL)),
        (f"{URL}، الحكم", PastedSource("الحكم", URL)),
        ("论文；10.1000/x.1。", PastedSource("论文", "https://doi.org/10.1000/x.1")),
    ],
)
def test_sources_as_they_are_typed(line: str, source: PastedSource) -> None:
    assert read_source(line) == source


@pytest.mark.parametrize("text", ["4年、6个月", "4年6个月", "4 سنوات، 6 أشهر"])
def test_lengths_as_they_are_typed(text: str) -> None:
    assert read_months(text) == 54


@pytest.mark.django_db
@pytest.mark.parametrize(("code", "heading"), [("en", "Validity"), ("ru", "Действительность")])
def test_a_filter_of_the_admin_stands_under_its_name(
    admin_client: Client, code: str, heading: str
) -> None:
    """Not behind a preposition, after which most languages would decline it."""
    path = address(ApiToken, "changelist")
    page = admin_client.get(path, headers={"accept-language": code}).content.decode()
    assert f"<summary>{heading}</summary>" in page
