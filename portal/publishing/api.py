"""The API of a database: the same parameters, search and counts as its page."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, ClassVar

from django.http import Http404
from django.urls import reverse
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from portal.records.database import Database, database_for
from portal.records.models import State
from portal.records.views import redirect_target
from portal.reference.meanings import DescribedMixin
from portal.rest.fields import ChosenFieldsMixin
from portal.rest.parameters import Problem, address_with, check_format, chosen_names
from portal.rest.problems import BadParameters, Gone
from portal.rest.schema import FIELDS, FORMAT, PAGING, documented, listed
from portal.rest.views import StrictViewSet
from portal.search.engine import CursorError, SearchResult, search
from portal.search.exact import exact_matches
from portal.search.interpretation import interpret
from portal.search.parameters import Parameter, TokenParameter
from portal.search.request import API_CONTROLS, SORTS, SearchRequest, parse


class RecordSerializer(DescribedMixin, ChosenFieldsMixin, serializers.Serializer):
    """What every record's answer begins with."""

    code = serializers.CharField()
    url = serializers.SerializerMethodField(help_text="Permanent address.")
    api_url = serializers.SerializerMethodField(help_text="The complete record in this API.")
    title = serializers.CharField()
    title_original = serializers.CharField()
    language = serializers.CharField()
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


def documented_filter(name: str, parameter: Parameter) -> OpenApiParameter:
    """A filter of a database for the OpenAPI document."""
    many = isinstance(parameter, TokenParameter)
    text = str(parameter.label)
    if "help_text" in parameter.extra:
        text += f". {parameter.extra['help_text'].rstrip('.')}"
    if many:
        text += ". Repeated or separated by commas: one of them."
    return documented(name, text, many=many, enum=listed(parameter.known()), explode=many)


_CONTROL_PARAMETERS = [
    documented(
        "as_typed", "Look for the words alone, not for the concepts.", enum=["true", "false"]
    ),
    documented("sort", "Order; `relevance` needs `q`.", enum=list(SORTS)),
    *PAGING,
    documented("cursor", "`*` to begin, then what `next` gives: reads everything in parts."),
    FIELDS,
    documented("expand", "Blocks of the complete record to add to the lean one."),
    documented("facets", "Parameters whose values are to be counted, separated by commas."),
    FORMAT,
]


class RecordViewSet(StrictViewSet):
    """Lists and complete records of one database."""

    database_slug: ClassVar[str]
    #: The fields that a row of a list leaves out unless they are asked for.
    complete_only: ClassVar[frozenset[str]]
    #: Columns of long text that are read only where asked for.
    long_columns: ClassVar[tuple[str, ...]] = ()

    @property
    def database(self) -> Database:
        return database_for(self.database_slug)

    def documented_parameters(self) -> list[OpenApiParameter]:
        """The parameters of the list for the OpenAPI document."""
        parameters = self.database.filterset.parameters().items()
        return [*(documented_filter(*found) for found in parameters), *_CONTROL_PARAMETERS]

    def get_queryset(self) -> Any:
        return self.database.records.public()

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        data = request.query_params
        parsed = parse(self.database, data, API_CONTROLS)
        problems = list(parsed.problems)
        names = self.field_names()
        only = chosen_names(data, "fields", names, problems)
        expand = chosen_names(data, "expand", sorted(self.complete_only), problems)
        facets = chosen_names(data, "facets", self._countable(), problems)
        check_format(data, problems)
        wanted = parsed.request
        if wanted.cursor is not None and "sort" not in data:
            wanted = replace(wanted, sort="newest")
        if problems:
            raise BadParameters(problems, self._known())
        try:
            result = search(wanted, facets=facets)
        except CursorError as error:
            raise BadParameters([Problem("cursor", str(error))], self._known()) from error
        lean = [name for name in names if name not in self.complete_only]
        return Response(
            {
                "count": result.total,
                "next": self._next(request, result),
                "previous": self._previous(request, result),
                **self._of_query(request, wanted),
                **({"facets": self._facets(result, facets)} if facets else {}),
                "results": self._rows(result, set(only or (*lean, *expand))),
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
        return Response(self.serialized(record, only))

    def _of_query(self, request: Request, wanted: SearchRequest) -> dict[str, Any]:
        """How the words were understood, and the records that bear exactly what was asked."""
        if not wanted.query:
            return {}
        parts = interpret(wanted.query).parts
        return {
            "interpreted": [
                {
                    "typed": part.source,
                    "concepts": [
                        {"key": concept.key, "label": str(concept)} for concept in part.concepts
                    ],
                }
                for part in parts
            ],
            "exact": [
                {
                    "code": match.code,
                    "database": match.database,
                    "kind": match.kind,
                    "text": match.text,
                    "url": request.build_absolute_uri(
                        reverse("permanent", kwargs={"code": match.code})
                    ),
                }
                for match in exact_matches(wanted.query.text)
            ],
        }

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

    def _countable(self) -> tuple[str, ...]:
        """The parameters whose values can be counted."""
        parameters = self.database.filterset.parameters().items()
        return tuple(name for name, found in parameters if isinstance(found, TokenParameter))

    def _rows(self, result: SearchResult, names: set[str]) -> Any:
        records = self.database.records.public()
        # Long texts alone do not need the parts of the record.
        parts = names & (self.complete_only - set(self.long_columns))
        records = records.for_detail() if parts else records.for_list()
        unread = [column for column in self.long_columns if column not in names]
        found = {record.pk: record for record in records.defer(*unread).filter(pk__in=result.ids)}
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
