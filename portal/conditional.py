"""Answers that a client need not read twice: `ETag`, `Last-Modified` and 304 (RFC 9110).

What a public address says depends on the data, the software, the language and the address itself,
so that its validators are known before it is made: a client that still has the answer costs one
query. The body is never read, which leaves files that are streamed as they are. Of pages for people
only those of visitors without a session are covered, and only for the day that is printed on them.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage
from django.db import Error
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.http import http_date, parse_etags
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from portal.reference.version import read
from portal.rest.paths import is_conditional, is_readers
from portal.rest.problems import problem

logger = logging.getLogger(__name__)

#: Caches may keep an answer, and ask each time whether it is still good.
CACHE_CONTROL = "public, no-cache"


@dataclass(frozen=True)
class Validators:
    """What an answer is known by.

    Attributes:
        etag: weak, because the same answer may be compressed or not.
        modified: the second of the last change of the data; None where that is not over yet, and
            for pages, which change with the day as well.
        is_page: whether it is a page for people, which their cookies could make another.
    """

    etag: str
    modified: int | None
    is_page: bool = False

    def put_on(self, response: Any) -> None:
        response["ETag"] = self.etag
        if self.modified is not None:
            response["Last-Modified"] = http_date(self.modified)
        response.setdefault("Cache-Control", CACHE_CONTROL)
        # That the language matters is said by LocaleMiddleware, where the address has none. GZip
        # speaks of long answers only; a 304 has to say the same as the answer that it stands for.
        patch_vary_headers(response, ["Cookie" if self.is_page else "Accept", "Accept-Encoding"])


class ConditionalMiddleware:
    """Gives answers their validators, and answers 304 where a client has the same already.

    It stands after the limits, which refuse bad tokens first of all and do not count a 304.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        validators = _validators(request)
        request.validators = validators  # type: ignore[attr-defined]
        if validators is None:
            return self.get_response(request)
        unchanged = _unchanged(request, validators)
        if unchanged is not None:
            return unchanged
        response = self.get_response(request)
        # An answer that brings a mark of its own knows better.
        if response.status_code != 200 or response.has_header("ETag"):
            return response
        if is_private(request, response):
            return response
        validators.put_on(response)
        answer = get_conditional_response(request, validators.etag, validators.modified, response)
        if answer is not None and answer.status_code == 412:
            return problem(412, _("The answer has changed, or was never the one that is named."))
        return response if answer is None else answer


def _unchanged(request: HttpRequest, validators: Validators) -> HttpResponse | None:
    """304, if the client names the answer that it would get.

    A mark was only ever given out with an answer of 200 for exactly this address and these data, so
    that no error is passed over. `*` and a date name no answer: they are looked at when it is known
    that there is one.
    """
    named = parse_etags(request.headers.get("If-None-Match", ""))
    if not named or named == ["*"]:
        return None
    unchanged = HttpResponse()
    validators.put_on(unchanged)
    answer = get_conditional_response(request, validators.etag, validators.modified, unchanged)
    return answer if answer is not None and answer.status_code == 304 else None


def _validators(request: HttpRequest) -> Validators | None:
    """What the answer will be known by; None where that cannot be said before it is made."""
    is_page = is_readers(request.path_info) and has_no_session(request)
    if request.method not in ("GET", "HEAD") or not (is_page or is_conditional(request.path_info)):
        return None
    try:
        version = read()
    except Error as error:
        # The view asks the database, too, and tells of its failure.
        logger.warning("The version of the data cannot be read: %s", error)
        return None
    # Answers name addresses in full, so that scheme and host are part of what they say.
    parts = [
        version.mark,
        get_language() or "",
        request.build_absolute_uri(),
        timezone.localdate().isoformat() if is_page else request.headers.get("Accept", ""),
    ]
    digest = hashlib.sha256("\n".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]
    modified = None if is_page else _second_of(version.changed_at)
    return Validators(f'W/"{digest}"', modified, is_page)


def has_no_session(request: HttpRequest) -> bool:
    """Whether nobody in particular asks: no session, no message for one, no token."""
    known = (settings.SESSION_COOKIE_NAME, CookieStorage.cookie_name)
    return not (set(known) & set(request.COOKIES) or "Authorization" in request.headers)


def _second_of(changed_at: datetime | None) -> int | None:
    """A date has whole seconds: before one is over, the data may change again within it."""
    if changed_at is None or timezone.now() - changed_at.replace(microsecond=0) < _SECOND:
        return None
    return int(changed_at.timestamp())


_SECOND = timedelta(seconds=1)


def is_private(request: HttpRequest, response: HttpResponse) -> bool:
    """Whether the answer may depend on who asks, or is not to be kept."""
    session: Any = getattr(request, "session", None)
    said = response.get("Cache-Control", "")
    is_somebodys = getattr(session, "accessed", False) or bool(response.cookies)
    return is_somebodys or "private" in said or "no-store" in said
