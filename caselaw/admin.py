"""Cases in the admin."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from caselaw.linking import relink
from caselaw.models import (
    Case,
    CaseCountry,
    CaseSource,
    CaseTerm,
    Charge,
    Defendant,
    LawApplied,
    Proceeding,
    ProvisionApplied,
)
from portal.records.forms import terms_form
from portal.reference.admin import SourceInline
from portal.reference.widgets import ReferenceFieldsMixin
from portal.search.admin import PUBLICATION, PartAdmin, RecordAdmin

CaseForm = terms_form(
    CaseTerm,
    "case",
    {
        "modes": _("Modes"),
        "offences": _("Offences"),
        "aggravations": _("Aggravations"),
        "related_crimes": _("Related crimes"),
        "techniques": _("Investigative techniques"),
        "cooperation": _("International cooperation"),
    },
)


class PartInline(ReferenceFieldsMixin, admin.TabularInline):
    extra = 0


class CaseCountryInline(PartInline):
    model = CaseCountry


class ProceedingInline(PartInline):
    model = Proceeding


class DefendantInline(PartInline):
    model = Defendant
    show_change_link = True
    verbose_name_plural = _("defendants (open one for its charges)")


class LawAppliedInline(PartInline):
    model = LawApplied
    autocomplete_fields = ("law",)
    show_change_link = True
    fields = ("position", "law_text", "provision_text", "law")


class CaseSourceInline(SourceInline):
    model = CaseSource


@admin.register(Case)
class CaseAdmin(RecordAdmin):
    form = CaseForm
    list_display = ("title", "place", "court", "decision_date", "state", "changed_at", "page")
    list_filter = ("court_level", "legal_system")
    inlines = (
        ProceedingInline,
        CaseCountryInline,
        DefendantInline,
        LawAppliedInline,
        CaseSourceInline,
    )
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "code",
                    "title",
                    "title_original",
                    ("jurisdiction", "language"),
                    ("court", "court_level"),
                    ("decision_date", "docket"),
                    "citations",
                )
            },
        ),
        (
            _("Keywords"),
            {"fields": ("offences", "modes", "benefit", "aggravations", "related_crimes")},
        ),
        (_("Texts"), {"fields": ("facts", "significance", "gender_considerations", "contributor")}),
        (_("Investigation and cooperation"), {"fields": ("techniques", "cooperation")}),
        (_("Procedure"), {"fields": (("legal_system", "proceeding_type"),)}),
        (
            _("Migrants and fee"),
            {
                "fields": (
                    ("migrants_count", "migrants_deaths"),
                    ("includes_children", "includes_women"),
                    ("fee_amount", "fee_currency", "fee_per"),
                )
            },
        ),
        PUBLICATION,
    )

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        super().save_formset(request, form, formset, change)
        if formset.model is LawApplied:
            changed = [applied for applied, _fields in formset.changed_objects]
            relink([*changed, *formset.new_objects])


class ChargeInline(PartInline):
    model = Charge


@admin.register(Defendant)
class DefendantAdmin(PartAdmin):
    owner_field = "case"
    list_display = ("label", "case", "role", "gender")
    list_select_related = ("case", "role", "gender")
    search_fields = ("label", "case__code")
    autocomplete_fields = ("case",)
    inlines = (ChargeInline,)


class ProvisionAppliedInline(PartInline):
    model = ProvisionApplied
    autocomplete_fields = ("provision",)


@admin.register(LawApplied)
class LawAppliedAdmin(PartAdmin):
    owner_field = "case"
    list_display = ("__str__", "case", "law")
    list_select_related = ("case", "law")
    search_fields = ("law_text", "case__code")
    autocomplete_fields = ("case", "law")
    inlines = (ProvisionAppliedInline,)
