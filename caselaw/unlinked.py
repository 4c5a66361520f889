"""Laws that cases name in words only: which of them wait for a curator, as filters and queues."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from caselaw.models import Case, LawApplied
from caselaw.suggestions import Suggestion, suggest
from legislation.models import Law
from portal.curation.queues import OfferedFilter, Queue
from portal.records.roles import may_view
from portal.reference.catalog import catalog

#: The value of `HowLinked` for rows of which a law is suggested.
LIKELY = "likely"


def likely_laws(rows: QuerySet[LawApplied]) -> dict[int, Suggestion]:
    """What is suggested for laws in words only, also where a curator expected nothing."""
    asked = rows.filter(law=None).select_related("case").order_by()
    read = ("law_text", "provision_text", "law", "case__jurisdiction", "case__decision_date")
    return suggest(list(asked.only(*read)))


class HowLinked(OfferedFilter):
    """How far a law applied is linked to the collection."""

    title = gettext_lazy("link")
    parameter_name = "link"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            (LIKELY, _("In words only, a likely law is known")),
            ("unjudged", _("In words only, still to judge")),
            ("words", _("In words only, all")),
            ("not_held", _("No such law here")),
            ("linked", _("Linked to a law")),
            ("no_provision", _("Linked to a law, but no provision found")),
        ]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        value = self.value()
        if value == LIKELY:
            # Which of them, the list finds out once all filters are applied; and what somebody
            # may not see in its own list is not suggested to them either.
            return queryset.in_words() if may_view(request.user, Law) else queryset.none()
        chosen = {
            "unjudged": queryset.unjudged(),
            "words": queryset.in_words(),
            "not_held": queryset.filter(not_held=True),
            "linked": queryset.exclude(law=None),
            "no_provision": queryset.without_provision(),
        }
        return chosen.get(value or "", queryset)


class PlaceOfCase(OfferedFilter):
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


class LawInWordsOnly(OfferedFilter):
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
    """The queue of laws applied in words only that nobody has judged yet, if there are any.

    For which of them a likely law is known is a filter of that list: to find out means to look at
    each, which the first page of the admin should not do.
    """
    number = LawApplied.objects.unjudged().count() if may_view(user, Case) else 0
    path = reverse("admin:caselaw_lawapplied_changelist")
    url = f"{path}?{urlencode({HowLinked.parameter_name: 'unjudged'})}"
    return [Queue(_("Laws in words only, still to judge"), number, url)] if number else []
