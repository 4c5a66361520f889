"""What the articles answer in the API, for the OpenAPI document: tests hold it to that."""

from __future__ import annotations

from rest_framework import serializers

from portal.insights.schemas import HeadingSerializer, NumberSerializer, StatedSerializer
from portal.protocol.rows import ProvisionRowSerializer


class ArticleSerializer(serializers.Serializer):
    """A treaty article, what it asks for, and where it stands."""

    code = serializers.CharField()
    instrument = serializers.CharField()
    citation = serializers.CharField()
    title = serializers.CharField()
    definition = serializers.CharField()
    url = serializers.URLField()
    page = serializers.URLField()


class ArticleRowSerializer(ArticleSerializer):
    """An article with the numbers of what implements and applies it."""

    provisions = NumberSerializer()
    laws = NumberSerializer()
    jurisdictions = NumberSerializer()
    cases = NumberSerializer()


class ArticlesSerializer(serializers.Serializer):
    """The articles of the treaties."""

    stated = StatedSerializer(many=True)
    results = ArticleRowSerializer(many=True)


class TopicNumberSerializer(NumberSerializer):
    """The works on a topic."""

    label = serializers.CharField()  # type: ignore[assignment]


class ArticleDetailSerializer(ArticleSerializer):
    """An article with the provisions that implement it."""

    laws = NumberSerializer()
    jurisdictions = NumberSerializer()
    cases = NumberSerializer()
    cases_by_jurisdiction = HeadingSerializer(many=True)
    works_by_law = HeadingSerializer(many=True)
    works_by_topic = TopicNumberSerializer(many=True)
    benefit_elements = HeadingSerializer(many=True)
    stated = StatedSerializer(many=True)
    count = serializers.IntegerField(help_text="The exact number of provisions.")
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = ProvisionRowSerializer(many=True)


class ComparedLawSerializer(serializers.Serializer):
    """A law whose provisions stand in a comparison."""

    code = serializers.CharField()
    title = serializers.CharField()
    status = serializers.CharField()
    adopted = serializers.CharField(allow_null=True)
    humanitarian_exemption = serializers.BooleanField(allow_null=True)
    migrants_not_liable = serializers.BooleanField(allow_null=True)
    url = serializers.URLField()


class ComparedSerializer(serializers.Serializer):
    """A jurisdiction that is compared."""

    code = serializers.CharField()
    name = serializers.CharField()
    party = serializers.BooleanField()
    laws = ComparedLawSerializer(many=True)


class CellSerializer(NumberSerializer):
    """The provisions of a jurisdiction on an article."""

    jurisdiction = serializers.CharField()
    provisions = ProvisionRowSerializer(many=True)


class ComparedArticleSerializer(ArticleSerializer):
    """An article, jurisdiction by jurisdiction."""

    jurisdictions = CellSerializer(many=True)


class ComparisonSerializer(serializers.Serializer):
    """The provisions of some jurisdictions on some articles, side by side."""

    jurisdictions = ComparedSerializer(many=True)
    results = ComparedArticleSerializer(many=True)
