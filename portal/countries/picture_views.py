"""The map of the country list, and the chart of a profile, as SVG and PNG."""

from __future__ import annotations

from django.http import QueryDict
from django.urls import URLPattern, path

from portal.charts.answers import ChartView, Drawable
from portal.charts.charts import Caption, Chart
from portal.charts.looks import FORMATS
from portal.countries import pictures
from portal.countries.listing import PARAMETERS, Listing, ask
from portal.countries.profile import Profile
from portal.countries.views import OfCountry, chips_of
from portal.reference.punctuation import labelled
from portal.rest.parameters import unknown_names


class MapView(ChartView):
    """The numbers of the list as a map, under its filters."""

    def drawable(self, data: QueryDict) -> Drawable:
        asked = ask(data)

        def make() -> tuple[Chart, Caption]:
            filters = tuple(labelled(chip.label, chip.text) for chip in chips_of(asked, ""))
            return pictures.map_chart(Listing(asked)), pictures.map_caption(asked, filters)

        return Drawable(pictures.map_pairs(asked), make, asked.problems, PARAMETERS)


class YearsView(OfCountry, ChartView):
    """The cases of a jurisdiction by year; it takes no filters."""

    def drawable(self, data: QueryDict) -> Drawable:
        profile = Profile(self.kwargs["code"])

        def make() -> tuple[Chart, Caption]:
            return pictures.years_chart(profile), pictures.years_caption(profile)

        return Drawable((), make, tuple(unknown_names(data, ())))


def picture_paths() -> list[URLPattern]:
    """The addresses of the pictures."""
    found = []
    for form in FORMATS:
        found += [
            path(f"map.{form}", MapView.as_view(form=form), name=f"map-{form}"),
            path(
                f"<slug:code>/cases-by-year.{form}",
                YearsView.as_view(form=form),
                name=f"years-{form}",
            ),
        ]
    return found
