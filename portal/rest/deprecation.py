"""Saying in time that a resource or a parameter of the API will go.

Answers carry `Deprecation` (RFC 9745), `Sunset` (RFC 8594) and a link to what to use instead; the
OpenAPI document marks what is meant. At least a year lies between the first and the second.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar

from django.utils.http import http_date


@dataclass(frozen=True)
class Deprecation:
    """That something is deprecated.

    Attributes:
        since: when it was or will be; with a time zone.
        link: the address that tells why, and what to use instead.
        sunset: when it may stop working; None where that is not known yet.

    Raises:
        ValueError: a time has no zone, or the end lies before the beginning.
    """

    since: datetime
    link: str
    sunset: datetime | None = None

    def __post_init__(self) -> None:
        if any(
            moment is not None and moment.tzinfo is None for moment in (self.since, self.sunset)
        ):
            raise ValueError("A deprecation is told in times that have a zone.")
        # RFC 9745, section 4: the sunset must not be earlier than the deprecation.
        if self.sunset is not None and self.sunset < self.since:
            raise ValueError("Nothing ends before it is deprecated.")

    def put_on(self, response: Any) -> None:
        response["Deprecation"] = f"@{int(self.since.timestamp())}"
        if self.sunset is not None:
            response["Sunset"] = http_date(self.sunset.astimezone(UTC).timestamp())
        link = f'<{self.link}>; rel="deprecation"; type="text/html"'
        before = response.get("Link")
        response["Link"] = f"{before}, {link}" if before else link


class DeprecatedMixin:
    """A view of the API that is deprecated, or some of whose parameters are.

    Attributes:
        deprecated: the whole resource; None where it is not.
        deprecated_parameters: of its parameters, those that are; told where one is used.
    """

    deprecated: ClassVar[Deprecation | None] = None
    deprecated_parameters: ClassVar[Mapping[str, Deprecation]] = {}

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Any:
        answer = super().finalize_response(request, response, *args, **kwargs)  # type: ignore[misc]
        used = [
            told
            for name, told in self.deprecated_parameters.items()
            if name in request.query_params
        ]
        # One header has room for one moment: the resource goes before its parameters, of which
        # the one that ends first is told.
        told = self.deprecated or min(used, key=_end, default=None)
        if told is not None:
            told.put_on(answer)
        return answer


def _end(told: Deprecation) -> tuple[bool, datetime]:
    return told.sunset is None, told.sunset or told.since
