"""The API of a database: the same parameters, search and counts as its page."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, ClassVar
from urllib.parse import urlencode

from django.http import Http404
from django.urls import reverse
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from portal.records.database import Database, database_for
from portal.records.models import State
from portal.records.views import redirect_target
from portal.rest.fields import ChosenFieldsMixin
from portal.rest.problems import BadParameters, Gone
from portal.rest.views import ParameterError, StrictViewSet, check_format, chosen_names
from portal.search.engine import CursorError, SearchResult, search
from portal.search.parameters import Parameter, TokenParameter
from portal.search.request import API_CONTROLS, SORTS, SearchRequest, parse


class RecordSerializer(ChosenFieldsMixin, serializers.Serializer):
    """What every record's answer begins with."""

    code = serializers.CharField(help_text="Permanent code.")
    url = serializers.SerializerMethodField(help_text="Permanent address.")
    api_url = serializers.SerializerMethodField(help_text="The complete record in this API.")
    title = serializers.CharField(help_text="Title as published.")
    title_original = serializers.CharField(help_text="Title in the original language.")
    language = serializers.CharField(help_text="ISO 639-1 code of the original's language.")
    first_published = serializers.DateTimeField(source="first_published_at")
    last_changed = serializers.DateTimeField(source="changed_at")

    def get_url(self, record: Any) -> str:
        return self._absolute(record.permanent_path)

    def get_api_url(self, record: Any) -> str:
        slug = database_for(record.database).api_slug
        return self._absolute(reverse(f"api:{slug}-detail", kwargs={"code": record.code}))

    def _absolute(self, path: str) -> str:
        request = self.context.get("request")
        return request.build_absolute_uri(path) if request else path


class RecordSchema(AutoSchema):
    """Documents the parameters from the database's own ParameterSet."""

    def get_override_parameters(self) -> list[Any]:
        if self.view.action != "list":
            return [
                _documented("fields", "Fields to answer with, separated by commas."),
                _documented("format", "Format of the answer.", enum=["json"]),
            ]
        documented = [
            _of_parameter(name, parameter)
            for name, parameter in self.view.database.filterset.parameters().items()
        ]
        return [*documented, *_CONTROL_PARAMETERS]


def _documented(name: str, text: str, **kwargs: Any) -> OpenApiParameter:
    return OpenApiParameter(name, str, OpenApiParameter.QUERY, description=text, **kwargs)


def _of_parameter(name: str, parameter: Parameter) -> OpenApiParameter:
    known = parameter.known()
    listed = known if 0 < len(known) <= 60 else None
    many = isinstance(parameter, TokenParameter)
    text = str(parameter.label)
    if many:
        text += ". Repeated or separated by commas: one of them."
    return OpenApiParameter(
        name, str, OpenApiParameter.QUERY, description=text, many=many, enum=listed, explode=many
    )


_CONTROL_PARAMETERS = [
    _documented("sort", "Order; relevance needs `q`.", enum=list(SORTS)),
    OpenApiParameter("page", int, description="Page number, from 1."),
    OpenApiParameter("page_size", int, description="Records on a page, at most 100."),
    _documented("cursor", "`*` to begin, then what `next` gives: reads everything, page by page."),
    _documented("fields", "Fields to answer with, separated by commas."),
    _documented("expand", "Blocks of the complete record to add to the lean one."),
    _documented("facets", "Parameters whose values are to be counted, separated by commas."),
    _documented("format", "Format of the answer.", enum=["json"]),
]


class RecordViewSet(StrictViewSet):
    """Lists and complete records of one database."""

    schema = RecordSchema()
    database_slug: ClassVar[str]
    #: The fields that a row of a list leaves out unless they are asked for.
    complete_only: ClassVar[frozenset[str]]
    #: Columns of long text that are read only where asked for.
    long_columns: ClassVar[tuple[str, ...]] = ()

    @property
    def database(self) -> Database:
        return database_for(self.database_slug)

    def get_queryset(self) -> Any:
        return self.database.records.public()

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        parsed = parse(self.database, request.query_params, API_CONTROLS)
        errors: list[Any] = list(parsed.problems)
        names = self.field_names()
        only = chosen_names(request.query_params, "fields", names, errors)
        added = [name for name in names if name in self.complete_only]
        expand = chosen_names(request.query_params, "expand", added, errors)
        tokens = [
            name
            for name, parameter in self.database.filterset.parameters().items()
            if isinstance(parameter, TokenParameter)
        ]
        facets = chosen_names(request.query_params, "facets", tokens, errors)
        check_format(request.query_params, errors)
        wanted = parsed.request
        if wanted.cursor is not None and "sort" not in request.query_params:
            wanted = replace(wanted, sort="newest")
        if errors:
            raise BadParameters(errors, self._known())
        try:
            result = search(wanted, facets=facets)
        except CursorError as error:
            raise BadParameters([ParameterError("cursor", str(error))], self._known()) from error
        lean = [name for name in names if name not in self.complete_only]
        shown = only or (*lean, *expand)
        return Response(
            {
                "count": result.total,
                "next": self._next(request, result),
                "previous": self._previous(request, result),
                **({"facets": self._facets(result, facets)} if facets else {}),
                "results": self._rows(result, shown),
            }
        )

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        only = self.check_detail(request)
        code = kwargs["code"]
        if "\x00" in code:
            raise Http404
        record = self.get_queryset().for_detail().filter(code=code).first()
        if record is None:
            return self._absent(code)
        serializer = self.get_serializer_class()(
            record, only=only, context=self.get_serializer_context()
        )
        return Response(serializer.data)

    def _absent(self, code: str) -> Response:
        gone = self.database.records.filter(code=code, state=State.WITHDRAWN).first()
        if gone is not None:
            raise Gone(gone.withdrawal_reason)
        target = redirect_target(code)
        if target is None:
            raise Http404
        path = reverse(f"api:{self.database.api_slug}-detail", kwargs={"code": target})
        return Response({"code": target}, status=301, headers={"Location": path})

    def _known(self) -> tuple[str, ...]:
        return (*self.database.filterset.parameters(), *API_CONTROLS)

    def _rows(self, result: SearchResult, shown: Iterable[str]) -> list[Any]:
        names = set(shown)
        records = self.database.records.public()
        # Long texts alone do not need the parts of the record.
        parts = names & (self.complete_only - set(self.long_columns))
        records = records.for_detail() if parts else records.for_list()
        unread = [column for column in self.long_columns if column not in names]
        found = {record.pk: record for record in records.defer(*unread).filter(pk__in=result.ids)}
        serializer = self.get_serializer_class()(
            [found[key] for key in result.ids if key in found],
            many=True,
            only=names,
            context=self.get_serializer_context(),
        )
        return serializer.data

    def _facets(self, result: SearchResult, names: Iterable[str]) -> dict[str, Any]:
        parameters = self.database.filterset.parameters()
        answer = {}
        for name in names:
            counts = result.facets[name]
            labels = parameters[name].domain.labels(counts) if counts else {}
            answer[name] = [
                {"value": value, "label": labels.get(value, value), "count": count}
                for value, count in counts.items()
            ]
        return answer

    def _next(self, request: Request, result: SearchResult) -> str | None:
        asked: SearchRequest = result.request
        if asked.cursor is not None:
            if result.next_cursor is None:
                return None
            return self._link(request, cursor=result.next_cursor)
        if asked.offset + asked.page_size >= result.total:
            return None
        return self._link(request, page=str(asked.page + 1))

    def _previous(self, request: Request, result: SearchResult) -> str | None:
        asked: SearchRequest = result.request
        if asked.cursor is not None or asked.page == 1:
            return None
        return self._link(request, page=str(asked.page - 1))

    def _link(self, request: Request, **changed: str) -> str:
        pairs = [
            (name, value)
            for name, values in request.query_params.lists()
            for value in values
            if name not in changed
        ]
        query = urlencode([*pairs, *changed.items()])
        return request.build_absolute_uri(f"{request.path}?{query}")
