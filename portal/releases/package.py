"""The description of a release as a Frictionless Data Package (specs.frictionlessdata.io)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from portal.releases.contents import Resource
from portal.releases.schemas import part_at, type_of
from portal.rest.tabular import Column

NAME = "smuggling-of-migrants"
TITLE = "Smuggling of Migrants Knowledge Portal"
LICENCE = {
    "name": "CC-BY-4.0",
    "title": "Creative Commons Attribution 4.0 International",
    "path": "https://creativecommons.org/licenses/by/4.0/",
}
#: Types of JSON Schema as those of a table; a list is one cell of text.
_TYPES = {
    "integer": "integer",
    "number": "number",
    "boolean": "boolean",
    "date": "date",
    "date-time": "datetime",
}


@dataclass(frozen=True)
class Written:
    """A file of a release.

    Attributes:
        path: in the archive.
        size: bytes.
        sha256: checksum in hexadecimal digits.
        rows: lines or rows below the heading; None where it is no table.
    """

    path: str
    size: int
    sha256: str
    rows: int | None = None


def table_schema(
    resource: Resource, columns: Iterable[Column], schema: Mapping[str, Any]
) -> dict[str, Any]:
    """The schema of the CSV file of a resource."""
    fields = []
    for column in columns:
        kind = _TYPES.get(type_of(part_at(schema, column.path)), "string")
        field = {"name": column.key, "type": kind, "description": column.meaning}
        fields.append({key: value for key, value in field.items() if value})
    return {"fields": fields, "missingValues": [""], "primaryKey": [resource.key]}


def descriptor(
    version: str,
    address: str,
    summary: str,
    schemas: Mapping[str, Mapping[str, Any]],
    tables: Sequence[Written],
) -> dict[str, Any]:
    """The `datapackage.json` of a release.

    Args:
        version: of the release.
        address: where the release is told of.
        summary: what it holds, in a sentence.
        schemas: of each resource, by its name, the schema of its table.
        tables: the CSV files.
    """
    return {
        "profile": "tabular-data-package",
        "name": NAME,
        "title": TITLE,
        "description": summary,
        "homepage": address,
        "version": version,
        "licenses": [LICENCE],
        "contributors": [{"title": TITLE, "role": "publisher"}],
        "resources": [_table(table, schemas) for table in tables],
    }


def _table(table: Written, schemas: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    name = table.path.removeprefix("data/").removesuffix(".csv")
    return {
        "profile": "tabular-data-resource",
        "name": name,
        "path": table.path,
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "bytes": table.size,
        "hash": f"sha256:{table.sha256}",
        "dialect": {"delimiter": ",", "lineTerminator": "\r\n", "doubleQuote": True},
        "schema": schemas[name],
    }
