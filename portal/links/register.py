"""Which sources name which addresses, and what they are told of them.

A source repeats the result of its address (`last_checked`, `status`), so that the page of a
record shows it without a query. To write it changes the source alone: neither the record's
`changed_at` nor its search document, and no line of the collection says it.
"""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from django.apps import apps
from django.db import transaction
from django.db.models import CharField, Exists, F, ForeignKey, Model, OuterRef, Subquery, Value
from django.db.models.functions import Cast, Coalesce
from django.urls import reverse
from django.utils import timezone

from portal.links.models import Address, Finding
from portal.reference.provenance import Source

REFERENCE = "reference"
_RESULT = ("status", "last_checked", "http_status", "moved_to", "first_failure", "failures")
#: An index of PostgreSQL holds no longer entry; a thousand letters of Chinese are longer.
_MAX_BYTES = 2600
_NEVER = datetime.date.min


@dataclass(frozen=True)
class SourceKind:
    """The sources of one kind of object."""

    model: type[Source]
    owner_field: str
    owner: type[Model]

    @property
    def database(self) -> str:
        """The slug of the database whose records they support, or `reference`."""
        return str(getattr(self.owner, "database", REFERENCE))

    @property
    def owner_name(self) -> str:
        """What names an owner in few letters, as a path from the source."""
        fields = {field.attname for field in self.owner._meta.concrete_fields}
        return f"{self.owner_field}__{'code' if 'code' in fields else 'jurisdiction_id'}"


@dataclass(frozen=True)
class Naming:
    """An object, one of whose sources names an address."""

    name: str
    admin_path: str


def source_kinds(database: str = "") -> list[SourceKind]:
    """All kinds of sources, or those of one database."""
    found = []
    for model in apps.get_models():
        if issubclass(model, Source):
            owner = next(field for field in model._meta.fields if isinstance(field, ForeignKey))
            found.append(SourceKind(model, owner.name, owner.related_model))
    return [kind for kind in found if database in ("", kind.database)]


def addresses(database: str = "") -> set[str]:
    """The addresses that sources name, but for those that are too long to be held."""
    named = {
        url
        for kind in source_kinds(database)
        for url in kind.model._default_manager.exclude(url="").values_list("url", flat=True)
    }
    return {url for url in named if len(url.encode()) <= _MAX_BYTES}


def due(database: str, *, before: datetime.date) -> list[str]:
    """The addresses that were last checked on a day or earlier, longest ago first."""
    checked = dict(Address.objects.values_list("url", "last_checked"))
    # A day to come is one of a clock that was set right since.
    today = timezone.localdate()
    known = {url: day for url, day in checked.items() if day and day <= today}
    days = {url: known.get(url, _NEVER) for url in addresses(database)}
    return sorted((url for url, day in days.items() if day <= before), key=lambda u: (days[u], u))


def save(findings: Sequence[Finding], day: datetime.date) -> None:
    """Keep what was found on a day, and tell the sources, in one short transaction."""
    by_url = {finding.url: finding for finding in findings}
    with transaction.atomic():
        # Another run may just make the same rows.
        new = [Address(url=url) for url in sorted(by_url)]
        Address.objects.bulk_create(new, ignore_conflicts=True)
        rows = list(Address.objects.select_for_update().filter(url__in=by_url).order_by("url"))
        for row in rows:
            row.take(by_url[row.url], day)
        Address.objects.bulk_update(rows, [*_RESULT, "message"])
        _tell(by_url)


def _tell(urls: Collection[str]) -> None:
    said = Address.objects.filter(url=OuterRef("url"))
    for kind in source_kinds():
        kind.model._default_manager.filter(url__in=urls).update(
            status=Subquery(said.values("status")[:1]),
            last_checked=Subquery(said.values("last_checked")[:1]),
        )


def settle() -> None:
    """Forget addresses that no source names any more, and tell sources that came since."""
    kinds = source_kinds()
    with transaction.atomic():
        gone = Address.objects.all()
        for kind in kinds:
            naming = kind.model._default_manager.filter(url=OuterRef("url"))
            gone = gone.filter(~Exists(naming))
        gone.delete()
        untold: set[str] = set()
        for kind in kinds:
            newer = Address.objects.filter(
                url=OuterRef("url"), last_checked__gt=Coalesce(OuterRef("last_checked"), _NEVER)
            )
            stale = kind.model._default_manager.filter(Exists(newer))
            untold.update(stale.values_list("url", flat=True))
        if untold:
            _tell(untold)


def named_by(urls: Iterable[str]) -> dict[str, list[Naming]]:
    """Of each address, the objects whose sources name it: one query for all of them."""
    wanted = list(urls)
    kinds = source_kinds()
    queries = [
        kind.model._default_manager.filter(url__in=wanted)
        .order_by()
        .annotate(
            kind=Value(number),
            key=Cast(F(f"{kind.owner_field}_id"), CharField()),
            name=Cast(F(kind.owner_name), CharField()),
        )
        .values_list("url", "kind", "key", "name")
        for number, kind in enumerate(kinds)
    ]
    found: dict[str, list[Naming]] = {}
    for url, number, key, name in sorted(queries[0].union(*queries[1:])):
        meta = kinds[number].owner._meta
        path = reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[key])
        found.setdefault(url, []).append(Naming(name, path))
    return found
