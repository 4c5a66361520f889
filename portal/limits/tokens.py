"""Issuing tokens, and finding the one that a request brings (RFC 6750)."""

from __future__ import annotations

import hashlib
import logging
import re
import secrets

from django.conf import settings
from django.db import Error
from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone

from portal.databases.watching import primary_is_away
from portal.limits.counting import Client
from portal.limits.models import ApiToken

logger = logging.getLogger(__name__)

#: How a secret begins, so that a scanner of published files knows it for what it is.
MARK = "smp_"
SECRET_BYTES = 32
_SECRET = re.compile(rf"{MARK}[A-Za-z0-9_-]{{43}}")


class InvalidToken(Exception):  # noqa: N818
    """A request brings a token that is not known, has expired or was withdrawn."""


def digest_of(secret: str) -> str:
    return hashlib.sha256(secret.encode("ascii")).hexdigest()


def give_secret(token: ApiToken) -> str:
    """Make the secret of a new token, which is not saved; it is told here and never again."""
    secret = MARK + secrets.token_urlsafe(SECRET_BYTES)
    token.prefix, token.digest = secret[: len(MARK) + 4], digest_of(secret)
    return secret


def brought(request: HttpRequest) -> str | None:
    """What a request brings as `Authorization: Bearer …`; None if it brings no such thing.

    Other schemes belong to others, such as a proxy that guards a portal in the making.
    """
    scheme, _space, secret = request.headers.get("Authorization", "").strip().partition(" ")
    return secret.strip() if scheme.lower() == "bearer" else None


def holder_of(secret: str) -> Client:
    """Who asks with a token, by one query, and one more on the first use of a day.

    Raises:
        InvalidToken: it gives no leave.
        django.db.Error: the database is not there.
    """
    if not _SECRET.fullmatch(secret):
        raise InvalidToken
    token = ApiToken.objects.valid().filter(digest=digest_of(secret)).first()
    if token is None:
        raise InvalidToken
    _note_use(token)
    quota = token.requests_per_minute or settings.API_REQUESTS_PER_MINUTE_WITH_TOKEN
    return Client("token", str(token.pk), quota)


def _note_use(token: ApiToken) -> None:
    today = timezone.localdate()
    if token.last_used_on == today or primary_is_away():
        return
    earlier = Q(last_used_on=None) | Q(last_used_on__lt=today)
    try:
        ApiToken.objects.filter(earlier, pk=token.pk).update(last_used_on=today)
    except Error as error:
        # To be let in does not depend on the note of it.
        logger.warning("The use of a token cannot be noted: %s", error)


def withdraw(token: ApiToken) -> None:
    """End a token for good; it ends at once."""
    token.withdrawn_at = timezone.now()
    token.save(update_fields=["withdrawn_at"])
