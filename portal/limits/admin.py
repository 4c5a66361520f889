"""Tokens in the admin: issued, changed and withdrawn, never deleted."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from portal.limits.models import ApiToken
from portal.limits.tokens import give_secret, withdraw


class ApiTokenForm(forms.ModelForm):
    def clean_expires_on(self) -> Any:
        """A last day that is past is a mistake: a token that is to end now is withdrawn."""
        day = self.cleaned_data["expires_on"]
        if day is not None and "expires_on" in self.changed_data and day < timezone.localdate():
            raise forms.ValidationError(_("This day is past. To end a token now, withdraw it."))
        return day


class ValidityFilter(admin.SimpleListFilter):
    title = _("validity")
    parameter_name = "valid"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("Valid")), ("no", _("Withdrawn or expired"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() is None:
            return queryset
        valid = ApiToken.objects.valid().values("pk")
        if self.value() == "yes":
            return queryset.filter(pk__in=valid)
        if self.value() == "no":
            return queryset.exclude(pk__in=valid)
        raise IncorrectLookupParameters(f"{self.parameter_name}={self.value()!r}")


@admin.register(ApiToken)
class ApiTokenAdmin(admin.ModelAdmin):
    """The secret is shown once, in the answer that issues the token."""

    form = ApiTokenForm
    list_display = (
        *("name", "prefix", "requests_per_minute", "issued_at", "issued_by"),
        *("expires_on", "withdrawn_at", "last_used_on"),
    )
    list_filter = (ValidityFilter,)
    list_select_related = ("issued_by",)
    search_fields = ("name", "contact", "prefix")
    show_full_result_count = False
    actions = None
    fields = ("name", "contact", "requests_per_minute", "expires_on")
    told = ("prefix", "issued_by", "issued_at", "withdrawn_at", "last_used_on")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return (*self.fields, *(self.told if obj else ()))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.told

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether somebody may change a token; one that was withdrawn stays as it was."""
        return super().has_change_permission(request, obj) and (obj is None or not obj.withdrawn_at)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.withdraw_view)
        name = "limits_apitoken_withdraw"
        return [path("<path:object_id>/withdraw/", view, name=name), *super().get_urls()]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if not change:
            obj.issued_by = request.user
            request.issued_secret = give_secret(obj)  # type: ignore[attr-defined]
        super().save_model(request, obj, form, change)

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        """The page with the secret. It stands in this answer only, and in no session or log."""
        secret = request.issued_secret  # type: ignore[attr-defined]
        return self._page(request, "issued", _("The token is issued"), obj, secret=secret)

    def withdraw_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Asks first, then ends a token for good."""
        token = self.get_object(request, unquote(object_id))
        if token is None:
            raise Http404
        if not self.has_change_permission(request, token):
            raise PermissionDenied
        if request.method != "POST":
            return self._page(request, "withdraw", _("Withdraw a token"), token)
        withdraw(token)
        self.log_change(request, token, gettext("Withdrawn."))
        messages.success(request, gettext("The token of %(name)s is withdrawn.") % vars(token))
        return redirect(reverse("admin:limits_apitoken_change", args=[token.pk]))

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        token = kwargs.get("obj")
        context["may_withdraw"] = token is not None and self.has_change_permission(request, token)
        return super().render_change_form(request, context, *args, **kwargs)

    def _page(
        self, request: HttpRequest, name: str, title: Any, token: ApiToken, **told: Any
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "opts": self.opts,
            "object": token,
            **told,
        }
        return TemplateResponse(request, f"admin/limits/{name}.html", context)
