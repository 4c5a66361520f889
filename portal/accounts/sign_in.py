"""Between the password and the code: who has given the one and not yet the other.

Until both are given nobody is signed in: to every page of the portal the visitor is a reader.
What is remembered stands in the session and holds for half an hour, time enough to find and
install an authenticator.
"""

from __future__ import annotations

import time
from typing import Any

import django_otp
from django.contrib import auth
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare

from portal.accounts import second_factor
from portal.accounts.models import User

PENDING = "password_given"
NEW_KEY = "new_authenticator"
SECONDS = 30 * 60


def begin(request: HttpRequest, user: User) -> None:
    """Remember who has given a password, and forget whoever was here before."""
    request.session.flush()
    request.session[PENDING] = {
        "user": user.pk,
        # A password that changes in between has to be given again.
        "password": user.get_session_auth_hash(),
        "backend": user.backend,
        "at": time.time(),
    }


def visitor(request: HttpRequest) -> User | None:
    """The member of staff who has given a password, here or by being signed in already."""
    pending = request.session.get(PENDING)
    if pending is None:
        user: Any = request.user
        return user if user.is_authenticated and user.is_active and user.is_staff else None
    found = User.objects.filter(pk=pending["user"], is_active=True, is_staff=True).first()
    if (
        found is None
        or abs(time.time() - pending["at"]) > SECONDS
        or not constant_time_compare(pending["password"], found.get_session_auth_hash())
    ):
        return None
    return found


def complete(request: HttpRequest, user: User, device: Any) -> None:
    """Sign in somebody who has given both; the session goes on under another key."""
    pending = request.session.pop(PENDING, None)
    request.session.pop(NEW_KEY, None)
    if pending is not None:
        auth.login(request, user, backend=pending["backend"])
    else:
        request.session.cycle_key()
    django_otp.login(request, device)


def key_for_new_authenticator(request: HttpRequest) -> str:
    """The secret that is being set up in this session, and in no other.

    Were it kept with the user, whoever knew the password would see the secret that its owner is
    about to use.
    """
    key = request.session.get(NEW_KEY)
    if key is None:
        key = request.session[NEW_KEY] = second_factor.new_key()
    return key
