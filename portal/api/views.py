"""The root of the API: what there is."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from portal.records.database import databases
from portal.rest.parameters import unknown_names
from portal.rest.problems import BadParameters

#: Resources beside those of the databases, with the names of their addresses.
OTHERS = {
    "insights": "insights-list",
    "insights/countries": "insights-countries-list",
    "insights/protocol": "insights-protocol",
    "jurisdictions": "jurisdictions-list",
    "vocabularies": "vocabularies-list",
    "treaty-articles": "treaty-articles-list",
    "treaty-status": "treaty-status-list",
}
LICENCE = {
    "name": "CC BY 4.0",
    "url": "https://creativecommons.org/licenses/by/4.0/",
}


class RootView(APIView):
    """The resources of the API with their addresses, and the licence of what they hold."""

    @extend_schema(responses={200: dict})
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        if request.query_params:
            raise BadParameters(unknown_names(request.query_params, ()), ())
        names = {
            name: f"{name}-list"
            for database in databases()
            for name in (database.api_slug, *(slug for slug, _viewset in database.resources))
        }
        return Response(
            {
                "resources": {
                    name: request.build_absolute_uri(reverse(f"api:{address}"))
                    for name, address in {**names, **OTHERS}.items()
                },
                "documentation": request.build_absolute_uri(reverse("api-docs")),
                "openapi": request.build_absolute_uri(reverse("api-schema")),
                "licence": LICENCE,
            }
        )
