"""In which form a resource answers: by `format=`, by the end of its address, or by `Accept`.

What the address says goes before what the header says (RFC 9110, section 12.5.1, lets a server
choose): a link to a table gives the table to a browser, too.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from rest_framework.exceptions import NotAcceptable, NotFound
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.request import Request

from portal.rest.parameters import Problem


@dataclass(frozen=True)
class Representation:
    """A form in which a resource answers.

    Attributes:
        key: its name in `format=`.
        suffix: what the addresses of its files end with, without the dot.
        media_type: as `Accept` and `Content-Type` name it.
    """

    key: str
    suffix: str
    media_type: str


JSON = Representation("json", "json", "application/json")
CSV = Representation("csv", "csv", "text/csv")
JSON_LINES = Representation("jsonl", "jsonl", "application/x-ndjson")


class FormatNegotiation(BaseContentNegotiation):
    """Refuses `Accept` headers that exclude all forms of a view, and nothing else.

    Django REST framework's own class knows renderers, which make an answer from an object in
    memory; files are streamed by the views instead (`representation_of`).
    """

    def select_parser(self, request: Request, parsers: Iterable[Any]) -> Any:
        return next(iter(parsers), None)

    def select_renderer(
        self, request: Request, renderers: Iterable[Any], format_suffix: str | None = None
    ) -> tuple[Any, str]:
        view = request.parser_context["view"]
        if not _is_told_by_address(request, view):
            _preferred(request, getattr(view, "representations", (JSON,)))
        renderer = next(iter(renderers))
        return renderer, renderer.media_type


def _is_told_by_address(request: Request, view: Any) -> bool:
    return bool(view.kwargs.get("suffix") or request.query_params.get("format"))


def _preferred(request: Request, representations: Sequence[Representation]) -> Representation:
    """The form that a client likes best; of those that it likes as much, the first.

    Raises:
        NotAcceptable: it likes none of them.
    """
    by_type = {found.media_type: found for found in representations}
    liked = request._request.get_preferred_type(list(by_type))
    if liked is None:
        message = _("This resource answers in: %s.") % ", ".join(by_type)
        raise NotAcceptable(message)
    return by_type[liked]


def representation_of(
    request: Request,
    representations: Sequence[Representation],
    suffix: str,
    problems: list[Problem],
) -> Representation:
    """The form that is asked for; what is wrong with the question is added to `problems`.

    Args:
        request: the request.
        representations: the forms that there are.
        suffix: what the address ends with; '' where it ends as usual.
        problems: is added to.

    Raises:
        NotFound: the address ends with no form of the resource.
        NotAcceptable: the client likes none of them.
    """
    by_suffix = {found.suffix: found for found in representations}
    if suffix and suffix not in by_suffix:
        known = ", ".join(f".{name}" for name in by_suffix)
        raise NotFound(_("Its files end with one of: %s.") % known)
    by_key = {found.key: found for found in representations}
    keys = [key.strip() for key in request.query_params.getlist("format") if key.strip()]
    if not keys:
        return by_suffix[suffix] if suffix else _preferred(request, representations)
    chosen = by_key.get(keys[0])
    if len(keys) > 1:
        problems.append(Problem("format", _("An answer has one format."), tuple(by_key)))
    elif chosen is None:
        message = _("Unknown value: %(values)s.") % {"values": keys[0][:100]}
        problems.append(Problem("format", message, tuple(by_key)))
    elif suffix and chosen.suffix != suffix:
        message = _("The address ends with another format: .%s.") % suffix
        problems.append(Problem("format", message, tuple(by_key)))
    return chosen or representations[0]
