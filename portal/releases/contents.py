"""What a release holds: every resource of the API that lists data, as the API answers it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any
from urllib.parse import urljoin

from django.db import models
from django.db.models.functions import Collate

from portal.api.urls import router
from portal.publishing.api import RecordViewSet
from portal.publishing.lines import CHUNK
from portal.publishing.reading import reading
from portal.records.database import Database, database_for
from portal.rest.views import ReferenceViewSet


@dataclass(frozen=True)
class Origin:
    """Makes addresses whole where there is no request: serializers find it in its place.

    Attributes:
        address: scheme and host of the portal.
    """

    address: str

    def build_absolute_uri(self, path: str) -> str:
        return urljoin(f"{self.address}/", path)


@dataclass(frozen=True)
class Resource:
    """A resource of the API, as a file of a release.

    Attributes:
        name: of its files: the slug of its database, else the part of its addresses.
        slug: the part of its addresses in the API.
        viewset: its view set, which knows queries and serializer.
        database: the database whose records it lists, or None.
    """

    name: str
    slug: str
    viewset: type[Any]
    database: Database | None = None

    @property
    def serializer(self) -> type[Any]:
        found: type[Any] = self.viewset.serializer_class
        return found

    @property
    def key(self) -> str:
        """The field that names an object: `code`, of a treaty status the jurisdiction."""
        wanted = self.viewset.lookup_field
        fields = self.serializer().get_fields().items()
        return next(name for name, field in fields if wanted in (name, field.source))

    def public(self) -> Any:
        """What the world may see."""
        return self.viewset().get_queryset()

    def complete(self) -> Any:
        """The same with all that a complete answer is made of."""
        if self.database is None:
            return self.public()
        serializer = self.serializer()
        return reading(self.public(), serializer, serializer.get_fields())

    def count(self) -> int:
        """How many objects the database has."""
        total: int = self.public().count()
        return total

    def objects(self, origin: Origin) -> Iterator[dict[str, Any]]:
        """All objects, complete, in the order of their codes.

        They are read piece by piece, so that memory does not grow with their number.
        """
        # The order of bytes: that of other collations differs from server to server.
        order = Collate(models.F(self.viewset.lookup_field), "C")
        keys = self.public().order_by(order).values_list("pk", flat=True)
        rest = keys.iterator(chunk_size=CHUNK)
        while chunk := list(islice(rest, CHUNK)):
            found = {row.pk: row for row in self.complete().filter(pk__in=chunk)}
            rows = [found[key] for key in chunk]
            yield from self.serializer(rows, many=True, context={"request": origin}).data


def resources() -> tuple[Resource, ...]:
    """All that is released, in the order of the API; what only counts is no data of its own."""
    found = []
    for slug, viewset, _basename in router.registry:
        if issubclass(viewset, RecordViewSet):
            database = database_for(viewset.database_slug)
            found.append(Resource(database.slug, slug, viewset, database))
        elif issubclass(viewset, ReferenceViewSet):
            found.append(Resource(slug, slug, viewset))
    return tuple(found)
