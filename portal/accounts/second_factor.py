"""The second factor: an authenticator app that shows codes, and ten recovery codes on paper.

Devices, codes and their throttling are those of django-otp. A user has one authenticator and one
set of recovery codes; this module is the only one that makes, tries and removes them.
"""

from __future__ import annotations

import re
import time
import unicodedata
from base64 import b32encode
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import segno
from django.conf import settings
from django.db import transaction
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django_otp.models import Device
from django_otp.oath import TOTP
from django_otp.plugins.otp_static.models import (
    StaticDevice,
    StaticToken,
)
from django_otp.plugins.otp_totp.models import TOTPDevice
from django_otp.util import random_hex

from portal.accounts import sessions
from portal.accounts.clocks import bring_to_the_present
from portal.accounts.models import User

RECOVERY_CODES = 10
#: No code is longer, however it is spaced.
MAX_LENGTH = 40

AUTHENTICATOR_CODE = re.compile(r"[0-9]{6}")
RECOVERY_CODE = re.compile(r"[a-z2-7]{8}")


class ThrottledError(Exception):
    """Too many wrong codes: none is looked at before a moment that lies ahead."""

    def __init__(self, until: datetime) -> None:
        super().__init__(until)
        self.until = until


@dataclass(frozen=True)
class Summary:
    """What somebody has, without what it is."""

    authenticator: Any
    recovery_codes: int


def authenticator_of(user: User) -> Any:
    """The authenticator that somebody has set up, if any."""
    return TOTPDevice.objects.filter(user=user, confirmed=True).order_by("-pk").first()


def summary_of(user: User) -> Summary:
    codes = StaticToken.objects.filter(device__user=user, device__confirmed=True).count()
    return Summary(authenticator_of(user), codes)


def is_needed(user: User) -> bool:
    """Whether the password alone does not let this user in."""
    return settings.SECOND_FACTOR_REQUIRED or authenticator_of(user) is not None


def is_passed(user: Any) -> bool:
    """Whether this signed-in user may go on, as far as the second factor is concerned.

    An authenticator that somebody has set up is asked for even where none is required.
    """
    if getattr(user, "otp_device", None) is not None:
        return True
    if settings.SECOND_FACTOR_REQUIRED:
        return False
    # Asked several times in a request.
    if not hasattr(user, "_has_authenticator"):
        user._has_authenticator = authenticator_of(user) is not None
    return not user._has_authenticator


def read(text: str) -> str:
    """A code as it is stored, from what was typed: spaced, hyphenated, in any script's digits."""
    kept = re.sub(r"[\s-]", "", text)
    return "".join(str(unicodedata.decimal(char, char)) for char in kept).lower()


def check(user: User, text: str) -> Device | None:
    """The device that accepts a code, which is then used up; None if the code is wrong.

    The form of a code tells its kind, so that a mistyped one does not hold up the other kind.
    """
    code = read(text)
    if AUTHENTICATOR_CODE.fullmatch(code):
        model: Any = TOTPDevice
    elif RECOVERY_CODE.fullmatch(code):
        model = StaticDevice
    else:
        return None
    with transaction.atomic():
        # Locked, so that two requests cannot use one code.
        devices = model.objects.select_for_update().filter(user=user, confirmed=True)
        device = devices.order_by("-pk").first()
        if device is None:
            return None
        bring_to_the_present(device)
        allowed, why = device.verify_is_allowed()
        accepted = allowed and device.verify_token(code)
    if not allowed:
        raise ThrottledError(why["locked_until"])
    return device if accepted else None


def new_key() -> str:
    """A secret for an authenticator."""
    return random_hex(20)


def fits(key: str, text: str) -> bool:
    """Whether an authenticator with this secret shows such a code now."""
    code = read(text)
    if not AUTHENTICATOR_CODE.fullmatch(code):
        return False
    totp = TOTP(bytes.fromhex(key))
    totp.time = time.time()
    return totp.verify(int(code), tolerance=1)


@transaction.atomic
def set_up(user: User, key: str, text: str) -> list[str] | None:
    """Give a user a first authenticator and recovery codes; None if the user has one already."""
    User.objects.select_for_update().get(pk=user.pk)
    if authenticator_of(user) is not None:
        return None
    _keep_authenticator(user, key, text)
    return new_recovery_codes(user)


@transaction.atomic
def replace(user: User, key: str, text: str) -> None:
    """Put another authenticator in the place of the one a user has."""
    User.objects.select_for_update().get(pk=user.pk)
    _keep_authenticator(user, key, text)


def _keep_authenticator(user: User, key: str, text: str) -> None:
    TOTPDevice.objects.filter(user=user).delete()
    device = TOTPDevice.objects.create(user=user, name="authenticator", key=key)
    # The code that proved the authenticator is used up: it does not open the door a second time.
    device.verify_token(read(text))


@transaction.atomic
def new_recovery_codes(user: User) -> list[str]:
    """Ten codes that work once each. Those a user had before are void."""
    User.objects.select_for_update().get(pk=user.pk)
    device = StaticDevice.objects.filter(user=user).order_by("-pk").first()
    if device is None:
        device = StaticDevice.objects.create(user=user, name="recovery codes")
    device.token_set.all().delete()
    codes: set[str] = set()
    while len(codes) < RECOVERY_CODES:
        codes.add(StaticToken.random_token())
    StaticToken.objects.bulk_create(StaticToken(device=device, token=code) for code in codes)
    return sorted(f"{code[:4]}-{code[4:]}" for code in codes)


@transaction.atomic
def reset(user: User) -> bool:
    """Take a lost second factor away and sign the user out; whether there was one.

    At the next sign-in the user sets up another.
    """
    removed, _by_model = TOTPDevice.objects.filter(user=user).delete()
    removed += StaticDevice.objects.filter(user=user).delete()[0]
    sessions.end_all(user)
    return removed > 0


def secret_text(key: str) -> str:
    """The secret as it is typed into an authenticator, in groups of four."""
    text = b32encode(bytes.fromhex(key)).decode()
    return " ".join(text[i : i + 4] for i in range(0, len(text), 4))


def picture(user: User, key: str) -> SafeString:
    """The secret as a QR code in SVG, drawn without inline style. Black on white in any theme."""
    code = segno.make(TOTPDevice(user=user, key=key).config_url, error="m", micro=False)
    drawing = code.svg_inline(
        scale=4,
        border=4,
        dark="#000",
        light="#fff",
        svgclass=None,
        lineclass=None,
        title=_("QR code of the secret below"),
    )
    return mark_safe(drawing)  # noqa: S308 - drawn by the library; its one text is ours
