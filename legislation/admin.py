"""Laws in the admin."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from legislation.codes import free_provision_code
from legislation.models import Law, LawRelation, LawSource, Provision, ProvisionArticle
from portal.reference.admin import SourceInline
from portal.reference.widgets import ReferenceFieldsMixin
from portal.search.admin import PUBLICATION, PartAdmin, RecordAdmin


class ProvisionInline(ReferenceFieldsMixin, admin.StackedInline):
    model = Provision
    extra = 0
    show_change_link = True
    verbose_name_plural = _("provisions (open one for its treaty articles)")
    fields = (
        ("position", "number", "heading"),
        "summary",
        "benefit_element",
        ("max_imprisonment_years", "life", "max_fine_amount", "max_fine_currency"),
        ("text_original", "text_translation"),
    )


class LawRelationInline(admin.TabularInline):
    model = LawRelation
    fk_name = "law"
    extra = 0
    autocomplete_fields = ("other",)


class LawSourceInline(SourceInline):
    model = LawSource


@admin.register(Law)
class LawAdmin(RecordAdmin):
    list_display = ("title", "place", "number", "adopted", "status", "state", "changed_at", "page")
    list_filter = ("type", "status")
    list_select_related = ("status",)
    inlines = (ProvisionInline, LawRelationInline, LawSourceInline)
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "code",
                    "title",
                    "title_original",
                    ("jurisdiction", "language"),
                    ("type", "status", "number"),
                    ("adopted", "in_force"),
                    "summary",
                    ("humanitarian_exemption", "migrants_not_liable"),
                )
            },
        ),
        PUBLICATION,
    )

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        if formset.model is Provision:
            for row in formset.forms:
                if not row.instance.code:
                    row.instance.code = free_provision_code(form.instance, row.instance.number)
        super().save_formset(request, form, formset, change)


class ProvisionArticleInline(admin.TabularInline):
    model = ProvisionArticle
    extra = 1
    autocomplete_fields = ("article",)


@admin.register(Provision)
class ProvisionAdmin(PartAdmin):
    owner_field = "law"
    list_display = ("__str__", "law")
    list_select_related = ("law",)
    search_fields = ("number", "heading", "code", "law__title")
    autocomplete_fields = ("law",)
    readonly_fields = ("code",)
    inlines = (ProvisionArticleInline,)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if not obj.code:
            obj.code = free_provision_code(obj.law, obj.number)
        super().save_model(request, obj, form, change)
