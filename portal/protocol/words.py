"""What a provision says in the reader's words, where no template does."""

from __future__ import annotations

from django.utils.translation import gettext as _

from legislation.models import Provision
from portal.reference.catalog import catalog
from portal.reference.labels import localized
from portal.reference.models import TreatyArticle
from portal.reference.punctuation import clauses
from portal.templatetags.portal_tags import money, years


def article_in_words(article: TreatyArticle) -> str:
    """The name of an article with its treaty: "Article 6(1)(a): Smuggling of migrants"."""
    is_convention = article.instrument == TreatyArticle.Instrument.CONVENTION
    named = _("Convention, article %(number)s") if is_convention else _("Article %(number)s")
    return f"{named % {'number': article.citation}}: {localized(article.labels)}"


def benefit_in_words(provision: Provision) -> str:
    return catalog().term_label(provision.benefit_element_id)


def penalty_in_words(provision: Provision) -> str:
    """The maximum penalty: imprisonment, or life, and a fine; '' where none is recorded."""
    parts = []
    if provision.life:
        parts.append(_("Life imprisonment"))
    elif provision.max_imprisonment_years is not None:
        parts.append(years(provision.max_imprisonment_years))
    if provision.max_fine_amount is not None:
        fine = money(provision.max_fine_amount, provision.max_fine_currency)
        parts.append(f"{_('Fine:')} {fine}")
    return clauses(parts)
