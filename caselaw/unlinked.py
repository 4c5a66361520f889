"""Laws that cases name in words only: which of them wait for a curator, as filters and queues."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from caselaw.models import Case, LawApplied
from caselaw.suggestions import Suggestion, suggest
from legislation.models import Law
from portal.curation.queues import Queue
from portal.records.roles import may_view
from portal.reference.catalog import catalog


def likely_laws(rows: QuerySet[LawApplied]) -> dict[int, Suggestion]:
    """What is suggested for laws in words only, also where a curator expected nothing."""
    asked = rows.filter(law=None).select_related("case").order_by()
    read = ("law_text", "provision_text", "law", "case__jurisdiction", "case__decision_date")
    return suggest(list(asked.only(*read)))


class HowLinked(admin.SimpleListFilter):
    """How far a law applied is linked to the collection."""

    title = gettext_lazy("link")
    parameter_name = "link"
    #: What was suggested for the rows, where they were chosen by it.
    likely: dict[int, Suggestion] | None = None

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("likely", _("In words only, a likely law is known")),
            ("unjudged", _("In words only, still to judge")),
            ("words", _("In words only, all")),
            ("not_held", _("No such law here")),
            ("linked", _("Linked to a law")),
            ("no_provision", _("Linked to a law, but no provision found")),
        ]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        value = self.value()
        if value == "likely":
            # What somebody may not see in its own list is not suggested to them either.
            if not may_view(request.user, Law):
                return queryset.none()
            # The list shows what it was filtered by, and does not ask again.
            self.likely = likely_laws(queryset)
            return queryset.filter(pk__in=self.likely)
        chosen = {
            "unjudged": queryset.unjudged(),
            "words": queryset.in_words(),
            "not_held": queryset.filter(not_held=True),
            "linked": queryset.exclude(law=None),
            "no_provision": queryset.without_provision(),
        }
        return chosen.get(value or "", queryset)


class PlaceOfCase(admin.SimpleListFilter):
    """The jurisdiction of the case, of those that have laws applied."""

    title = gettext_lazy("jurisdiction")
    parameter_name = "place"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        codes = LawApplied.objects.order_by().values_list("case__jurisdiction_id", flat=True)
        known = catalog()
        named = [(code, known.jurisdiction_name(code)) for code in codes.distinct()]
        return sorted(named, key=lambda pair: pair[1])

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        value = self.value()
        return queryset.filter(case__jurisdiction=value) if value else queryset


class LawInWordsOnly(admin.SimpleListFilter):
    """Cases of which a law applied is not linked, and waits to be."""

    title = gettext_lazy("laws applied")
    parameter_name = "laws"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("words", _("One in words only, still to judge"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() != "words":
            return queryset
        return queryset.filter(Exists(LawApplied.objects.unjudged().filter(case=OuterRef("pk"))))


def unlinked(user: Any) -> list[Queue]:
    """The queues of laws applied in words only that somebody may see, empty ones left out.

    First those for which a likely law is known, then all that nobody has judged yet.
    """
    if not may_view(user, Case):
        return []
    path = reverse("admin:caselaw_lawapplied_changelist")

    def queue(label: str, number: int, value: str) -> Queue:
        return Queue(label, number, f"{path}?{urlencode({HowLinked.parameter_name: value})}")

    rows = LawApplied.objects.all()
    likely = len(likely_laws(rows)) if may_view(user, Law) else 0
    found = [
        queue(_("Laws in words only, a likely law is known"), likely, "likely"),
        queue(_("Laws in words only, still to judge"), rows.unjudged().count(), "unjudged"),
    ]
    return [one for one in found if one.number]
