"""What a jurisdiction has done about the Protocol, in words."""

from __future__ import annotations

from enum import StrEnum

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from portal.reference.models import TreatyStatus


class Standing(StrEnum):
    """Where a jurisdiction stands; what is not recorded need not be so."""

    PARTY = "party"
    SIGNED = "signed"
    NONE = "not_recorded"


def standing_of(treaty: TreatyStatus | None) -> Standing:
    if treaty is None:
        return Standing.NONE
    if treaty.is_party:
        return Standing.PARTY
    return Standing.SIGNED if treaty.signed else Standing.NONE


def in_words(treaty: TreatyStatus | None) -> str:
    """The standing with its date: "Party since 2 August 2006"."""
    if treaty is None or standing_of(treaty) is Standing.NONE:
        return _("Not recorded as a party")
    if treaty.is_party:
        if treaty.consent is None:
            return _("Party, date not recorded")
        return _("Party since %(date)s") % {"date": date_format(treaty.consent, "DATE_FORMAT")}
    day = date_format(treaty.signed, "DATE_FORMAT") if treaty.signed else ""
    return _("Signed only, %(date)s") % {"date": day}
