"""How an app makes its database known: one frozen declaration, found by all that sees all three.

Home page, search over everything, API root and `/id/` iterate over `databases()` and name no
app: a fourth database would be a fourth app with a declaration of its own and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db.models import Model, QuerySet
from django.urls import reverse

if TYPE_CHECKING:
    from portal.records.models import Record, RecordQuerySet


@dataclass(frozen=True)
class Citable:
    """How records are exchanged with reference managers, as items of CSL-JSON.

    Args:
        to_csl: the item of a record's line. Where it has no address of its own, that of the record
            is put in by who writes it.
        for_style: the item of which a style of citation, given by its key, makes the best.
        from_csl: the line of an item, and pairs of a key that it does not hold and why; None where
            records are written as items and not read from them.
    """

    to_csl: Callable[[dict[str, Any]], dict[str, Any]]
    for_style: Callable[[dict[str, Any], str], dict[str, Any]]
    from_csl: Callable[[dict[str, Any]], tuple[dict[str, Any], list[tuple[str, str]]]] | None = None


@dataclass(frozen=True)
class Database:
    """One of the portal's databases.

    Args:
        slug: the part of the addresses of its pages, and its name in `search_document`.
        api_slug: the part of the addresses of its API.
        order: its place among the databases, for readers.
        load_order: its place when records are loaded; what is referred to comes first.
        model: the record's model, a subclass of `Record`.
        filterset: the one FilterSet of page, API and every export.
        document: makes the search document of a record read with `for_index()`.
        title, noun, noun_plural, description: what readers call it, as lazy translations.
        counted: says a number of records in words, with the plural of the reader's language.
        urls: the module of its pages' addresses.
        row_template: draws one record in a list of results.
        viewset: its view set in the API.
        importer, exporter: between a line of the collection's file and a record; the exporter
            leaves out what only curators know with `for_readers=True`.
        resources: further resources of its API: part of the address, view set.
        date_field: the field of the date by which records are sorted; two of one record agree.
        identified_by: fields of the form that name one record, with what each is to the search
            (`Identifier.Kind`).
        told_apart_by: fields by which a curator tells two records of the same name apart.
        affected: of changed objects of another model, the primary keys of this database's
            records whose search documents depend on them.
        describe: what a record is to libraries and search engines
            (`portal.exchange.describing.Description`), by its line as the exporter gives it.
        citable: how its records are exchanged with reference managers; None where they are not.
    """

    slug: str
    api_slug: str
    order: int
    load_order: int
    model: type[Record]
    filterset: type[Any]
    document: Callable[[Any], Any]
    title: Any
    noun: Any
    noun_plural: Any
    description: Any
    counted: Callable[[int], str]
    urls: str
    row_template: str
    viewset: type[Any]
    importer: Any
    exporter: Callable[..., dict[str, Any]]
    date_field: str
    identified_by: tuple[tuple[str, str], ...]
    told_apart_by: tuple[str, ...]
    describe: Callable[[dict[str, Any]], Any]
    resources: tuple[tuple[str, type[Any]], ...] = ()
    affected: Callable[[type[Model], Iterable[Any]], QuerySet | Iterable[int]] = field(
        default=lambda model, keys: ()
    )
    citable: Citable | None = None

    @property
    def search_path(self) -> str:
        """The address of its search page in the reader's language."""
        return reverse(f"{self.slug}:search")

    @property
    def records(self) -> RecordQuerySet:
        """All records, whatever their state."""
        return self.model._default_manager.all()  # type: ignore[return-value]


def databases() -> tuple[Database, ...]:
    """The databases of the portal, in their order."""
    found = [config.database for config in apps.get_app_configs() if hasattr(config, "database")]
    return tuple(sorted(found, key=lambda database: database.order))


@contextmanager
def following(model: type[Model], changing: Sequence[Any]) -> Iterator[None]:
    """While records of a model change: let every database keep step with what it derives of them.

    What a database derives is said by its importer's `following`, as the provisions that the
    text of a law applied leads to. Use it inside the transaction of the change.
    """
    with ExitStack() as stack:
        for database in databases():
            stack.enter_context(database.importer.following(model, changing))
        yield


def database_for(slug: str) -> Database:
    """The database of that slug.

    Raises:
        LookupError: there is none.
    """
    for database in databases():
        if database.slug == slug:
            return database
    raise LookupError(slug)
