"""What the fields of laws and their parts mean."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from portal.reference.meanings import Meanings

_ARTICLES = _("Articles of the Protocol and the Convention that it implements.")

MEANINGS: Meanings = {
    "law": {
        "jurisdiction": _("Whose law it is: a country or territory (ISO 3166-1 alpha-3)."),
        "type": _("What kind of act it is."),
        "number": _("The official number, as the gazette writes it."),
        "adopted": _("As precisely as it is known: 1958, October 1958, 8 October 1958."),
        "in_force": _("Since when it applies, as precisely as it is known."),
        "status": _("Whether the text applies today."),
        "summary": _("20 to 80 words in our own: what the law rules on the smuggling of migrants."),
        "humanitarian_exemption": _(
            "Whether help for humanitarian reasons is exempt; unknown unless a source says so."
        ),
        "migrants_not_liable": _(
            "Whether migrants are free from prosecution for having been smuggled (article 5 of the"
            " Protocol); unknown unless a source says so."
        ),
        "provisions": _("The provisions that concern the smuggling of migrants."),
        "effects": _("Laws that it amends or repeals."),
        "amends": _("Codes of the laws that it amends."),
        "repeals": _("Codes of the laws that it repeals."),
        "attachments": _("Documents that are kept with the law."),
    },
    "lawrelation": {
        "kind": _("What this law does to the other."),
        "other": _("The law that is changed."),
        "note": _("What of it is changed."),
    },
    "provision": {
        "code": _("Permanent: the law’s code, a colon and the number; made when left empty."),
        "number": _("As the law numbers it: “s 233A”, “article 318 bis”."),
        "heading": _("The provision’s own heading, in English."),
        "summary": _("One or two sentences in our own words."),
        "text_original": _("The wording of the law, in its language."),
        "text_translation": _("The wording in English."),
        "articles": _ARTICLES,
        "article_codes": _ARTICLES,
        "protocol_articles": _ARTICLES,
        "benefit_element": _(
            "What part a financial or other material benefit plays in the offence (article 6 of"
            " the Protocol)."
        ),
        "max_imprisonment_years": _("The longest term that it threatens, in years."),
        "life": _("Whether it threatens imprisonment for life."),
        "max_fine": _("The highest fine that it threatens."),
        "max_fine_currency": _("ISO 4217 code of the currency: EUR, USD, AUD."),
        "law": _("The law that it is part of."),
    },
    "provisionarticle": {"article": _("An article of the Protocol or the Convention: 6.1.a.")},
}
