"""Ways out of a page: the same search, or record, as a file or for a machine."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from django import template
from django.urls import reverse

from portal.exchange.formats.base import Format, formats_for
from portal.records.database import Database, database_for
from portal.records.models import Record
from portal.rest.parameters import PAGE_SIZE
from portal.search.request import SearchRequest

register = template.Library()


@dataclass(frozen=True)
class Export:
    """A file: what it is called, where it is, and its type."""

    label: Any
    url: str
    media_type: str


def _written(database: Database) -> list[Format]:
    return formats_for(database, writing=True)


@register.simple_tag
def search_files(request: SearchRequest) -> list[Export]:
    """The files that hold all that a search of one database finds."""
    database = database_for(request.database)
    whole = replace(request.on_page(1), page_size=PAGE_SIZE)
    name = f"api:{database.api_slug}-file"
    return [
        Export(
            form.label,
            whole.address(reverse(name, kwargs={"suffix": form.suffix})),
            form.media_type,
        )
        for form in _written(database)
    ]


@register.simple_tag
def record_files(record: Record) -> list[Export]:
    """The files of one record, under its permanent address."""
    return [
        Export(form.label, f"{record.permanent_path}.{form.suffix}", form.media_type)
        for form in _written(database_for(record.database))
    ]
