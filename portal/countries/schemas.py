"""What the country pages answer in the API, for the OpenAPI document: tests hold it to that."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from portal.countries.status import Standing
from portal.insights.schemas import (
    HeadingSerializer,
    NumberSerializer,
    PersonNumberSerializer,
    SentencesOfSerializer,
)
from portal.reference.api import TreatyStatusSerializer


class CountedSerializer(serializers.Serializer):
    """A jurisdiction with the numbers of its records."""

    code = serializers.CharField(help_text="ISO 3166-1 alpha-3, or that of a court or union.")
    name = serializers.CharField()
    regions = serializers.ListField(child=serializers.CharField(), help_text="UN M49 codes.")
    status = serializers.ChoiceField(choices=[standing.value for standing in Standing])
    cases = NumberSerializer()
    laws = NumberSerializer()
    works = NumberSerializer(help_text="That study it.")
    page = serializers.URLField()


class CountryRowSerializer(CountedSerializer):
    """A jurisdiction in the list."""

    processes = serializers.ListField(child=serializers.CharField())
    signed = serializers.DateField(allow_null=True)
    consent = serializers.DateField(allow_null=True)
    act = serializers.CharField()
    url = serializers.URLField(help_text="Its profile.")


@extend_schema_serializer(many=False)
class CountriesSerializer(serializers.Serializer):
    """Jurisdictions with their treaty status."""

    count = serializers.IntegerField()
    sorts = serializers.ListField(child=serializers.CharField(), help_text="Orders that there are.")
    results = CountryRowSerializer(many=True)


class MembershipSerializer(serializers.Serializer):
    """A regional process that it takes part in."""

    code = serializers.CharField()
    capacity = serializers.CharField()


class ArticleHeadSerializer(serializers.Serializer):
    """A treaty article."""

    code = serializers.CharField()
    instrument = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]


class ImplementedSerializer(ArticleHeadSerializer):
    """A treaty article with the provisions that are recorded for it."""

    laws = NumberSerializer()
    provisions = serializers.ListField(child=serializers.CharField(), help_text="Their codes.")


class FigureSerializer(serializers.Serializer):
    """How many records carry each value of a facet."""

    field = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    stated = serializers.IntegerField()
    of = serializers.IntegerField()
    values = HeadingSerializer(many=True)


class SentencesHereSerializer(SentencesOfSerializer):
    """The sentences that its courts gave, by person."""

    persons = PersonNumberSerializer()


class RouteSerializer(serializers.Serializer):
    """What it is on the routes of cases, and the countries before and behind it."""

    cases = NumberSerializer()
    neighbours = FigureSerializer(many=True)

    def get_fields(self) -> dict[str, Any]:
        # `as` is a word of Python's.
        told = "`origin`, `transit` or `destination`."
        return {"as": serializers.CharField(help_text=told), **super().get_fields()}


class ProfileSerializer(CountedSerializer):
    """The profile of a jurisdiction."""

    processes = MembershipSerializer(many=True)
    status_label = serializers.CharField()
    treaty = TreatyStatusSerializer(allow_null=True)
    articles = ImplementedSerializer(many=True)
    no_provision_recorded = ArticleHeadSerializer(many=True)
    case_figures = FigureSerializer(many=True)
    sentences = SentencesHereSerializer()
    routes = RouteSerializer(many=True)
    nationals = FigureSerializer()
    work_figures = FigureSerializer(many=True)
