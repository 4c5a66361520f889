"""Each request gets a name of its own, is counted, and is told in one line when it is over."""

from __future__ import annotations

import logging
import re
import time
import uuid
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from portal.records.database import databases
from portal.search.request import API_CONTROLS
from portal.watching import metrics, tally
from portal.watching.logs import method_of, route_of
from portal.watching.tally import Tally

logger = logging.getLogger("portal.requests")
HEADER = "X-Request-ID"
#: What is taken from a proxy: nothing that could end a line or a field of anything.
WELL_FORMED = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")
#: Parameters beside those of the searches.
_COMMON = (
    *("verb", "metadataPrefix", "set", "from", "until", "identifier", "resumptionToken", "next"),
)


class RequestMiddleware:
    """Stands around all others, so that what they cost is counted and what they refuse is told."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        counted = Tally(request_id(request), time.perf_counter())
        before = tally.begin(counted)
        metrics.began()
        over = _Over(request, counted, before)
        try:
            response = self.get_response(request)
            response[HEADER] = counted.id
        except BaseException:
            over.give_up()
            raise
        if response.streaming:
            over.follow(response)
        else:
            over.tell(response.status_code, len(response.content))
        return response


def request_id(request: HttpRequest) -> str:
    """The name that a proxy of ours gave a request, otherwise a new one."""
    given = request.headers.get(HEADER, "")
    if settings.TRUSTED_PROXIES and WELL_FORMED.fullmatch(given):
        return given
    return uuid.uuid4().hex


class _Over:
    """The end of a request, which comes once: with its answer, or after the last piece of it."""

    def __init__(self, request: HttpRequest, counted: Tally, before: Tally | None) -> None:
        self.request, self.counted, self.before = request, counted, before
        self.is_told = False

    def give_up(self) -> None:
        """Nothing was answered: the process is being ended."""
        metrics.ended()
        tally.end(self.before)

    def follow(self, response: Any) -> None:
        """Tell of an answer when it was sent, or when nobody wants more of it."""
        sent = _Sent(int(response.get("Content-Length") or 0))
        # What the server sends by itself must stay a file; its length stands in its header.
        if getattr(response, "file_to_stream", None) is None:
            sent = _Sent(0, is_whole=False)
            response.streaming_content = sent.counted(response.streaming_content)
        status = response.status_code
        # Called when the response is closed, which every server does, also with a broken one.
        response._resource_closers.append(lambda: self.tell(status, sent.bytes, sent.is_whole))

    def tell(self, status: int, size: int, is_whole: bool = True) -> None:
        """Write the line and count the request; the second time nothing happens."""
        if self.is_told:
            return
        self.is_told = True
        took = self.counted.milliseconds()
        route = route_of(self.request)
        metrics.ended()
        metrics.answered(self.request, route, status, took / 1000, self.counted)
        if settings.LOG_REQUESTS:
            self._write(route, status, size, took, is_whole)
        tally.end(self.before)

    def _write(self, route: str, status: int, size: int, took: float, is_whole: bool) -> None:
        names, others = parameters(self.request)
        fields: dict[str, Any] = {
            "method": method_of(self.request),
            "route": route,
            "status": status,
            "bytes": size,
            "milliseconds": round(took, 1),
            "queries": self.counted.queries,
            "database_milliseconds": round(self.counted.seconds * 1000, 1),
            "language": getattr(self.request, "LANGUAGE_CODE", ""),
            "client": client_of(self.request),
            "parameters": names,
        }
        if others:
            fields["other_parameters"] = others
        if not is_whole:
            fields["broken_off"] = True
        text = "%(method)s %(route)s %(status)d: %(bytes)d bytes, %(milliseconds).1f ms, "
        text += "%(queries)d queries of %(database_milliseconds).1f ms"
        logger.info(text, fields, extra={"fields": fields})


class _Sent:
    """How much of a streamed answer went out."""

    def __init__(self, size: int, *, is_whole: bool = True) -> None:
        self.bytes, self.is_whole = size, is_whole

    def counted(self, pieces: Any) -> Iterator[bytes]:
        try:
            for piece in pieces:
                self.bytes += len(piece)
                yield piece
            self.is_whole = True
        except Exception:
            logger.exception("An answer broke off")
            raise
        finally:
            if hasattr(pieces, "close"):
                pieces.close()


def client_of(request: HttpRequest) -> str:
    """The kind of client, and nothing that tells one from another."""
    counted = getattr(request, "counted", None)
    if counted is not None and counted.client.policy == "token":
        return "token"
    return "session" if settings.SESSION_COOKIE_NAME in request.COOKIES else "visitor"


def parameters(request: HttpRequest) -> tuple[list[str], int]:
    """The known parameters that an address has, and the number of others: a name may be anything.

    No value is looked at: `q` may hold the name of a person.
    """
    try:
        given = set(request.GET)
    except Exception:  # noqa: BLE001 - too many or broken ones; that was answered already
        return [], 1
    known = given & _known()
    return sorted(known), len(given) - len(known)


@cache
def _known() -> frozenset[str]:
    searched = (name for database in databases() for name in database.filterset.parameters())
    return frozenset((*searched, *API_CONTROLS, *_COMMON))
