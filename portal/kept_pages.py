"""Answers that all readers get alike, kept whole until the data change.

Kept is what ConditionalMiddleware knows a mark of before it is made: pages for visitors without a
session, lists and records of the API. The mark is of the address, the language, the software and
the version of the data, which moves inside the transaction of every change, so that nothing stale
is ever served; and an answer is kept as it was compressed. What belongs to somebody, a stream or an
error is never kept.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse

from portal.charts.kept import has_any_failed
from portal.compression import TEXTS, coding_of
from portal.conditional import Validators, has_no_session, is_private

#: Larger answers, compressed, are made each time.
MOST_BYTES = 1 << 20
#: For how long others wait for who makes an answer, and how often they look, in seconds.
WAIT, LOOK = 10.0, 0.02
_BEING_MADE, _NOT_TO_BE_KEPT = "being made", "not to be kept"


class KeptPagesMiddleware:
    """Answers from what was kept; keeps what was made.

    However many ask for the same at once, one makes it and the others wait. It stands before
    compression, and after the limits, which count what is answered here as well.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        validators: Validators | None = getattr(request, "validators", None)
        if validators is None or not settings.PAGES_KEPT_SECONDS or not has_no_session(request):
            return self.get_response(request)
        key = f"answer:{validators.etag}:{coding_of(request)}"
        found = cache.get(key)
        request.answer_was_kept = found is not None  # type: ignore[attr-defined]
        if found is None:
            with _alone(key) as found:
                return self._made(request, key) if found is None else _answer(request, found)
        return _answer(request, found)

    def _made(self, request: HttpRequest, key: str) -> HttpResponse:
        response = self.get_response(request)
        if request.method == "GET" and _is_to_be_kept(request, response):
            kept = (response.content, dict(response.items()), _route(request))
            cache.set(key, kept, settings.PAGES_KEPT_SECONDS)
        else:
            # Who waits need not wait for one another.
            cache.set(f"{key}:maker", _NOT_TO_BE_KEPT, WAIT)
        return response


@contextmanager
def _alone(key: str) -> Iterator[Any]:
    """What another has made meanwhile; None for the one that is to make it."""
    maker = f"{key}:maker"
    end = time.monotonic() + WAIT
    found, absences = None, 0
    is_maker = cache.add(maker, _BEING_MADE, WAIT)
    # Where nobody makes it and nobody can say that they do, the cache is away: a dead Redis.
    while not is_maker and found is None and absences < 2 and time.monotonic() < end:
        state = cache.get(maker)
        if state == _NOT_TO_BE_KEPT:
            break
        if state is None:
            absences += 1
            found = cache.get(key)
            is_maker = found is None and cache.add(maker, _BEING_MADE, WAIT)
        else:
            absences = 0
            time.sleep(LOOK)
    try:
        yield found
    finally:
        if is_maker and cache.get(maker) == _BEING_MADE:
            cache.delete(maker)


def _answer(request: HttpRequest, kept: tuple[bytes, dict[str, str], str]) -> HttpResponse:
    content, headers, route = kept
    request.kept_route = route  # type: ignore[attr-defined]
    return HttpResponse(content, headers=headers)


def _route(request: HttpRequest) -> str:
    """The name of the address, by which requests are told and counted."""
    return str(request.resolver_match.view_name) if request.resolver_match else ""


def _is_to_be_kept(request: HttpRequest, response: Any) -> bool:
    if response.status_code != 200 or response.streaming or is_private(request, response):
        return False
    is_text = TEXTS.match(response["Content-Type"]) is not None
    # A page whose chart could not be drawn a moment ago is not the page.
    return is_text and len(response.content) <= MOST_BYTES and not has_any_failed()
