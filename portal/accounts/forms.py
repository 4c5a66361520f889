"""Forms of signing in and of the second factor."""

from __future__ import annotations

import math
from typing import Any

from django import forms
from django.contrib.admin.forms import AdminAuthenticationForm
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext_lazy

from portal.accounts import second_factor
from portal.accounts.models import User


class PasswordForm(AdminAuthenticationForm):
    """The first page: user name and password."""

    def clean(self) -> Any:
        """A name too long to be anybody's is refused like any other wrong name."""
        username = self.cleaned_data.get("username", "")
        if len(username) > (User._meta.get_field("username").max_length or 0):
            raise self.get_invalid_login_error()
        return super().clean()


class CodeField(forms.CharField):
    """A code: short, never filled in from an earlier visit."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=second_factor.MAX_LENGTH, **kwargs)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {
            **super().widget_attrs(widget),
            "autocomplete": "one-time-code",
            "autocapitalize": "none",
            "spellcheck": "false",
            "dir": "ltr",
        }


class CodeForm(forms.Form):
    """Asks for a code of somebody's authenticator, or a recovery code."""

    code = CodeField(
        label=pgettext_lazy("of the second step", "Code"),
        help_text=_("The six digits that your authenticator app shows, or a recovery code."),
        widget=forms.TextInput(attrs={"autofocus": True}),
    )

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        #: The device that accepted the code.
        self.device: Any = None
        #: For how many seconds no code is looked at.
        self.wait = 0

    def clean_code(self) -> str:
        text: str = self.cleaned_data["code"]
        try:
            self.device = second_factor.check(self.user, text)
        except second_factor.ThrottledError as error:
            left = (error.until - timezone.now()).total_seconds()
            self.wait = max(1, math.ceil(left))
            raise forms.ValidationError(self._please_wait(), code="throttled") from error
        if self.device is None:
            raise forms.ValidationError(
                _("This code is wrong or was used before. Enter the code shown now."), code="wrong"
            )
        return text

    def _please_wait(self) -> str:
        if self.wait < 60:
            text = ngettext(
                "Too many wrong codes. Try again in %(number)d second.",
                "Too many wrong codes. Try again in %(number)d seconds.",
                self.wait,
            )
            return text % {"number": self.wait}
        minutes = math.ceil(self.wait / 60)
        text = ngettext(
            "Too many wrong codes. Try again in %(number)d minute.",
            "Too many wrong codes. Try again in %(number)d minutes.",
            minutes,
        )
        return text % {"number": minutes}


def check_new_code(key: str, text: str) -> str:
    """Whether a new authenticator shows the codes of its secret."""
    if not second_factor.fits(key, text):
        raise forms.ValidationError(
            _("The new authenticator shows another code. Is the clock of its device right?"),
            code="wrong",
        )
    return text


class NewAuthenticatorForm(forms.Form):
    """Proves that a first authenticator was set up."""

    new_code = CodeField(
        label=pgettext_lazy("of the second step", "Code"),
        help_text=_("The six digits that your authenticator app now shows."),
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
    )

    def __init__(self, key: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.key = key

    def clean_new_code(self) -> str:
        return check_new_code(self.key, self.cleaned_data["new_code"])


class ReplaceAuthenticatorForm(CodeForm):
    """Proves a new authenticator, and with a code of the old one who is asking."""

    new_code = CodeField(
        label=_("Code of the new authenticator"),
        help_text=_("The six digits that it shows now that it has the secret above."),
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
    )
    field_order = ["new_code", "code"]

    def __init__(self, key: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.key = key
        code = self.fields["code"]
        code.label = _("Code of the present authenticator")
        code.help_text = _("Six digits, or a recovery code if the authenticator is lost.")
        code.widget.attrs.pop("autofocus")

    def clean_new_code(self) -> str:
        return check_new_code(self.key, self.cleaned_data["new_code"])

    def clean_code(self) -> str:
        # A code works once, so it is not used up while the other is wrong.
        if "new_code" in self.errors:
            return ""
        return super().clean_code()
