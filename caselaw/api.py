"""Cases in the API."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from caselaw.models import Case, Charge, Defendant, LawApplied, Proceeding, ProvisionApplied
from portal.attachments.api import AttachmentsField
from portal.publishing.api import RecordSerializer, RecordViewSet
from portal.reference.api import SourceSerializer
from portal.reference.meanings import DescribedMixin, meaning
from portal.rest.fields import (
    CodesField,
    MoneyField,
    NumberField,
    PartialDateOutput,
    TermCodeField,
    terms_field,
)
from portal.rest.output import OutputSerializer


def _countries(relation: str) -> CodesField:
    def read(case: Any) -> list[str]:
        return [pair["code"] for pair in case.countries if pair["relation"] == relation]

    return CodesField(read, reads=("countries",), help_text=meaning(Case, relation))


class ProceedingSerializer(DescribedMixin, OutputSerializer):
    describes = Proceeding

    stage = TermCodeField(source="stage_id")
    court = serializers.CharField()
    date = PartialDateOutput()
    reference = serializers.CharField()
    outcome = serializers.CharField()


class ChargeSerializer(DescribedMixin, OutputSerializer):
    describes = Charge

    offence = serializers.CharField()
    statute = serializers.CharField()
    plea = TermCodeField(source="plea_id")
    verdict = TermCodeField(source="verdict_id")
    imprisonment_months = NumberField()
    suspended = serializers.BooleanField(allow_null=True)
    fine = MoneyField("fine")
    other = serializers.CharField()


class DefendantSerializer(DescribedMixin, OutputSerializer):
    describes = Defendant

    label = serializers.CharField()  # type: ignore[assignment]
    count = serializers.IntegerField()
    role = TermCodeField(source="role_id")
    gender = TermCodeField(source="gender_id")
    nationality = serializers.CharField(source="nationality_id", allow_null=True)
    age = serializers.IntegerField(allow_null=True)
    charges = ChargeSerializer(many=True)


class ProvisionAppliedSerializer(DescribedMixin, OutputSerializer):
    describes = ProvisionApplied

    code = serializers.CharField(help_text=meaning(ProvisionApplied, "provision"))
    match = serializers.CharField(
        help_text="`exact`, `part` of the provision, or `whole` article that it belongs to."
    )
    articles = CodesField(
        lambda link: link["article_codes"],
        help_text="Treaty articles that the provision implements.",
    )


class LawAppliedSerializer(DescribedMixin, OutputSerializer):
    describes = LawApplied

    law = serializers.CharField(source="law_text")
    provision = serializers.CharField(source="provision_text")
    law_code = serializers.CharField(
        allow_null=True, help_text="The law where it is in the portal."
    )
    provisions = ProvisionAppliedSerializer(many=True, help_text="Provisions that it leads to.")


class CaseSerializer(RecordSerializer):
    """A case."""

    describes = Case

    jurisdiction = serializers.CharField(source="jurisdiction_id")
    court = serializers.CharField()
    court_level = TermCodeField(source="court_level_id")
    legal_system = TermCodeField(source="legal_system_id")
    proceeding_type = serializers.CharField()
    decision_date = PartialDateOutput()
    citations = serializers.ListField(child=serializers.CharField())
    docket = serializers.CharField()
    modes = terms_field("modes")
    offences = terms_field("offences")
    aggravations = terms_field("aggravations")
    related_crimes = terms_field("related_crimes")
    techniques = terms_field("techniques")
    cooperation = terms_field("cooperation")
    benefit = TermCodeField(source="benefit_id")
    origin = _countries("origin")
    transit = _countries("transit")
    destination = _countries("destination")
    migrant_nationalities = _countries("migrant_nationality")
    migrants_count = serializers.IntegerField(allow_null=True)
    migrants_deaths = serializers.IntegerField(allow_null=True)
    includes_children = serializers.BooleanField(allow_null=True)
    includes_women = serializers.BooleanField(allow_null=True)
    fee = MoneyField("fee")
    fee_per = TermCodeField(source="fee_per_id")
    facts = serializers.CharField()
    significance = serializers.CharField()
    gender_considerations = serializers.CharField()
    contributor = serializers.CharField()
    proceedings = ProceedingSerializer(many=True)
    defendants = DefendantSerializer(many=True, source="told_defendants")
    laws_applied = LawAppliedSerializer(many=True, source="told_laws_applied")
    sources = SourceSerializer(many=True, source="told_sources")
    attachments = AttachmentsField()


class CaseViewSet(RecordViewSet):
    """Court cases on the smuggling of migrants."""

    serializer_class = CaseSerializer
    queryset = Case.objects.none()
    database_slug = Case.database
    example = "aus-2012-r-v-ahmad"
    complete_only = frozenset(
        {
            "facts",
            "significance",
            "gender_considerations",
            "contributor",
            "proceedings",
            "defendants",
            "laws_applied",
            "sources",
            "attachments",
        }
    )
