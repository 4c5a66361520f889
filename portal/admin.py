"""The admin site: stock Django under the portal's name, with choices that tell records apart."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.contrib.admin.apps import AdminConfig
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _


class LabelledChoices(AutocompleteJsonView):
    """Choices under the names that their admins give them."""

    def serialize_result(self, obj: Any, to_field_name: str) -> dict[str, str]:
        from portal.reference.widgets import choice_label

        return {
            **super().serialize_result(obj, to_field_name),
            "text": choice_label(self.admin_site, obj),
        }


class PortalAdminSite(admin.AdminSite):
    site_header = site_title = _("Smuggling of Migrants Knowledge Portal")
    index_title = _("Records, reference data and accounts")

    def autocomplete_view(self, request: HttpRequest) -> HttpResponse:
        view: Callable[[HttpRequest], Any] = LabelledChoices.as_view(admin_site=self)
        return view(request)


class PortalAdminConfig(AdminConfig):
    """Stands in INSTALLED_APPS instead of `django.contrib.admin`."""

    default_site = "portal.admin.PortalAdminSite"
