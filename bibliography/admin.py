"""Works in the admin."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from bibliography.models import (
    Contributor,
    Work,
    WorkCase,
    WorkCountry,
    WorkLaw,
    WorkSource,
    WorkTerm,
)
from portal.curation.admin import PUBLICATION, TermsAdmin
from portal.records.forms import terms_form
from portal.reference.admin import PartInline, SourceInline
from portal.reference.forms import PartForm

WorkForm = terms_form(
    WorkTerm,
    "work",
    {"regions": _("Areas studied"), "topics": _("Topics"), "methods": _("Methods")},
)


class ContributorForm(PartForm):
    def clean(self) -> dict[str, Any]:
        data = super().clean()
        person = data.get("family") or data.get("given")
        if data.get("literal") and person:
            self.add_error("literal", gettext("Either a person or a body."))
        elif not data.get("literal") and not data.get("family"):
            self.add_error("family", gettext("A person has a family name; a body its own."))
        return data


class ContributorInline(PartInline):
    model = Contributor
    form = ContributorForm


class WorkCountryInline(PartInline):
    model = WorkCountry


class WorkCaseInline(PartInline):
    model = WorkCase
    autocomplete_fields = ("case",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[WorkCase]:
        return super().get_queryset(request).select_related("case")


class WorkLawInline(PartInline):
    model = WorkLaw
    autocomplete_fields = ("law",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[WorkLaw]:
        return super().get_queryset(request).select_related("law")


class WorkSourceInline(SourceInline):
    model = WorkSource


@admin.register(Work)
class WorkAdmin(TermsAdmin):
    form = WorkForm
    list_display = ("title", "type", "issued", "language", "state", "changed_at", "public_page")
    list_filter = ("type",)
    list_select_related = ("type",)
    inlines = (
        ContributorInline,
        WorkCountryInline,
        WorkCaseInline,
        WorkLawInline,
        WorkSourceInline,
    )
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "code",
                    "title",
                    "title_original",
                    ("type", "issued", "language"),
                    ("container_title", "collection_title"),
                    ("volume", "issue", "page"),
                    ("publisher", "publisher_place"),
                    ("doi", "isbn", "issn"),
                    "url",
                    "annotation",
                )
            },
        ),
        (_("Keywords"), {"fields": ("topics", "methods", "regions")}),
        PUBLICATION,
    )
