"""What laws can be asked for: one set of parameters for page, API and exports."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from portal.search.domains import Articles, Terms, Truth
from portal.search.parameters import (
    DateParameter,
    ParameterSet,
    PresenceParameter,
    TokenParameter,
)


class LawParameters(ParameterSet):
    """Parameters of the legislation database."""

    type = TokenParameter(Terms("law_types"), label=_("Type"))
    status = TokenParameter(Terms("law_status"), label=_("Status"))
    article = TokenParameter(Articles(), label=_("Treaty article implemented"))
    benefit_element = TokenParameter(Terms("benefit_element"), label=_("Benefit element"))
    humanitarian_exemption = TokenParameter(Truth(), label=_("Humanitarian exemption"))
    migrants_not_liable = TokenParameter(Truth(), label=_("Migrants are not liable"))
    party = TokenParameter(Truth(), label=_("Party to the Protocol"))
    adopted_from = DateParameter(partner="adopted_to", is_start=True, label=_("Adopted from"))
    adopted_to = DateParameter(partner="adopted_from", is_start=False, label=_("Adopted to"))
    has_date = PresenceParameter(label=_("Date of adoption"))
    has_in_force = PresenceParameter(label=_("Date of entry into force"))
    has_number = PresenceParameter(label=_("Official number"))
    has_title_original = PresenceParameter(label=_("Original title"))
    has_article = PresenceParameter(label=_("Treaty article"))
    has_provision_number = PresenceParameter(label=_("Number of a provision"))
    has_benefit_element = PresenceParameter(label=_("Benefit element"))
    has_penalty = PresenceParameter(label=_("Penalty"))
    has_humanitarian_exemption = PresenceParameter(label=_("Humanitarian exemption"))
    has_migrants_not_liable = PresenceParameter(label=_("Liability of migrants"))
    has_second_source = PresenceParameter(label=_("Second source"))

    ordered_pairs = (("adopted_from", "adopted_to"),)
