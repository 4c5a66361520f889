"""What every resource of the API does: read only, strict, and paged with an exact total."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import urlencode

import django_filters
from django.db.models import QuerySet
from django.http import QueryDict
from rest_framework import viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from portal.rest.problems import BadParameters

PAGE_SIZE = 25
MAX_PAGE_SIZE = 100
FORMATS = ("json",)


@dataclass(frozen=True)
class ParameterError:
    """One parameter that was not understood."""

    parameter: str
    message: str
    known: tuple[str, ...] = ()


def chosen_names(
    data: QueryDict, name: str, known: Sequence[str], errors: list[Any]
) -> tuple[str, ...]:
    """The names that a parameter lists, repeated or separated by commas.

    What is not known is added to `errors`.
    """
    parts = [part.strip() for entry in data.getlist(name) for part in entry.split(",")]
    found = tuple(dict.fromkeys(part for part in parts if part))
    unknown = [part for part in found if part not in known]
    if unknown:
        message = f"Unknown: {', '.join(unknown)}."
        errors.append(ParameterError(name, message, tuple(known)))
    return tuple(part for part in found if part in known)


def check_format(data: QueryDict, errors: list[Any]) -> None:
    """Add an error for a format that the resource does not write."""
    chosen_names(data, "format", FORMATS, errors)


class StrictViewSet(viewsets.GenericViewSet):
    """Refuses what it does not know; subclasses say which parameters there are."""

    lookup_field = "code"
    lookup_value_regex = "[^/]+"
    #: Parameters of one object's address.
    detail_parameters: ClassVar[tuple[str, ...]] = ("fields", "format")

    def field_names(self) -> tuple[str, ...]:
        """All fields that an object has."""
        return tuple(self.get_serializer_class()().get_fields())

    def check_detail(self, request: Request) -> tuple[str, ...] | None:
        """The fields asked for, or None for all.

        Raises:
            BadParameters: the address has a parameter or value that is not known.
        """
        data = request.query_params
        errors: list[Any] = [
            ParameterError(name, "Unknown parameter.", self.detail_parameters)
            for name in data
            if name not in self.detail_parameters
        ]
        only = chosen_names(data, "fields", self.field_names(), errors)
        check_format(data, errors)
        if errors:
            raise BadParameters(errors, self.detail_parameters)
        return only or None


class ReferenceViewSet(StrictViewSet):
    """A resource of reference data: filtered by a plain FilterSet, in its natural order."""

    filterset_class: ClassVar[type[django_filters.FilterSet] | None] = None

    def get_object_queryset(self) -> QuerySet:
        """Objects for one object's address; by default those of the list."""
        return self.get_queryset()

    def list_parameters(self) -> tuple[str, ...]:
        filters = tuple(self.filterset_class.base_filters) if self.filterset_class else ()
        return (*filters, "page", "page_size", "fields", "format")

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        data = request.query_params
        known = self.list_parameters()
        errors: list[Any] = [
            ParameterError(name, "Unknown parameter.", known) for name in data if name not in known
        ]
        queryset = self._filtered(data, errors)
        only = chosen_names(data, "fields", self.field_names(), errors)
        check_format(data, errors)
        size = self._number(data, "page_size", PAGE_SIZE, MAX_PAGE_SIZE, errors)
        page = self._number(data, "page", 1, 10_000, errors)
        if errors:
            raise BadParameters(errors, known)
        total = queryset.count()
        rows = queryset[(page - 1) * size : page * size]
        serializer = self.get_serializer_class()(
            rows,
            many=True,
            context=self.get_serializer_context(),
            **({"only": only} if only else {}),
        )
        return Response(
            {
                "count": total,
                "next": self._link(request, page + 1) if page * size < total else None,
                "previous": self._link(request, page - 1) if page > 1 else None,
                "results": serializer.data,
            }
        )

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        only = self.check_detail(request)
        self.queryset = self.get_object_queryset()
        serializer = self.get_serializer_class()(
            self.get_object(),
            context=self.get_serializer_context(),
            **({"only": only} if only else {}),
        )
        return Response(serializer.data)

    def _filtered(self, data: QueryDict, errors: list[Any]) -> QuerySet:
        queryset = self.get_queryset()
        if self.filterset_class is None:
            return queryset
        bound = self.filterset_class(data=data, queryset=queryset)
        for name, messages in bound.form.errors.items():
            choices = getattr(bound.form.fields[name], "choices", ())
            options = tuple(str(value) for value, _label in choices if value != "")
            errors.append(
                ParameterError(name, " ".join(messages), options if len(options) < 300 else ())
            )
        return queryset if bound.form.errors else bound.qs

    def _number(
        self, data: QueryDict, name: str, default: int, limit: int, errors: list[Any]
    ) -> int:
        text = data.get(name, "").strip()
        if not text:
            return default
        if text.isascii() and text.isdecimal() and len(text) < 9 and 1 <= int(text) <= limit:
            return int(text)
        errors.append(ParameterError(name, f"It is a whole number from 1 to {limit}."))
        return default

    def _link(self, request: Request, page: int) -> str:
        pairs = [
            (name, value)
            for name, values in request.query_params.lists()
            for value in values
            if name != "page"
        ]
        return request.build_absolute_uri(f"{request.path}?{urlencode([*pairs, ('page', page)])}")
