"""Redirects in the admin."""

from __future__ import annotations

from django.contrib import admin

from portal.records.models import Redirect


@admin.register(Redirect)
class RedirectAdmin(admin.ModelAdmin):
    list_display = ("code", "target", "reason", "created_at")
    list_filter = ("reason",)
    search_fields = ("code", "target")
    show_full_result_count = False
