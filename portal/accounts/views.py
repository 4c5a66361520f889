"""Pages of signing in and of one's own account's security, in the look of the admin."""

from __future__ import annotations

import logging
from typing import Any, cast

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.views import LoginView, RedirectURLMixin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.http import urlencode
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic import FormView, View

from portal.accounts import second_factor, sessions, sign_in
from portal.accounts.forms import (
    CodeForm,
    NewAuthenticatorForm,
    PasswordForm,
    ReplaceAuthenticatorForm,
)
from portal.accounts.models import StaffSession, User

Form = Any
#: Who tried to get in, by the number of the user and never by name or address.
logger = logging.getLogger("portal.sign_in")


def owner(request: HttpRequest) -> User:
    """Whose page it is, behind the door that only those pass who are signed in."""
    return cast("User", request.user)


class SignInView(LoginView):
    """The first page: user name and password. Both factors given, one is signed in."""

    authentication_form = PasswordForm
    template_name = "admin/login.html"

    def form_valid(self, form: Form) -> HttpResponse:
        user = form.get_user()
        logger.info("User %s gave the right password", user.pk)
        if not second_factor.is_needed(user):
            return super().form_valid(form)
        sign_in.begin(self.request, user)
        return HttpResponseRedirect(second_step(self.get_redirect_url()))

    def form_invalid(self, form: Form) -> HttpResponse:
        logger.warning("A sign-in was refused: wrong name or password")
        return super().form_invalid(form)


def second_step(next_page: str) -> str:
    """Where the code is asked for, on the way to a page."""
    query = f"?{urlencode({REDIRECT_FIELD_NAME: next_page})}" if next_page else ""
    return reverse("admin:second_factor") + query


def refuse_if_throttled(form: Form, response: HttpResponse) -> HttpResponse:
    """Say with the status, too, that a code was not even looked at."""
    wait = getattr(form, "wait", 0)
    if wait:
        response.status_code = 429
        response["Retry-After"] = str(wait)
    return response


def recovery_codes_page(request: HttpRequest, codes: list[str], go_on: str) -> HttpResponse:
    """Recovery codes, shown this once: they are the answer to the form and have no address."""
    context = {
        **admin.site.each_context(request),
        "title": _("Your recovery codes"),
        "codes": codes,
        "go_on": go_on,
    }
    return TemplateResponse(request, "accounts/recovery_codes.html", context)


@method_decorator(
    [sensitive_post_parameters(), csrf_protect, never_cache],
    name="dispatch",
)
class SecondStepView(RedirectURLMixin, FormView):
    """A page between the password and the admin, for somebody who has given the password."""

    visitor: User
    title: Any = ""
    #: Whether the page is for those who have an authenticator, and where the others go.
    with_authenticator = True
    other_page = ""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        visitor = sign_in.visitor(request)
        if visitor is None:
            return redirect_keeping_next(self, "admin:login")
        has = second_factor.authenticator_of(visitor) is not None
        if has != self.with_authenticator:
            return redirect_keeping_next(self, self.other_page)
        if has and visitor == request.user and second_factor.is_passed(request.user):
            return HttpResponseRedirect(self.get_success_url())
        if request.method == "POST" and "cancel" in request.POST:
            request.session.flush()
            return redirect("admin:login")
        self.visitor = visitor
        return super().dispatch(request, *args, **kwargs)

    def get_default_redirect_url(self) -> str:
        return reverse("admin:index")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {
            **admin.site.each_context(self.request),
            # Nothing of the admin is shown before the code.
            "has_permission": False,
            "available_apps": [],
            "is_nav_sidebar_enabled": False,
            "title": self.title,
            "visitor": self.visitor,
            REDIRECT_FIELD_NAME: self.get_redirect_url(),
            **super().get_context_data(**kwargs),
        }

    def form_invalid(self, form: Form) -> HttpResponse:
        logger.warning("User %s gave a wrong code", self.visitor.pk)
        return refuse_if_throttled(form, super().form_invalid(form))


def redirect_keeping_next(view: RedirectURLMixin, name: str) -> HttpResponseRedirect:
    """To another page of signing in, without losing where the visitor wanted to go."""
    next_page = view.get_redirect_url()
    query = f"?{urlencode({REDIRECT_FIELD_NAME: next_page})}" if next_page else ""
    return HttpResponseRedirect(reverse(name) + query)


class EnterCodeView(SecondStepView):
    """Asks for a code of the authenticator, or a recovery code."""

    form_class = CodeForm
    template_name = "accounts/enter_code.html"
    title = _("Enter a code")
    other_page = "admin:second_factor_set_up"

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "user": self.visitor}

    def form_valid(self, form: Form) -> HttpResponse:
        next_page = self.get_success_url()
        sign_in.complete(self.request, self.visitor, form.device)
        logger.info("User %s signed in with both factors", self.visitor.pk)
        if isinstance(form.device, second_factor.StaticDevice):
            left = second_factor.summary_of(self.visitor).recovery_codes
            text = ngettext(
                "You signed in with a recovery code. %(number)d is left.",
                "You signed in with a recovery code. %(number)d are left.",
                left,
            )
            messages.warning(self.request, text % {"number": left})
        return HttpResponseRedirect(next_page)


class SetUpView(SecondStepView):
    """Has a first authenticator set up, then shows the recovery codes."""

    form_class = NewAuthenticatorForm
    template_name = "accounts/set_up.html"
    title = _("Set up a second factor")
    with_authenticator = False
    other_page = "admin:second_factor"

    def get_form_kwargs(self) -> dict[str, Any]:
        key = sign_in.key_for_new_authenticator(self.request)
        return {**super().get_form_kwargs(), "key": key}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        return {**context, **picture_and_secret(self.visitor, context["form"].key)}

    def form_valid(self, form: Form) -> HttpResponse:
        next_page = self.get_success_url()
        codes = second_factor.set_up(self.visitor, form.key, form.cleaned_data["new_code"])
        if codes is None:
            # Somebody was faster: the code of that authenticator is asked for now.
            return redirect_keeping_next(self, "admin:second_factor")
        device = second_factor.authenticator_of(self.visitor)
        sign_in.complete(self.request, self.visitor, device)
        logger.info("User %s set up a second factor and signed in", self.visitor.pk)
        return recovery_codes_page(self.request, codes, next_page)


def picture_and_secret(user: User, key: str) -> dict[str, Any]:
    return {
        "picture": second_factor.picture(user, key),
        "secret": second_factor.secret_text(key),
        "issuer": settings.OTP_TOTP_ISSUER,
    }


class SecurityView(View):
    """“Your account security”: the second factor and the sessions of whoever asks."""

    def get(self, request: HttpRequest) -> HttpResponse:
        lines = list(sessions.living().filter(user=owner(request)))
        context = {
            **admin.site.each_context(request),
            "title": _("Your account security"),
            "factor": second_factor.summary_of(owner(request)),
            "sessions": [(line, sessions.is_current(line, request)) for line in lines],
        }
        return TemplateResponse(request, "accounts/security.html", context)


class EndSessionsView(View):
    """Ends one of one's own sessions, or all but this one."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        if "others" in request.POST:
            ended = sessions.end_others(request)
        else:
            pk = request.POST.get("session", "")
            if not (pk.isascii() and pk.isdigit() and len(pk) < 19):
                pk = "0"
            line = get_object_or_404(StaffSession, pk=int(pk), user=owner(request))
            if sessions.is_current(line, request):
                sessions.end([line])
                request.session.flush()
                return redirect("admin:login")
            ended = sessions.end([line])
        text = ngettext("%(number)d session ended.", "%(number)d sessions ended.", ended)
        messages.success(request, text % {"number": ended})
        return redirect("admin:security")


@method_decorator(sensitive_post_parameters(), name="dispatch")
class OwnCodeView(FormView):
    """A page of one's own security that asks for a code before it does anything."""

    title: Any = ""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if second_factor.authenticator_of(owner(request)) is None:
            return redirect("admin:second_factor_set_up")
        return super().dispatch(request, *args, **kwargs)

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "user": owner(self.request)}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = {**admin.site.each_context(self.request), "title": self.title}
        return {**context, **super().get_context_data(**kwargs)}

    def form_invalid(self, form: Form) -> HttpResponse:
        return refuse_if_throttled(form, super().form_invalid(form))


class NewRecoveryCodesView(OwnCodeView):
    """Ten new recovery codes for a current code; the old ones are void."""

    form_class = CodeForm
    template_name = "accounts/new_recovery_codes.html"
    title = _("New recovery codes")

    def form_valid(self, form: Form) -> HttpResponse:
        codes = second_factor.new_recovery_codes(owner(self.request))
        return recovery_codes_page(self.request, codes, reverse("admin:security"))


class ReplaceAuthenticatorView(OwnCodeView):
    """Another authenticator in the place of the present one; other sessions end."""

    form_class = ReplaceAuthenticatorForm
    template_name = "accounts/replace.html"
    title = _("Replace the authenticator")

    def get_form_kwargs(self) -> dict[str, Any]:
        key = sign_in.key_for_new_authenticator(self.request)
        return {**super().get_form_kwargs(), "key": key}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        return {**context, **picture_and_secret(owner(self.request), context["form"].key)}

    def form_valid(self, form: Form) -> HttpResponse:
        user = owner(self.request)
        second_factor.replace(user, form.key, form.cleaned_data["new_code"])
        sessions.end_others(self.request)
        sign_in.complete(self.request, user, second_factor.authenticator_of(user))
        text = gettext("The authenticator was replaced, and all other sessions were ended.")
        messages.success(self.request, text)
        return redirect("admin:security")
