"""The pages as readers meet them: every record, every language, every broken address."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client

from caselaw.models import Case
from legislation.models import Law
from portal.records.models import Redirect, State
from portal.search import index
from tests.conftest import SOME_AND_ALL, reader

pytestmark = pytest.mark.django_db

LANGUAGES = ("ar", "zh", "en", "fr", "ru", "es")


def page(path: str, status: int = 200, **headers: str) -> str:
    response = reader().get(path, headers=headers)
    assert response.status_code == status, path
    return response.content.decode()


@pytest.mark.parametrize("step", SOME_AND_ALL)
@pytest.mark.parametrize("slug", ["cases", "legislation", "bibliography"])
def test_every_published_record_has_a_page(
    slug: str, step: int, lines: dict[str, list[Any]]
) -> None:
    for line in lines[slug][::step]:
        page(f"/en/{slug}/{line['id']}/")


def test_every_record_held_back_is_hidden(held_back: list[tuple[str, str]]) -> None:
    assert held_back
    api = {"cases": "cases", "legislation": "laws", "bibliography": "works"}
    for slug, code in held_back:
        page(f"/en/{slug}/{code}/", 404)
        page(f"/id/{code}", 404)
        page(f"/api/v1/{api[slug]}/{code}/", 404)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "path",
    [
        "",
        "search/?q=boat",
        "about/",
        "cases/",
        "cases/?q=boat&mode=sea&decided_from=2015",
        "legislation/?article=5",
        "bibliography/?topic=gender",
        "cases/aus-2012-r-v-ahmad/",
        "legislation/aus-migration-act-1958/",
        "bibliography/ab-wahab-2013-smuggling-migrants-its-implications/",
    ],
)
def test_every_page_answers_in_every_language(language: str, path: str) -> None:
    text = page(f"/{language}/{path}")
    direction = "rtl" if language == "ar" else "ltr"
    opening = re.search(r"<html[^>]*>", text)
    assert opening
    assert f'dir="{direction}"' in opening[0]
    assert re.search(rf'lang="{language}(-[Hh]ans)?"', opening[0])


def test_labels_follow_the_language() -> None:
    assert "海路" in page("/zh/cases/aus-2012-r-v-ahmad/")
    assert "Australie" in page("/fr/cases/aus-2012-r-v-ahmad/")
    assert "أستراليا" in page("/ar/cases/aus-2012-r-v-ahmad/")


@pytest.mark.parametrize(
    ("accepted", "expected"),
    [("fr-CA,fr;q=0.9", "/fr/"), ("zh-CN", "/zh/"), ("de", "/en/"), ("ar,en;q=0.5", "/ar/")],
)
def test_the_root_negotiates_the_language(accepted: str, expected: str) -> None:
    response = reader().get("/", headers={"accept-language": accepted})
    assert response.status_code == 302
    assert response.headers["Location"] == expected
    assert "Accept-Language" in response.headers["Vary"]


def test_an_unknown_parameter_is_a_notice_with_the_known_names() -> None:
    text = page("/en/cases/?modus=sea&mode=boat&decided_from=soon")
    assert "modus" in text
    assert "boat" in text
    for known in ("jurisdiction", "land", "YYYY"):
        assert known in text
    assert "570" in text or "cases" in text, "the rest of the page is there"


class Links(HTMLParser):
    def __init__(self, markup: str) -> None:
        super().__init__()
        self.hrefs: list[str] = []
        self.scripts = 0
        self.feed(markup)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "a" and given.get("href"):
            self.hrefs.append(given["href"] or "")
        assert "style" not in given, "no inline style: the Content-Security-Policy forbids it"
        assert not any(name.startswith("on") for name in given)
        # A data block is no script (HTML, 4.12.1): the policy does not govern it.
        if tag == "script" and given.get("type") != "application/ld+json":
            assert given.get("src"), "no inline script"


@pytest.mark.parametrize(
    "path",
    [
        "/en/",
        "/en/about/",
        "/en/search/?q=boat",
        "/en/cases/?q=boat&mode=sea&page=2",
        "/en/cases/?q=zzzz",
        "/en/legislation/?jurisdiction=ESP",
        "/en/bibliography/",
        "/ar/cases/aus-2012-r-v-ahmad/",
        "/en/legislation/aus-migration-act-1958/",
        "/en/bibliography/ab-wahab-2013-smuggling-migrants-its-implications/",
    ],
)
def test_every_link_of_a_page_leads_somewhere(path: str) -> None:
    shapes: dict[str, str] = {}
    for href in Links(page(path)).hrefs:
        # Of links that differ in a value alone, as of the terms of a list, the first will do.
        shapes.setdefault(re.sub(r"=[^&]*", "=", href.partition("#")[0]), href)
    for href in shapes.values():
        address = href.partition("#")[0]
        if not address.startswith("/") and not address.startswith("?"):
            continue
        target = path.partition("?")[0] + address if address.startswith("?") else address
        response = reader().get(target)
        assert response.status_code in (200, 302, 303), (path, href, response.status_code)


def test_the_whole_state_is_in_the_address() -> None:
    question = "q=boat&mode=sea&mode=land&decided_from=2010&has_fee=true&sort=oldest"
    text = page(f"/en/cases/?{question}&page_size=5")
    chips = [href for href in Links(text).hrefs if "q=boat" in href]
    assert any("mode=land" in href and "mode=sea" not in href for href in chips)
    assert any("decided_from" not in href and "mode=sea" in href for href in chips)
    assert any(
        "page=2" in href and "has_fee=true" in href and "sort=oldest" in href for href in chips
    )


def test_hostile_words_are_shown_as_words() -> None:
    text = page("/en/cases/?q=%3Cscript%3Ealert(1)%3C/script%3E")
    assert "<script>alert" not in text
    assert "&lt;script&gt;" in text


def test_words_that_say_nothing_are_explained() -> None:
    assert "stand in every text" in page("/en/cases/?q=the")


def test_a_record_page_leaves_out_what_it_does_not_know(lines: dict[str, list[Any]]) -> None:
    bare = next(line for line in lines["cases"] if "fee" not in line and "proceedings" not in line)
    text = page(f"/en/cases/{bare['id']}/")
    assert "None" not in re.sub(r"<[^>]*>", " ", text)
    assert ">Fee<" not in text


def test_no_page_shows_a_raw_value(lines: dict[str, list[Any]]) -> None:
    """No Python value, no bare code of a term, no unformatted date."""
    for line in lines["cases"][::11]:
        # What the head tells machines is not shown.
        shown = page(f"/en/cases/{line['id']}/").partition("</head>")[2]
        text = re.sub(r"<[^>]*>", "\n", shown)
        for code in (*line.get("offences", []), *line.get("aggravations", [])):
            if "_" in code:
                assert code not in text
        assert not re.search(r"\bNone\b|\bDecimal\(", text)
        if len(line.get("decision_date", "")) == 10 and line["decision_date"] not in str(
            line["sources"]
        ):
            assert line["decision_date"] not in text


def test_a_case_without_a_verdict_says_so(lines: dict[str, list[Any]]) -> None:
    from tests.oracle import charges

    decided = {"convicted", "acquitted", "quashed", "discontinued"}
    notice = "presumed innocent"
    seen = set()
    for line in lines["cases"][::3]:
        has_verdict = any(charge.get("verdict") in decided for charge in charges(line))
        shown = notice in page(f"/en/cases/{line['id']}/").lower()
        assert shown != has_verdict, line["id"]
        seen.add(has_verdict)
    assert seen == {True, False}


def test_from_case_to_provision_and_back() -> None:
    """A link between two databases can be followed both ways, and the counts agree."""
    text = page("/en/legislation/aus-migration-act-1958/")
    href = next(h for h in Links(text).hrefs if "provision=aus-migration-act-1958%3As-233c" in h)
    listed = reader().get(
        "/api/v1/cases/", {"provision": "aus-migration-act-1958:s-233c", "page_size": 100}
    )
    assert listed.json()["count"] > 1
    assert reader().get(href).status_code == 200
    for row in listed.json()["results"][:5]:
        case = page(f"/en/cases/{row['code']}/")
        assert "/en/legislation/aus-migration-act-1958/#s-233c" in case


def test_redirects_and_withdrawals() -> None:
    Redirect.objects.create(code="old-code", target="aus-2012-r-v-ahmad", reason="merged")
    for path, target in (
        ("/en/cases/old-code/", "/en/cases/aus-2012-r-v-ahmad/"),
        ("/id/old-code", "/id/aus-2012-r-v-ahmad"),
        ("/api/v1/cases/old-code/", "/api/v1/cases/aus-2012-r-v-ahmad/"),
    ):
        response = reader().get(path)
        assert (response.status_code, response.headers["Location"]) == (301, target)
    case = Case.objects.get(code="aus-2012-r-v-ahmad")
    case.state, case.withdrawal_reason = State.WITHDRAWN, "The court sealed the decision."
    case.save()
    index.refresh([case])
    for path in (
        "/en/cases/aus-2012-r-v-ahmad/",
        "/id/aus-2012-r-v-ahmad",
        "/api/v1/cases/aus-2012-r-v-ahmad/",
    ):
        assert "sealed" in page(path, 410)
    assert reader().get("/api/v1/cases/", {"q": "ahmad"}).json()["count"] == 0


def test_an_unpublished_law_leaves_no_link() -> None:
    law = Law.objects.get(code="aus-migration-act-1958")
    before = reader().get("/api/v1/cases/", {"has_law": "true"}).json()["count"]
    law.state = State.IN_REVIEW
    law.save()
    index.refresh([law])
    assert reader().get("/api/v1/cases/", {"has_law": "true"}).json()["count"] < before
    assert reader().get("/api/v1/cases/", {"law": law.code}).status_code == 400
    assert f"/{law.code}/" not in page("/en/cases/aus-2012-r-v-ahmad/")


def test_a_database_that_fails_is_a_503_and_never_an_empty_list(monkeypatch: Any) -> None:
    def fail(*args: Any, **kwargs: Any) -> None:
        raise OperationalError("canceling statement due to statement timeout")

    monkeypatch.setattr("portal.search.pages.search", fail)
    monkeypatch.setattr("portal.publishing.api.search", fail)
    client = Client(raise_request_exception=False)
    answer = client.get("/en/cases/?q=boat")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    answer = client.get("/api/v1/cases/")
    assert answer.status_code == 503
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_every_page_forbids_what_it_does_not_need() -> None:
    for path in ("/en/", "/en/cases/", "/api/v1/cases/", "/api/"):
        headers = reader().get(path).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"


def test_a_form_with_empty_boxes_leads_to_the_address_to_share() -> None:
    sent = "q=boat&decided_from=&decided_to=+&mode=sea&mode=land&has_fee="
    answer = reader().get(f"/en/cases/?{sent}")
    assert answer.status_code == 302
    assert answer.headers["Location"] == "/en/cases/?q=boat&mode=sea&mode=land"
    assert reader().get("/en/cases/?q=").headers["Location"] == "/en/cases/"


def test_behind_the_last_page_is_the_last_page() -> None:
    answer = reader().get("/en/cases/?q=boat&page=99")
    assert answer.status_code == 302
    assert re.search(r"page=\d+$", answer.headers["Location"])
    assert reader().get(answer.headers["Location"]).status_code == 200
    assert reader().get("/en/cases/?q=zzzzz&page=7").headers["Location"] == "/en/cases/?q=zzzzz"
