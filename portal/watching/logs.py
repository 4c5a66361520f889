"""Lines of the log without anything that a visitor wrote or is.

Logs are read by more people, and kept longer, than the database. So no line has an address, a
name, a word searched for, a cookie or a token. Messages of exceptions are the usual leak ("Key
(email)=(…) already exists"): of an exception its type and the places in the code are told, of a
failure of the database also its code and the names of what it speaks of. Where `DEBUG` is on, all
is told.
"""

from __future__ import annotations

import copy
import errno
import logging
import traceback
from types import TracebackType
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest
from django.http.request import HttpHeaders
from psycopg2 import Error as DriverError
from psycopg2 import InterfaceError as DriverInterfaceError
from psycopg2 import OperationalError as DriverOperationalError

from portal.watching import tally

#: Failures of the connection or the server, whose first line has no value of a statement.
_FAILURES = (OperationalError, InterfaceError, DriverOperationalError, DriverInterfaceError)
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"})
#: Fits in one line, whatever a message holds.
_ONE_LINE = {code: f"\\x{code:02x}" for code in (*range(32), 127, 0x85)}
_ONE_LINE |= {ord("\n"): "\\n", ord("\t"): "\\t", 0x2028: "\\u2028", 0x2029: "\\u2029"}
ErrorInfo = (
    tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
)


class CleanFormatter(logging.Formatter):
    """Formats records that hold nothing personal, with the request that they belong to.

    Args:
        frank: tell all, as developers want it.
    """

    def __init__(self, *args: Any, frank: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.frank = frank

    def format(self, record: logging.LogRecord) -> str:
        return super().format(self.cleaned(record))

    def cleaned(self, record: logging.LogRecord) -> logging.LogRecord:
        """A copy of a record that may be written down."""
        clean = copy.copy(record)
        counted = tally.current()
        clean.request_id = counted.id if counted else "-"
        if not self.frank:
            clean.exc_text = None
            clean.stack_info = None
            _clean_message(clean)
        return clean

    def formatException(self, ei: Any) -> Any:  # noqa: N802 - the name is logging's
        return super().formatException(ei) if self.frank else told_with_places(ei[1])


class LineFormatter(CleanFormatter):
    """One line for a person to read, and a traceback below it."""

    def __init__(self, *, frank: bool = False) -> None:
        text = "{asctime} {levelname} {name} [{request_id}]: {message}"
        super().__init__(text, style="{", frank=frank)

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name
        record.message = record.message.translate(_ONE_LINE)
        return super().formatMessage(record)


def told(error: BaseException) -> str:
    """What may be said of an exception in a line."""
    name = f"{type(error).__module__}.{type(error).__qualname__}".removeprefix("builtins.")
    said = []
    if isinstance(error, _FAILURES):
        said += str(error).strip().splitlines()[:1]
    elif isinstance(error, OSError) and error.errno:
        said.append(errno.errorcode.get(error.errno, str(error.errno)))
    cause = error if isinstance(error, DriverError) else error.__cause__
    if isinstance(cause, DriverError) and cause.pgcode:
        said.append(f"SQLSTATE {cause.pgcode}")
        for part in ("table_name", "column_name", "constraint_name"):
            if value := getattr(cause.diag, part, None):
                said.append(f"{part.removesuffix('_name')} {value}")
    return f"{name} ({', '.join(said)})" if said else name


def told_with_places(error: BaseException | None) -> str:
    """An exception and what it came from, with the lines of code but without their values."""
    lines: list[str] = []
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        part = [*traceback.format_tb(error.__traceback__), f"{told(error)}\n"]
        lines = [*part, "while this was handled:\n", *lines] if lines else part
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return "".join(lines).rstrip("\n")


def route_of(request: HttpRequest) -> str:
    """The name of the address that a request asked for: one of a few hundred, never its text."""
    if request.resolver_match is not None:
        return str(request.resolver_match.view_name)
    kept: str = getattr(request, "kept_route", "")
    if kept:
        return kept
    return "static" if request.path_info.startswith(settings.STATIC_URL) else "-"


def method_of(request: HttpRequest) -> str:
    """Its method if it is a known one: a client may send any word."""
    return request.method if request.method in METHODS else "other"


def _clean_message(record: logging.LogRecord) -> None:
    """Take out of a message what visitors may have written."""
    request = record.__dict__.pop("request", None)
    if isinstance(record.msg, BaseException):
        record.msg, record.args = told(record.msg), None
    if isinstance(request, HttpRequest) and record.name.startswith("django."):
        # Paths, host names and messages of refused requests.
        code = getattr(record, "status_code", "-")
        record.msg = f"{code} {method_of(request)} {route_of(request)}"
        record.args = None
    elif record.name == "gunicorn.error" and str(record.msg).startswith("Invalid request from"):
        record.msg, record.args = "A request that is not HTTP was refused", None
    elif record.name == "gunicorn.error" and str(record.msg).startswith("Error handling request"):
        record.msg, record.args = "A request failed outside the portal", None
    elif isinstance(record.args, tuple):
        record.args = tuple(_argument(record.name, value) for value in record.args)


def _argument(name: str, value: Any) -> Any:
    if isinstance(value, BaseException):
        return told(value)
    if isinstance(value, HttpRequest | HttpHeaders):
        return "…"
    # django-axes puts who tried to sign in into a text.
    return "…" if name.startswith("axes") and isinstance(value, str | dict) else value
