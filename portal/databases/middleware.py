"""One server for the whole of a request, another one if it dies before anything was sent."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from functools import cache
from itertools import chain
from typing import Any

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.db import Error, InterfaceError, OperationalError, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from portal.databases.addresses import PRIMARY
from portal.databases.choice import reading_from
from portal.databases.watching import standbys, watcher

#: The cookie of a browser that has just written, and must see what it wrote.
COOKIE = "reads_primary"
_SALT = "portal.databases"
SAFE = ("GET", "HEAD", "OPTIONS")
#: States (SQLSTATE) of a standby that ended a query because the primary's changes had to go on.
_CONFLICTS = ("40001", "40P01")


class StandbyMiddleware:
    """Chooses the server that a request reads from. Without standbys it is not there at all.

    A standby is read from by GET, HEAD and OPTIONS without a session's cookie, but for the admin.
    All the rest is of the primary, and so are, for a while, the reads of a browser that has
    written: only there it is certain to find what it wrote. A request that finds its server broken
    is answered once more, by another one, as long as nothing was sent: such requests change
    nothing, and each try begins with the request as it came here.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        if not standbys():
            raise MiddlewareNotUsed
        self.get_response = get_response
        # The first reader finds the standbys known already.
        watcher()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        by = watcher()
        is_free = _is_free(request)
        first = (is_free and by.watch.pick()) or PRIMARY
        again = copy.copy(request)
        response, is_broken = self._answer(request, first)
        if is_broken:
            by.doubt(first)
        if is_broken and is_free:
            other = by.watch.pick() or PRIMARY
            if other != first:
                response, is_broken = self._answer(again, other)
                if is_broken:
                    by.doubt(other)
        if request.method not in SAFE and response.status_code < 400:
            _mark(response)
        return response

    def _answer(self, request: HttpRequest, name: str) -> tuple[HttpResponse, bool]:
        """The answer of one server, and whether the server broke over it.

        What a standby's answer streams is begun here, so that a server that breaks at the first
        question does so before anything was sent; it goes on to read from the same server.
        """
        connection = connections[name]
        if connection.connection is None:
            # An error that nobody has asked about since.
            connection.errors_occurred = False
        failures: list[Error] = []
        with reading_from(name), connection.execute_wrapper(_noting(failures)):
            response: Any = self.get_response(request)
            if name != PRIMARY and request.method != "HEAD" and _is_streamed(response):
                try:
                    response.streaming_content = _begun(response.streaming_content, name)
                except (OperationalError, InterfaceError) as error:
                    failures.append(error)
                    if not _is_broken(connection, failures):
                        raise
                    return response, True
        return response, _is_broken(connection, failures)


def _is_free(request: HttpRequest) -> bool:
    """Whether any server may answer a request that is up to date."""
    if request.method not in SAFE or request.path_info.startswith(_admin()):
        return False
    return settings.SESSION_COOKIE_NAME not in request.COOKIES and not _has_written(request)


def _is_streamed(response: Any) -> bool:
    """Whether a body is made while it is sent; files on the disk are sent by the web server."""
    if not response.streaming or response.is_async:
        return False
    return getattr(response, "file_to_stream", None) is None


def _noting(failures: list[Error]) -> Callable[..., Any]:
    def execute(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        try:
            return execute(sql, params, many, context)
        except Error as error:
            failures.append(error)
            raise

    return execute


def _is_broken(connection: BaseDatabaseWrapper, failures: list[Error]) -> bool:
    """Whether a server failed, as opposed to a question that it refused or gave up.

    Some failures never come here as exceptions, because what failed could be done without; the
    connection remembers them.
    """
    if any(getattr(error.__cause__, "pgcode", None) in _CONFLICTS for error in failures):
        return True
    if not connection.errors_occurred:
        return False
    is_gone = connection.connection is None or not connection.is_usable()
    if is_gone:
        connection.close()
    return is_gone


def _begun(parts: Iterator[bytes], name: str) -> Iterator[bytes]:
    """The parts of a streamed answer, of which the first is made now.

    They are made after the middleware has returned, when this thread may have another request in
    between; so each is made under the choice of its own.
    """
    iterator = iter(parts)
    first = list(_taken(iterator))
    return _under(name, chain(first, iterator))


def _taken(iterator: Iterator[bytes]) -> Iterator[bytes]:
    for part in iterator:
        yield part
        return


def _under(name: str, parts: Iterator[bytes]) -> Iterator[bytes]:
    while True:
        with reading_from(name):
            try:
                part = next(parts)
            except StopIteration:
                return
            except (OperationalError, InterfaceError):
                if name != PRIMARY:
                    watcher().doubt(name)
                raise
        yield part


@cache
def _admin() -> str:
    return reverse("admin:index")


def _mark(response: HttpResponse) -> None:
    """Have a browser read from the primary, also after it has signed out."""
    response.set_signed_cookie(
        COOKIE,
        "1",
        salt=_SALT,
        max_age=settings.PRIMARY_AFTER_WRITE_SECONDS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _has_written(request: HttpRequest) -> bool:
    age = settings.PRIMARY_AFTER_WRITE_SECONDS
    return request.get_signed_cookie(COOKIE, default=None, salt=_SALT, max_age=age) is not None
