"""How the OpenAPI document tells of the resources: from what they really take and answer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent
from drf_spectacular.utils import OpenApiParameter
from rest_framework.pagination import BasePagination

from portal.rest.fields import ChosenFieldsMixin
from portal.rest.negotiation import JSON, Representation
from portal.rest.parameters import MAX_DEPTH, MAX_PAGE_SIZE, PAGE_SIZE
from portal.rest.values import Values

_TYPES = {str: "string", int: "integer", float: "number"}
SCHEMAS, RESPONSES, HEADERS = (
    f"#/components/{kind}/" for kind in ("schemas", "responses", "headers")
)


class Documented(OpenApiParameter):
    """A parameter of an address.

    Attributes:
        example: what may stand for it and works; None where nothing is told.
        values: what it takes, where that is not free.
    """

    def __init__(
        self, name: str, schema: Any, *, example: Any, values: Values | None, **told: Any
    ) -> None:
        super().__init__(name, schema, **told)
        self.example, self.values = example, values


def documented(
    name: str,
    text: str,
    *,
    type: type = str,
    example: Any = None,
    values: Values | None = None,
    many: bool = False,
    at: str = OpenApiParameter.QUERY,
    **more: Any,
) -> Documented:
    """A parameter of an address, for the OpenAPI document.

    Args:
        name, text: what it is called, and what it asks for.
        type: of one value.
        example: what works; that of the values, where it is not given.
        values: what it takes, where that is not free.
        many: whether it takes several, repeated; with `explode=False` divided by commas.
        at: whether it is of the query or of the path.
        more: `required`, `explode` and `default`, and what JSON Schema says of the value, or with
            `minItems` and `maxItems` of the list.
    """
    told: dict[str, Any] = {
        key: more.pop(key) for key in ("required", "explode", "default") if key in more
    }
    items: dict[str, Any] = {key: more.pop(key) for key in ("minItems", "maxItems") if key in more}
    schema: dict[str, Any] = {"type": _TYPES[type], **more}
    if values is not None:
        schema = {"$ref": SCHEMAS + values.name} if values.is_shared else values.schema | more
        if example is None and values.example:
            example = [values.shown_example] if many else values.shown_example
    if many:
        schema = {"type": "array", "items": schema, **items}
        told.setdefault("explode", True)
    return Documented(
        name, schema, example=example, values=values, location=at, description=text, **told
    )


def documented_code(
    text: str, *, example: str = "", pattern: str = "", values: Values | None = None
) -> Documented:
    """The code of one object in the path of its address."""
    found = values or Values(example, pattern=pattern)
    return documented("code", text, values=found, example=example or None, at=OpenApiParameter.PATH)


def documented_names(name: str, text: str, known: Sequence[str], shown: int = 1) -> Documented:
    """A parameter that lists names; `shown` of them make the example."""
    values = Values.of(tuple(known))
    return documented(
        name, text, values=values, many=True, explode=False, example=list(known[:shown])
    )


def documented_fields(names: Sequence[str]) -> Documented:
    """The parameter `fields` of objects that have these."""
    return documented_names("fields", "Fields to answer with, separated by commas.", names, 2)


def documented_size(default: int, most: int = MAX_PAGE_SIZE) -> Documented:
    """The parameter `page_size`."""
    text = f"Objects on a page, at most {most}."
    return documented(
        "page_size", text, type=int, minimum=1, maximum=most, default=default, example=most // 2
    )


def documented_paging(default: int = PAGE_SIZE) -> list[Documented]:
    """Page and size of the page."""
    text = f"Page number, from 1. Page and size multiplied are {MAX_DEPTH} at most."
    return [
        documented("page", text, type=int, minimum=1, maximum=MAX_DEPTH, default=1, example=2),
        documented_size(default),
    ]


def documented_format(representations: Iterable[Representation]) -> Documented:
    """The parameter `format` of a resource that answers in these forms."""
    keys = [found.key for found in representations]
    text = "Format of the answer, whatever `Accept` says."
    return documented(
        "format", text, values=Values("csv" if "csv" in keys else keys[0], tuple(keys))
    )


_STRING = {"type": "string"}


def json_object(**properties: Any) -> dict[str, Any]:
    """An object with all of these properties, in JSON Schema."""
    return {"type": "object", "required": list(properties), "properties": properties}


#: How the words of a question were understood.
UNDERSTOOD: dict[str, Any] = {
    "interpreted": {
        "type": "array",
        "description": "With `q`: its parts, and the concepts that they name.",
        "items": {"$ref": SCHEMAS + "Interpreted"},
    },
    "exact": {
        "type": "array",
        "description": "With `q`: the records of all databases that bear exactly it as code, "
        "citation, number or title, whatever the filters.",
        "items": {"$ref": SCHEMAS + "Exact"},
    },
}


def _said(text: str, **more: Any) -> dict[str, Any]:
    return {"type": "string", "description": text, **more}


_COUNTED = json_object(
    value=_said("As the parameter takes it."),
    label=_said("What it is called in the reader's language."),
    count={"type": "integer", "description": "How many records have it, under the rest."},
)
#: Schemas that lists share.
LISTED: dict[str, Any] = {
    "Interpreted": json_object(
        typed=_said("As it stands in the question."),
        concepts={
            "type": "array",
            "description": "What it was taken for; empty for words alone.",
            "items": {"$ref": SCHEMAS + "Concept"},
        },
    ),
    "Concept": json_object(
        key=_said("Its kind and code, as `place:ESP`."),
        label=_said("What it is called in the reader's language."),
    ),
    "Exact": json_object(
        code=_said("The code of the record."),
        database=_said("The database that it is in."),
        kind=_said("What it bears: a code, citation, number or title."),
        text=_said("As the record has it."),
        url=_said("Its permanent address.", format="uri"),
    ),
    "Counted": _COUNTED,
}


class Envelope(BasePagination):
    """What a list answers; the views page by themselves, this tells of it."""

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        address = {"type": ["string", "null"], "format": "uri"}
        return {
            "type": "object",
            "required": ["count", "next", "previous", "results"],
            "properties": {
                "count": {"type": "integer", "description": "The exact number of matches."},
                "next": address,
                "previous": address,
                "results": schema,
            },
        }


class SearchEnvelope(Envelope):
    """What a list of records answers besides."""

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        found = super().get_paginated_response_schema(schema)
        counted = {"type": "array", "items": {"$ref": SCHEMAS + "Counted"}}
        found["properties"] |= UNDERSTOOD | {
            "facets": {
                "type": "object",
                "description": "Only when asked for: of each parameter, its values.",
                "additionalProperties": counted,
            }
        }
        return found


class StrictSchema(AutoSchema):
    """Takes the parameters from the view, which refuses all others, and tells of the errors."""

    #: What the view says of the parameters of the operation that is told of.
    _told: list[Any] | None = None

    def get_override_parameters(self) -> list[Any]:
        """What `documented_parameters` of the view says, for one object its `…_detail_…`."""
        if self._told is None:
            name = "documented_detail" if self._is_of_one_object else "documented"
            told = getattr(self.view, f"{name}_parameters", None)
            self._told = told() if told else []
        return self._told

    @property
    def _is_of_one_object(self) -> bool:
        """Whether it is one of many; a view that is no set of them has nothing but itself."""
        return getattr(self.view, "action", "list") != "list"

    def is_deprecated(self) -> bool:
        return getattr(self.view, "deprecated", None) is not None

    def get_filter_backends(self) -> list[Any]:
        return []

    def get_tags(self) -> list[str]:
        """The first part of the address; the root stands before all."""
        return super().get_tags() or ["api"]

    def get_summary(self) -> str | None:
        """What the resource is, in a sentence: of one object, what its serializer says."""
        text: str = super().get_description()
        serializer = getattr(self.view, "serializer_class", None)
        if self._is_of_one_object and serializer is not None:
            text = serializer.__doc__ or text
        return text.strip().partition("\n\n")[0].replace("\n", " ")

    def get_description(self) -> str:  # type: ignore[override]
        """What there is to say besides; '' where the summary says it all."""
        text: str = super().get_description()
        rest = text.strip().partition("\n\n")[2]
        is_said = self.get_summary() == " ".join(text.split())
        return "" if is_said else rest or text

    def _map_basic_serializer(self, serializer: Any, direction: Any) -> Any:
        schema = super()._map_basic_serializer(serializer, direction)
        if isinstance(serializer, ChosenFieldsMixin):
            # Lists are lean and `fields=` chooses: no field is sure to be in an answer.
            schema.pop("required", None)
        return schema

    def get_operation(self, *args: Any, **kwargs: Any) -> Any:
        self._told = None
        operation = super().get_operation(*args, **kwargs)
        if operation is not None:
            self._tell_of_parameters(operation)
            self._tell_of_answers(operation)
        return operation

    def _tell_of_parameters(self, operation: dict[str, Any]) -> None:
        declared = {found.name: found for found in self.get_override_parameters()}
        for told in operation.get("parameters", ()):
            found = declared.get(told["name"])
            if told["name"] in getattr(self.view, "deprecated_parameters", ()):
                told["deprecated"] = True
            if isinstance(found, Documented):
                if found.example is not None:
                    told["example"] = found.example
                if found.location == OpenApiParameter.QUERY and not found.required:
                    # As a form sends what was not filled in: nothing is asked for.
                    told["allowEmptyValue"] = True
                if found.values is not None and found.values.is_shared:
                    self._register(found.values)

    def _register(self, values: Values) -> None:
        self.registry.register_on_missing(
            ResolvedComponent(
                name=values.name,
                type=ResolvedComponent.SCHEMA,
                schema=values.schema,
                object=values.name,
            )
        )

    def _tell_of_answers(self, operation: dict[str, Any]) -> None:
        answers, view = operation["responses"], self.view
        name = "answers_of_one" if self._is_of_one_object else "answers_of_all"
        codes = ["400", "406", *getattr(view, name, ())]
        if "{" in self.path:
            codes.append("404")
        for code in codes:
            answers[code] = {"$ref": RESPONSES + NAMES[code]}
        content = answers.get("200", {}).get("content", {})
        for found in getattr(view, "representations", ()):
            if found != JSON:
                content[found.media_type] = {"schema": _content_of(found.media_type)}


def _content_of(media_type: str) -> dict[str, Any]:
    """A file in JSON Schema: text, bytes, or JSON of a form that is defined elsewhere."""
    if media_type.endswith("+json"):
        return {}
    is_text = media_type.startswith("text/") or "x-" in media_type
    return {"type": "string"} if is_text else {"type": "string", "format": "binary"}


#: What the answers of each status are called in the document (`portal.rest.document`).
NAMES = {
    "301": "Moved",
    "304": "NotModified",
    "400": "BadRequest",
    "401": "Unauthorized",
    "404": "NotFound",
    "406": "NotAcceptable",
    "410": "Gone",
    "414": "AddressTooLong",
    "422": "DoesNotFit",
    "429": "TooManyRequests",
    "503": "NotAvailable",
}
