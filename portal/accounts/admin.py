"""Accounts in the admin, with their sessions and the reset of a lost second factor."""

from __future__ import annotations

from typing import Any

import django_otp.plugins.otp_static.admin
import django_otp.plugins.otp_totp.admin  # noqa: F401
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from portal.accounts import second_factor, sessions
from portal.accounts.models import StaffSession, User

# Their pages show secrets to whoever may see them; a second factor is nobody else's to see.
admin.site.unregister(
    [second_factor.TOTPDevice, second_factor.StaticDevice],
)


class SessionInline(admin.TabularInline):
    """Where a user is signed in. To delete a line ends the session."""

    model = StaffSession
    extra = 0
    fields = readonly_fields = ("browser", "begun_at", "seen_at")
    verbose_name_plural = _("Sessions: where this user is signed in (delete one to end it)")

    @admin.display(description=_("browser"))
    def browser(self, line: StaffSession) -> str:
        return str(line)

    def get_queryset(self, request: HttpRequest) -> QuerySet[StaffSession]:
        return sessions.living()

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may_change_users(request) and _is_within_reach(request, obj)

    # Whoever may change a user may end the user's sessions.
    has_change_permission = has_delete_permission = has_view_permission


def may_change_users(request: HttpRequest) -> bool:
    return request.user.has_perm("accounts.change_user")


def fixed_rights(user: Any) -> tuple[str, ...]:
    """The fields of accounts by which somebody would give rights that are not theirs to give.

    Whoever may change groups can give their own group any permission, and so also gives single
    ones; nobody but a superuser makes a superuser.
    """
    if user.is_superuser:
        return ()
    if user.has_perm("auth.change_group"):
        return ("is_superuser",)
    return ("is_superuser", "groups", "user_permissions")


def _is_within_reach(request: HttpRequest, user: User | None) -> bool:
    """Whether an account is no superuser's, or another superuser's to change."""
    return user is None or request.user.is_superuser or not user.is_superuser


@admin.register(User)
class UserAdmin(DjangoUserAdmin):
    show_full_result_count = False
    inlines = [SessionInline]
    readonly_fields = ("second_factor",)
    fieldsets = (
        *(DjangoUserAdmin.fieldsets or ()),
        (_("Second factor"), {"fields": ("second_factor",)}),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return (*super().get_readonly_fields(request, obj), *fixed_rights(request.user))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and _is_within_reach(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and _is_within_reach(request, obj)

    @admin.display(description=_("second factor"))
    def second_factor(self, user: User) -> str:
        found = second_factor.summary_of(user)
        if found.authenticator is None:
            return gettext("Not set up; asked for at the next sign-in.")
        text = ngettext(
            "Set up on %(date)s; %(number)d recovery code is left.",
            "Set up on %(date)s; %(number)d recovery codes are left.",
            found.recovery_codes,
        )
        date = date_format(localtime(found.authenticator.created_at), "DATE_FORMAT")
        return text % {"date": date, "number": found.recovery_codes}

    def get_inline_instances(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return super().get_inline_instances(request, obj) if obj is not None else []

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Delete a line of the list, and the session goes with it."""
        if formset.model is not StaffSession:
            super().save_formset(request, form, formset, change)
            return
        formset.save(commit=False)
        sessions.end(formset.deleted_objects)
        formset.save_m2m()

    def get_urls(self) -> list[URLPattern]:
        reset = self.admin_site.admin_view(self.reset_second_factor)
        name = "accounts_user_reset_second_factor"
        return [path("<id>/reset-second-factor/", reset, name=name), *super().get_urls()]

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> Any:
        """Whoever is given another password is signed out everywhere."""
        response = super().user_change_password(request, id, form_url)
        user = self.get_object(request, unquote(id))
        if request.method == "POST" and response.status_code == 302 and user is not None:
            if user.pk == request.user.pk:
                sessions.end_others(request)
            else:
                sessions.end_all(user)
        return response

    def may_reset(self, request: HttpRequest, user: User) -> bool:
        """Not the own one, for which a code is asked; nor one that guards more than one may do."""
        return self.has_change_permission(request, user) and user.pk != request.user.pk

    def reset_second_factor(self, request: HttpRequest, id: str) -> HttpResponse:
        """Asks first, then takes a lost authenticator and the recovery codes away."""
        user = self.get_object(request, unquote(id))
        if user is None:
            raise Http404
        if not self.may_reset(request, user):
            raise PermissionDenied
        if request.method == "POST":
            second_factor.reset(user)
            self.log_change(request, user, gettext("Second factor reset and sessions ended."))
            text = gettext("The second factor of %(user)s was reset and all sessions ended.")
            messages.success(request, text % {"user": user})
            return redirect(reverse("admin:accounts_user_change", args=[user.pk]))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Reset the second factor"),
            "opts": self.opts,
            "object": user,
            "factor": second_factor.summary_of(user),
        }
        return TemplateResponse(request, "accounts/reset.html", context)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        user = kwargs.get("obj")
        context["may_reset_second_factor"] = user is not None and self.may_reset(request, user)
        return super().render_change_form(request, context, *args, **kwargs)
