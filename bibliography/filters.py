"""What works can be asked for: one set of parameters for page, API and exports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.apps import apps
from django.db.models import Q, Value
from django.db.models.functions import Concat
from django.utils.translation import gettext_lazy as _

from portal.search.domains import Codes, Jurisdictions, Terms
from portal.search.parameters import (
    AddedParameter,
    DateParameter,
    Parameter,
    ParameterSet,
    PresenceParameter,
    TokenParameter,
    ValuesField,
)


class AuthorParameter(Parameter):
    """Part of the name of an author or editor, accents and case aside."""

    field_class = ValuesField

    def condition(self, value: Any, values: Mapping[str, Any]) -> Q:
        names = Q()
        for part in value:
            names |= Q(reading__unaccent__icontains=part)
        people = (
            apps.get_model("bibliography.Contributor")
            .objects.annotate(reading=Concat("given", Value(" "), "family", Value(" "), "literal"))
            .filter(names)
        )
        return Q(object_id__in=people.values("work_id"))


class WorkParameters(ParameterSet):
    """Parameters of the bibliography. A work's jurisdictions are the countries that it studies."""

    jurisdiction = TokenParameter(Jurisdictions(), facet=False, label=_("Country studied"))
    type = TokenParameter(Terms("bibliography_types"), label=_("Type"))
    country = TokenParameter(Jurisdictions(), label=_("Country studied"))
    area = TokenParameter(Terms("regions"), label=_("Area studied"))
    topic = TokenParameter(Terms("topics"), label=_("Topic"))
    method = TokenParameter(Terms("methods"), label=_("Method"))
    law = TokenParameter(
        Codes("legislation.Law", example="aus-migration-act-1958"), label=_("Law discussed")
    )
    case = TokenParameter(
        Codes("caselaw.Case", example="aus-2012-r-v-ahmad"), label=_("Case discussed")
    )
    author = AuthorParameter(label=_("Author or editor"))
    issued_from = DateParameter(partner="issued_to", is_start=True, label=_("Issued from"))
    issued_to = DateParameter(partner="issued_from", is_start=False, label=_("Issued to"))
    added_from = AddedParameter("bibliography.Work", is_start=True, label=_("Added from"))
    added_to = AddedParameter("bibliography.Work", is_start=False, label=_("Added to"))
    has_date = PresenceParameter(label=_("Date"))
    has_author = PresenceParameter(label=_("Author or editor"))
    has_annotation = PresenceParameter(label=_("Annotation"))
    has_country = PresenceParameter(label=_("Country studied"))
    has_topic = PresenceParameter(label=_("Topic"))
    has_method = PresenceParameter(label=_("Method"))
    has_doi = PresenceParameter(label="DOI")
    has_isbn = PresenceParameter(label="ISBN")
    has_url = PresenceParameter(label=_("Address"))
    has_publisher = PresenceParameter(label=_("Publisher"))
    has_second_source = PresenceParameter(label=_("Second source"))

    ordered_pairs = (("issued_from", "issued_to"), ("added_from", "added_to"))
    period = ("issued_from", "issued_to")
    open_facets = ("type", "country", "topic", "method")
