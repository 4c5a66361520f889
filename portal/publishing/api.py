"""The API of a database: the same parameters, search and counts as its page."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar

from django.db.models import Model
from django.http import Http404, QueryDict
from django.http.response import HttpResponseBase
from django.urls import reverse
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from portal.publishing.documenting import documented_controls, documented_filter
from portal.publishing.files import (
    NOT_FOR_FILES,
    dated,
    file_of,
    format_for,
    found_by,
    representations_for,
)
from portal.publishing.reading import prepared
from portal.publishing.understanding import understood
from portal.records.database import Database, database_for
from portal.records.models import Record, State
from portal.records.views import redirect_target
from portal.reference.meanings import DescribedMixin
from portal.rest.fields import ChosenFieldsMixin
from portal.rest.negotiation import JSON, Representation
from portal.rest.output import OutputSerializer
from portal.rest.parameters import Problem, address_with, chosen_names, undivided
from portal.rest.problems import BadParameters, Gone
from portal.rest.schema import Documented, SearchEnvelope, documented_code, documented_format
from portal.rest.views import StrictViewSet
from portal.search.engine import CursorError, SearchResult, search
from portal.search.parameters import TokenParameter
from portal.search.request import API_CONTROLS, SearchRequest, parse

#: Stands for the code in an address that is made for all.
_ANY_CODE = "any-code"


class RecordSerializer(DescribedMixin, ChosenFieldsMixin, OutputSerializer):
    """What every record's answer begins with."""

    describes: ClassVar[type[Model]] = Record
    #: Of the fields that methods make, what they read (`portal.publishing.reading`).
    method_reads: ClassVar[dict[str, tuple[str, ...]]] = {"url": ("code",), "api_url": ("code",)}

    code = serializers.CharField()
    url = serializers.SerializerMethodField(help_text="Permanent address.")
    api_url = serializers.SerializerMethodField(help_text="The complete record in this API.")
    title = serializers.CharField()
    title_original = serializers.CharField()
    language = serializers.CharField()
    first_published = serializers.DateTimeField(source="first_published_at")
    last_changed = serializers.DateTimeField(source="changed_at")

    def get_url(self, record: Any) -> str:
        return self._address("permanent", record.code)

    def get_api_url(self, record: Any) -> str:
        return self._address(f"api:{database_for(record.database).api_slug}-detail", record.code)

    def _address(self, name: str, code: str) -> str:
        """An address that has a code, made once for all records of an answer."""
        if name not in self._frames:
            path = reverse(name, kwargs={"code": _ANY_CODE})
            request = self.context.get("request")
            address = request.build_absolute_uri(path) if request else path
            before, _code, after = address.rpartition(_ANY_CODE)
            self._frames[name] = (before, after)
        before, after = self._frames[name]
        return f"{before}{code}{after}"

    @cached_property
    def _frames(self) -> dict[str, tuple[str, str]]:
        return {}


#: View sets have a method of the name of the type.
Problems = list[Problem]


@dataclass(frozen=True)
class Asked:
    """What a list is asked to answer: the fields of its rows, and the facets to count."""

    names: frozenset[str]
    facets: tuple[str, ...]


class RecordViewSet(StrictViewSet):
    """Lists and complete records of one database."""

    database_slug: ClassVar[str]
    #: The fields that a row of a list leaves out unless they are asked for.
    complete_only: ClassVar[frozenset[str]]
    #: The code of a record, for the OpenAPI document.
    example: ClassVar[str]
    pagination_class = SearchEnvelope
    answers_of_one: ClassVar[tuple[str, ...]] = ("301", "410", "422")
    answers_of_all: ClassVar[tuple[str, ...]] = ("422",)

    @property
    def database(self) -> Database:
        return database_for(self.database_slug)

    def documented_parameters(self) -> list[Any]:
        """The parameters of the list for the OpenAPI document."""
        parameters = self.database.filterset.parameters().items()
        return [
            *(documented_filter(*found) for found in parameters),
            *documented_controls(self.field_names(), sorted(self.complete_only), self._countable()),
            documented_format(self.representations),
        ]

    def documented_code(self) -> Documented:
        return documented_code("Its permanent code.", example=self.example)

    @property
    def representations(self) -> tuple[Representation, ...]:
        """The API's own form, and all formats in which records of the database go out."""
        return representations_for(self.database)

    def get_queryset(self) -> Any:
        return self.database.records.public()

    def list(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponseBase:
        data = request.query_params
        parsed = parse(self.database, data, API_CONTROLS)
        problems = list(parsed.problems)
        form = self.representation(request, problems)
        if form != JSON:
            return self._file(
                request, parsed.request, form, [*problems, *undivided(data, NOT_FOR_FILES)]
            )
        asked = self._asked(data, problems)
        wanted = parsed.request
        if wanted.cursor is not None and "sort" not in data:
            wanted = replace(wanted, sort="newest")
        if problems:
            raise BadParameters(problems, self._known())
        try:
            result = search(wanted, facets=asked.facets)
        except CursorError as error:
            raise BadParameters([Problem("cursor", str(error))], self._known()) from error
        return Response(
            {
                "count": result.total,
                "next": self._next(request, result),
                "previous": self._previous(request, result),
                **understood(request, wanted.query),
                **({"facets": self._facets(result, asked.facets)} if asked.facets else {}),
                "results": self._rows(result, asked.names),
            }
        )

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponseBase:
        only = self.check_detail(request)
        code = kwargs["code"]
        if "\x00" in code:
            raise Http404
        form = self.representation(request, [])
        names = frozenset(only or self.field_names())
        if form != JSON:
            if only:
                raise BadParameters(
                    undivided(request.query_params, NOT_FOR_FILES), self.detail_parameters
                )
            key = self.get_queryset().filter(code=code).values_list("pk", flat=True).first()
            return self._absent(code) if key is None else self._written(request, form, [key], code)
        serializer_class: Any = self.get_serializer_class()
        records = prepared(self.database.model, serializer_class, names).public()
        record = records.filter(code=code).first()
        return self._absent(code) if record is None else Response(self.serialized(record, only))

    def _asked(self, data: QueryDict, problems: Problems) -> Asked:
        """What the rows are to say, and what is to be counted."""
        names = self.field_names()
        only = chosen_names(data, "fields", names, problems)
        expand = chosen_names(data, "expand", sorted(self.complete_only), problems)
        lean = [name for name in names if name not in self.complete_only]
        return Asked(
            names=frozenset(only or (*lean, *expand)),
            facets=chosen_names(data, "facets", self._countable(), problems),
        )

    def _file(
        self,
        request: Request,
        wanted: SearchRequest,
        form: Representation,
        problems: Problems,
    ) -> HttpResponseBase:
        """All that a search finds, in a format."""
        if problems:
            raise BadParameters(problems, self._known())
        return self._written(request, form, found_by(wanted), dated(self.database.api_slug))

    def _written(
        self, request: Request, form: Representation, keys: Iterable[int], name: str
    ) -> HttpResponseBase:
        """Records in a format."""
        database = self.database
        return file_of(request._request, database, format_for(database, form.key), keys, name)

    def _absent(self, code: str) -> Response:
        gone = self.database.records.filter(code=code, state=State.WITHDRAWN).first()
        if gone is not None:
            raise Gone(gone.withdrawal_reason)
        target = redirect_target(code)
        if target is None:
            raise Http404
        name, suffix = f"api:{self.database.api_slug}-detail", self.kwargs.get("suffix")
        path = (
            reverse(f"{name}-file", kwargs={"code": target, "suffix": suffix})
            if suffix
            else reverse(name, kwargs={"code": target})
        )
        asked = self.request.META.get("QUERY_STRING", "")
        address = f"{path}?{asked}" if asked else path
        return Response({"code": target}, status=301, headers={"Location": address})

    def _known(self) -> tuple[str, ...]:
        return (*self.database.filterset.parameters(), *API_CONTROLS)

    def _countable(self) -> tuple[str, ...]:
        """The parameters whose values can be counted."""
        parameters = self.database.filterset.parameters().items()
        return tuple(name for name, found in parameters if isinstance(found, TokenParameter))

    def _rows(self, result: SearchResult, names: frozenset[str]) -> Any:
        serializer_class: Any = self.get_serializer_class()
        records = prepared(self.database.model, serializer_class, names).public()
        found = {record.pk: record for record in records.filter(pk__in=result.ids)}
        rows = [found[key] for key in result.ids if key in found]
        return self.serialized(rows, names, many=True)

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
            return address_with(request, cursor=result.next_cursor)
        if asked.offset + asked.page_size >= result.total:
            return None
        return address_with(request, page=str(asked.page + 1))

    def _previous(self, request: Request, result: SearchResult) -> str | None:
        asked: SearchRequest = result.request
        if asked.cursor is not None or asked.page == 1:
            return None
        return address_with(request, page=str(asked.page - 1))
