"""Where a message waits for the next page: in a cookie that is named as all others are."""

from __future__ import annotations

from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage
from django.contrib.messages.storage.fallback import FallbackStorage
from django.contrib.messages.storage.session import SessionStorage


class NamedCookieStorage(CookieStorage):
    """Django's, under the prefix that a browser holds to its promises (RFC 6265bis, 4.1.3)."""

    cookie_name = f"{settings.COOKIE_PREFIX}messages"


class MessageStorage(FallbackStorage):
    """Short messages in the cookie, long ones in the session."""

    storage_classes = (NamedCookieStorage, SessionStorage)
