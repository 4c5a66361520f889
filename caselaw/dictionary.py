"""What the fields of cases and their parts mean."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from portal.reference.meanings import Meanings

_ISO4217 = _("ISO 4217 code of the currency: EUR, USD, AUD.")

MEANINGS: Meanings = {
    "case": {
        "jurisdiction": _(
            "Whose court decided: a country or territory (ISO 3166-1 alpha-3), or a supranational"
            " court."
        ),
        "court": _("The deciding court, in English where a usual English name exists."),
        "court_level": _("Where the deciding court stands in its order of courts."),
        "legal_system": _("The legal tradition of the jurisdiction."),
        "proceeding_type": _("The kind of proceeding in which the decision was given."),
        "decision_date": _(
            "As precisely as it is known: 2014, March 2014, 12 March 2014. Of several decisions,"
            " the one that the record describes."
        ),
        "citations": _("Neutral or reported citations and ECLI, one a line, the weightiest first."),
        "docket": _("The court’s own number of the case, as the court writes it."),
        "modes": _("How the migrants travelled; several where the route had several legs."),
        "offences": _("What was charged, in the terms of article 6 of the Protocol."),
        "aggravations": _(
            "Aggravating circumstances that were charged or found (article 6, paragraph 3, of the"
            " Protocol, and others)."
        ),
        "related_crimes": _("Other crimes that were charged or found in the same case."),
        "techniques": _("How the case was investigated (article 20 of the Convention)."),
        "cooperation": _("What States did together (articles 16 to 19 of the Convention)."),
        "benefit": _(
            "Whether a financial or other material benefit to the smuggler was found or alleged"
            " (article 6, paragraph 1, of the Protocol)."
        ),
        "facts": _(
            "40 to 150 words, neutral and in our own: what happened, when and where. No names:"
            " “the defendant”, “Defendant 1”."
        ),
        "significance": _("Up to 100 words: the point of law or practice for which it matters."),
        "gender_considerations": _("What the case says of gender, of victims or of offenders."),
        "contributor": _("Who wrote the summary."),
        "migrants_count": _("Persons who were smuggled, as the source counts them."),
        "migrants_deaths": _("Migrants who lost their lives; 0 where the source says nobody did."),
        "includes_children": _("Unknown unless a source says so, either way."),
        "includes_women": _("Unknown unless a source says so, either way."),
        "migrant_nationality": _("Nationalities of the migrants."),
        "origin": _("Countries in which the journey began."),
        "transit": _("Countries through which it led."),
        "destination": _("Countries to which it was to lead."),
        "fee": _("What the smugglers asked or were paid, as the source gives it."),
        "fee_currency": _ISO4217,
        "fee_per": _("What the fee was paid for."),
        "migrants": _("What is known of the persons who were smuggled."),
        "route": _("The countries of the journey."),
        "proceedings": _("The instances of the case, in the order of time."),
        "defendants": _("Who stood before the court, each with the charges."),
        "laws_applied": _("The law that the courts applied, as the source gives it."),
        "attachments": _("Documents that are kept with the case."),
    },
    "casecountry": {
        "relation": _("What the country is to the case."),
        "jurisdiction": _("A country or territory (ISO 3166-1 alpha-3)."),
    },
    "proceeding": {
        "stage": _("The instance."),
        "court": _("In English where a usual English name exists."),
        "date": _("Of the decision of this instance, as precisely as it is known."),
        "reference": _("Number or citation of the decision of this instance."),
        "outcome": _("One short sentence."),
    },
    "defendant": {
        "label": _("“Defendant 1”: never the name of a person."),
        "count": _("How many persons the row stands for, where the source describes them alike."),
        "role": _("What the person did in the smuggling."),
        "gender": _("As the source gives it."),
        "nationality": _("A country (ISO 3166-1 alpha-3)."),
        "age": _("In whole years, at the time that the source speaks of."),
        "charges": _("The charges against the defendant, each with its outcome."),
    },
    "charge": {
        "offence": _("In a few words: “people smuggling”, “membership of a criminal group”."),
        "statute": _("The provision charged, as the source cites it."),
        "plea": _("What the defendant pleaded."),
        "verdict": _("What became of the charge; unknown is no acquittal."),
        "imprisonment_months": _(
            "“4 years 6 months”, “18 m” or a number of months; in the data always months, of thirty"
            " days each."
        ),
        "suspended": _("Whether the imprisonment was suspended, in whole or in part."),
        "fine": _("The amount of the fine."),
        "fine_currency": _ISO4217,
        "other": _(
            "Other sanctions or a remark: “life imprisonment” (first, and in these words),"
            " confiscation, expulsion."
        ),
    },
    "lawapplied": {
        "law_text": _("The name of the statute, as the source gives it."),
        "provision_text": _("Section or article, as the source gives it: “ss 42(1), 233A”."),
        "law": _("The law where the portal has it."),
        "not_held": _("A curator looked: the law is not in the collection."),
        "provisions": _("The recorded provisions that the text leads to."),
        "provision_links": _("Provisions that a curator chose, where the text leads to others."),
    },
    "provisionapplied": {
        "provision": _("A provision of the law named."),
        "match": _("Whether the source names the provision, a part of it or its whole article."),
    },
}
