"""The admin site: stock Django under the portal's name, with choices that tell records apart."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import admin
from django.contrib.admin.apps import AdminConfig
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.contrib.admin.views.main import ERROR_FLAG
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache


class LabelledChoices(AutocompleteJsonView):
    """Choices under the names that their admins give them, limited as their box asks for.

    A box may send `within`: the jurisdiction of a case for its laws, a law for its provisions
    (static/js/limited-choices.js). The admin of what is chosen knows what that means
    (`choices_within`); where it cannot mean anything there is nothing to choose from.
    """

    def get_queryset(self) -> Any:
        found = super().get_queryset()
        within = self.request.GET.get("within", "")
        if not within:
            return found
        limited = getattr(self.model_admin, "choices_within", None)
        return limited(found, within, self.term.strip()) if limited else found.none()

    def serialize_result(self, obj: Any, to_field_name: str) -> dict[str, str]:
        from portal.reference.widgets import choice_label

        return {
            **super().serialize_result(obj, to_field_name),
            "text": choice_label(self.admin_site, obj),
        }


class PortalAdminSite(admin.AdminSite):
    site_header = site_title = _("Smuggling of Migrants Knowledge Portal")
    index_title = _("Records, reference data and accounts")

    def admin_view(self, view: Callable[..., Any], cacheable: bool = False) -> Any:
        """As in Django; but an address with a NUL, which no column can hold, is no error of ours.

        Django's own filters and searches hand it on to the database.
        """

        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            try:
                return view(request, *args, **kwargs)
            except ValueError as error:
                if "\x00" in request.path:
                    raise Http404 from error
                if "%00" not in request.META["QUERY_STRING"]:
                    raise
                # What a list does with a filter that makes no sense.
                return HttpResponseRedirect(f"{request.path}?{ERROR_FLAG}=1")

        return super().admin_view(guarded, cacheable)

    def autocomplete_view(self, request: HttpRequest) -> HttpResponse:
        view: Callable[[HttpRequest], Any] = LabelledChoices.as_view(admin_site=self)
        return view(request)

    def has_permission(self, request: HttpRequest) -> bool:
        """For staff who have given both factors (portal/accounts/second_factor.py)."""
        from portal.accounts.second_factor import is_passed

        return super().has_permission(request) and is_passed(request.user)

    def get_urls(self) -> list[Any]:
        from portal.accounts.urls import addresses
        from portal.curation.export_admin import addresses as exports

        return [*addresses(self), *exports(self), *super().get_urls()]

    # The stock login cannot be given another view, so this is the stock login with ours.
    @method_decorator(never_cache)
    @login_not_required
    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        from portal.accounts.views import SignInView, second_step

        if request.method == "GET" and super().has_permission(request):
            # The password is given: on to the admin, or to the code if that is missing.
            if self.has_permission(request):
                return HttpResponseRedirect(reverse("admin:index"))
            return HttpResponseRedirect(second_step(SignInView(request=request).get_redirect_url()))
        context = {
            **self.each_context(request),
            "title": _("Log in"),
            "subtitle": None,
            "app_path": request.get_full_path(),
            "username": request.user.get_username(),
        }
        if REDIRECT_FIELD_NAME not in request.GET and REDIRECT_FIELD_NAME not in request.POST:
            context[REDIRECT_FIELD_NAME] = reverse("admin:index")
        context.update(extra_context or {})
        view: Callable[[HttpRequest], Any] = SignInView.as_view(
            extra_context=context, next_page="admin:index"
        )
        return view(request)

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """A session that is left does not stay in the list of sessions."""
        from portal.accounts import sessions

        left = sessions.of_request(request)
        response = super().logout(request, extra_context)
        if request.method == "POST":
            sessions.end(left)
            # What a browser kept of the admin goes as well, also what it should not have kept.
            response["Clear-Site-Data"] = '"cache"'
        return response

    def password_change(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        """Another password ends all other sessions, in the list as in fact."""
        from portal.accounts import sessions

        response = super().password_change(request, extra_context)
        if request.method == "POST" and response.status_code == 302:
            sessions.end_others(request)
        return response


class PortalAdminConfig(AdminConfig):
    """Stands in INSTALLED_APPS instead of `django.contrib.admin`."""

    default_site = "portal.admin.PortalAdminSite"
