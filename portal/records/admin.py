"""Redirects in the admin."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest

from portal.records.forms import RedirectForm
from portal.records.models import Redirect
from portal.reference.forms import ReferenceFieldsMixin
from portal.reference.models import DataVersion


@admin.register(Redirect)
class RedirectAdmin(ReferenceFieldsMixin, admin.ModelAdmin):
    """What an address answers depends on redirects: a change of them is a change of the data."""

    form = RedirectForm
    list_display = ("code", "target", "reason", "created_at")
    list_filter = ("reason",)
    search_fields = ("code", "target")
    show_full_result_count = False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        DataVersion.bump(DataVersion.RECORDS)

    def delete_model(self, request: HttpRequest, obj: Redirect) -> None:
        self.delete_queryset(request, Redirect.objects.filter(pk=obj.pk))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Redirect]) -> None:
        with transaction.atomic():
            super().delete_queryset(request, queryset)
            DataVersion.bump(DataVersion.RECORDS)
