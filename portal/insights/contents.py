"""All pages of figures: what the index and the API tell of each, and where they are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from portal.insights.declared import INSIGHTS, Insight
from portal.records.database import Database, databases


@dataclass(frozen=True)
class Entry:
    """A page of figures.

    Args:
        slug: its name, as in its address below `insights/` in the API.
        title: what it is called.
        asks: what it shows, in a sentence.
        page, data: the names of its addresses as a page and in the API.
        database: the slug of the database that it counts; '' where it counts several.
        limits: what it cannot show; '' where the page says it beside its figures.
    """

    slug: str
    title: Any
    asks: Any
    page: str
    data: str
    database: str = ""
    limits: Any = ""
    kwargs: tuple[tuple[str, str], ...] = ()

    @property
    def path(self) -> str:
        return reverse(self.page, kwargs=dict(self.kwargs))

    @property
    def data_path(self) -> str:
        return reverse(self.data, kwargs=dict(self.kwargs))


def _own(slug: str, title: Any, asks: Any, **kwargs: Any) -> Entry:
    """A page of figures that has a view of its own."""
    return Entry(slug, title, asks, f"insights:{slug}", f"api:insights-{slug}", **kwargs)


def declared(insight: Insight) -> Entry:
    """The page of a question that is declared."""
    return Entry(
        insight.slug,
        insight.title,
        insight.asks,
        "insights:insight",
        "api:insights-detail",
        insight.database,
        insight.limits,
        (("slug", insight.slug),),
    )


@dataclass(frozen=True)
class Group:
    """Some pages under a heading."""

    slug: str
    title: Any
    entries: tuple[Entry, ...]


_COLLECTION = (
    _own("coverage", _("Coverage"), _("How many records state which field, and what is missing.")),
    Entry(
        "countries",
        _("Countries"),
        _("Each jurisdiction: what it did about the Protocol, its laws, its cases, its routes."),
        "countries:index",
        "api:insights-countries-list",
    ),
    Entry(
        "protocol",
        _("The Protocol, article by article"),
        _("What each article asks for, and what implements and applies it, side by side."),
        "protocol:index",
        "api:insights-protocol",
    ),
)
_PERSONS = (
    _own(
        "women-as-offenders",
        _("Women as offenders"),
        _(
            "Defendants counted by person: women and men side by side, by role, verdict, sentence,"
            " country and whatever else you choose."
        ),
        database="cases",
    ),
    _own(
        "sentences",
        _("Sentences"),
        _(
            "How long terms of imprisonment are, by the circumstances of the person and of the"
            " case."
        ),
        database="cases",
    ),
    _own(
        "comparable-sentences",
        _("Comparable sentences"),
        _("Choose the circumstances of a case and see what was decided in others like it."),
        database="cases",
    ),
    _own(
        "fees",
        _("Fees"),
        _("What smugglers took, in the currencies of the sources, by destination and otherwise."),
        database="cases",
    ),
)
OWN_TABLE = Entry(
    "table",
    _("A table of your own"),
    _("Choose a database, and what stands in the rows and in the columns"),
    "insights:own",
    "api:insights-table",
)


def groups() -> Iterator[Group]:
    """All pages but the reader's own table, under the headings of the index."""
    yield Group("collection", _("The collection"), _COLLECTION)
    yield Group("persons", _("Persons, sentences and fees"), _PERSONS)
    for database in databases():
        yield Group(database.slug, database.title, _of_database(database))


def _of_database(database: Database) -> tuple[Entry, ...]:
    return tuple(declared(insight) for insight in INSIGHTS if insight.database == database.slug)


def entries() -> tuple[Entry, ...]:
    """All pages, in the order of the index."""
    return (*(entry for group in groups() for entry in group.entries), OWN_TABLE)
