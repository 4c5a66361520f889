"""What the page of a record says of it to machines, and how it is cited there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString

from portal.citing.processor import Cited
from portal.citing.records import citations_of
from portal.citing.styles import STYLES, Style
from portal.exchange.formats import highwire, json_ld
from portal.exchange.formats.base import Format, formats_for
from portal.records.database import Database, database_for
from portal.records.models import Record
from portal.reference.catalog import catalog

#: The style on the page of a record itself: the one of lawyers, and made in two milliseconds.
ON_RECORD = STYLES[:1]


@dataclass(frozen=True)
class Alternate:
    """A form of a record for machines: what it is called, its address and its media type."""

    label: Any
    url: str
    media_type: str


@dataclass(frozen=True)
class Citing:
    """How a record is cited and described.

    Attributes:
        address: its permanent address with scheme and host.
        json_ld: what stands in its data block.
        tags: names and contents of its Highwire tags.
        alternates: its forms for machines.
        references: those of them that reference managers read.
        citations: in the styles that were asked for.
        url: the page with all styles.
    """

    address: str
    json_ld: SafeString
    tags: list[tuple[str, str]]
    alternates: list[Alternate]
    references: list[Alternate]
    citations: list[Cited]
    url: str


def citing(
    record: Record, request: HttpRequest, styles: tuple[Style, ...] = ON_RECORD, **read: Any
) -> Citing | None:
    """How a record is cited and described; None where it is not public.

    Args:
        record: read with `for_detail()` or `for_export()`.
        request: whose host is that of the addresses.
        styles: the styles of its citations.
        read: what the exporter of its database is told of what has been read.
    """
    if not record.is_public:
        return None
    database = database_for(record.database)
    address = request.build_absolute_uri(record.permanent_path)
    line = database.exporter(record, for_readers=True, **read)
    found, known = database.describe(line), catalog()
    forms = formats_for(database, writing=True)
    return Citing(
        address=address,
        json_ld=json_ld.embedded(found, address, known),
        tags=highwire.tags(found, address, known),
        alternates=list(_alternates(address, forms)),
        references=list(_alternates(address, [form for form in forms if form.of_citations])),
        citations=citations_of(line, database, address, timezone.localdate(), styles),
        url=_page(database, record),
    )


def _alternates(address: str, forms: list[Format]) -> Iterator[Alternate]:
    for form in forms:
        yield Alternate(form.label, f"{address}.{form.suffix}", form.media_type)


def _page(database: Database, record: Record) -> str:
    return reverse(f"{database.slug}:cite", kwargs={"code": record.code})
