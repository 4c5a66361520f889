"""Cases in the admin."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from caselaw.laws_applied_admin import LINKING, LawAppliedInline, warn_of_foreign_laws
from caselaw.linking import relink
from caselaw.models import (
    Case,
    CaseAttachment,
    CaseCountry,
    CaseSource,
    CaseTerm,
    Charge,
    Defendant,
    LawApplied,
    Proceeding,
)
from caselaw.unlinked import LawInWordsOnly, unlinked
from portal.attachments.admin import AttachmentInline, AttachmentsMixin
from portal.curation.admin import PASTED_SOURCES, PUBLICATION, PartAdmin, TermsAdmin
from portal.curation.nested import NestingForm, NestingInline
from portal.curation.queues import Queue
from portal.curation.sections import fieldsets_of, inlines_of
from portal.records.durations import ImprisonmentFormField
from portal.records.forms import terms_form
from portal.records.typed_dates import DATES_AS_TYPED
from portal.reference.admin import PartInline, SourceInline
from portal.reference.forms import PartForm
from portal.reference.meanings import meaning

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


class DefendantBlockForm(NestingForm, DefendantForm):
    """A defendant on the case's page, with the charges."""


class ChargeForm(PartForm):
    limits = {"imprisonment_months": (0.01, None)}
    imprisonment_months = ImprisonmentFormField(
        label=_("Imprisonment"), required=False, help_text=meaning(Charge, "imprisonment_months")
    )


class CaseCountryInline(PartInline):
    model = CaseCountry


class ProceedingInline(PartInline):
    model = Proceeding
    formfield_overrides = DATES_AS_TYPED


class ChargeInline(PartInline):
    model = Charge
    form = ChargeForm
    fields = (
        "position",
        "offence",
        "statute",
        "plea",
        "verdict",
        "imprisonment_months",
        "suspended",
        "fine_amount",
        "fine_currency",
        "other",
    )


class DefendantInline(NestingInline):
    model = Defendant
    form = DefendantBlockForm
    nested = ChargeInline
    show_change_link = True
    verbose_name_plural = _("defendants and charges")
    fields = (("position", "label", "count"), ("role", "gender", "nationality", "age"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Defendant]:
        charges = Charge.objects.select_related("plea", "verdict")
        found = super().get_queryset(request).select_related("role", "gender", "nationality")
        return found.prefetch_related(Prefetch("charges", charges))


class CaseSourceInline(SourceInline):
    model = CaseSource


class CaseAttachmentInline(AttachmentInline):
    model = CaseAttachment


#: The fields and parts of a case, in the order of its public page.
SECTIONS = (
    (
        None,
        {
            "fields": (
                "code",
                "title",
                "title_original",
                "jurisdiction",
                ("court", "decision_date"),
                "citations",
                "docket",
            )
        },
    ),
    (
        _("Keywords"),
        {"fields": ("offences", "modes", "benefit", "aggravations", "related_crimes")},
    ),
    (_("Facts and significance"), {"fields": ("facts", "significance")}),
    (
        _("Cross-cutting issues"),
        {
            "classes": ("collapse",),
            "fields": ("techniques", "cooperation", "gender_considerations"),
        },
    ),
    (
        _("Procedural information"),
        {"fields": (("legal_system", "court_level"), ("proceeding_type", "language"))},
    ),
    ProceedingInline,
    (
        _("Migrants and route"),
        {
            "fields": (
                ("migrants_count", "includes_women", "includes_children", "migrants_deaths"),
                ("fee_amount", "fee_currency", "fee_per"),
            )
        },
    ),
    CaseCountryInline,
    DefendantInline,
    LawAppliedInline,
    CaseAttachmentInline,
    CaseSourceInline,
    PASTED_SOURCES,
    (_("This record"), {"fields": ("contributor",)}),
    PUBLICATION,
)


@admin.register(Case)
class CaseAdmin(AttachmentsMixin, TermsAdmin):
    form = CaseForm
    change_form_template = "admin/caselaw/case/change_form.html"
    list_display = (
        "title",
        "place",
        "court",
        "decision_date",
        "state",
        "changed_at",
        "public_page",
    )
    list_filter = ("court_level", "legal_system", LawInWordsOnly)
    sections = SECTIONS
    fieldsets = fieldsets_of(SECTIONS)
    inlines = inlines_of(SECTIONS)

    def more_queues(self, user: Any) -> list[Queue]:
        return unlinked(user)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        super().save_formset(request, form, formset, change)
        if formset.model is LawApplied:
            # Links that a curator made by hand stay where the source's words stay.
            changed = [row for row, fields in formset.changed_objects if LINKING & set(fields)]
            relink([*changed, *formset.new_objects])
            warn_of_foreign_laws(request, form.instance)


@admin.register(Defendant)
class DefendantAdmin(PartAdmin):
    form = DefendantForm
    owner_field = "case"
    list_display = ("label", "case", "role", "gender")
    list_select_related = ("case", "role", "gender")
    search_fields = ("label", "case__code")
    autocomplete_fields = ("case",)
    inlines = (ChargeInline,)
