"""What the figures answer in the API, for the OpenAPI document alone: tests hold it to the answers.

The views make their answers by themselves; these serializers are never given one.
"""

from __future__ import annotations

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from portal.rest.fields import NumberField


class NumberSerializer(serializers.Serializer):
    """How many records there are, and the list of exactly these; null for none."""

    count = serializers.IntegerField()
    url = serializers.URLField(allow_null=True)


class HeadingSerializer(NumberSerializer):
    """A value with the records that carry it."""

    value = serializers.CharField()
    label = serializers.CharField(help_text="What the value is called in the reader's language.")  # type: ignore[assignment]


class StatedSerializer(serializers.Serializer):
    """How many of the records state a field at all, and those that do not."""

    field = serializers.CharField()
    stated = serializers.IntegerField()
    of = serializers.IntegerField()
    not_recorded = NumberSerializer(allow_null=True)


class PageSerializer(serializers.Serializer):
    """A page of figures: what it asks, and what it cannot show."""

    slug = serializers.CharField()
    title = serializers.CharField()
    asks = serializers.CharField()
    limits = serializers.CharField()
    database = serializers.CharField(allow_null=True, help_text="Null where several are counted.")
    url = serializers.URLField(help_text="Its figures in the API.")
    page = serializers.URLField()


@extend_schema_serializer(many=False)
class PagesSerializer(serializers.Serializer):
    """All pages of figures."""

    results = PageSerializer(many=True)


class TableRowSerializer(HeadingSerializer):
    """A row of a table: a number for each of its columns."""

    numbers = NumberSerializer(many=True)


class TableSerializer(PageSerializer):
    """A table of numbers. A record may stand in several rows: they do not add up to the total."""

    total = NumberSerializer()
    rows = serializers.CharField(help_text="The facet of the rows.")
    columns = serializers.CharField(allow_null=True, help_text="The facet of the columns.")
    stated = StatedSerializer(many=True)
    column_headings = HeadingSerializer(many=True)
    results = TableRowSerializer(many=True)


# --- reports on persons, sentences and fees ------------------------------------------------------


class PersonNumberSerializer(serializers.Serializer):
    """How many persons there are in how many cases, and the list of these cases."""

    persons = serializers.IntegerField()
    cases = serializers.IntegerField()
    url = serializers.URLField(allow_null=True)


class SpreadSerializer(serializers.Serializer):
    """The spread of some values."""

    n = serializers.IntegerField(help_text="How many values there are.")
    lowest = NumberField()
    lower_quartile = NumberField()
    median = NumberField()
    upper_quartile = NumberField()
    highest = NumberField()


class TermsSerializer(PersonNumberSerializer):
    """Persons with a term of imprisonment, and how long the terms are."""

    months = SpreadSerializer(allow_null=True)


class SentencesOfSerializer(serializers.Serializer):
    """The sentences of some persons."""

    sentenced = PersonNumberSerializer()
    to_be_served = TermsSerializer()
    suspended = TermsSerializer()
    life = PersonNumberSerializer()


class SentencesRowSerializer(SentencesOfSerializer):
    """The sentences of the persons of a row."""

    value = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]


class ReportSerializer(serializers.Serializer):
    """What every report answers."""

    slug = serializers.CharField()
    page = serializers.URLField()


class SentencesReportSerializer(ReportSerializer):
    """How long terms of imprisonment are, by a facet."""

    by = serializers.CharField()
    persons = PersonNumberSerializer()
    no_imprisonment = PersonNumberSerializer()
    all = SentencesOfSerializer()
    results = SentencesRowSerializer(many=True)


class GenderCellSerializer(PersonNumberSerializer):
    """The persons of one gender in a row."""

    imprisonment_to_be_served = PersonNumberSerializer(allow_null=True)
    median_months = NumberField()


class GenderRowSerializer(serializers.Serializer):
    """The persons of a row by gender; `any` are all of them."""

    value = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    genders = serializers.DictField(child=GenderCellSerializer())


class RecordedPersonsSerializer(serializers.Serializer):
    """Of how many persons something is recorded."""

    persons = serializers.IntegerField()
    of = serializers.IntegerField()


class WomenReportSerializer(ReportSerializer):
    """Persons by gender and by a facet."""

    by = serializers.CharField()
    persons = PersonNumberSerializer()
    gender_recorded = RecordedPersonsSerializer()
    outcomes = GenderRowSerializer(many=True)
    results = GenderRowSerializer(many=True)


class ComparedPersonSerializer(serializers.Serializer):
    """A defendant, or some of whom the same is told."""

    persons = serializers.IntegerField()
    role = serializers.CharField()
    gender = serializers.CharField()
    pleas = serializers.ListField(child=serializers.CharField())
    sentence = serializers.CharField(help_text="`term`, `suspended` or `life`.")
    months = NumberField()


class ComparableSerializer(serializers.Serializer):
    """A case, and the sentences of those of its defendants who fit."""

    case = serializers.CharField(help_text="Its code.")
    title = serializers.CharField()
    jurisdiction = serializers.CharField()
    court = serializers.CharField()
    decision_date = serializers.CharField(allow_null=True)
    url = serializers.URLField()
    persons = ComparedPersonSerializer(many=True)


class ComparatorReportSerializer(ReportSerializer):
    """Persons sentenced under the circumstances that were chosen."""

    note = serializers.CharField(help_text="What the comparison is not.")
    sentences = SentencesOfSerializer()
    cases = serializers.IntegerField()
    results = ComparableSerializer(many=True)


class FeesSerializer(serializers.Serializer):
    """The fees of one currency, each for the same."""

    value = serializers.CharField(required=False, help_text="Of the facet; missing in `all`.")
    label = serializers.CharField(required=False)  # type: ignore[assignment]
    currency = serializers.CharField(help_text="ISO 4217 code.")
    per = serializers.CharField()
    cases = NumberSerializer()
    amount = SpreadSerializer(allow_null=True)


class FeesReportSerializer(ReportSerializer):
    """What smugglers took, by currency and by a facet."""

    by = serializers.CharField()
    stated = NumberSerializer()
    not_recorded = NumberSerializer()
    all = FeesSerializer(many=True)
    results = FeesSerializer(many=True)


# --- coverage -----------------------------------------------------------------------------------


class FieldCoverageSerializer(serializers.Serializer):
    """How many records state a field, and how many do not."""

    field = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    stated = NumberSerializer()
    not_stated = NumberSerializer()


class YearCoverageSerializer(NumberSerializer):
    """The records of a year."""

    year = serializers.CharField(help_text="Or `not_recorded`.")


class MonthCoverageSerializer(NumberSerializer):
    """The records that were added in a month."""

    month = serializers.CharField()


class ReportedSerializer(serializers.Serializer):
    """What UNODC's portal held in May 2018; null where that was not reported."""

    records = serializers.IntegerField(allow_null=True)
    jurisdictions = serializers.IntegerField(allow_null=True)


class DatabaseCoverageSerializer(serializers.Serializer):
    """What a database holds."""

    database = serializers.CharField()
    records = NumberSerializer()
    jurisdictions = serializers.IntegerField(help_text="How many have a record.")
    report_of_may_2018 = ReportedSerializer()
    fields = FieldCoverageSerializer(many=True)  # type: ignore[assignment]
    year_label = serializers.CharField(help_text="What the years are.")
    years = YearCoverageSerializer(many=True)
    added = MonthCoverageSerializer(many=True)
    jurisdictions_without_records = serializers.ListField(child=serializers.CharField())


class CoverageSerializer(serializers.Serializer):
    """What the databases hold."""

    results = DatabaseCoverageSerializer(many=True)
