"""The root of the API: what there is."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView
from rest_framework import serializers
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from portal.records.database import databases
from portal.rest.parameters import unknown_names
from portal.rest.problems import BadParameters
from portal.rest.schema import StrictSchema

#: Resources beside those of the databases, with the names of their addresses.
OTHERS = {
    "search": "search",
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


class LicenceSerializer(serializers.Serializer):
    """Under which licence something stands."""

    name = serializers.CharField(help_text="Its short name.")
    url = serializers.URLField(help_text="Where it is written down.")


class RootSerializer(serializers.Serializer):
    """What there is, and where."""

    resources = serializers.DictField(
        child=serializers.URLField(), help_text="The address of each resource, by its name."
    )
    documentation = serializers.URLField(help_text="The guide.")
    reference = serializers.URLField(help_text="All resources, to try out.")
    openapi = serializers.URLField(help_text="This document.")
    licence = LicenceSerializer(help_text="Of texts and selection.")


class DocumentView(SpectacularAPIView):
    """The OpenAPI document. It takes a second or two to make (portal/kept_pages.py keeps it)."""

    content_negotiation_class = DefaultContentNegotiation


class RootView(APIView):
    """The resources of the API with their addresses, and the licence of what they hold."""

    schema = StrictSchema()

    @extend_schema(responses={200: RootSerializer}, operation_id="root")
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
                "reference": request.build_absolute_uri(reverse("api-reference")),
                "openapi": request.build_absolute_uri(reverse("api-schema")),
                "licence": LICENCE,
            }
        )


class NowhereView(APIView):
    """An address of the API at which there is nothing, whatever the method."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        raise Http404
