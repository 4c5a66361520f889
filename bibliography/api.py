"""Works in the API."""

from __future__ import annotations

from typing import Any, ClassVar

from rest_framework import serializers

from bibliography.models import Contributor, Work
from portal.publishing.api import RecordSerializer, RecordViewSet
from portal.reference.api import SourceSerializer
from portal.reference.meanings import DescribedMixin
from portal.rest.fields import (
    CodesField,
    PartialDateOutput,
    TermCodeField,
    terms_field,
)
from portal.rest.output import OutputSerializer


class ContributorSerializer(DescribedMixin, OutputSerializer):
    """An author or editor: a person, or a body with a literal name."""

    describes = Contributor

    role = serializers.CharField()
    family = serializers.CharField()
    given = serializers.CharField()
    literal = serializers.CharField()


class WorkSerializer(RecordSerializer):
    """A work."""

    describes = Work
    method_reads: ClassVar[dict[str, tuple[str, ...]]] = {
        **RecordSerializer.method_reads,
        "cases": ("case_links",),
        "laws": ("law_links",),
    }

    type = TermCodeField(source="type_id")
    contributors = ContributorSerializer(many=True)
    issued = PartialDateOutput()
    container_title = serializers.CharField()
    collection_title = serializers.CharField()
    volume = serializers.CharField()
    issue = serializers.CharField()
    page = serializers.CharField()
    publisher = serializers.CharField()
    publisher_place = serializers.CharField()
    doi = serializers.CharField()
    isbn = serializers.CharField()
    issn = serializers.CharField()
    link = serializers.CharField(source="url")
    countries = CodesField(lambda work: work.country_codes, reads=("country_codes",))
    areas = terms_field("regions")
    topics = terms_field("topics")
    methods = terms_field("methods")
    annotation = serializers.CharField()
    cases = serializers.SerializerMethodField()
    laws = serializers.SerializerMethodField()
    sources = SourceSerializer(many=True, source="told_sources")

    def get_cases(self, work: Any) -> list[str]:
        return [link.case.code for link in work.case_links.all() if link.case.is_public]

    def get_laws(self, work: Any) -> list[str]:
        return [link.law.code for link in work.law_links.all() if link.law.is_public]


class WorkViewSet(RecordViewSet):
    """Literature on the smuggling of migrants."""

    serializer_class = WorkSerializer
    queryset = Work.objects.none()
    database_slug = Work.database
    example = "abdel-aziz-2015-changing-dynamics-cross-border"
    complete_only = frozenset({"annotation", "cases", "laws", "sources"})
