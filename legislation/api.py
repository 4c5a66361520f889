"""Laws and provisions in the API."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from legislation.filters import ProvisionFilters
from legislation.models import Law, LawRelation, Provision
from portal.rest.fields import (
    ChosenFieldsMixin,
    CodesField,
    MoneyField,
    NumberField,
    PartialDateOutput,
    SourceSerializer,
    TermCodeField,
)
from portal.rest.views import ReferenceViewSet
from portal.search.api import RecordSerializer, RecordViewSet


class ProvisionPartSerializer(ChosenFieldsMixin, serializers.Serializer):
    """A provision, as its law lists it."""

    code = serializers.CharField(help_text="Permanent code: the law's code, a colon, the number.")
    number = serializers.CharField()
    heading = serializers.CharField()
    summary = serializers.CharField()
    text_original = serializers.CharField()
    text_translation = serializers.CharField()
    articles = CodesField(
        lambda provision: provision.article_codes, help_text="Codes of treaty articles."
    )
    benefit_element = TermCodeField(source="benefit_element_id")
    max_imprisonment_years = NumberField(help_text="Years.")
    life = serializers.BooleanField(allow_null=True)
    max_fine = MoneyField("max_fine")


class ProvisionSerializer(ProvisionPartSerializer):
    """A provision with its law."""

    law = serializers.CharField(source="law.code")
    law_title = serializers.CharField(source="law.title")
    jurisdiction = serializers.CharField(source="law.jurisdiction_id")


class LawRelationSerializer(serializers.Serializer):
    kind = serializers.CharField(help_text="`amends` or `repeals`.")
    law = serializers.CharField(source="other.code")


class LawSerializer(RecordSerializer):
    """A law."""

    jurisdiction = serializers.CharField(source="jurisdiction_id", help_text="Alpha-3 code.")
    type = TermCodeField(source="type_id")
    number = serializers.CharField()
    adopted = PartialDateOutput()
    in_force = PartialDateOutput()
    status = TermCodeField(source="status_id")
    humanitarian_exemption = serializers.BooleanField(allow_null=True)
    migrants_not_liable = serializers.BooleanField(allow_null=True)
    summary = serializers.CharField()
    provisions = ProvisionPartSerializer(many=True)
    effects = serializers.SerializerMethodField(help_text="Laws that it amends or repeals.")
    sources = SourceSerializer(many=True)

    @extend_schema_field(LawRelationSerializer(many=True))
    def get_effects(self, law: Any) -> Any:
        effects: list[LawRelation] = [
            effect for effect in law.effects.all() if effect.other.is_public
        ]
        return LawRelationSerializer(effects, many=True).data


class LawViewSet(RecordViewSet):
    """National laws."""

    serializer_class = LawSerializer
    queryset = Law.objects.none()
    database_slug = Law.database
    long_columns = ("summary",)
    complete_only = frozenset({"summary", "provisions", "effects", "sources"})


class ProvisionViewSet(ReferenceViewSet):
    """Provisions of national laws."""

    serializer_class = ProvisionSerializer
    filterset_class = ProvisionFilters
    queryset = Provision.objects.none()

    def get_queryset(self) -> QuerySet[Provision]:
        return Provision.objects.public().for_list().order_by("law__code", "position", "pk")
