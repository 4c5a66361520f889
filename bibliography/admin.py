"""Works in the admin."""

from __future__ import annotations

from django.contrib import admin
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
from portal.records.forms import terms_form
from portal.reference.admin import SourceInline
from portal.reference.widgets import ReferenceFieldsMixin
from portal.search.admin import PUBLICATION, RecordAdmin

WorkForm = terms_form(
    WorkTerm,
    "work",
    {"regions": _("Areas studied"), "topics": _("Topics"), "methods": _("Methods")},
)


class PartInline(ReferenceFieldsMixin, admin.TabularInline):
    extra = 0


class ContributorInline(PartInline):
    model = Contributor


class WorkCountryInline(PartInline):
    model = WorkCountry


class WorkCaseInline(PartInline):
    model = WorkCase
    autocomplete_fields = ("case",)


class WorkLawInline(PartInline):
    model = WorkLaw
    autocomplete_fields = ("law",)


class WorkSourceInline(SourceInline):
    model = WorkSource


@admin.register(Work)
class WorkAdmin(RecordAdmin):
    form = WorkForm
    list_display = ("title", "type", "issued", "language", "state", "changed_at", "page")
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
