"""What waits for curators: filters of the lists of records, and how many records each queue has."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Value
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.curation.models import SuspectedPair
from portal.records.database import Database, database_for, databases
from portal.records.models import State
from portal.records.roles import may_view
from portal.reference.provenance import LinkStatus
from portal.search.models import SearchDocument

#: How long ago a change is a late one.
LATELY = timedelta(days=14)


class OfferedFilter(admin.SimpleListFilter):
    """A filter that takes what it offers and refuses anything else, as Django's own filters do."""

    def __init__(
        self, request: HttpRequest, params: dict[str, Any], model: type[Any], model_admin: Any
    ) -> None:
        super().__init__(request, params, model, model_admin)
        value = self.value()
        if value is not None and value not in {str(offered) for offered, _l in self.lookup_choices}:
            raise IncorrectLookupParameters(f"{self.parameter_name}={value!r}")


class HasReviewNote(OfferedFilter):
    """Records of which a curator noted what has still to be checked."""

    title = gettext_lazy("review note")
    parameter_name = "note"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("With a review note")), ("no", _("Without"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() == "yes":
            return queryset.exclude(review_note="")
        return queryset.filter(review_note="") if self.value() == "no" else queryset


class EnteredBy(OfferedFilter):
    """Whose records: one's own, or those that came with the collection."""

    title = gettext_lazy("entered by")
    parameter_name = "by"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("me", _("Me")), ("others", _("Others")), ("nobody", _("The collection"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() == "me":
            return queryset.filter(created_by=request.user)
        if self.value() == "others":
            return queryset.exclude(created_by=None).exclude(created_by=request.user)
        return queryset.filter(created_by=None) if self.value() == "nobody" else queryset


class ChangedLately(OfferedFilter):
    """Records that were changed within the last days."""

    title = gettext_lazy("changed")
    parameter_name = "changed"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("lately", _("In the last 14 days"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(_lately()) if self.value() == "lately" else queryset


def _lately() -> Q:
    """Changed lately, and not merely entered or loaded then."""
    entered = F("created_at") + Value(timedelta(minutes=1))
    return Q(changed_at__gte=timezone.now() - LATELY, changed_at__gt=entered)


class WhatIsMissing(OfferedFilter):
    """Records that do not state something: the same fields as `has_…=false` of the search."""

    title = gettext_lazy("what is missing")
    parameter_name = "missing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        filterset = database_for(model_admin.model.database).filterset
        return [
            (name.removeprefix("has_"), parameter.label)
            for name, parameter in filterset.presence().items()
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() is None:
            return queryset
        documents = SearchDocument.objects.of(queryset.model.database)
        stating = documents.filter(facets__contains=[f"has:{self.value()}"])
        return queryset.exclude(pk__in=stating.values("object_id"))


class LostSources(OfferedFilter):
    """Records of which a source can no longer be reached (`portal.links`)."""

    title = gettext_lazy("sources")
    parameter_name = "sources"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("lost", _("One is not reachable"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(_has_lost(queryset.model)) if self.value() == "lost" else queryset


def _has_lost(model: type[Any]) -> Exists:
    """Whether a source of the record was found dead twice, a week apart."""
    owner = model._meta.get_field("sources").field
    lost = owner.model._default_manager.filter(status=LinkStatus.DEAD)
    return Exists(lost.filter(**{owner.name: OuterRef("pk")}))


@dataclass(frozen=True)
class Queue:
    """Records of one database that wait for somebody, with the list that shows them."""

    label: str
    number: int
    url: str


def _kinds(user: Any, model: type[Any]) -> dict[str, tuple[str, Q | Exists, dict[str, str]]]:
    """Of each queue its name, what it holds, and the filters of the list that show the same."""
    unpublished = Q(state__in=[State.DRAFT, State.IN_REVIEW])
    return {
        "mine": (
            _("Mine, not yet public"),
            unpublished & Q(created_by=user),
            {"by": "me", "state__in": f"{State.DRAFT},{State.IN_REVIEW}"},
        ),
        "review": (_("To review"), Q(state=State.IN_REVIEW), {"state__exact": State.IN_REVIEW}),
        "lately": (_("Changed in the last 14 days"), _lately(), {"changed": "lately"}),
        "noted": (_("With a review note"), ~Q(review_note=""), {"note": "yes"}),
        "lost": (_("A source is not reachable"), _has_lost(model), {"sources": "lost"}),
    }


def queues_of(database: Database, user: Any) -> list[Queue]:
    """The queues of a database in one question, those without a record left out."""
    kinds = _kinds(user, database.model)
    counts = database.records.aggregate(
        **{name: Count("pk", filter=condition) for name, (_l, condition, _f) in kinds.items()}
    )
    meta = database.model._meta
    path = reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist")
    return [
        Queue(label, counts[name], f"{path}?{urlencode(filters)}")
        for name, (label, _condition, filters) in kinds.items()
        if counts[name]
    ]


def _pairs() -> dict[str, int]:
    """Of each database, how many pairs of records wait for somebody to say whether they are two."""
    waiting = SuspectedPair.objects.waiting().order_by().values_list("database")
    return dict(waiting.annotate(Count("pk")))


def all_queues(user: Any) -> Iterable[tuple[Database, list[Queue]]]:
    """The queues of all databases that somebody may see."""
    pairs = _pairs()
    path = reverse("admin:curation_suspectedpair_changelist")
    for database in databases():
        if not may_view(user, database.model):
            continue
        found = queues_of(database, user)
        if number := pairs.get(database.slug):
            url = f"{path}?{urlencode({'database': database.slug})}"
            found.append(Queue(_("Possible duplicates"), number, url))
        owner: Any = admin.site.get_model_admin(database.model)
        found += owner.more_queues(user)
        if found:
            yield database, found
