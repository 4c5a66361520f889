"""JSON Schemas (2020-12) of the lines of a release, from the OpenAPI document of the API.

Both describe what the same serializers write. A line is always complete, so that its schema asks
for every field and allows no other.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from drf_spectacular.generators import SchemaGenerator
from rest_framework.routers import SimpleRouter

from portal.releases.contents import Resource

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_COMPONENTS = "#/components/schemas/"
#: What says something of an API and nothing of a line.
_NOT_OF_LINES = ("readOnly", "writeOnly", "externalDocs", "xml", "discriminator")


def schemas(resources: Iterable[Resource]) -> dict[str, dict[str, Any]]:
    """Of each resource, by its name, the schema of its lines."""
    found = tuple(resources)
    # The part of the API's document that tells of these resources.
    router = SimpleRouter()
    for resource in found:
        router.register(resource.slug, resource.viewset, basename=resource.slug)
    generated = SchemaGenerator(patterns=router.urls).get_schema(request=None, public=True)
    # Texts are lazy translations until they are written.
    document = json.loads(json.dumps(generated, default=str))
    return {resource.name: _schema(resource, document) for resource in found}


def _schema(resource: Resource, document: Mapping[str, Any]) -> dict[str, Any]:
    name = _component_of(resource, document)
    components = document["components"]["schemas"]
    wanted, definitions = [name], {}
    while wanted:
        found = wanted.pop()
        if found not in definitions:
            definitions[found] = _component(components[found])
            wanted += sorted(_referred(components[found]))
    return {
        "$schema": DIALECT,
        "title": f"A line of data/{resource.name}.jsonl",
        "$ref": f"#/$defs/{name}",
        "$defs": dict(sorted(definitions.items())),
    }


def _component_of(resource: Resource, document: Mapping[str, Any]) -> str:
    """The component that the address of one object answers with."""
    viewset = resource.viewset
    parameter = viewset.lookup_url_kwarg or viewset.lookup_field
    path = f"/{resource.slug}/{{{parameter}}}/"
    answer = document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]
    reference: str = answer["schema"]["$ref"]
    return reference.removeprefix(_COMPONENTS)


def _component(component: Mapping[str, Any]) -> dict[str, Any]:
    """A component without its own description, which tells of a class in the code."""
    closed: dict[str, Any] = _closed(component)
    closed.pop("description", None)
    return closed


def _closed(part: Any) -> Any:
    """A part of the document as one of a schema; objects have all of their fields and no other."""
    if isinstance(part, list):
        return [_closed(item) for item in part]
    if not isinstance(part, dict):
        return part
    kept = {
        key: _closed(value)
        for key, value in part.items()
        if key not in _NOT_OF_LINES and not key.startswith("x-")
    }
    if "$ref" in kept:
        kept["$ref"] = kept["$ref"].replace(_COMPONENTS, "#/$defs/")
    if isinstance(part.get("properties"), dict):
        # Names of fields are no keywords, whatever they look like.
        kept["properties"] = {key: _closed(value) for key, value in part["properties"].items()}
        kept["required"] = list(kept["properties"])
        kept["additionalProperties"] = False
    return kept


def _referred(part: Any) -> Iterator[str]:
    """The components that a part of the document refers to."""
    values = part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()
    for value in values:
        yield from _referred(value)
    if isinstance(part, dict) and isinstance(part.get("$ref"), str):
        yield part["$ref"].removeprefix(_COMPONENTS)


def part_at(schema: Mapping[str, Any], path: Iterable[str]) -> Mapping[str, Any]:
    """The schema of the value at a path of fields, through lists and objects that may be null."""
    part = resolved(schema, schema)
    for name in path:
        part = resolved(schema, part.get("items", part))
        part = resolved(schema, part["properties"][name])
    return part


def resolved(schema: Mapping[str, Any], part: Mapping[str, Any]) -> Mapping[str, Any]:
    """A part with its reference followed; of one that may be null, what it is otherwise."""
    while True:
        options = [*part.get("allOf", ()), *part.get("oneOf", ())]
        options = [option for option in options if option.get("type") != "null"]
        if "$ref" in part:
            part = schema["$defs"][part["$ref"].removeprefix("#/$defs/")]
        elif len(options) == 1:
            part = options[0]
        else:
            return part


def type_of(part: Mapping[str, Any]) -> str:
    """The type of a resolved part, without null: `string`, `date`, `integer`, `array`…"""
    kinds = part.get("type", "object" if "properties" in part else "string")
    kinds = [kinds] if isinstance(kinds, str) else [kind for kind in kinds if kind != "null"]
    kind = kinds[0] if kinds else "string"
    is_moment = kind == "string" and part.get("format") in ("date", "date-time")
    return str(part["format"]) if is_moment else str(kind)
