"""How the OpenAPI document tells of the resources: from what they really take and answer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter
from rest_framework.pagination import BasePagination

from portal.rest.fields import ChosenFieldsMixin
from portal.rest.parameters import FORMATS


def documented(name: str, text: str, **kwargs: Any) -> OpenApiParameter:
    """A parameter of an address."""
    kind = kwargs.pop("type", str)
    return OpenApiParameter(name, kind, OpenApiParameter.QUERY, description=text, **kwargs)


FIELDS = documented("fields", "Fields to answer with, separated by commas.")
FORMAT = documented("format", "Format of the answer.", enum=list(FORMATS))
PAGING = [
    documented("page", "Page number, from 1.", type=int),
    documented("page_size", "Objects on a page, at most 100.", type=int),
]


def listed(values: Iterable[str]) -> list[str] | None:
    """Values for an `enum`, where they are few enough to be read."""
    found = list(values)
    return found if 0 < len(found) <= 60 else None


_STRING = {"type": "string"}


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": list(properties), "properties": properties}


class Envelope(BasePagination):
    """What a list answers; the views page by themselves, this tells of it."""

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        address = {"type": ["string", "null"], "format": "uri"}
        value = {
            "type": "object",
            "required": ["value", "label", "count"],
            "properties": {
                "value": {"type": "string"},
                "label": {"type": "string"},
                "count": {"type": "integer"},
            },
        }
        return {
            "type": "object",
            "required": ["count", "next", "previous", "results"],
            "properties": {
                "count": {"type": "integer", "description": "The exact number of matches."},
                "next": address,
                "previous": address,
                "interpreted": {
                    "type": "array",
                    "description": "With `q`: its parts, and the concepts that they name.",
                    "items": _object(
                        typed=_STRING,
                        concepts={"type": "array", "items": _object(key=_STRING, label=_STRING)},
                    ),
                },
                "exact": {
                    "type": "array",
                    "description": "With `q`: the records of all databases that bear exactly it "
                    "as code, citation, number or title, whatever the filters.",
                    "items": _object(
                        code=_STRING, database=_STRING, kind=_STRING, text=_STRING, url=_STRING
                    ),
                },
                "facets": {
                    "type": "object",
                    "description": "Only when asked for.",
                    "additionalProperties": {"type": "array", "items": value},
                },
                "results": schema,
            },
        }


class StrictSchema(AutoSchema):
    """Takes the parameters from the view, which refuses all others, and tells of the errors."""

    def get_override_parameters(self) -> list[Any]:
        view: Any = self.view
        if self._is_of_one_object:
            return view.documented_detail_parameters()
        return view.documented_parameters()

    @property
    def _is_of_one_object(self) -> bool:
        """Whether it is one of many; a view that is no set of them has nothing but itself."""
        return getattr(self.view, "action", "list") != "list"

    def get_filter_backends(self) -> list[Any]:
        return []

    def _map_basic_serializer(self, serializer: Any, direction: Any) -> Any:
        schema = super()._map_basic_serializer(serializer, direction)
        if isinstance(serializer, ChosenFieldsMixin):
            # Lists are lean and `fields=` chooses: no field is sure to be in an answer.
            schema.pop("required", None)
        return schema

    def get_operation(self, *args: Any, **kwargs: Any) -> Any:
        operation = super().get_operation(*args, **kwargs)
        if operation is None:
            return None
        problem = {
            "content": {
                "application/problem+json": {
                    "schema": {
                        "type": "object",
                        "required": ["type", "title", "status", "detail"],
                        "properties": {
                            "type": {"type": "string"},
                            "title": {"type": "string"},
                            "status": {"type": "integer"},
                            "detail": {"type": "string"},
                        },
                    }
                }
            }
        }
        told = {"400": "A parameter or value is not known; `errors` says which ones are."}
        if self._is_of_one_object:
            told["404"] = "There is no such object."
        for code, description in told.items():
            operation["responses"][code] = {"description": description, **problem}
        return operation
