"""Laws and provisions in the API."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import Http404
from django.urls import reverse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from legislation.filters import ProvisionFilters
from legislation.models import Law, LawRelation, Provision
from portal.attachments.api import AttachmentsField
from portal.publishing.api import RecordSerializer, RecordViewSet
from portal.records.views import redirect_target
from portal.reference.api import SourceSerializer
from portal.reference.meanings import DescribedMixin, meaning
from portal.rest.fields import (
    ChosenFieldsMixin,
    CodesField,
    MoneyField,
    NumberField,
    PartialDateOutput,
    TermCodeField,
)
from portal.rest.output import OutputSerializer
from portal.rest.schema import Documented, documented_code
from portal.rest.views import ReferenceViewSet


class ProvisionPartSerializer(DescribedMixin, ChosenFieldsMixin, OutputSerializer):
    """A provision, as its law lists it."""

    describes = Provision

    code = serializers.CharField()
    number = serializers.CharField()
    heading = serializers.CharField()
    summary = serializers.CharField()
    text_original = serializers.CharField()
    text_translation = serializers.CharField()
    articles = CodesField(lambda provision: provision.article_codes)
    benefit_element = TermCodeField(source="benefit_element_id")
    max_imprisonment_years = NumberField()
    life = serializers.BooleanField(allow_null=True)
    max_fine = MoneyField("max_fine")


class ProvisionSerializer(ProvisionPartSerializer):
    """A provision with its law."""

    law = serializers.CharField(source="law.code")
    law_title = serializers.CharField(source="law.title", help_text="The title of that law.")
    jurisdiction = serializers.CharField(
        source="law.jurisdiction_id", help_text=meaning(Law, "jurisdiction")
    )


class LawRelationSerializer(DescribedMixin, OutputSerializer):
    describes = LawRelation

    kind = serializers.CharField(help_text="`amends` or `repeals`.")
    law = serializers.CharField(source="other.code", help_text=meaning(LawRelation, "other"))


class LawSerializer(RecordSerializer):
    """A law."""

    describes = Law
    method_reads: ClassVar[dict[str, tuple[str, ...]]] = {
        **RecordSerializer.method_reads,
        "effects": ("effects",),
    }

    jurisdiction = serializers.CharField(source="jurisdiction_id")
    type = TermCodeField(source="type_id")
    number = serializers.CharField()
    adopted = PartialDateOutput()
    in_force = PartialDateOutput()
    status = TermCodeField(source="status_id")
    humanitarian_exemption = serializers.BooleanField(allow_null=True)
    migrants_not_liable = serializers.BooleanField(allow_null=True)
    summary = serializers.CharField()
    provisions = ProvisionPartSerializer(many=True)
    effects = serializers.SerializerMethodField()
    sources = SourceSerializer(many=True, source="told_sources")
    attachments = AttachmentsField()

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
    example = "aus-migration-act-1958"
    complete_only = frozenset({"summary", "provisions", "effects", "sources", "attachments"})


class ProvisionViewSet(ReferenceViewSet):
    """Provisions of national laws."""

    serializer_class = ProvisionSerializer
    filterset_class = ProvisionFilters
    queryset = Provision.objects.none()
    answers_of_one = ("301",)

    def documented_code(self) -> Documented:
        """A code in the path, which is not one of a closed list."""
        text = "The code of its law, a colon, and its anchor on the page of the law."
        return documented_code(text, example="aus-migration-act-1958:s-233a")

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """A provision; of a law that was merged with another, where its code leads now."""
        try:
            return super().retrieve(request, *args, **kwargs)
        except Http404:
            path = self._moved_to(kwargs["code"])
            if path is None:
                raise
            return Response({"code": path[0]}, status=301, headers={"Location": path[1]})

    def _moved_to(self, code: str) -> tuple[str, str] | None:
        """The code and address of the provision that took a code's place, or of its law."""
        law, colon, anchor = code.partition(":")
        if not colon or "\x00" in code:
            return None
        target = redirect_target(law)
        if target is None:
            return None
        there = redirect_target(code) or f"{target}:{anchor}"
        if self.get_queryset().filter(code=there).exists():
            return there, reverse("api:provisions-detail", kwargs={"code": there})
        return target, reverse("api:laws-detail", kwargs={"code": target})

    def get_queryset(self) -> QuerySet[Provision]:
        return Provision.objects.public().for_list().order_by("law__code", "position", "pk")
