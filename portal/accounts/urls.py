"""Addresses in the admin that concern one's own account."""

from __future__ import annotations

from django.contrib.admin import AdminSite
from django.urls import URLPattern, path

from portal.accounts import views


def addresses(site: AdminSite) -> list[URLPattern]:
    """All but the two pages between password and code stand behind both, as the whole admin."""
    guarded = site.admin_view
    return [
        path("second-factor/", views.EnterCodeView.as_view(), name="second_factor"),
        path("second-factor/set-up/", views.SetUpView.as_view(), name="second_factor_set_up"),
        path("security/", guarded(views.SecurityView.as_view()), name="security"),
        path(
            "security/sessions/end/",
            guarded(views.EndSessionsView.as_view()),
            name="security_end_sessions",
        ),
        path(
            "security/recovery-codes/",
            guarded(views.NewRecoveryCodesView.as_view()),
            name="security_recovery_codes",
        ),
        path(
            "security/authenticator/",
            guarded(views.ReplaceAuthenticatorView.as_view()),
            name="security_authenticator",
        ),
    ]
