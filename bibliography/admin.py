"""Works in the admin."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
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
from bibliography.pasted import PastedContributorsField, append_contributors
from portal.curation.admin import PASTED_SOURCES, PUBLICATION, TermsAdmin
from portal.curation.sections import fieldsets_of, inlines_of
from portal.records.forms import terms_form
from portal.reference.admin import PartInline, SourceInline
from portal.reference.forms import PartForm

_WorkTermsForm: Any = terms_form(
    WorkTerm,
    "work",
    {"regions": _("Areas studied"), "topics": _("Topics"), "methods": _("Methods")},
)


class WorkForm(_WorkTermsForm):
    """A work's form, with a box for many names at once."""

    pasted_contributors = PastedContributorsField()


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


#: The fields and parts of a work, in the order of its public page.
SECTIONS = (
    (None, {"fields": ("code", "type", "title", "title_original")}),
    ContributorInline,
    (
        _("Paste authors and editors"),
        {"classes": ("collapse",), "fields": ("pasted_contributors",)},
    ),
    (
        _("Where it was published"),
        {
            "fields": (
                "issued",
                ("container_title", "collection_title"),
                ("volume", "issue", "page"),
                ("publisher", "publisher_place"),
                "language",
                ("doi", "isbn", "issn"),
                "url",
            )
        },
    ),
    (_("Annotation"), {"fields": ("annotation",)}),
    (_("Keywords"), {"fields": ("topics", "methods", "regions")}),
    WorkCountryInline,
    WorkCaseInline,
    WorkLawInline,
    WorkSourceInline,
    PASTED_SOURCES,
    PUBLICATION,
)


@admin.register(Work)
class WorkAdmin(TermsAdmin):
    form = WorkForm
    list_display = ("title", "type", "issued", "language", "state", "changed_at", "public_page")
    list_filter = ("type",)
    list_select_related = ("type",)
    sections = SECTIONS
    fieldsets = fieldsets_of(SECTIONS)
    inlines = inlines_of(SECTIONS)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        super().save_formset(request, form, formset, change)
        if formset.model is Contributor:
            for known in append_contributors(
                form.instance, form.cleaned_data["pasted_contributors"]
            ):
                messages.info(request, gettext("The work has this name already: %s") % known)
