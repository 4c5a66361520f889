"""One question to all databases: how many records of each answer, and the best of them."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from portal.publishing.api import RecordSerializer
from portal.publishing.documenting import documented_filter
from portal.publishing.reading import prepared
from portal.publishing.understanding import understood
from portal.records.database import Database, databases
from portal.rest.parameters import Problem, whole_number
from portal.rest.problems import BadParameters
from portal.rest.schema import UNDERSTOOD, StrictSchema, documented, documented_size
from portal.rest.values import TRUTH, Values
from portal.search.engine import top_hits
from portal.search.parameters import ParameterSet
from portal.search.request import SearchRequest, parse

#: Records of each database that are shown, and the most that can be asked for.
SHOWN, MOST = 5, 25


class HitsSerializer(serializers.Serializer):
    """What one database answers."""

    database = serializers.CharField(help_text="Its name in the addresses of pages.")
    count = serializers.IntegerField(help_text="The exact number of matches.")
    url = serializers.CharField(help_text="All of them, in the API.")
    results = RecordSerializer(many=True, help_text="The best of them.")


@extend_schema_field(UNDERSTOOD["interpreted"])
class InterpretedField(serializers.JSONField):
    """The parts of the question."""


@extend_schema_field(UNDERSTOOD["exact"])
class ExactField(serializers.JSONField):
    """What bears exactly the question."""


class SearchSerializer(serializers.Serializer):
    """What all databases answer."""

    count = serializers.IntegerField(help_text="The exact number of matches in all databases.")
    interpreted = InterpretedField()
    exact = ExactField()
    databases = HitsSerializer(many=True, help_text="What each of them answers.")


class SearchView(APIView):
    """A question to all databases at once, by the parameters that all of them know."""

    schema = StrictSchema()
    controls = ("as_typed", "page_size")

    def documented_parameters(self) -> list[Any]:
        """The parameters for the OpenAPI document."""
        words, *filters = (
            documented_filter(name, parameter)
            for name, parameter in ParameterSet.parameters().items()
        )
        words.required = True
        return [
            words,
            *filters,
            documented("as_typed", "Look for the words alone.", values=Values.of(TRUTH)),
            documented_size(SHOWN, MOST),
        ]

    @extend_schema(responses={200: SearchSerializer}, operation_id="search")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        data = request.query_params
        known = (*ParameterSet.parameters(), *self.controls)
        parsed = parse(None, data, self.controls)
        problems = [found for found in parsed.problems if found.parameter != "page_size"]
        size = whole_number(data, "page_size", SHOWN, MOST, problems)
        if not parsed.request.query and not problems:
            problems.append(Problem("q", "Words to look for are needed here."))
        if problems:
            raise BadParameters(problems, known)
        hits = top_hits(parsed.request, size)
        return Response(
            {
                "count": sum(total for total, _ids in hits.values()),
                **understood(request, parsed.request.query),
                "databases": [
                    self._of(database, parsed.request, *hits.get(database.slug, (0, ())))
                    for database in databases()
                ],
            }
        )

    def _of(
        self, database: Database, asked: SearchRequest, total: int, keys: tuple[int, ...]
    ) -> dict[str, Any]:
        path = reverse(f"api:{database.api_slug}-list")
        serializer: Any = RecordSerializer
        records = prepared(database.model, serializer, frozenset(serializer().get_fields()))
        found = {record.pk: record for record in records.public().filter(pk__in=keys)}
        rows = [found[key] for key in keys if key in found]
        wanted = asked.narrowed_to(database.slug)
        return {
            "database": database.slug,
            "count": total,
            "url": self.request.build_absolute_uri(wanted.address(path)),
            "results": serializer(rows, many=True, context={"request": self.request}).data,
        }
