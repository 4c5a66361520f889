"""What the OpenAPI document says once for all resources: errors, headers, tokens and limits."""

from __future__ import annotations

from typing import Any

from portal.rest.schema import HEADERS, LISTED, NAMES, RESPONSES, SCHEMAS, json_object

_STRING, _STRINGS = {"type": "string"}, {"type": "array", "items": {"type": "string"}}

PROBLEM: dict[str, Any] = {
    **json_object(
        type={"type": "string", "format": "uri-reference"},
        title=_STRING,
        status={"type": "integer"},
        detail=_STRING,
    ),
    "description": "Why there is no answer (RFC 9457).",
}
PROBLEM["properties"] |= {
    "errors": {
        "type": "array",
        "description": "What of the address is not understood.",
        "items": {"$ref": SCHEMAS + "UnfitParameter"},
    },
    "known_parameters": _STRINGS | {"description": "All that the resource takes."},
}
_UNFIT = json_object(parameter=_STRING, message=_STRING)
_UNFIT["properties"]["known"] = _STRINGS | {"description": "Values that it takes."}

_SCHEMAS: dict[str, Any] = {"Problem": PROBLEM, "UnfitParameter": _UNFIT, **LISTED}

#: RFC 9110; draft-ietf-httpapi-ratelimit-headers-10; RFC 6750.
_HEADERS: dict[str, str] = {
    "ETag": "Names this answer: sent back as `If-None-Match`, it saves reading it again.",
    "Last-Modified": "When the data last changed.",
    "Content-Language": "The language of the labels; `Accept-Language` asks for one.",
    "Location": "Where it is now.",
    "RateLimit-Policy": 'Requests granted, and in how many seconds: `"address";q=600;w=60`.',
    "RateLimit": 'How many are left, and for how many seconds: `"address";r=599;t=34`.',
    "Retry-After": "For how many seconds to wait.",
    "WWW-Authenticate": "What is wrong with the token.",
}
_VALIDATORS = ("ETag", "Last-Modified")
_GRANTED = ("RateLimit-Policy", "RateLimit")
#: The headers of an answer; of any other than these, `_GRANTED`.
_HEADERS_OF = {
    "200": (*_VALIDATORS, "Content-Language", *_GRANTED),
    "301": ("Location", *_GRANTED),
    "304": (*_VALIDATORS, "Content-Language"),
    "401": ("WWW-Authenticate", *_GRANTED),
    "429": ("Retry-After", *_GRANTED),
    "503": ("Retry-After", *_GRANTED),
}
_SAID = {
    "301": "The record was merged with another, and is there now.",
    "304": "`If-None-Match` or `If-Modified-Since` names the answer that would be given.",
    "400": "A parameter or value is not known; `errors` says which ones are.",
    "401": "The token is not known, has expired or was withdrawn.",
    "404": "There is no such object.",
    "406": "`Accept` excludes all formats that there are.",
    "410": "The record was withdrawn; `detail` says why.",
    "414": "The address is too long.",
    "422": "A text is too long for the format.",
    "429": "Too many requests in this minute.",
    "503": "The database is not available at the moment.",
}
#: Answers of every resource.
_EVERYWHERE = ("304", "401", "414", "429", "503")
_EMPTY = frozenset({"301", "304"})


def with_manners(result: dict[str, Any], **_context: Any) -> dict[str, Any]:
    """A hook of drf-spectacular: errors, headers and the token stand once, and are referred to."""
    components = result.setdefault("components", {})
    components.setdefault("schemas", {}).update(_SCHEMAS)
    components["schemas"] = dict(sorted(components["schemas"].items()))
    components["responses"] = {NAMES[code]: _response(code) for code in _SAID}
    components["headers"] = {
        name: {"description": text, "schema": _STRING} for name, text in _HEADERS.items()
    }
    for path in result["paths"].values():
        for operation in path.values():
            # Said once for all, where programs that make clients do not take it for a must.
            operation.pop("security", None)
            answers = operation["responses"]
            if "200" in answers:
                answers["200"]["headers"] = _headers("200")
                answers["200"]["description"] = answers["200"].get("description") or "The answer."
            for code in _EVERYWHERE:
                answers.setdefault(code, {"$ref": RESPONSES + NAMES[code]})
            operation["responses"] = dict(sorted(answers.items()))
    # None is needed.
    result["security"] = [{}, {"token": []}]
    return result


def _headers(code: str) -> dict[str, Any]:
    return {name: {"$ref": HEADERS + name} for name in _HEADERS_OF.get(code, _GRANTED)}


def _response(code: str) -> dict[str, Any]:
    """An answer of a status, as a problem (RFC 9457) where it says more than that."""
    schema = {"schema": {"$ref": SCHEMAS + "Problem"}}
    content = {} if code in _EMPTY else {"content": {"application/problem+json": schema}}
    return {"description": _SAID[code], "headers": _headers(code), **content}
