"""The parameters of a search, declared once a database and used by every door.

A `ParameterSet` is a django-filter FilterSet over `search_document`. Its filters do not touch a
queryset: each gives a condition, so that the search can leave one out where a facet has to be
counted without its own selection.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import django_filters
from django import forms
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from portal.records.dates import PartialDate, PartialDateFormField, overlapping
from portal.search import domains
from portal.search.models import SearchDocument
from portal.search.query import Query, QueryError

#: How many values one parameter may list; more is a mistake or an attack.
MAX_VALUES = 100


class ValuesWidget(forms.Widget):
    """Reads a repeated parameter."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[str]:
        return list(data.getlist(name)) if hasattr(data, "getlist") else list(data.get(name, []))


class ValuesField(forms.Field):
    """Several values: repeated or separated by commas; both mean *or*."""

    widget = ValuesWidget

    def __init__(self, *, domain: domains.Domain | None = None, **kwargs: Any) -> None:
        self.domain = domain
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> tuple[str, ...]:
        parts = [part.strip() for entry in value or [] for part in str(entry).split(",")]
        return tuple(dict.fromkeys(part for part in parts if part))

    def clean(self, value: Any) -> Any:
        """The values, each once; what is given twice counts twice for the limit."""
        if sum(entry.count(",") + 1 for entry in map(str, value or [])) > MAX_VALUES:
            said = ngettext(
                "At most %(limit)d value at once.", "At most %(limit)d values at once.", MAX_VALUES
            )
            raise ValidationError(said, params={"limit": MAX_VALUES})
        return super().clean(value)

    def validate(self, value: Any) -> None:
        super().validate(value)
        if self.domain is None or not value:
            return
        labels = self.domain.labels(value)
        unknown = [entry for entry in value if entry not in labels]
        if unknown:
            raise ValidationError(
                _("Unknown value: %(values)s."),
                code="unknown",
                params={
                    "values": ", ".join(map(self._explained, unknown)),
                    "known": self.domain.known(),
                },
            )

    def _explained(self, entry: str) -> str:
        """A value that is not known, with the parts of it that are not where it has parts."""
        if not isinstance(self.domain, domains.Profiles):
            return entry
        return f"{entry} ({'; '.join(self.domain.faults(entry))})"


class Parameter(django_filters.Filter):
    """A parameter; `field_name` is the name by which it is asked for."""

    #: Whether the search page offers its values with counts.
    is_facet = False
    #: Whether "not recorded" is one of its values.
    offers_not_recorded = False

    def condition(self, value: Any, values: Mapping[str, Any]) -> Q:
        """The condition on `SearchDocument` for a value; `values` are those of all parameters."""
        raise TypeError(f"{type(self).__name__} says no condition")

    def filter(self, qs: Any, value: Any) -> Any:
        return qs.filter(self.condition(value, {})) if value not in (None, "", ()) else qs

    def known(self) -> list[str]:
        """The values that can be asked for, where they are a short closed list."""
        return []


class TokenParameter(Parameter):
    """Matches the `parameter:value` tokens of the documents: *or* within the parameter."""

    field_class = ValuesField
    is_facet = True

    def __init__(
        self, domain: domains.Domain, *, facet: bool = True, partial: bool = True, **kwargs: Any
    ) -> None:
        """`partial` says whether a record may leave it out, which can then be asked for."""
        self.offers_not_recorded = facet and partial
        self.domain = domains.OrNotRecorded(domain) if self.offers_not_recorded else domain
        self.is_facet = facet
        super().__init__(domain=self.domain, **kwargs)

    def token(self, value: str) -> str:
        return f"{self.field_name}:{value}"

    def condition(self, value: Any, values: Mapping[str, Any]) -> Q:
        return Q(facets__overlap=[self.token(entry) for entry in value])

    def known(self) -> list[str]:
        return self.domain.known()


class PresenceParameter(Parameter):
    """`has_<field>=true` or `false`: whether the record states the field at all."""

    field_class = forms.ChoiceField

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            choices=[
                ("", "---"),
                ("true", gettext_lazy("Recorded")),
                ("false", gettext_lazy("Not recorded")),
            ],
            **kwargs,
        )

    def condition(self, value: Any, values: Mapping[str, Any]) -> Q:
        recorded = Q(facets__contains=[f"has:{self.field_name.removeprefix('has_')}"])
        return recorded if value == "true" else ~recorded

    def known(self) -> list[str]:
        return ["true", "false"]


class DateParameter(Parameter):
    """One end of a period; a record matches if its date overlaps the period.

    Args:
        partner: the name of the parameter for the other end.
        is_start: whether this end is the first.
    """

    field_class = PartialDateFormField

    def __init__(self, *, partner: str, is_start: bool, **kwargs: Any) -> None:
        self.partner, self.is_start = partner, is_start
        super().__init__(**kwargs)

    def condition(self, value: PartialDate, values: Mapping[str, Any]) -> Q:
        other = values.get(self.partner)
        return (
            overlapping("date", value, other)
            if self.is_start
            else overlapping("date", other, value)
        )


class ChangedSinceParameter(Parameter):
    """Records changed on or after the first day of a partial date."""

    field_class = PartialDateFormField

    def condition(self, value: PartialDate, values: Mapping[str, Any]) -> Q:
        return Q(changed_at__date__gte=value.earliest)


class AddedParameter(Parameter):
    """One end of the time in which records were first published here.

    Args:
        model: the records' model, as `caselaw.Case`; loaded when it is asked for.
        is_start: whether this end is the first.
    """

    field_class = PartialDateFormField

    def __init__(self, model: str, *, is_start: bool, **kwargs: Any) -> None:
        self.model, self.is_start = model, is_start
        super().__init__(**kwargs)

    def condition(self, value: PartialDate, values: Mapping[str, Any]) -> Q:
        published = (
            Q(first_published_at__date__gte=value.earliest)
            if self.is_start
            else Q(first_published_at__date__lte=value.latest)
        )
        records = apps.get_model(self.model)._default_manager.order_by().filter(published)
        return Q(object_id__in=records.values("pk"))


class MonthsField(forms.DecimalField):
    """A number of months, as `18` or `1.5`."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.update(min_value=Decimal(0), max_value=Decimal(12000), decimal_places=2)
        super().__init__(**kwargs)


class WholeNumberField(forms.IntegerField):
    """A number of persons."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.update(min_value=0, max_value=10_000_000)
        super().__init__(**kwargs)


class QueryField(forms.CharField):
    """The words of a search."""

    def to_python(self, value: Any) -> Any:
        try:
            return Query.parse(value or "")
        except QueryError as error:
            raise ValidationError(str(error), code="query") from error

    def run_validators(self, value: Any) -> None:
        return

    def validate(self, value: Any) -> None:
        return


class QueryParameter(Parameter):
    """Free text; the engine does the matching."""

    field_class = QueryField

    def condition(self, value: Any, values: Mapping[str, Any]) -> Q:
        return Q()


class ParameterSet(django_filters.FilterSet):
    """What every database can be asked; each adds its own parameters."""

    q = QueryParameter(label=gettext_lazy("Words"))
    jurisdiction = TokenParameter(domains.Jurisdictions(), label=gettext_lazy("Jurisdiction"))
    region = TokenParameter(domains.Regions(), partial=False, label=gettext_lazy("Region"))
    process = TokenParameter(
        domains.Processes(), partial=False, label=gettext_lazy("Regional process")
    )
    language = TokenParameter(domains.Languages(), label=gettext_lazy("Language"))
    changed_since = ChangedSinceParameter(label=gettext_lazy("Changed since"))

    class Meta:
        model = SearchDocument
        fields: list[str] = []

    #: Pairs of parameters of which the first must not be above the second.
    ordered_pairs: tuple[tuple[str, str], ...] = ()
    #: The parameters of the first and the last day of a period.
    period: tuple[str, str] = ("", "")
    #: The facets that the search page shows unfolded.
    open_facets: tuple[str, ...] = ("jurisdiction",)

    @classmethod
    def parameters(cls) -> dict[str, Parameter]:
        """All parameters by name, in their order."""
        return cls.base_filters

    @classmethod
    def single(cls) -> tuple[str, ...]:
        """Those that take one value."""
        parameters = cls.parameters().items()
        return tuple(
            name for name, found in parameters if not issubclass(found.field_class, ValuesField)
        )

    @classmethod
    def cleaned(cls, data: Any) -> tuple[dict[str, Any], dict[str, ValidationError]]:
        """The values of the parameters that were given, and what is wrong with the others.

        Only their fields are asked: a form would copy all sixty of them for every request.
        """
        values: dict[str, Any] = {}
        errors: dict[str, ValidationError] = {}
        for name, parameter in cls.parameters().items():
            if name in data:
                given = parameter.field.widget.value_from_datadict(data, {}, name)
                try:
                    values[name] = parameter.field.clean(given)
                except ValidationError as error:
                    errors[name] = error
        return values, errors

    @classmethod
    def facets(cls) -> dict[str, TokenParameter]:
        """The parameters whose values are offered with counts, in the order of the page."""
        found = {
            name: parameter
            for name, parameter in cls.parameters().items()
            if isinstance(parameter, TokenParameter) and parameter.is_facet
        }
        # What the record is about comes before the language that it was written in.
        language = found.pop("language")
        return {**found, "language": language}

    @classmethod
    def presence(cls) -> dict[str, PresenceParameter]:
        """The parameters that ask whether a field is recorded."""
        return {
            name: parameter
            for name, parameter in cls.parameters().items()
            if isinstance(parameter, PresenceParameter)
        }
