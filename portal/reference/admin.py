"""Reference data in the admin. A change is announced, so that the search follows it."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest

from portal.reference.changes import announce
from portal.reference.models import (
    Jurisdiction,
    Process,
    ProcessMembership,
    ProcessSource,
    Region,
    Term,
    TreatyArticle,
    TreatyStatus,
    TreatyStatusSource,
    Vocabulary,
)
from portal.reference.widgets import ReferenceFieldsMixin


class ReferenceAdmin(ReferenceFieldsMixin, admin.ModelAdmin):
    """Announces what it saves or deletes, inside the admin's own transaction."""

    show_full_result_count = False
    list_per_page = 50

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        announce([form.instance])

    def delete_model(self, request: HttpRequest, obj: models.Model) -> None:
        super().delete_model(request, obj)
        announce([])

    def delete_queryset(self, request: HttpRequest, queryset: models.QuerySet) -> None:
        super().delete_queryset(request, queryset)
        announce([])


class SourceInline(admin.TabularInline):
    extra = 0
    fields = ("position", "title", "url", "note", "last_checked", "status")


class ProcessSourceInline(SourceInline):
    model = ProcessSource


class TreatyStatusSourceInline(SourceInline):
    model = TreatyStatusSource


class MembershipInline(admin.TabularInline):
    model = ProcessMembership
    extra = 0


@admin.register(Region)
class RegionAdmin(ReferenceAdmin):
    list_display = ("code", "__str__", "level", "parent")
    list_filter = ("level",)
    list_select_related = ("parent",)
    search_fields = ("code", "names")


@admin.register(Process)
class ProcessAdmin(ReferenceAdmin):
    list_display = ("code", "__str__", "as_of", "stated_members")
    search_fields = ("code", "labels")
    inlines = (ProcessSourceInline,)


@admin.register(Jurisdiction)
class JurisdictionAdmin(ReferenceAdmin):
    list_display = ("code", "__str__", "kind", "un_status", "region")
    list_filter = ("kind", "un_status", "region")
    list_select_related = ("region",)
    search_fields = ("code", "alpha2", "names", "un_names")
    inlines = (MembershipInline,)


@admin.register(Vocabulary)
class VocabularyAdmin(ReferenceAdmin):
    list_display = ("code", "position")
    search_fields = ("code",)


@admin.register(Term)
class TermAdmin(ReferenceAdmin):
    list_display = ("__str__", "code", "vocabulary", "definition")
    list_filter = ("vocabulary",)
    search_fields = ("code", "labels", "definition")
    list_select_related = ("vocabulary",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("id", "vocabulary", "code") if obj else ()


@admin.register(TreatyArticle)
class TreatyArticleAdmin(ReferenceAdmin):
    list_display = ("code", "__str__", "instrument")
    list_filter = ("instrument",)
    search_fields = ("code", "labels", "definition")


@admin.register(TreatyStatus)
class TreatyStatusAdmin(ReferenceAdmin):
    list_display = ("jurisdiction", "is_party", "act", "signed", "consent")
    list_filter = ("is_party", "act")
    list_select_related = ("jurisdiction",)
    search_fields = ("jurisdiction__code", "jurisdiction__names", "note")
    inlines = (TreatyStatusSourceInline,)
