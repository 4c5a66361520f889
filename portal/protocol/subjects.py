"""What is next to an article: its neighbours, what covers it, and topics of the literature."""

from __future__ import annotations

from portal.reference.catalog import catalog
from portal.reference.models import TreatyArticle

#: By the beginning of an article's code, the topics of the literature that it is about. A work
#: that has the topic need not discuss the article, which the page says.
_TOPICS = {
    "3": ("theory_and_concepts", "legal_framework"),
    "5": ("human_rights_and_protection", "legal_framework"),
    "6.1.a": ("legal_framework", "criminal_justice_response"),
    "6.1.b": ("document_fraud",),
    "6.1.c": ("legal_framework", "criminal_justice_response"),
    "6.2": ("organization_of_smuggling", "criminal_justice_response"),
    "6.3": ("migrant_experience", "human_rights_and_protection"),
    "6.4": ("criminal_justice_response",),
    "7": ("smuggling_by_sea",),
    "8": ("smuggling_by_sea",),
    "9": ("smuggling_by_sea", "human_rights_and_protection"),
    "10": ("international_cooperation", "statistics_and_data"),
    "11": ("policy_and_prevention",),
    "12": ("document_fraud",),
    "13": ("document_fraud",),
    "14": ("international_cooperation",),
    "15": ("policy_and_prevention",),
    "16": ("human_rights_and_protection", "children", "gender"),
    "18": ("policy_and_prevention", "human_rights_and_protection"),
    "19": ("asylum_and_refugees", "humanitarian_assistance"),
    "C5": ("organized_crime",),
    "C6": ("fees_and_finance",),
    "C12": ("fees_and_finance",),
    "C16": ("international_cooperation",),
    "C18": ("international_cooperation",),
    "C20": ("criminal_justice_response",),
    "C24": ("criminal_justice_response",),
}


def topics_of(code: str) -> tuple[str, ...]:
    """The topics of an article, or of the paragraph or the range that it belongs to."""
    parts = code.partition("-")[0].split(".")
    for length in range(len(parts), 0, -1):
        found = _TOPICS.get(".".join(parts[:length]))
        if found:
            return found
    return ()


def neighbours(code: str) -> tuple[TreatyArticle | None, TreatyArticle | None]:
    """The articles before and after one, in the order of the treaties."""
    articles = list(catalog().articles.values())
    place = [article.code for article in articles].index(code)
    before = articles[place - 1] if place else None
    after = articles[place + 1] if place + 1 < len(articles) else None
    return before, after


def covered_with(code: str) -> list[TreatyArticle]:
    """Articles that provisions may be recorded under instead: 7 to 9 for 8, and the other way."""
    articles = catalog().articles
    own = _numbers(code)
    return [
        article
        for other, article in articles.items()
        if other != code and ("-" in other or "-" in code) and own & _numbers(other)
    ]


def _numbers(code: str) -> set[int]:
    """The whole articles that a code stands for; none for a paragraph and for the Convention."""
    first, _dash, last = code.partition("-")
    if not first.isdecimal() or not (last or first).isdecimal():
        return set()
    return set(range(int(first), int(last or first) + 1))
