"""What the fields of reference data mean, and those of sources, which all that is stated has."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from portal.reference.meanings import Meanings

_OFFICIAL = _("Languages whose label was seen in a United Nations text; others are ours.")

MEANINGS: Meanings = {
    "source": {
        "title": _("Of the page or document, with its publisher where the title does not say it."),
        "url": _("Empty where no stable address is known."),
        "note": _("What it supports, or where in it that stands."),
    },
    "jurisdiction": {
        "code": _("ISO 3166-1 alpha-3, or XKX, EUE, XCE."),
        "alpha2": _("ISO 3166-1 alpha-2, where there is one."),
        "numeric": _("ISO 3166-1 numeric, as the United Nations M49 codes have it."),
        "kind": _("A country or territory, or an international court."),
        "names": _("Customary short names in the six languages (Unicode CLDR)."),
        "un_names": _("Names of the United Nations Statistics Division, in the six languages."),
        "organization": _("The organization that an international court belongs to."),
        "region": _("The smallest M49 region; the larger ones follow from it."),
        "regions": _("M49 codes, the smallest region first."),
        "processes": _("Codes of the regional processes in which it takes part."),
        "un_status": _("Member or observer State of the United Nations."),
        "party": _("Whether it is a party to the Protocol."),
        "note": _("What a reader should know of the name or the status."),
    },
    "vocabulary": {
        "code": _("As the parameters and the data write it."),
        "terms": _("The terms, in their order."),
    },
    "term": {
        "code": _("Permanent; as the parameters and the data write it."),
        "vocabulary": _("The vocabulary that it belongs to."),
        "labels": _("What readers see, in the six languages."),
        "official_languages": _OFFICIAL,
        "definition": _("When the term is chosen."),
    },
    "treatyarticle": {
        "code": _("6.1.a is of the Protocol, C10 of the Convention."),
        "instrument": _("The Protocol or the Convention."),
        "citation": _("The article as lawyers write it: article 6 (1) (a)."),
        "labels": _("What it is called, in the six languages."),
        "official_languages": _OFFICIAL,
        "definition": _("What it asks for, in our words."),
    },
    "treatystatus": {
        "jurisdiction": _("A State, or the European Union under EUE."),
        "is_party": _("Whether it is a party to the Protocol."),
        "signed": _("When it signed the Protocol."),
        "consent": _("Date of the ratification, accession, acceptance, approval or succession."),
        "act": _("How it consented to be bound."),
        "note": _("Reservations, declarations and what else the depositary says."),
        "sources": _("The pages that support it."),
    },
}
