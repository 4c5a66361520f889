"""Any search as an Atom feed (RFC 4287), in pages (RFC 5005, section 3).

What changed last is first. A feed takes the parameters of the search, so that a reader can watch
whatever can be asked.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.feedgenerator import Atom1Feed, rfc3339_date
from django.utils.translation import gettext as _
from django.views.generic import View

from portal.exchange.describing import Description
from portal.publishing.lines import public_records
from portal.publishing.markup import Markup
from portal.records.database import database_for, databases
from portal.records.models import Record
from portal.reference.catalog import catalog
from portal.reference.labels import active_language
from portal.reference.models import DataVersion
from portal.reference.punctuation import labelled
from portal.rest.parameters import MAX_DEPTH, Problem
from portal.rest.problems import refused_in_words
from portal.search.chips import chips_of, in_words
from portal.search.engine import match, search
from portal.search.request import SearchRequest, filterset_of, parse
from portal.search.rows import address_of, feed_of

#: Entries of a page.
ENTRIES = 50
#: Older changes are read by the API, whose cursors have no end.
PAGES = MAX_DEPTH // ENTRIES
CONTROLS = ("as_typed", "sort", "page")
RIGHTS = "https://creativecommons.org/licenses/by/4.0/"
#: What a feed says that never had an entry, before anything was ever loaded.
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


class SearchFeed(Atom1Feed):
    """The document. Texts are plain texts, each with its language where that is known."""

    def write(self, outfile: Any, encoding: str) -> None:
        handler = Markup(outfile, encoding, short_empty_elements=True)
        handler.startDocument()
        handler.startElement("feed", self.root_attributes())
        self.add_root_elements(handler)
        self.write_items(handler)
        handler.endElement("feed")
        handler.endDocument()

    def latest_post_date(self) -> datetime:
        """Of the newest entry: while the data stay, the bytes stay."""
        updated: datetime = self.feed["updated"]
        return updated

    def add_root_elements(self, handler: Any) -> None:
        super().add_root_elements(handler)
        for relation, address in self.feed["pages"]:
            handler.addQuickElement("link", "", {"rel": relation, "href": address})

    def add_item_elements(self, handler: Any, item: dict[str, Any]) -> None:
        found: Description = item["described"]
        handler.addQuickElement("title", item["title"], _in(found.title_language))
        link = {"rel": "alternate", "type": "text/html", "href": item["link"]}
        handler.addQuickElement("link", "", link)
        handler.addQuickElement("id", item["unique_id"])
        if item["pubdate"]:
            handler.addQuickElement("published", rfc3339_date(item["pubdate"]))
        handler.addQuickElement("updated", rfc3339_date(item["updateddate"]))
        for name in dict.fromkeys(agent.name for agent in (*found.creators, *found.editors)):
            handler.startElement("contributor", {})
            handler.addQuickElement("name", name)
            handler.endElement("contributor")
        for term, label in _categories(found).items():
            handler.addQuickElement("category", "", {"term": term, "label": label})
        if found.text:
            handler.addQuickElement("summary", found.text, {"type": "text", **_in("en")})


def _in(language: str) -> dict[str, str]:
    return {"xml:lang": language} if language else {}


def _categories(found: Description) -> dict[str, str]:
    """Places and terms of a record, each with its label in the reader's language."""
    known = catalog()
    places = {code: known.jurisdiction_name(code) for code in found.jurisdictions}
    terms = {key: label for key in found.subjects if (label := known.term_label(key))}
    return {**places, **terms}


@dataclass(frozen=True)
class Page:
    """A page of a feed.

    Attributes:
        total: how many records the search finds.
        keys: database and primary key of each record of this page, in order.
    """

    total: int
    keys: tuple[tuple[str, int], ...]

    @property
    def count(self) -> int:
        """How many pages there are to read."""
        return min(max(1, -(-self.total // ENTRIES)), PAGES)


def page_of(asked: SearchRequest) -> Page:
    """The records of a page, the last changed first, among equals by code."""
    wanted = replace(asked, sort="changed", page_size=ENTRIES)
    if asked.database:
        result = search(wanted)
        return Page(result.total, tuple((asked.database, key) for key in result.ids))
    found = match(wanted)
    rows = found.order_by("-changed_at", "code").values_list("database", "object_id")
    return Page(found.count(), tuple(rows[wanted.offset : wanted.offset + ENTRIES]))


def records_of(keys: Iterable[tuple[str, int]]) -> list[tuple[Record, Description]]:
    """Records in the order of their keys, with what they are to the world outside."""
    keys = tuple(keys)
    found = {}
    for database in databases():
        own = [key for slug, key in keys if slug == database.slug]
        for record, line in public_records(database, own):
            found[database.slug, record.pk] = (record, database.describe(line))
    return [found[key] for key in keys if key in found]


class FeedView(View):
    """The feed of a search of one database, or of all of them without a slug."""

    database_slug = ""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        database = database_for(self.database_slug) if self.database_slug else None
        parsed = parse(database, request.GET, CONTROLS)
        problems = [*parsed.problems, *_unfit(request, parsed.request)]
        if problems:
            known = (*filterset_of(self.database_slug).parameters(), *CONTROLS)
            return refused_in_words(problems, known)
        text = feed(request, parsed.request).writeString("utf-8")
        return HttpResponse(text, content_type=SearchFeed.content_type)


def _unfit(request: HttpRequest, asked: SearchRequest) -> list[Problem]:
    """What a search can be asked and a feed cannot."""
    problems = []
    if request.GET.get("sort", "").strip() not in ("", "changed"):
        problems.append(Problem("sort", _("A feed begins with what changed last."), ("changed",)))
    if asked.page > PAGES:
        message = _("It is a whole number from 1 to %(limit)d.") % {"limit": PAGES}
        problems.append(Problem("page", message))
    return problems


def feed(request: HttpRequest, asked: SearchRequest) -> SearchFeed:
    """The page of a feed that a request asks for."""
    absolute = request.build_absolute_uri
    page = page_of(asked)
    records = records_of(page.keys)
    found = SearchFeed(
        title=_title(asked),
        link=absolute(_page_address(asked)),
        description=None,
        language=active_language(),
        author_name=_("Smuggling of Migrants Knowledge Portal"),
        author_link=absolute("/"),
        subtitle=_("Records by their last change, the latest first."),
        feed_url=absolute(_address(asked, asked.page)),
        feed_guid=absolute(_address(_canonical(asked), 1)),
        feed_copyright=f"CC BY 4.0 {RIGHTS}",
        updated=records[0][0].changed_at if records else _last_change(),
        pages=[(name, absolute(address)) for name, address in _other_pages(asked, page)],
    )
    for record, described in records:
        found.add_item(
            title=record.title,
            link=absolute(record.get_absolute_url()),
            description="",
            unique_id=absolute(record.permanent_path),
            pubdate=record.first_published_at,
            updateddate=record.changed_at,
            described=described,
        )
    return found


def _title(asked: SearchRequest) -> str:
    database = database_for(asked.database) if asked.database else None
    title = str(database.title) if database else _("All databases")
    words = in_words(asked, chips_of(asked, lambda request: ""))
    return labelled(title, words) if words else title


def _page_address(asked: SearchRequest) -> str:
    """The page of the search, in the order of the feed where it has one."""
    first = asked.on_page(1)
    return address_of(first.sorted_by("changed") if asked.database else first)


def _address(asked: SearchRequest, number: int) -> str:
    """A page of the feed; the first one has the address that pages lead to."""
    address = feed_of(asked)
    if number == 1:
        return address
    return f"{address}{'&' if '?' in address else '?'}page={number}"


def _canonical(asked: SearchRequest) -> SearchRequest:
    """The same question always written in the same way: the order of its values means nothing."""
    values = tuple(
        (name, tuple(sorted(value)) if isinstance(value, tuple) else value)
        for name, value in asked.values
    )
    return replace(asked, values=values)


def _other_pages(asked: SearchRequest, page: Page) -> list[tuple[str, str]]:
    """Links between the pages (RFC 5005, section 3)."""
    if page.count == 1 and asked.page == 1:
        return []
    links = [("first", _address(asked, 1)), ("last", _address(asked, page.count))]
    if asked.page > 1:
        links.append(("previous", _address(asked, min(asked.page - 1, page.count))))
    if asked.page < page.count:
        links.append(("next", _address(asked, asked.page + 1)))
    return links


def _last_change() -> datetime:
    """When the data changed last: what a feed without entries can say."""
    version = DataVersion.objects.filter(name=DataVersion.RECORDS)
    return version.values_list("changed_at", flat=True).first() or _NEVER
