"""What every resource of the API does: read only, strict, and paged with an exact total."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import chain, islice
from typing import Any, ClassVar

import django_filters
from django.db.models import QuerySet
from django.http import QueryDict, StreamingHttpResponse
from django.http.response import HttpResponseBase
from rest_framework import viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from portal.rest.negotiation import CSV, JSON, JSON_LINES, Representation, representation_of
from portal.rest.parameters import (
    Problem,
    address_with,
    chosen_names,
    page_and_size,
    repeated,
    undivided,
    unknown_names,
)
from portal.rest.problems import BadParameters
from portal.rest.schema import (
    Documented,
    Envelope,
    StrictSchema,
    documented,
    documented_code,
    documented_fields,
    documented_format,
    documented_paging,
)
from portal.rest.tabular import columns_of, pieces_of, rows
from portal.rest.values import Values

#: Objects that a file reads at once.
CHUNK = 500


class StrictViewSet(viewsets.GenericViewSet):
    """Refuses what it does not know; subclasses say which parameters there are."""

    schema = StrictSchema()
    pagination_class = Envelope
    lookup_field = "code"
    lookup_value_regex = "[^/]+"
    #: Parameters of one object's address.
    detail_parameters: ClassVar[tuple[str, ...]] = ("fields", "format")

    @property
    def representations(self) -> tuple[Representation, ...]:
        """The forms in which the address answers that is asked."""
        return (JSON,)

    def documented_detail_parameters(self) -> list[Any]:
        """The parameters of one object's address for the OpenAPI document."""
        return [
            self.documented_code(),
            documented_fields(self.field_names()),
            documented_format(self.representations),
        ]

    def documented_code(self) -> Documented:
        """The code in the path of one object's address."""
        queryset = self.get_queryset()
        known = tuple(queryset.values_list(self.lookup_field, flat=True))
        name = f"{queryset.model._meta.object_name}Code"
        return documented_code("Its code.", values=Values.of(known, name))

    def representation(self, request: Request, problems: list[Problem]) -> Representation:
        """The form that is asked for, by the parameter, the end of the address or the header.

        What is wrong with the parameter is added to `problems`.
        """
        suffix = self.kwargs.get("suffix", "")
        return representation_of(request, self.representations, suffix, problems)

    def field_names(self) -> tuple[str, ...]:
        """All fields that an object has."""
        serializer_class: Any = self.get_serializer_class()
        return _field_names(serializer_class)

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
        self.representation(request, problems)
        if problems:
            raise BadParameters(problems, self.detail_parameters)
        return only


class ReferenceViewSet(StrictViewSet):
    """A resource that a plain FilterSet filters, in its natural order."""

    filterset_class: ClassVar[type[django_filters.FilterSet] | None] = None

    @property
    def representations(self) -> tuple[Representation, ...]:
        """The forms in which the address answers: its list is a table, too."""
        return (JSON, CSV, JSON_LINES) if self.action == "list" else (JSON,)

    def single(self) -> tuple[str, ...]:
        """The filters that take one value."""
        filters = self.filterset_class.base_filters if self.filterset_class else {}
        return tuple(name for name in filters if not hasattr(filters[name].field, "domain"))

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
                documented(
                    name, str(field.label), values=_values(field), many=hasattr(field, "domain")
                )
                for name, field in filters
            ),
            *documented_paging(),
            documented_fields(self.field_names()),
            documented_format(self.representations),
        ]

    def list(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponseBase:
        data = request.query_params
        known = self.list_parameters()
        problems = unknown_names(data, known)
        filtered, unfit = self._filtered(data)
        problems += unfit
        problems += repeated(data, self.single())
        only = chosen_names(data, "fields", self.field_names(), problems)
        form = self.representation(request, problems)
        if form != JSON:
            problems += undivided(data, ("page", "page_size"))
        page, size = page_and_size(data, problems)
        if problems:
            raise BadParameters(problems, known)
        if form != JSON:
            return self._file(request, form, filtered, only)
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

    def _file(
        self, request: Request, form: Representation, found: QuerySet, only: Sequence[str]
    ) -> StreamingHttpResponse:
        """All objects of a list as a file that is written while it is sent."""
        objects = (
            row for chunk in _chunks(found) for row in self.serialized(chunk, only, many=True)
        )
        if form == CSV:
            columns = columns_of(self.get_serializer_class())
            chosen = [column for column in columns if not only or column.path[0] in only]
            pieces = pieces_of(chain([[column.key for column in chosen]], rows(objects, chosen)))
        else:
            pieces = (
                json.dumps(row, ensure_ascii=False, default=str).encode() + b"\n" for row in objects
            )
        name = f"{self.basename}.{form.suffix}"
        return StreamingHttpResponse(
            () if request.method == "HEAD" else pieces,
            content_type=form.media_type,
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )

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


@cache
def _field_names(serializer_class: Any) -> tuple[str, ...]:
    """The names of a serializer's fields; to ask for the fields copies all of them."""
    return tuple(serializer_class().get_fields())


def _chunks(found: QuerySet) -> Iterator[list[Any]]:
    """The objects of a queryset, some hundreds at a time."""
    rest = found.iterator(chunk_size=CHUNK)
    while chunk := list(islice(rest, CHUNK)):
        yield chunk


def _values(field: Any) -> Values:
    """What a form field takes, for the OpenAPI document."""
    domain = getattr(field, "domain", None)
    return domain.values() if domain is not None else Values.of(_options(field))


def _options(field: Any) -> tuple[str, ...]:
    """The values that a form field takes, where they are a short closed list."""
    if getattr(field, "domain", None) is not None:
        return tuple(field.domain.known())
    values = [getattr(value, "value", value) for value, _label in getattr(field, "choices", ())]
    return tuple(str(value) for value in values if value not in ("", None))
