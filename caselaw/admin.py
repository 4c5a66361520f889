"""Cases in the admin."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
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
from portal.curation.admin import PUBLICATION, PartAdmin, TermsAdmin
from portal.records.forms import terms_form
from portal.reference.admin import PartInline, SourceInline
from portal.reference.forms import PartForm, PartFormSet

#: What decides to which provisions a law applied is linked.
LINKING = {"law", "provision_text"}

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
    limits={"migrants_count": (1, None)},
)


class DefendantForm(PartForm):
    limits = {"count": (1, None), "age": (5, 120)}


class ChargeForm(PartForm):
    limits = {"imprisonment_months": (0.01, None)}


class ProvisionAppliedFormSet(PartFormSet):
    """Provisions of the law applied, and of no other."""

    def clean(self) -> None:
        super().clean()
        for form in self.forms:
            if not form.has_changed() or not form.is_valid():
                continue
            provision = form.cleaned_data.get("provision")
            if provision is not None and provision.law_id != self.instance.law_id:
                form.add_error("provision", gettext("This is a provision of another law."))


class CaseCountryInline(PartInline):
    model = CaseCountry


class ProceedingInline(PartInline):
    model = Proceeding


class DefendantInline(PartInline):
    model = Defendant
    form = DefendantForm
    show_change_link = True
    verbose_name_plural = _("defendants (open one for its charges)")


class LawAppliedInline(PartInline):
    model = LawApplied
    autocomplete_fields = ("law",)
    show_change_link = True
    verbose_name_plural = _("laws applied (provisions are linked by what the source names)")
    fields = ("position", "law_text", "provision_text", "law")

    def get_queryset(self, request: HttpRequest) -> QuerySet[LawApplied]:
        return super().get_queryset(request).select_related("law")


class CaseSourceInline(SourceInline):
    model = CaseSource


@admin.register(Case)
class CaseAdmin(TermsAdmin):
    form = CaseForm
    list_display = (
        "title",
        "place",
        "court",
        "decision_date",
        "state",
        "changed_at",
        "public_page",
    )
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
            # Links that a curator made by hand stay where the source's words stay.
            changed = [row for row, fields in formset.changed_objects if LINKING & set(fields)]
            relink([*changed, *formset.new_objects])


class ChargeInline(PartInline):
    model = Charge
    form = ChargeForm


@admin.register(Defendant)
class DefendantAdmin(PartAdmin):
    form = DefendantForm
    owner_field = "case"
    list_display = ("label", "case", "role", "gender")
    list_select_related = ("case", "role", "gender")
    search_fields = ("label", "case__code")
    autocomplete_fields = ("case",)
    inlines = (ChargeInline,)


class ProvisionAppliedInline(PartInline):
    model = ProvisionApplied
    formset = ProvisionAppliedFormSet
    autocomplete_fields = ("provision",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[ProvisionApplied]:
        return super().get_queryset(request).select_related("provision__law")


@admin.register(LawApplied)
class LawAppliedAdmin(PartAdmin):
    owner_field = "case"
    list_display = ("__str__", "case", "law")
    list_select_related = ("case", "law")
    search_fields = ("law_text", "case__code")
    autocomplete_fields = ("case", "law")
    inlines = (ProvisionAppliedInline,)

    def settle(self, form: Any, formsets: Any) -> None:
        # Provisions chosen by hand in the same moment win over the matching.
        if LINKING & set(form.changed_data) and not any(rows.has_changed() for rows in formsets):
            relink([form.instance])
