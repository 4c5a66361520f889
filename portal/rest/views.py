"""What every resource of the API does: read only, strict, and paged with an exact total."""

from __future__ import annotations

from typing import Any, ClassVar

import django_filters
from django.db.models import QuerySet
from django.http import QueryDict
from rest_framework import viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from portal.rest.parameters import (
    Problem,
    address_with,
    check_format,
    chosen_names,
    page_and_size,
    unknown_names,
)
from portal.rest.problems import BadParameters
from portal.rest.schema import FIELDS, FORMAT, PAGING, Envelope, StrictSchema, documented, listed


class StrictViewSet(viewsets.GenericViewSet):
    """Refuses what it does not know; subclasses say which parameters there are."""

    schema = StrictSchema()
    pagination_class = Envelope
    lookup_field = "code"
    lookup_value_regex = "[^/]+"
    #: Parameters of one object's address.
    detail_parameters: ClassVar[tuple[str, ...]] = ("fields", "format")

    def documented_detail_parameters(self) -> list[Any]:
        """The parameters of one object's address for the OpenAPI document."""
        return [FIELDS, FORMAT]

    def field_names(self) -> tuple[str, ...]:
        """All fields that an object has."""
        serializer: Any = self.get_serializer_class()()
        return tuple(serializer.get_fields())

    def serialized(self, objects: Any, only: Any, *, many: bool = False) -> Any:
        """Objects, or one, as JSON with some of their fields; all with `only` empty."""
        serializer_class: Any = self.get_serializer_class()
        context = self.get_serializer_context()
        return serializer_class(objects, many=many, only=only or None, context=context).data

    def check_detail(self, request: Request) -> tuple[str, ...]:
        """The fields asked for; none means all.

        Raises:
            BadParameters: the address has a parameter or value that is not known.
        """
        data = request.query_params
        problems = unknown_names(data, self.detail_parameters)
        only = chosen_names(data, "fields", self.field_names(), problems)
        check_format(data, problems)
        if problems:
            raise BadParameters(problems, self.detail_parameters)
        return only


class ReferenceViewSet(StrictViewSet):
    """A resource that a plain FilterSet filters, in its natural order."""

    filterset_class: ClassVar[type[django_filters.FilterSet] | None] = None

    def list_parameters(self) -> tuple[str, ...]:
        """All parameters of the list."""
        filters = tuple(self.filterset_class.base_filters) if self.filterset_class else ()
        return (*filters, "page", "page_size", "fields", "format")

    def documented_parameters(self) -> list[Any]:
        """The parameters of the list for the OpenAPI document."""
        bound: Any = self.filterset_class() if self.filterset_class else None
        filters = bound.form.fields.items() if bound else ()
        return [
            *(
                documented(name, str(field.label), enum=listed(_options(field)))
                for name, field in filters
            ),
            *PAGING,
            FIELDS,
            FORMAT,
        ]

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        data = request.query_params
        known = self.list_parameters()
        problems = unknown_names(data, known)
        filtered, unfit = self._filtered(data)
        problems += unfit
        only = chosen_names(data, "fields", self.field_names(), problems)
        check_format(data, problems)
        page, size = page_and_size(data, problems)
        if problems:
            raise BadParameters(problems, known)
        total = filtered.count()
        rows = filtered[(page - 1) * size : page * size]
        return Response(
            {
                "count": total,
                "next": address_with(request, page=str(page + 1)) if page * size < total else None,
                "previous": address_with(request, page=str(page - 1)) if page > 1 else None,
                "results": self.serialized(rows, only, many=True),
            }
        )

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        only = self.check_detail(request)
        return Response(self.serialized(self.get_object(), only))

    def _filtered(self, data: QueryDict) -> tuple[QuerySet, tuple[Problem, ...]]:
        queryset = self.get_queryset()
        if self.filterset_class is None:
            return queryset, ()
        bound = self.filterset_class(data=data, queryset=queryset)
        if bound.is_valid():
            return bound.qs, ()
        problems = (
            Problem(name, " ".join(messages), _options(bound.form.fields[name]))
            for name, messages in bound.form.errors.items()
        )
        return queryset, tuple(problems)


def _options(field: Any) -> tuple[str, ...]:
    """The values that a form field takes, where they are a short closed list."""
    if getattr(field, "domain", None) is not None:
        return tuple(field.domain.known())
    values = [getattr(value, "value", value) for value, _label in getattr(field, "choices", ())]
    return tuple(str(value) for value in values if value not in ("", None))
