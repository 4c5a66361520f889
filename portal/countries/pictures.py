"""The pictures of the country pages: a map of the records, and the cases of one by year."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from portal.charts.charts import Caption, Chart
from portal.charts.kinds import Heading, nothing
from portal.charts.looks import Look
from portal.charts.maps import Place, world_map
from portal.charts.pictures import Pairs, Picture, origin_lines
from portal.charts.years import upright
from portal.countries.figures import entries
from portal.countries.listing import BY_REGION, Asked, Listing, kinds
from portal.countries.profile import Profile
from portal.search.domains import NOT_RECORDED

#: What the map shows where the list is in no order of records.
FIRST = "cases"


def mapped_kind(asked: Asked) -> str:
    """The records that the map counts: those by which the list is ordered, or cases."""
    return asked.sort if asked.sort in kinds() else FIRST


def map_pairs(asked: Asked) -> Pairs:
    """The filters of a map in their plain form: another order of rows is the same map."""
    kind = mapped_kind(asked)
    return tuple(asked.pairs(sort=BY_REGION if kind == FIRST else kind))


def map_chart(listing: Listing) -> Chart:
    """The numbers of the list as a map."""
    kind = mapped_kind(listing.asked)
    places = [
        Place(row.code, row.numbers[kind].count, row.numbers[kind].url) for row in listing.rows
    ]
    return world_map(places) if any(place.count for place in places) else nothing()


def map_title(asked: Asked) -> str:
    noun = kinds()[mapped_kind(asked)].noun_plural
    return _("By jurisdiction: %(records)s") % {"records": noun}


def map_picture(listing: Listing) -> Picture | None:
    """The map over the list; None where no jurisdiction of it has a record."""
    kind = mapped_kind(listing.asked)
    if not any(row.numbers[kind].count for row in listing.rows):
        return None
    svg, png = (reverse(f"countries:map-{form}") for form in ("svg", "png"))
    asked = listing.asked
    return Picture(map_chart(listing), map_title(asked), svg, png, map_pairs(asked))


def map_choices(asked: Asked, path: str) -> list[dict[str, Any]]:
    """What else the map can show, each with the address of the list in that order."""
    shown = mapped_kind(asked)
    return [
        {
            "label": str(capfirst(database.noun_plural)),
            "url": asked.address(path, sort=kind),
            "is_chosen": kind == shown,
        }
        for kind, database in kinds().items()
    ]


def map_caption(asked: Asked, filters: tuple[str, ...]) -> Caption:
    return Caption(map_title(asked), origin_lines(filters, is_map=True))


def years_chart(profile: Profile) -> Chart:
    """The cases of a jurisdiction by the year of the decision."""
    figure = profile.case_figures[0]
    headings = [
        Heading(one.label, one.number.count, one.number.url, one.value == NOT_RECORDED)
        for one in entries(figure)
    ]
    if not figure.headings:
        return nothing()
    return upright(headings, str(capfirst(profile.kinds["cases"].noun_plural)), str(figure.label))


def years_title(profile: Profile) -> str:
    return _("%(name)s: cases by year") % {"name": profile.name}


def years_picture(profile: Profile) -> Picture | None:
    """The chart of the profile; None where no case states its year."""
    if not profile.numbers["cases"].count or not profile.case_figures[0].headings:
        return None
    at = {"code": profile.code}
    svg, png = (reverse(f"countries:years-{form}", kwargs=at) for form in ("svg", "png"))
    return Picture(years_chart(profile), years_title(profile), svg, png)


def years_caption(profile: Profile) -> Caption:
    total = profile.numbers["cases"].count
    counted = profile.kinds["cases"].counted(total) % {"number": Look().number(total)}
    return Caption(years_title(profile), origin_lines((counted,)))
