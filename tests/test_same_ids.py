"""One question, one answer: page, API, cursor, files, feed and OAI hold the same records.

The truth is the list of the API read page by page; that it is right is shown elsewhere
(`test_search_request.py`, `test_facets.py`), against the lines of the collection.
"""

from __future__ import annotations

import csv
import html
import io
import json
import re
from collections.abc import Iterator
from typing import Any

import feedparser
import openpyxl
import pytest
from lxml import etree

from portal.exchange.formats.base import formats_for
from portal.records.database import Database, database_for
from tests.conftest import reader

pytestmark = pytest.mark.django_db

#: Words and filters of every kind: none, one, several of one, several, what is missing, ranges,
#: other languages, every order, nothing found.
QUERIES = {
    "cases": [
        "q=boat&mode=sea",
        "verdict=convicted&gender=female",
        "mode=sea,air&jurisdiction=ITA&jurisdiction=ESP&sort=title",
        "has_fee=true&sort=oldest",
        "decided_from=2012&decided_to=2013-06&sort=changed",
        "imprisonment_min=60&role=organizer",
        "article=6.1.a&region=150",
        "q=%D9%84%D9%8A%D8%A8%D9%8A%D8%A7",
        "verdict=not_recorded&mode=land",
        "q=qqqzzz",
    ],
    "legislation": [
        "article=6.1.a",
        "q=penalty&sort=relevance",
        "status=in_force&region=002&sort=title",
        "benefit_element=absent&sort=oldest",
        "humanitarian_exemption=true",
        "adopted_from=2010&party=true&sort=changed",
        "jurisdiction=ITA&article=6.1.a&article=5&q=qqqzzz",
    ],
    "bibliography": [
        "q=women",
        "topic=routes_and_flows&method=interviews",
        "author=Gallagher",
        "country=LBY&sort=title",
        "issued_from=2015&issued_to=2015&sort=oldest",
        "has_date=false",
        "q=Libya+-rescue&type=report",
    ],
}
#: Small ones of each kind; the others, and everything, take longer.
FEW = {slug: queries[1::3] for slug, queries in QUERIES.items()}
QUERIES = {slug: ["", *(q for q in QUERIES[slug] if q not in FEW[slug])] for slug in QUERIES}


def asked(table: dict[str, list[str]], *marks: Any) -> list[Any]:
    return [
        pytest.param(slug, query, id=f"{slug}-{query or 'everything'}", marks=marks)
        for slug, queries in table.items()
        for query in queries
    ]


def body(address: str) -> bytes:
    response = reader().get(address)
    assert response.status_code == 200, (address, response.status_code)
    return b"".join(response.streaming_content) if response.streaming else response.content


def walked(address: str) -> Iterator[str]:
    """The codes of a list of the API and of all that follows."""
    while address:
        answer = json.loads(body(address))
        yield from (row["code"] for row in answer["results"])
        address = answer["next"]


def of_pages(database: Database, query: str) -> Iterator[str]:
    """The codes of the records that the pages of a search show."""
    address = f"/en/{database.slug}/?{query}&page_size=100"
    while address:
        page = body(address).decode()
        rows = page.partition('<ol class="rows"')[2].partition("</ol>")[0]
        yield from re.findall(rf'<h3[^>]*><a href="/en/{database.slug}/([a-z0-9-]+)/', rows)
        following = re.search(r'href="([^"]+)" rel="next"', page)
        address = html.unescape(following[1]) if following else ""


def of_feed(database: Database, query: str) -> list[str]:
    """The codes of the entries of a feed and of the pages that follow."""
    codes, address = [], f"/en/{database.slug}/feed/?{query}"
    while address:
        feed = feedparser.parse(body(address))
        codes += [entry.id.rpartition("/")[2] for entry in feed.entries]
        address = next((link.href for link in feed.feed.links if link.rel == "next"), "")
    return codes


def of_workbook(content: bytes, database: Database) -> list[str]:
    sheet = openpyxl.load_workbook(io.BytesIO(content), read_only=True)[database.slug]
    rows = sheet.iter_rows(values_only=True)
    place = next(rows).index("id")
    return [row[place] for row in rows]


READERS = {
    "csv": lambda content, database: [
        row["id"] for row in csv.DictReader(io.StringIO(content.decode("utf-8-sig")))
    ],
    "xlsx": of_workbook,
    "jsonl": lambda content, database: [json.loads(line)["id"] for line in content.splitlines()],
    "csl-json": lambda content, database: [item["id"] for item in json.loads(content)],
    "ris": lambda content, database: re.findall(r"(?m)^ID  - (.*)$", content.decode()),
    "bibtex": lambda content, database: re.findall(r"(?m)^@\w+\{([^,]+),", content.decode()),
    "jsonld": lambda content, database: [
        node["@id"].rpartition("/")[2] for node in json.loads(content)["@graph"]
    ],
}


@pytest.mark.parametrize(("slug", "query"), [*asked(FEW), *asked(QUERIES, pytest.mark.long)])
def test_all_ways_out_hold_the_same_records(slug: str, query: str) -> None:
    database = database_for(slug)
    path = f"/api/v1/{database.api_slug}"
    wanted = list(walked(f"{path}/?{query}&page_size=100&fields=code"))
    assert len(wanted) == len(set(wanted))
    assert bool(wanted) is ("qqqzzz" not in query)
    told = json.loads(body(f"{path}/?{query}&fields=code"))
    assert told["count"] == len(wanted)
    assert list(of_pages(database, query)) == wanted
    unsorted = re.sub(r"&?sort=\w+", "", query)
    by_cursor = list(walked(f"{path}/?{unsorted}&sort=title&cursor=*&page_size=7&fields=code"))
    assert len(by_cursor) == len(wanted)
    assert set(by_cursor) == set(wanted)
    keys = set()
    for form in formats_for(database, writing=True):
        content = body(f"{path}.{form.suffix}?{query}")
        assert READERS[form.key](content, database) == wanted, form.key
        keys.add(form.key)
    assert keys == set(READERS)
    by_change = list(walked(f"{path}/?{unsorted}&sort=changed&page_size=100&fields=code"))
    assert of_feed(database, unsorted) == by_change
    assert set(by_change) == set(wanted)


def harvested(slug: str) -> Iterator[str]:
    """The codes of a set of the OAI provider, part after part."""
    spaces = {"oai": "http://www.openarchives.org/OAI/2.0/"}
    address = f"/oai?verb=ListIdentifiers&metadataPrefix=oai_dc&set={slug}"
    while address:
        root = etree.fromstring(body(address))
        for header in root.iterfind(".//oai:header", spaces):
            if header.get("status") != "deleted":
                yield header.findtext("oai:identifier", "", spaces).rpartition(":")[2]
        token = root.findtext(".//oai:resumptionToken", "", spaces)
        address = f"/oai?verb=ListIdentifiers&resumptionToken={token}" if token else ""


@pytest.mark.parametrize(
    ("slug", "place"),
    [
        ("cases", ""),
        ("legislation", ""),
        ("bibliography", ""),
        ("cases", "ITA"),
        ("legislation", "AUS"),
    ],
)
def test_a_set_of_the_oai_provider_is_a_search(slug: str, place: str) -> None:
    database = database_for(slug)
    asked_for = f"jurisdiction={place}" if place else ""
    wanted = list(walked(f"/api/v1/{database.api_slug}/?{asked_for}&page_size=100&fields=code"))
    told = list(harvested(f"{slug}:{place}" if place else slug))
    assert sorted(told) == sorted(wanted)
    assert told
