"""What the codes of a record's line mean, in the reader's language."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from portal.reference.catalog import Catalog, catalog

#: Of each key whose values are codes, the vocabularies that say what they mean. Where two stand,
#: the key is one of two databases.
_VOCABULARIES = {
    **{
        name: (name,)
        for name in (
            *("modes", "offences", "aggravations", "related_crimes", "techniques"),
            *("cooperation", "benefit", "court_level", "legal_system", "benefit_element"),
            *("regions", "topics", "methods"),
        )
    },
    "stage": ("proceedings_stages",),
    "role": ("roles",),
    "gender": ("genders",),
    "plea": ("pleas",),
    "verdict": ("verdicts",),
    "per": ("fee_per",),
    "status": ("law_status",),
    "type": ("law_types", "bibliography_types"),
}
_PLACES = frozenset(
    (
        *("jurisdiction", "nationality", "nationalities", "countries"),
        *("origin", "transit", "destination"),
    )
)
_ARTICLES = "protocol_articles"


def in_words(key: str, value: Any) -> Any:
    """The value of a key of a line, or each of its values, with codes in words.

    What is no code, or one that is not known, stays as it is.
    """
    if isinstance(value, list):
        return [in_words(key, entry) for entry in value]
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    return (_meant(key, value, catalog()) or value) if isinstance(value, str) else value


def _meant(key: str, code: str, known: Catalog) -> str:
    if key in _PLACES:
        return known.jurisdiction_name(code)
    if key == _ARTICLES:
        return str(known.articles.get(code, ""))
    labels = (known.term_label(f"{name}:{code}") for name in _VOCABULARIES.get(key, ()))
    return next(filter(None, labels), "")
