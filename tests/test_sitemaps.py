"""Sitemaps name everything that readers can open, in six languages, and nothing else."""

from __future__ import annotations

import re
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from lxml import etree

from caselaw.models import Case
from portal.records.database import databases
from portal.records.models import State
from portal.reference.catalog import catalog
from portal.search import index
from portal.sitemaps import ITEMS, InAllLanguages, sitemaps
from tests.conftest import SOME_AND_ALL, reader

pytestmark = pytest.mark.django_db

SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
XHTML = "{http://www.w3.org/1999/xhtml}"
LANGUAGES = ("ar", "zh", "en", "fr", "ru", "es")
#: Limits of the protocol (sitemaps.org).
MOST_ADDRESSES, MOST_BYTES = 50_000, 50 << 20


def local(address: str) -> str:
    found = urlsplit(address)
    assert (found.scheme, found.netloc) == ("http", "testserver")
    return found._replace(scheme="", netloc="").geturl()


def parsed(path: str) -> Any:
    response = reader().get(path)
    assert response.status_code == 200, path
    assert response["Content-Type"] == "application/xml"
    return etree.fromstring(response.content)


def parts() -> list[str]:
    """The files that the index names."""
    root = parsed("/sitemap.xml")
    assert root.tag == f"{SITEMAP}sitemapindex"
    return [local(found.text) for found in root.iter(f"{SITEMAP}loc")]


def entries(path: str) -> list[Any]:
    root = parsed(path)
    assert root.tag == f"{SITEMAP}urlset"
    return root.findall(f"{SITEMAP}url")


def location(entry: Any) -> str:
    return local(entry.findtext(f"{SITEMAP}loc"))


@cache
def everything() -> list[str]:
    """All addresses of the collection as it was loaded, for tests that change nothing."""
    return [location(entry) for path in parts() for entry in entries(path)]


def records(slug: str) -> set[str]:
    """The codes of a database that the sitemap names, each in all languages and once."""
    files = [path for path in parts() if path.startswith(f"/sitemap-{slug}.")]
    found = [location(entry) for path in files for entry in entries(path)]
    assert len(found) == len(set(found))
    by_language = {
        language: {p.split("/")[3] for p in found if p.startswith(f"/{language}/{slug}/")}
        for language in LANGUAGES
    }
    assert sum(len(codes) for codes in by_language.values()) == len(found)
    assert len({frozenset(codes) for codes in by_language.values()}) == 1
    return by_language["en"]


def test_every_public_record_is_named_and_no_other(held_back: list[tuple[str, str]]) -> None:
    for database in databases():
        public = set(database.records.public().values_list("code", flat=True))
        assert records(database.slug) == public
        assert not public & {code for slug, code in held_back if slug == database.slug}


def test_countries_articles_and_pages_are_named() -> None:
    found = set(everything())
    for path in (
        "",
        "about/",
        "search/",
        "cases/",
        "legislation/",
        "bibliography/",
        "countries/",
        "data/",
    ):
        assert f"/en/{path}" in found
    for path in ("protocol/", "insights/", "insights/coverage/", "insights/women-as-offenders/"):
        assert f"/ar/{path}" in found
    assert {f"/zh/countries/{code}/" for code in catalog().jurisdictions} <= found
    assert {f"/fr/protocol/{code}/" for code in catalog().articles} <= found


def test_each_address_names_its_counterparts() -> None:
    for path in parts():
        for entry in entries(path):
            own = location(entry)
            alternates = {
                link.get("hreflang"): local(link.get("href"))
                for link in entry.findall(f"{XHTML}link")
            }
            rest = own.split("/", 2)[2]
            expected = {language: f"/{language}/{rest}" for language in LANGUAGES}
            assert alternates == {**expected, "x-default": f"/en/{rest}"}
            assert own in expected.values()


def test_a_record_says_when_it_changed() -> None:
    changed = dict(Case.objects.public().values_list("code", "changed_at"))
    for entry in entries("/sitemap-cases.xml"):
        code = location(entry).split("/")[3]
        assert entry.findtext(f"{SITEMAP}lastmod") == f"{changed[code]:%Y-%m-%d}"
    root = parsed("/sitemap.xml")
    told = {
        local(found.findtext(f"{SITEMAP}loc")): found.findtext(f"{SITEMAP}lastmod")
        for found in root
    }
    assert told["/sitemap-cases.xml"] == max(changed.values()).isoformat()
    assert told["/sitemap-countries.xml"] is None, "nobody knows when a page of numbers changed"


def test_many_records_are_divided_and_none_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(InAllLanguages, "limit", 150)
    total = Case.objects.public().count()
    files = [path for path in parts() if "cases" in path]
    assert len(files) == -(-total // 150) > 2
    assert files[:2] == ["/sitemap-cases.xml", "/sitemap-cases.xml?p=2"]
    assert [len(entries(path)) for path in files[:-1]] == [150 * 6] * (len(files) - 1)
    assert records("cases") == set(Case.objects.public().values_list("code", flat=True))
    for number in ("0", str(len(files) + 1), "many"):
        assert reader().get(f"/sitemap-cases.xml?p={number}").status_code == 404


def test_a_new_record_moves_no_other_into_another_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(InAllLanguages, "limit", 150)
    before = [location(entry) for entry in entries("/sitemap-cases.xml")]
    case = Case.objects.public().order_by("pk").last()
    assert case is not None
    case.pk, case.code = None, "aaa-2020-first-by-name"
    case.save()
    index.refresh([case])
    assert [location(entry) for entry in entries("/sitemap-cases.xml")] == before
    assert case.code in records("cases")


def test_a_full_file_is_within_the_limits() -> None:
    assert ITEMS * len(LANGUAGES) <= MOST_ADDRESSES
    # The longest that an address of a record can be, told once and seven times as a counterpart.
    longest = len("https://") + 100 + len("/en/bibliography/") + 120
    link = len('<xhtml:link rel="alternate" hreflang="x-default" href=""/>') + longest
    frame = len("<url><loc></loc><lastmod>2026-01-01</lastmod></url>\n") + longest
    assert ITEMS * len(LANGUAGES) * (frame + 7 * link) <= MOST_BYTES


def test_what_is_not_public_is_not_named() -> None:
    case = Case.objects.public().get(code="aus-2012-r-v-ahmad")
    assert case.code in records("cases")
    for state in (State.DRAFT, State.WITHDRAWN):
        Case.objects.filter(pk=case.pk).update(state=state, withdrawal_reason="Sealed")
        assert case.code not in records("cases")


def test_unknown_files_are_not_found() -> None:
    assert reader().get("/sitemap-users.xml").status_code == 404


@pytest.mark.parametrize(
    ("path", "limit"),
    [("/sitemap.xml", 8), ("/sitemap-cases.xml", 4), ("/sitemap-countries.xml", 2)],
)
def test_the_queries_are_few_and_flat(path: str, limit: int) -> None:
    reader().get(path)
    with CaptureQueriesContext(connection) as queries:
        reader().get(path)
    assert len(queries) <= limit, [query["sql"][:160] for query in queries]
    assert not [query for query in queries if "facts" in query["sql"]], "no text is read"


@pytest.mark.parametrize("step", SOME_AND_ALL)
def test_the_pages_answer(step: int) -> None:
    """Every page in the long run, some in each; languages take turns."""
    found = everything()
    pages = [found[place : place + 6] for place in range(0, len(found), 6)]
    assert len(pages) > 1_000
    for place, versions in enumerate(pages[:: 1 if step == 1 else 55]):
        path = versions[place % 6]
        assert reader().get(path).status_code == 200, path


def allowed(path: str) -> bool:
    """Whether a crawler that follows RFC 9309 may fetch an address: the longest rule decides."""
    text = reader().get("/robots.txt").content.decode()
    best = (0, True)
    for kind, pattern in re.findall(r"^(Allow|Disallow): (\S+)$", text, re.MULTILINE):
        expression = re.escape(pattern).replace(r"\*", ".*")
        if re.match(expression, path):
            best = max(best, (len(pattern), kind == "Allow"))
    return best[1]


def test_crawlers_may_read_records_and_lists_and_not_what_has_no_end() -> None:
    response = reader().get("/robots.txt")
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    text = response.content.decode()
    assert re.findall(r"^User-agent: (.*)$", text, re.MULTILINE) == ["*"]
    assert re.findall(r"^Sitemap: (.*)$", text, re.MULTILINE) == ["http://testserver/sitemap.xml"]
    assert all(allowed(path) for path in (*parts(), *everything()[::50], "/sitemap-cases.xml?p=2"))
    for path in ("/en/cases/?page=2", "/id/aus-2012-r-v-ahmad", "/oai?verb=Identify", "/api/"):
        assert allowed(path), path
    for path in (
        "/admin/",
        "/admin/caselaw/case/",
        "/en/cases/?mode=sea",
        "/en/cases/?q=boat&page=2",
        "/en/cases/?page=2&mode=sea",
        "/fr/cases/facets/jurisdiction/?mode=sea",
        "/en/insights/table/?database=cases&rows=mode",
    ):
        assert not allowed(path), path


def test_the_sections_are_those_of_the_portal() -> None:
    slugs = {database.slug for database in databases()}
    assert set(sitemaps()) == {"pages", "insights", "countries", "articles", *slugs}
