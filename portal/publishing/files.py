"""Records as a file: any search, or one record, in any format of its database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from django.http import HttpRequest, StreamingHttpResponse
from django.utils import timezone
from rest_framework.exceptions import APIException

from portal.exchange.formats.base import Format, begun, formats_for
from portal.exchange.formats.xlsx_writing import DoesNotFitError
from portal.publishing.lines import public_lines
from portal.records.database import Database
from portal.rest.negotiation import JSON, Representation
from portal.search.engine import search
from portal.search.request import SearchRequest

#: Parameters that divide or shape a list, and mean nothing for a file that holds all of it.
NOT_FOR_FILES = ("page", "page_size", "cursor", "fields", "expand", "facets")
#: More than any database holds.
_ALL = 1 << 31


class DoesNotFit(APIException):
    """The records cannot be written in this format."""

    status_code = 422


def representations_for(database: Database) -> tuple[Representation, ...]:
    """The forms in which the records of a database go out; JSON is the API's own."""
    written = formats_for(database, writing=True)
    return (JSON, *(Representation(form.key, form.suffix, form.media_type) for form in written))


def format_for(database: Database, key: str) -> Format:
    """The format of a key.

    Raises:
        LookupError: the database has no such format.
    """
    for form in formats_for(database, writing=True):
        if form.key == key:
            return form
    raise LookupError(key)


def found_by(request: SearchRequest) -> tuple[int, ...]:
    """The primary keys of all records that a search finds, in its order."""
    return search(replace(request, page=1, page_size=_ALL, cursor=None)).ids


def file_of(
    request: HttpRequest, database: Database, form: Format, keys: Iterable[int], name: str
) -> StreamingHttpResponse:
    """Public records as a file that is written while it is sent.

    Args:
        request: whose host is that of the permanent addresses.
        database: the records' database.
        form: the format; one that is written.
        keys: primary keys of the records, in their order.
        name: the file's name without its extension.

    Raises:
        DoesNotFit: a text is too long for the format.
    """
    pieces: Iterator[bytes] = iter(())
    if request.method != "HEAD" and form.write is not None:
        origin = request.build_absolute_uri("/").rstrip("/")
        try:
            lines = public_lines(database, keys, origin)
            pieces = begun(form.write(lines, database, origin, for_readers=True))
        except DoesNotFitError as error:
            raise DoesNotFit(str(error)) from error
    return StreamingHttpResponse(
        pieces,
        content_type=form.media_type,
        headers={"Content-Disposition": f'attachment; filename="{name}.{form.suffix}"'},
    )


def dated(name: Any) -> str:
    """The name of a file that will say something else tomorrow."""
    return f"{name}-{timezone.localdate().isoformat()}"
