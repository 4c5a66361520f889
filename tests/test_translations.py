"""The interface in six languages: every text translated, nothing lost on the way."""

from __future__ import annotations

import ast
import html
import re
import shutil
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, ClassVar

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po
from django.conf import settings
from django.core.management import call_command
from django.utils import translation
from django.utils.html import strip_tags

from caselaw.persons import LIFE_WORDS
from portal.records.database import databases
from portal.reference.labels import LANGUAGE_NAMES
from portal.search.ordering import in_order
from tests.conftest import reader

LOCALE = Path(settings.BASE_DIR) / "locale"
LANGUAGES = ["ar", "es", "fr", "ru", "zh_Hans"]
#: How many forms of a number each has (CLDR, for whole numbers).
FORMS = {"ar": 6, "es": 2, "fr": 2, "ru": 3, "zh_Hans": 1}
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd%]|\{\w*\}")
TAG = re.compile(r"</?[a-zA-Z][^>]*>")
#: Letters of the script that a language is written in, where it is not Latin.
SCRIPTS = {"ar": "\u0600-\u06ff", "ru": "\u0400-\u04ff", "zh_Hans": "\u4e00-\u9fff"}


def catalog(language: str) -> Catalog:
    with (LOCALE / language / "LC_MESSAGES" / "django.po").open("rb") as stream:
        return read_po(stream, locale=language, abort_invalid=True)


def messages(language: str) -> list[Message]:
    return [message for message in catalog(language) if message.id]


def pairs(message: Message) -> list[tuple[str, str]]:
    """Each form of a translation with the text that it stands for."""
    if isinstance(message.id, tuple):
        return [(message.id[1], form) for form in message.string]
    return [(message.id, message.string)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_translated(language: str) -> None:
    found = messages(language)
    assert len(found) > 1000
    assert not [m.id for m in found if m.fuzzy]
    assert not [m.id for m in found if not all(form.strip() for _text, form in pairs(m))]
    counted = [m for m in found if isinstance(m.id, tuple)]
    assert counted
    assert not [m.id for m in counted if len(m.string) != FORMS[language]]


@pytest.mark.parametrize("language", LANGUAGES)
def test_placeholders_and_marks_are_those_of_the_text(language: str) -> None:
    wrong = []
    for message in messages(language):
        is_counted = isinstance(message.id, tuple)
        for text, form in pairs(message):
            wanted, found = (Counter(PLACEHOLDER.findall(one)) for one in (text, form))
            lost = {name for name in wanted - found if not (is_counted and "(" in name)}
            if lost or found - wanted or Counter(TAG.findall(text)) != Counter(TAG.findall(form)):
                wrong.append((text, form))
            ends = [(one[:1].isspace(), one[-1:].isspace()) for one in (text, form)]
            # A full-width comma has its space within; marks alone have those of their language.
            if text.strip(",; ") and ends[0] != ends[1] and form[-1:] not in "，；：":
                wrong.append((text, form))
    assert not wrong


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_languages_hold_the_same_messages(language: str) -> None:
    ids = [(message.context, message.id) for message in messages(language)]
    assert len(ids) == len(set(ids))
    assert set(ids) == {(message.context, message.id) for message in messages("fr")}


@pytest.mark.skipif(not shutil.which("xgettext"), reason="GNU gettext is not installed here")
def test_the_files_hold_the_texts_of_code_and_templates(tmp_path: Path) -> None:
    """`script/messages` would change nothing."""
    for name in ("portal", "caselaw", "legislation", "bibliography", "templates"):
        shutil.copytree(Path(settings.BASE_DIR) / name, tmp_path / name)
    (tmp_path / "locale").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path)
        patch.setattr(settings, "LOCALE_PATHS", [tmp_path / "locale"])
        call_command("makemessages", locale=["fr"], ignore_patterns=["migrations"], verbosity=0)
    with (tmp_path / "locale" / "fr" / "LC_MESSAGES" / "django.po").open("rb") as stream:
        now = {
            (message.context, message.id) for message in read_po(stream, locale="fr") if message.id
        }
    kept = {(message.context, message.id) for message in messages("fr")}
    assert now - kept == set(), "new texts: run script/messages and translate them"
    assert kept - now == set(), "texts that are gone: run script/messages"


def test_every_text_of_the_code_is_in_the_files() -> None:
    """xgettext passes over what stands inside of an f-string."""
    kept = {id for m in messages("fr") for id in (m.id if isinstance(m.id, tuple) else (m.id,))}
    # How many arguments stand before the text.
    places = {"_": 0, "gettext": 0, "gettext_lazy": 0, "ngettext": 0, "pgettext": 1, "npgettext": 1}
    missing = []
    for name in ("portal", "caselaw", "legislation", "bibliography"):
        for path in (Path(settings.BASE_DIR) / name).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                called = (
                    node.func.id
                    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
                    else ""
                )
                if called in places:
                    text = node.args[places[called]]
                    if isinstance(text, ast.Constant) and text.value not in kept:
                        missing.append(f"{path}:{node.lineno}: {text.value}")
    assert not missing


@pytest.mark.parametrize("language", SCRIPTS)
def test_a_translation_is_written_in_the_script_of_its_language(language: str) -> None:
    """Nothing stays English by accident: only names, codes and marks have no letter of it."""
    letters = re.compile(f"[{SCRIPTS[language]}]")
    latin = {form for m in messages(language) for _t, form in pairs(m) if not letters.search(form)}
    plain = {TAG.sub("", PLACEHOLDER.sub("", form)).strip() for form in latin}
    words = {form for form in plain if re.search("[a-z]{3}", form)}
    assert words <= NAMES | {name.lower() for name in NAMES}


#: What curators type in English, whichever language they read: the texts of records are in it, and
#: life imprisonment is counted by these words (`caselaw.persons.LIFE_WORDS`).
TYPED_IN_ENGLISH = (
    *(LIFE_WORDS, "Defendant 1", "the defendant"),
    *("people smuggling", "membership of a criminal group"),
)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_to_be_typed_in_english_is_quoted_in_english(language: str) -> None:
    said = set()
    for message in messages(language):
        for text, form in pairs(message):
            quoted = {words for words in TYPED_IN_ENGLISH if f"“{words}”" in text}
            assert not [words for words in quoted if words not in form], text
            said |= quoted
    assert said == set(TYPED_IN_ENGLISH)


#: What is called the same in every language.
NAMES = {
    *("API", "CSV", "JSON", "XLSX", "RIS", "BibTeX", "JSON Lines", "CSL-JSON", "JSON-LD"),
    *("Word (DOCX)", "Word（DOCX）"),
}

#: A page of every kind, behind the language.
PAGES = [
    "",
    "search/?q=boat",
    "cases/?q=boat&mode=sea&modus=x",
    "cases/?q=zzzzqq",
    "cases/facets/region/",
    "cases/gbr-2021-old-bailey-39-vietnamese/",
    "cases/aus-2012-r-v-ahmad/cite/",
    "legislation/?article=6.1.a",
    "legislation/aus-migration-act-1958/",
    "bibliography/?topic=gender",
    "bibliography/ab-wahab-2013-smuggling-migrants-its-implications/",
    "protocol/",
    "protocol/6.1.a/",
    "protocol/compare/?jurisdiction=AUS,CAN&article=6.1.a",
    "countries/",
    "countries/ITA/",
    "insights/",
    "insights/modes/",
    "insights/women-as-offenders/",
    "insights/sentences/",
    "insights/comparable-sentences/?mode=sea",
    "insights/fees/",
    "insights/coverage/",
    "insights/table/?database=cases&rows=gender&columns=verdict",
    "data/",
    "api/",
    "about/",
]
PREFIXES = {"ar": "ar", "es": "es", "fr": "fr", "ru": "ru", "zh": "zh_Hans"}


class Visible(HTMLParser):
    """The texts of a page that are in the page's own language, and those of labels of things."""

    VOID: ClassVar = {"meta", "link", "img", "input", "br", "hr", "wbr", "source", "col"}
    SILENT: ClassVar = {"script", "style", "code", "pre", "bdi"}

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.texts: list[str] = []
        self.root: dict[str, str | None] = {}
        self._open: list[tuple[str, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "html":
            self.root = given
        foreign = tag != "html" and given.get("lang") not in (None, self.root.get("lang"))
        if tag not in self.VOID:
            self._open.append((tag, foreign or tag in self.SILENT))
        if not any(silent for _tag, silent in self._open):
            labels = (given.get(name) for name in ("aria-label", "title", "placeholder", "alt"))
            self.texts += [label for label in labels if label]

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if data.strip() and not any(silent for _tag, silent in self._open):
            self.texts.append(" ".join(data.split()))


def visible(address: str) -> Visible:
    response = reader().get(address)
    assert response.status_code == 200, address
    page = Visible()
    page.feed(response.content.decode())
    return page


@pytest.mark.django_db
@pytest.mark.parametrize("prefix", PREFIXES)
def test_no_english_text_of_ours_is_left_on_a_page(prefix: str) -> None:
    """What is in another language is said to be."""
    english = {
        message.id
        for message in messages("fr")
        if isinstance(message.id, str) and message.id.count(" ") >= 2 and "%" not in message.id
    }
    plain = {" ".join(strip_tags(text).split()) for text in english}
    # A fault is told in one text with its remedy.
    begun = tuple(text for text in plain | {"Unknown parameter."} if text.endswith("."))
    left = {}
    for path in PAGES:
        page = visible(f"/{prefix}/{path}")
        assert page.root["lang"] == prefix
        assert page.root["dir"] == ("rtl" if prefix == "ar" else "ltr")
        found = [text for text in page.texts if text in plain or text.startswith(begun)]
        if found:
            left[path] = found
    assert not left


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["cases/?q=boat&mode=sea&page=2", "countries/ITA/", "about/"])
def test_a_switch_of_language_keeps_the_page_its_words_and_filters(path: str) -> None:
    page = reader().get(f"/fr/{path}").content.decode()
    shown = html.unescape(page)
    for code in LANGUAGE_NAMES:
        assert f'href="/{code}/{path}" hreflang="{code}"' in shown
        assert (
            f'<link rel="alternate" hreflang="{code}" href="http://testserver/{code}/{path}">'
            in shown
        )
    assert f'<link rel="canonical" href="http://testserver/fr/{path}">' in shown
    assert f'hreflang="x-default" href="http://testserver/en/{path}"' in shown


@pytest.mark.django_db
def test_messages_of_the_api_come_in_the_language_that_is_asked_for() -> None:
    def refused(language: str) -> str:
        headers = {"accept-language": language}
        response = reader().get("/api/v1/cases/?mode=boat", headers=headers)
        assert response.headers["Content-Language"].startswith(language[:2])
        return str(response.json()["errors"][0]["message"])

    told = {language: refused(language) for language in ("en", "fr", "es", "ru", "ar", "zh-hans")}
    assert len(set(told.values())) == 6
    assert (
        reader()
        .get("/api/v1/cases/", headers={"accept-language": "xx"})
        .headers["Content-Language"]
        == "en"
    )


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("es", ["nube", "nz", "ñandú", "oso"]),
        ("fr", ["Égypte", "Émirats", "Érythrée", "Espagne"]),
        ("ru", ["Египет", "Ёмкость", "Зимбабве", "Йемен", "Ямайка"]),
        ("zh-hans", ["阿根廷", "埃及", "德国", "俄罗斯", "法国", "美国", "中国"]),
    ],
)
def test_lists_are_in_the_order_of_the_language(code: str, words: list[str]) -> None:
    with translation.override(code):
        assert sorted([*words[1:], words[0]], key=in_order) == words


@pytest.mark.django_db
@pytest.mark.parametrize("code", ["ar", "es", "fr", "ru", "zh-hans"])
def test_the_admin_speaks_the_language_too(code: str, admin_client: Any) -> None:
    """Its own texts and Django's."""
    page = admin_client.get("/admin/", headers={"accept-language": code}).content.decode()
    with translation.override(code):
        for database in databases():
            assert str(database.model._meta.verbose_name_plural).lower() in page.lower()
        assert translation.gettext("Log out") in html.unescape(page)
