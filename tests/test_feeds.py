"""Atom feeds: valid, stable, in the order of the last change, and the same records as the page."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode, urlsplit

import feedparser
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation
from django.utils.translation import gettext
from lxml import etree

from bibliography.models import Work
from caselaw.models import Case
from portal.publishing import feeds
from portal.publishing.markup import clean
from portal.records.models import State
from portal.search import index
from tests.conftest import reader

pytestmark = pytest.mark.django_db

ATOM = "{http://www.w3.org/2005/Atom}"
XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
#: What RFC 4287, sections 4.1 and 4.2, says of a feed and its entries, as far as ours use it and
#: no further: an element that is not expected is an error.
GRAMMAR = """
<grammar xmlns="http://relaxng.org/ns/structure/1.0" ns="http://www.w3.org/2005/Atom"
  datatypeLibrary="http://www.w3.org/2001/XMLSchema-datatypes">
<start><element name="feed"><ref name="lang"/>
  <interleave>
    <oneOrMore><element name="author"><ref name="person"/></element></oneOrMore>
    <ref name="id"/><oneOrMore><ref name="link"/></oneOrMore>
    <element name="rights"><text/></element>
    <element name="subtitle"><text/></element>
    <element name="title"><text/></element>
    <ref name="updated"/>
  </interleave>
  <zeroOrMore><element name="entry"><interleave>
    <ref name="id"/><ref name="link"/>
    <element name="title"><optional><ref name="lang"/></optional><data type="string">
      <param name="minLength">1</param></data></element>
    <ref name="updated"/>
    <optional><element name="published"><data type="dateTime"/></element></optional>
    <zeroOrMore><element name="contributor"><ref name="person"/></element></zeroOrMore>
    <zeroOrMore><element name="category">
      <attribute name="term" ns=""/><attribute name="label" ns=""/></element></zeroOrMore>
    <optional><element name="summary"><ref name="lang"/>
      <attribute name="type" ns=""><value>text</value></attribute><text/></element></optional>
  </interleave></element></zeroOrMore>
</element></start>
<define name="lang"><attribute name="lang" ns="http://www.w3.org/XML/1998/namespace">
  <data type="string"><param name="pattern">[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*</param></data>
</attribute></define>
<define name="person"><element name="name"><data type="string">
  <param name="minLength">1</param></data></element>
  <optional><element name="uri"><data type="anyURI"/></element></optional></define>
<define name="id"><element name="id"><ref name="iri"/></element></define>
<define name="updated"><element name="updated"><data type="dateTime"/></element></define>
<define name="iri"><data type="anyURI"><param name="pattern">https?://.+</param></data></define>
<define name="link"><element name="link">
  <attribute name="href" ns=""><ref name="iri"/></attribute>
  <attribute name="rel" ns=""><data type="NCName"/></attribute>
  <optional><attribute name="type" ns=""><data type="string">
    <param name="pattern">.+/.+</param></data></attribute></optional>
</element></define>
</grammar>
"""
VALID = etree.RelaxNG(etree.fromstring(GRAMMAR))
SEARCHES = [
    "/en/cases/feed/",
    "/fr/cases/feed/?q=boat&mode=sea&decided_from=2010",
    "/ar/legislation/feed/?jurisdiction=ESP,ITA&article=5",
    "/zh/bibliography/feed/?topic=gender",
    "/ru/search/feed/?q=boat",
    "/es/search/feed/",
    "/en/cases/feed/?q=zzqqxx",
    "/en/cases/feed/?page=150",
]


def document(path: str) -> Any:
    """The feed at an address."""
    response = reader().get(path)
    assert response.status_code == 200, (path, response.content[:300])
    assert response["Content-Type"] == "application/atom+xml; charset=utf-8"
    return etree.fromstring(response.content)


def values(root: Any, name: str) -> list[str]:
    """The texts of an element of all entries."""
    return [found.text for found in root.findall(f"{ATOM}entry/{ATOM}{name}")]


def codes(root: Any) -> list[str]:
    return [value.rpartition("/")[2] for value in values(root, "id")]


def links(root: Any) -> dict[str, str]:
    """The links of the feed by their relation."""
    return {link.get("rel"): link.get("href") for link in root.findall(f"{ATOM}link")}


def local(address: str) -> str:
    """An address without scheme and host."""
    return urlsplit(address)._replace(scheme="", netloc="").geturl()


def pages(path: str) -> Iterator[Any]:
    """The pages of a feed, by their links to the next one."""
    while path:
        root = document(path)
        yield root
        path = local(links(root).get("next", ""))


@pytest.mark.parametrize("path", SEARCHES)
def test_a_feed_is_what_the_rfc_says(path: str) -> None:
    root = document(path)
    assert VALID.validate(root), VALID.error_log
    relations = [link.get("rel") for link in root.findall(f"{ATOM}link")]
    assert len(relations) == len(set(relations)), "one link of each relation"
    assert {"self", "alternate"} <= set(relations)
    own = path.replace(",ITA", "&jurisdiction=ITA")
    assert local(links(root)["self"]) == own, "it knows its address"
    assert reader().get(local(links(root)["alternate"])).status_code == 200
    assert root.get(XML_LANG) == path.split("/")[1]
    ids = values(root, "id")
    assert len(ids) == len(set(ids))
    changes = values(root, "updated")
    assert changes == sorted(changes, reverse=True)
    if changes:
        assert root.findtext(f"{ATOM}updated") == changes[0]
        assert max(values(root, "published")) <= changes[0]


def test_a_feed_reader_understands_it() -> None:
    content = reader().get("/fr/cases/feed/?jurisdiction=AUS").content
    read = feedparser.parse(content, response_headers={"content-type": "application/atom+xml"})
    assert not read.bozo
    assert read.version == "atom10"
    assert read.feed.language == "fr"
    assert "Australie" in read.feed.title
    assert "creativecommons.org/licenses/by/4.0/" in read.feed.rights
    with translation.override("fr"):
        assert read.feed.author == gettext("Smuggling of Migrants Knowledge Portal")
    case = Case.objects.public().get(code="aus-2012-r-v-ahmad")
    entry = next(found for found in read.entries if found.id.endswith(case.code))
    assert entry.title == case.title
    assert local(entry.link) == f"/fr/cases/{case.code}/"
    assert local(entry.id) == f"/id/{case.code}"
    assert case.facts in entry.summary
    assert {"term": "AUS", "scheme": None, "label": "Australie"} in entry.tags
    assert "modes:sea" in {tag["term"] for tag in entry.tags}
    assert [found["name"] for found in entry.contributors] == [case.court]


@pytest.mark.parametrize(
    ("slug", "api", "query"),
    [
        ("cases", "cases", ""),
        ("cases", "cases", "q=boat&mode=sea"),
        ("cases", "cases", "gender=female&verdict=convicted&has_fee=true"),
        ("legislation", "laws", "article=6.1.a"),
        ("bibliography", "works", "q=Libya"),
    ],
)
def test_all_pages_hold_the_records_of_the_search_by_their_change(
    slug: str, api: str, query: str
) -> None:
    found = list(pages(f"/en/{slug}/feed/?{query}"))
    told = [code for root in found for code in codes(root)]
    given: list[str] = []
    number = 1
    while number:
        asked = f"/api/v1/{api}/?{query}&sort=changed&page_size=100&fields=code&page={number}"
        answer = reader().get(asked).json()
        given += [row["code"] for row in answer["results"]]
        number = number + 1 if answer["next"] else 0
    assert told == given
    assert answer["count"] == len(told) > 0
    assert all(len(codes(root)) == feeds.ENTRIES for root in found[:-1])
    for place, root in enumerate(found):
        there = links(root)
        assert ("previous" in there) == (place > 0)
        if len(found) > 1:
            assert there["first"] == links(found[0])["self"]
            assert there["last"] == links(found[-1])["self"]
        if place:
            assert there["previous"] == links(found[place - 1])["self"]
    assert len({root.findtext(f"{ATOM}id") for root in found}) == 1


def test_the_feed_of_everything_mixes_the_databases() -> None:
    told = [code for root in pages("/en/search/feed/?q=boat") for code in codes(root)]
    expected = {
        code
        for slug in ("cases", "legislation", "bibliography")
        for root in pages(f"/en/{slug}/feed/?q=boat")
        for code in codes(root)
    }
    assert len(told) == len(set(told))
    assert set(told) == expected


@pytest.mark.parametrize(
    ("query", "name", "known"),
    [
        ("modus=sea", "modus", "mode"),
        ("mode=boat", "mode", "land"),
        ("sort=title", "sort", "changed"),
        ("page=201", "page", "200"),
        ("page=0", "page", "page"),
        ("page_size=100", "page_size", "page"),
        ("decided_from=soon", "decided_from", "decided_to"),
        ("format=json", "format", "as_typed"),
    ],
)
def test_what_is_not_understood_is_refused_in_words(query: str, name: str, known: str) -> None:
    response = reader().get(f"/en/cases/feed/?{query}")
    assert response.status_code == 400
    assert response["Content-Type"].startswith("text/plain")
    told = response.content.decode()
    assert told.startswith(f"{name}: ")
    assert known in told
    assert "jurisdiction" in told, "all known parameters are named"


def test_the_search_over_all_refuses_what_one_database_alone_knows() -> None:
    assert reader().get("/en/search/feed/?mode=sea").status_code == 400
    assert document("/en/search/feed/?sort=changed&jurisdiction=AUS") is not None


def test_the_same_search_has_one_id_for_ever() -> None:
    def name(path: str) -> str:
        return document(path).findtext(f"{ATOM}id")

    first = name("/en/cases/feed/?mode=sea&mode=air&jurisdiction=AUS")
    assert first == name("/en/cases/feed/?jurisdiction=AUS&mode=air,sea&sort=changed")
    others = {name("/en/cases/feed/"), name("/fr/cases/feed/"), name("/en/search/feed/"), first}
    assert len(others) == 4


def test_the_bytes_stay_while_the_data_stay_and_an_edit_comes_first() -> None:
    path = "/en/cases/feed/?jurisdiction=AUS"
    before = reader().get(path).content
    assert reader().get(path).content == before
    case = Case.objects.get(code=codes(etree.fromstring(before))[-1])
    case.docket = "A new number"
    case.save()
    index.refresh([case])
    root = document(path)
    assert codes(root)[0] == case.code
    assert root.findtext(f"{ATOM}updated") == case.changed_at.isoformat()
    ids = [etree.fromstring(before).findtext(f"{ATOM}id"), root.findtext(f"{ATOM}id")]
    assert ids[0] == ids[1]


@pytest.mark.parametrize("state", [State.DRAFT, State.IN_REVIEW, State.WITHDRAWN])
def test_only_what_is_public_is_told(state: str) -> None:
    case = Case.objects.public().get(code="aus-2012-r-v-ahmad")
    case.state, case.withdrawal_reason, case.review_note = state, "Sealed", "Ask the registry"
    case.save()
    index.refresh([case])
    for path in ("/en/cases/feed/?jurisdiction=AUS", "/en/search/feed/?jurisdiction=AUS"):
        assert case.code not in codes(document(path))
    case.state = State.PUBLISHED
    case.save()
    index.refresh([case])
    for path in ("/en/cases/feed/?jurisdiction=AUS", "/en/search/feed/?jurisdiction=AUS"):
        text = reader().get(path).content.decode()
        assert case.code in text
        assert "Ask the registry" not in text


def test_hostile_texts_stay_texts() -> None:
    hostile = "]]></title><script>alert('1')</script>&bogus;\x01\x0b\ufffe \U0001f6f6 <b>"
    work = Work.objects.public().get(code="ab-wahab-2013-smuggling-migrants-its-implications")
    Work.objects.filter(pk=work.pk).update(
        title=hostile, annotation=hostile, changed_at=timezone.now()
    )
    work.refresh_from_db()
    index.refresh([work])
    root = document("/en/bibliography/feed/")
    assert VALID.validate(root), VALID.error_log
    assert codes(root)[0] == work.code
    assert values(root, "title")[0] == clean(hostile)
    assert values(root, "summary")[0] == clean(hostile)
    assert clean(hostile).count(" ") > hostile.count(" ")
    query = urlencode({"q": '"<b>&" -\U0001f6f6 ]]>'})
    assert VALID.validate(document(f"/en/search/feed/?{query}")), VALID.error_log


def test_labels_are_in_the_language_of_the_address() -> None:
    for language, label in (("fr", "Australie"), ("zh", "澳大利亚"), ("ar", "أستراليا")):
        root = document(f"/{language}/cases/feed/?jurisdiction=AUS")
        assert root.get(XML_LANG) == language
        labels = {found.get("label") for found in root.iter(f"{ATOM}category")}
        assert label in labels


class Head(HTMLParser):
    """Where a page says that its feed is: in its head, and in a link that readers see."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self.feeds: dict[str, list[str]] = {"link": [], "a": []}
        self.feed(reader().get(path).content.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if given.get("type") == "application/atom+xml":
            self.feeds[tag].append(given["href"] or "")


@pytest.mark.parametrize(
    ("path", "feed"),
    [
        ("/en/cases/", "/en/cases/feed/"),
        (
            "/en/cases/?q=boat&mode=sea&mode=air&sort=title&page_size=50&page=2",
            "/en/cases/feed/?q=boat&mode=sea&mode=air",
        ),
        ("/ar/legislation/?article=5", "/ar/legislation/feed/?article=5"),
        ("/en/bibliography/?q=boat&as_typed=true", "/en/bibliography/feed/?q=boat&as_typed=true"),
        ("/en/search/?q=boat", "/en/search/feed/?q=boat"),
    ],
)
def test_a_search_leads_to_its_feed(path: str, feed: str) -> None:
    assert Head(path).feeds == {"link": [feed], "a": [feed]}
    assert document(feed) is not None


@pytest.mark.parametrize(
    ("path", "limit"),
    [
        ("/en/cases/feed/?q=boat&mode=sea", 13),
        ("/en/legislation/feed/", 11),
        ("/en/bibliography/feed/", 9),
        ("/en/search/feed/?q=boat", 22),
        ("/en/cases/feed/?q=zzqqxx", 4),
    ],
)
def test_the_queries_do_not_grow_with_the_entries(path: str, limit: int) -> None:
    reader().get(path)
    with CaptureQueriesContext(connection) as queries:
        reader().get(path)
    shown = "\n".join(query["sql"][:160] for query in queries)
    assert len(queries) <= limit, f"{len(queries)} queries\n{shown}"
