"""What cases can be asked for: one set of parameters for page, API and exports."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.apps import apps
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from portal.search.domains import (
    Articles,
    Codes,
    Currencies,
    Jurisdictions,
    OrNotRecorded,
    Profiles,
    Terms,
)
from portal.search.parameters import (
    AddedParameter,
    DateParameter,
    MonthsField,
    Parameter,
    ParameterSet,
    PresenceParameter,
    TokenParameter,
    WholeNumberField,
)


class ImprisonmentParameter(Parameter):
    """One end of a range of months; a case matches if one of its charges lies in the range."""

    field_class = MonthsField

    def condition(self, value: Decimal, values: Mapping[str, Any]) -> Q:
        charges = apps.get_model("caselaw.Charge").objects.all()
        low, high = values.get("imprisonment_min"), values.get("imprisonment_max")
        if low is not None:
            charges = charges.filter(imprisonment_months__gte=low)
        if high is not None:
            charges = charges.filter(imprisonment_months__lte=high)
        return Q(object_id__in=charges.values("defendant__case_id"))


class NumberParameter(Parameter):
    """One end of a range of a number that the case states itself.

    Args:
        column: the column of the case.
        is_start: whether this end is the lower one.
    """

    field_class = WholeNumberField

    def __init__(self, column: str, *, is_start: bool, **kwargs: Any) -> None:
        self.lookup = f"{column}__{'gte' if is_start else 'lte'}"
        super().__init__(**kwargs)

    def condition(self, value: int, values: Mapping[str, Any]) -> Q:
        cases = apps.get_model("caselaw.Case").objects.order_by().filter(**{self.lookup: value})
        return Q(object_id__in=cases.values("pk"))


class CaseParameters(ParameterSet):
    """Parameters of the case law database."""

    court_level = TokenParameter(Terms("court_level"), label=_("Court level"))
    legal_system = TokenParameter(Terms("legal_system"), label=_("Legal system"))
    mode = TokenParameter(Terms("modes"), label=_("Mode"))
    offence = TokenParameter(Terms("offences"), label=_("Offence"))
    aggravation = TokenParameter(Terms("aggravations"), label=_("Aggravation"))
    related_crime = TokenParameter(Terms("related_crimes"), label=_("Related crime"))
    benefit = TokenParameter(Terms("benefit"), label=_("Financial or other material benefit"))
    role = TokenParameter(Terms("roles"), label=_("Role of a defendant"))
    gender = TokenParameter(Terms("genders"), label=_("Gender of a defendant"))
    nationality = TokenParameter(Jurisdictions(), label=_("Nationality of a defendant"))
    verdict = TokenParameter(Terms("verdicts"), label=_("Verdict"))
    plea = TokenParameter(Terms("pleas"), label=_("Plea"))
    person = TokenParameter(
        Profiles(),
        facet=False,
        label=_("One and the same defendant"),
        help_text=_(
            "Each value is gender.role.outcome, with .plea behind them if wanted, as in"
            " female.organizer.convicted: codes of the vocabularies, any, or not_recorded. An"
            " outcome is a verdict, sentenced, term, suspended, life or no_imprisonment; in place"
            " of the role may stand a nationality (SYR) or nationality_not_recorded."
        ),
    )
    technique = TokenParameter(Terms("techniques"), label=_("Investigative technique"))
    cooperation = TokenParameter(Terms("cooperation"), label=_("International cooperation"))
    origin = TokenParameter(Jurisdictions(), label=_("Country of origin"))
    transit = TokenParameter(Jurisdictions(), label=_("Country of transit"))
    destination = TokenParameter(Jurisdictions(), label=_("Country of destination"))
    migrant_nationality = TokenParameter(Jurisdictions(), label=_("Nationality of migrants"))
    fee_currency = TokenParameter(Currencies(), facet=False, label=_("Currency of the fee"))
    fee_per = TokenParameter(OrNotRecorded(Terms("fee_per")), facet=False, label=_("Fee for each"))
    law = TokenParameter(
        Codes("legislation.Law", example="aus-migration-act-1958"), label=_("Law applied")
    )
    provision = TokenParameter(
        Codes(
            "legislation.Provision",
            ("number", "heading", "law__title"),
            example="aus-migration-act-1958:s-233a",
        ),
        label=_("Provision applied"),
    )
    article = TokenParameter(Articles(), label=_("Treaty article"))
    decided_from = DateParameter(partner="decided_to", is_start=True, label=_("Decided from"))
    decided_to = DateParameter(partner="decided_from", is_start=False, label=_("Decided to"))
    imprisonment_min = ImprisonmentParameter(label=_("Imprisonment, at least (months)"))
    imprisonment_max = ImprisonmentParameter(label=_("Imprisonment, at most (months)"))
    migrants_min = NumberParameter("migrants_count", is_start=True, label=_("Migrants, at least"))
    migrants_max = NumberParameter("migrants_count", is_start=False, label=_("Migrants, at most"))
    deaths_min = NumberParameter("migrants_deaths", is_start=True, label=_("Deaths, at least"))
    deaths_max = NumberParameter("migrants_deaths", is_start=False, label=_("Deaths, at most"))
    added_from = AddedParameter("caselaw.Case", is_start=True, label=_("Added from"))
    added_to = AddedParameter("caselaw.Case", is_start=False, label=_("Added to"))
    has_court = PresenceParameter(label=_("Court"))
    has_date = PresenceParameter(label=_("Date"))
    has_reference = PresenceParameter(label=_("Citation or docket number"))
    has_outcome = PresenceParameter(label=_("Outcome"))
    has_sentence = PresenceParameter(label=_("Sentence"))
    has_statute = PresenceParameter(label=_("Statute"))
    has_significance = PresenceParameter(label=_("Point of law"))
    has_second_source = PresenceParameter(label=_("Second source"))
    has_verdict = PresenceParameter(label=_("Verdict"))
    has_plea = PresenceParameter(label=_("Plea"))
    has_mode = PresenceParameter(label=_("Mode"))
    has_offence = PresenceParameter(label=_("Offence"))
    has_benefit = PresenceParameter(label=_("Benefit"))
    has_defendants = PresenceParameter(label=_("Defendants"))
    has_role = PresenceParameter(label=_("Role of a defendant"))
    has_gender = PresenceParameter(label=_("Gender of a defendant"))
    has_nationality = PresenceParameter(label=_("Nationality of a defendant"))
    has_proceedings = PresenceParameter(label=_("Proceedings"))
    has_migrants = PresenceParameter(label=_("Number of migrants"))
    has_deaths = PresenceParameter(label=_("Deaths"))
    has_route = PresenceParameter(label=_("Route"))
    has_fee = PresenceParameter(label=_("Fee"))
    has_technique = PresenceParameter(label=_("Investigative technique"))
    has_cooperation = PresenceParameter(label=_("International cooperation"))
    has_law = PresenceParameter(label=_("Law applied, linked"))
    has_provision = PresenceParameter(label=_("Provision applied, linked"))
    has_attachment = PresenceParameter(label=_("Document attached"))

    ordered_pairs = (
        ("decided_from", "decided_to"),
        ("imprisonment_min", "imprisonment_max"),
        ("migrants_min", "migrants_max"),
        ("deaths_min", "deaths_max"),
        ("added_from", "added_to"),
    )
    period = ("decided_from", "decided_to")
    open_facets = ("jurisdiction", "mode", "offence", "verdict")
