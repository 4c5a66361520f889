"""What the OpenAPI document tells of the portal as a whole: where it is, and what is answered."""

from __future__ import annotations

import json
from collections.abc import Iterator
from io import BytesIO
from typing import Any
from urllib.parse import unquote, urlencode, urlsplit

from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest
from django.http import Http404, HttpRequest
from django.urls import resolve, reverse
from django.utils.translation import gettext as _

from portal.records.database import databases

_JSON, _PROBLEM = "application/json", "application/problem+json"


def with_contents(
    result: dict[str, Any], request: HttpRequest | None = None, **_context: Any
) -> dict[str, Any]:
    """A hook of drf-spectacular: server, groups of resources, and answers as they really are."""
    origin = (request.build_absolute_uri("/") if request else settings.PORTAL_ADDRESS).rstrip("/")
    result["servers"] = [{"url": origin}]
    result["tags"] = tags()
    result["externalDocs"] = {
        "url": origin + reverse("api-docs"),
        "description": _("A guide to the API."),
    }
    for path, code, address in _examples():
        operation = result["paths"].get(path, {}).get("get")
        if operation is not None:
            answers = result["components"]["responses"] if code != "200" else operation["responses"]
            _show(answers["BadRequest" if code != "200" else code], address, origin)
    return result


def tags() -> list[dict[str, str]]:
    """The groups of resources, in their order, with what each holds."""
    told = {
        "api": _("What there is."),
        **{database.api_slug: str(database.description) for database in databases()},
        "provisions": _("The provisions of the laws, one by one."),
        "search": _("One question to all databases."),
        "insights": _("The figures of the portal's pages, each with the list behind it."),
        "jurisdictions": _("States, territories and courts."),
        "vocabularies": _("The terms that records are described with, in six languages."),
        "treaty-articles": _("The articles that provisions implement."),
        "treaty-status": _("What each jurisdiction did about the Protocol."),
    }
    return [{"name": name, "description": text} for name, text in told.items()]


def _examples() -> Iterator[tuple[str, str, str]]:
    """Path, status and address of the answers that are shown: records, a list, a problem."""
    for database in databases():
        path = reverse(f"api:{database.api_slug}-list")
        yield f"{path}{{code}}/", "200", f"{path}{database.viewset.example}/"
    first = databases()[0]
    path = reverse(f"api:{first.api_slug}-list")
    facets = ",".join(first.filterset.open_facets[:2])
    asked = {"q": "boat", "facets": facets, "page_size": "1"}
    yield path, "200", f"{path}?{urlencode(asked)}"
    yield path, "400", f"{path}?{urlencode({'modus': 'sea'})}"


def _show(told: dict[str, Any], address: str, origin: str) -> None:
    """Put the answer at an address beside the schema that it follows; none, if there is none."""
    found = answer_at(address, origin)
    if found is not None:
        content = told["content"]
        content[_JSON if _JSON in content else _PROBLEM]["example"] = found


def answer_at(address: str, origin: str) -> Any:
    """What the API answers, asked of the view itself without the network.

    Args:
        address: path and query.
        origin: scheme and host under which the answer names other addresses.

    Returns:
        The object; None where there is nothing at that address.
    """
    server, parts = urlsplit(origin), urlsplit(address)
    asked = WSGIRequest(
        {
            "REQUEST_METHOD": "GET",
            "PATH_INFO": unquote(parts.path),
            "QUERY_STRING": parts.query,
            "HTTP_HOST": server.netloc,
            "SERVER_NAME": server.hostname or "",
            "SERVER_PORT": str(server.port or ""),
            "wsgi.url_scheme": server.scheme,
            "wsgi.input": BytesIO(),
        }
    )
    found = resolve(asked.path)
    try:
        response: Any = found.func(asked, *found.args, **found.kwargs)
    except Http404:
        return None
    if hasattr(response, "render"):
        response.render()
    return json.loads(response.content) if response.status_code in (200, 400) else None
