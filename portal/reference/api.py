"""Reference data in the API: jurisdictions, vocabularies, treaty articles, treaty status."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from portal.reference.catalog import catalog
from portal.reference.meanings import DescribedMixin
from portal.reference.models import (
    Jurisdiction,
    Process,
    Region,
    Term,
    TreatyArticle,
    TreatyStatus,
    Vocabulary,
)
from portal.reference.provenance import Source
from portal.rest.fields import ChosenFieldsMixin, CodesField
from portal.rest.output import OutputSerializer
from portal.rest.values import TRUTH
from portal.rest.views import ReferenceViewSet


class LabelsSerializer(serializers.Serializer):
    """A text in the six official languages of the United Nations."""

    ar = serializers.CharField()
    zh = serializers.CharField()
    en = serializers.CharField()
    fr = serializers.CharField()
    ru = serializers.CharField()
    es = serializers.CharField()

    def to_representation(self, instance: Any) -> Any:
        return instance or None


class SourceSerializer(DescribedMixin, OutputSerializer):
    """A page or document that supports a record."""

    describes = Source

    title = serializers.CharField()
    url = serializers.CharField()
    note = serializers.CharField()


class TreatyStatusSerializer(DescribedMixin, ChosenFieldsMixin, serializers.Serializer):
    """What a jurisdiction did about the Smuggling of Migrants Protocol."""

    describes = TreatyStatus

    jurisdiction = serializers.CharField(source="jurisdiction_id")
    party = serializers.BooleanField(source="is_party")
    signed = serializers.DateField(allow_null=True)
    consent = serializers.DateField(allow_null=True)
    act = serializers.CharField()
    note = serializers.CharField()
    sources = SourceSerializer(many=True)


class JurisdictionSerializer(DescribedMixin, ChosenFieldsMixin, serializers.Serializer):
    """A State, a territory or a supranational court."""

    describes = Jurisdiction

    code = serializers.CharField()
    alpha2 = serializers.CharField()
    numeric = serializers.CharField()
    kind = serializers.CharField()
    names = LabelsSerializer()
    un_names = LabelsSerializer(allow_null=True)
    organization = LabelsSerializer(allow_null=True)
    regions = CodesField(lambda place: catalog().regions_of(place.code))
    processes = CodesField(lambda place: catalog().memberships.get(place.code, ()))
    un_status = serializers.CharField()
    party = serializers.SerializerMethodField()
    note = serializers.CharField()

    def get_party(self, place: Jurisdiction) -> bool:
        return place.code in catalog().parties


class TermSerializer(DescribedMixin, serializers.Serializer):
    """A term of a controlled vocabulary."""

    describes = Term

    code = serializers.CharField()
    labels = LabelsSerializer()
    official_languages = serializers.ListField(child=serializers.CharField())
    definition = serializers.CharField()


class VocabularySerializer(DescribedMixin, ChosenFieldsMixin, serializers.Serializer):
    """A controlled vocabulary with its terms."""

    describes = Vocabulary

    code = serializers.CharField()
    terms = TermSerializer(many=True)


class TreatyArticleSerializer(DescribedMixin, ChosenFieldsMixin, serializers.Serializer):
    """An article of a treaty, or a part of it that is cited by itself."""

    describes = TreatyArticle

    code = serializers.CharField()
    instrument = serializers.CharField()
    citation = serializers.CharField()
    labels = LabelsSerializer()
    official_languages = serializers.ListField(child=serializers.CharField())
    definition = serializers.CharField()


_TRUTH = [(value, value) for value in TRUTH]


class JurisdictionFilters(django_filters.FilterSet):
    kind = django_filters.ChoiceFilter(
        choices=Jurisdiction.Kind.choices, label=_("Kind of jurisdiction")
    )
    region = django_filters.ModelChoiceFilter(
        queryset=Region.objects.all(), method="filter_region", label=_("M49 code of a region")
    )
    process = django_filters.ModelChoiceFilter(
        queryset=Process.objects.all(), method="filter_process", label=_("Regional process")
    )
    party = django_filters.ChoiceFilter(
        choices=_TRUTH, method="filter_party", label=_("Party to the Protocol")
    )

    class Meta:
        model = Jurisdiction
        fields: list[str] = []

    def filter_region(self, queryset: QuerySet, name: str, value: Region) -> QuerySet:
        known = catalog()
        codes = [code for code in known.jurisdictions if value.code in known.regions_of(code)]
        return queryset.filter(code__in=codes)

    def filter_process(self, queryset: QuerySet, name: str, value: Process) -> QuerySet:
        members = [code for code, found in catalog().memberships.items() if value.code in found]
        return queryset.filter(code__in=members)

    def filter_party(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        parties = catalog().parties
        return (
            queryset.filter(code__in=parties)
            if value == "true"
            else queryset.exclude(code__in=parties)
        )


class TreatyStatusFilters(django_filters.FilterSet):
    party = django_filters.ChoiceFilter(
        choices=_TRUTH, method="filter_party", label=_("Party to the Protocol")
    )
    act = django_filters.ChoiceFilter(
        choices=TreatyStatus.Act.choices, label=_("Act of consent to be bound")
    )

    class Meta:
        model = TreatyStatus
        fields: list[str] = []

    def filter_party(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return queryset.filter(is_party=value == "true")


class TreatyArticleFilters(django_filters.FilterSet):
    instrument = django_filters.ChoiceFilter(
        choices=TreatyArticle.Instrument.choices, label=_("The treaty")
    )

    class Meta:
        model = TreatyArticle
        fields: list[str] = []


class JurisdictionViewSet(ReferenceViewSet):
    """States, territories and supranational courts."""

    serializer_class = JurisdictionSerializer
    filterset_class = JurisdictionFilters
    queryset = Jurisdiction.objects.all()


class VocabularyViewSet(ReferenceViewSet):
    """Controlled vocabularies with their terms in six languages."""

    serializer_class = VocabularySerializer
    queryset = Vocabulary.objects.prefetch_related("terms")


class TreatyArticleViewSet(ReferenceViewSet):
    """Articles of the Smuggling of Migrants Protocol and the Organized Crime Convention."""

    serializer_class = TreatyArticleSerializer
    filterset_class = TreatyArticleFilters
    queryset = TreatyArticle.objects.all()


class TreatyStatusViewSet(ReferenceViewSet):
    """Signature of and consent to the Smuggling of Migrants Protocol."""

    serializer_class = TreatyStatusSerializer
    filterset_class = TreatyStatusFilters
    queryset = TreatyStatus.objects.prefetch_related("sources")
    lookup_field = "jurisdiction_id"
    lookup_url_kwarg = "code"
