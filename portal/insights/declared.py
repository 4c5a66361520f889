"""The questions that the insights answer: each a table of one database with a name of its own.

A reader can change every one of them by filters, and make others with `rows` and `columns`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Insight:
    """A question and the table that answers it.

    Args:
        slug: its part of the address.
        database: the slug of the database whose records are counted.
        rows, columns: facets, or `year`; without columns the rows alone are counted.
        title: the question's name.
        asks: what it shows, in a sentence.
        limits: what it cannot show, in a sentence.
        chart: the kind of its chart (`portal/charts/specs`), or ''.
        map: what its map shows: `places` by their rows, `routes` from rows to columns, or ''.
    """

    slug: str
    database: str
    rows: str
    columns: str
    title: Any
    asks: Any
    limits: Any
    chart: str = ""
    map: str = ""


_COUNTED_BY_CASE = _(
    "A case is counted once in each row that it belongs to; where it has several defendants, a"
    " column may speak of another of them than the row."
)
_FOUND = _("It shows which decisions were found in public sources, not how many there are.")
_BY_LAW = _(
    "A law is counted once, however many of its provisions say so; two columns may speak of"
    " different provisions. A law that is not in the collection is not counted."
)
_SELDOM_TOLD = _(
    "Decisions seldom tell all of the investigation: what is not mentioned may still have been"
    " done."
)
_ANNOTATED = _("It shows what was found and annotated, not all that is written.")

#: Questions about the selection itself, about cases, about laws and about works.
INSIGHTS = (
    Insight(
        "coverage-cases",
        "cases",
        "jurisdiction",
        "year",
        _("Cases by country and year"),
        _("Decisions of each jurisdiction, by the year in which they were given."),
        _FOUND,
        chart="matrix",
        map="places",
    ),
    Insight(
        "modes",
        "cases",
        "mode",
        "year",
        _("Modes of travel"),
        _("Cases of smuggling by land, sea and air, by the year of the decision."),
        _FOUND,
        chart="years",
    ),
    Insight(
        "roles",
        "cases",
        "role",
        "mode",
        _("Roles of defendants"),
        _("In how many cases somebody had a role, by the mode of travel."),
        _COUNTED_BY_CASE,
        chart="matrix",
    ),
    Insight(
        "verdicts",
        "cases",
        "verdict",
        "role",
        _("Verdicts by role"),
        _("In how many cases there is a verdict, beside the roles of the defendants."),
        _COUNTED_BY_CASE,
        chart="matrix",
    ),
    Insight(
        "routes",
        "cases",
        "origin",
        "destination",
        _("Routes"),
        _("From which countries to which countries migrants were taken, by case."),
        _(
            "A case with several countries of origin or destination stands in each of its pairs,"
            " whether or not anybody went from the one to the other."
        ),
        chart="flow",
        map="routes",
    ),
    Insight(
        "risks",
        "cases",
        "aggravation",
        "mode",
        _("Risks and aggravations"),
        _("Danger, cruelty, deaths and other aggravations, by the mode of travel."),
        _FOUND,
        chart="grouped",
    ),
    Insight(
        "techniques",
        "cases",
        "technique",
        "mode",
        _("Investigation"),
        _("The techniques by which smuggling was investigated, by the mode of travel."),
        _SELDOM_TOLD,
        chart="grouped",
    ),
    Insight(
        "cooperation",
        "cases",
        "cooperation",
        "jurisdiction",
        _("International cooperation"),
        _("By which means States worked together, by the country whose court decided."),
        _SELDOM_TOLD,
        chart="matrix",
    ),
    Insight(
        "implementation",
        "legislation",
        "jurisdiction",
        "article",
        _("Implementation matrix"),
        _(
            "For each country, the laws with a provision that implements an article of the"
            " Protocol or of the Convention."
        ),
        _("An empty cell says that no provision is recorded, not that there is none."),
        chart="matrix",
        map="places",
    ),
    Insight(
        "benefit",
        "legislation",
        "benefit_element",
        "article",
        _("Financial or other material benefit"),
        _(
            "Whether laws make a benefit an element of the offence, an aggravation, or leave it"
            " out, beside the articles that they implement."
        ),
        _BY_LAW,
        chart="matrix",
    ),
    Insight(
        "exemptions",
        "legislation",
        "humanitarian_exemption",
        "region",
        _("Humanitarian exemptions"),
        _("Laws that exempt humanitarian help, or say that they do not, by region."),
        _BY_LAW,
        chart="stacked",
    ),
    Insight(
        "liability",
        "legislation",
        "migrants_not_liable",
        "region",
        _("Liability of migrants"),
        _("Laws that keep migrants free from liability for having been smuggled, by region."),
        _BY_LAW,
        chart="stacked",
    ),
    Insight(
        "literature-topics",
        "bibliography",
        "topic",
        "method",
        _("Literature by topic and method"),
        _("What the annotated works study, and how."),
        _ANNOTATED,
        chart="matrix",
    ),
    Insight(
        "literature-regions",
        "bibliography",
        "area",
        "year",
        _("Literature by region and year"),
        _("Which parts of the world the annotated works study, by the year of publication."),
        _ANNOTATED,
        chart="matrix",
    ),
)
