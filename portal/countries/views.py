"""The country pages: all jurisdictions, and the profile of one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponsePermanentRedirect,
    StreamingHttpResponse,
)
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.generic import TemplateView, View

from portal.countries import csv_table
from portal.countries.listing import PARAMETERS, Asked, Listing, ask, sorts
from portal.countries.pictures import map_choices, map_picture, years_picture
from portal.countries.profile import Profile
from portal.countries.status import in_words
from portal.reference.catalog import catalog
from portal.reference.models import ProcessMembership
from portal.rest.parameters import unknown_names
from portal.rest.problems import refused_in_words
from portal.rest.tabular import pieces_of
from portal.search.chips import Chip
from portal.search.domains import Processes, Regions


def known_code(given: str) -> str:
    """The code of a jurisdiction however it is written; 404 for what none is called."""
    code = given.upper()
    if code not in catalog().jurisdictions:
        raise Http404(_("There is no jurisdiction with this code."))
    return code


class OfCountry:
    """Answers about one jurisdiction, at the address with its code in capitals."""

    kwargs: dict[str, Any]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        code = known_code(kwargs["code"])
        if code != kwargs["code"]:
            match = request.resolver_match
            name = match.view_name if match else "countries:country"
            query = request.META.get("QUERY_STRING", "")
            path = reverse(name, kwargs={**kwargs, "code": code})
            return HttpResponsePermanentRedirect(f"{path}?{query}" if query else path)
        return super().dispatch(request, *args, **kwargs)  # type: ignore[misc]


class IndexView(TemplateView):
    """All jurisdictions by region, with their treaty status and the numbers of their records."""

    template_name = "countries/index.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        asked = ask(self.request.GET)
        path = self.request.path
        listing = Listing(asked)
        return super().get_context_data(
            asked=asked,
            listing=listing,
            map=map_picture(listing),
            map_choices=map_choices(asked, path),
            notices=asked.problems,
            chips=chips_of(asked, path),
            sorts=[
                (name, label, asked.address(path, sort=name)) for name, label in sorts().items()
            ],
            regions=region_options(asked),
            processes=[
                (code, label, code in asked.process)
                for code, label in Processes().labels(catalog().processes).items()
            ],
            csv_url=asked.address(reverse("countries:csv")),
            api_url=asked.address(reverse("api:insights-countries-list")),
            **kwargs,
        )


def region_options(asked: Asked) -> list[tuple[str, str, bool]]:
    """The regions as they are chosen from, each below the one that holds it."""
    known, found = catalog(), []
    for code, label in Regions().labels(known.regions).items():
        depth, above = 0, known.region_parents.get(code)
        while above:
            depth, above = depth + 1, known.region_parents.get(above)
        found.append((code, "\N{NO-BREAK SPACE}" * 3 * depth + label, code in asked.region))
    return found


def chips_of(asked: Asked, path: str) -> list[Chip]:
    """The filters of the list, each with the address of the list without it."""
    yes_no = {"true": _("Yes"), "false": _("No")}
    truths = {
        "party": _("Party to the Protocol"),
        "has_cases": _("Has cases"),
        "has_laws": _("Has laws"),
    }
    found = [
        Chip(label, yes_no[value], asked.address(path, **{name: ""}))
        for name, label in truths.items()
        if (value := getattr(asked, name))
    ]
    for name, label, domain in (
        ("region", _("Region"), Regions()),
        ("process", _("Regional process"), Processes()),
    ):
        chosen = getattr(asked, name)
        for value, text in domain.labels(chosen).items():
            rest = tuple(code for code in chosen if code != value)
            found.append(Chip(label, text, asked.address(path, **{name: rest})))
    return found


class CountryView(OfCountry, TemplateView):
    """What the portal holds about one jurisdiction."""

    template_name = "countries/country.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        code = self.kwargs["code"]
        profile = Profile(code)
        return super().get_context_data(
            profile=profile,
            years=years_picture(profile),
            notices=unknown_names(self.request.GET, ()),
            status=in_words(profile.treaty),
            treaty=profile.treaty,
            records=[
                {"database": profile.kinds[kind], "number": number}
                for kind, number in profile.numbers.items()
            ],
            open_articles=profile.open_articles,
            processes=processes_of(profile),
            small=small_numbers(profile),
            cases_database=profile.kinds["cases"],
            laws_database=profile.kinds["laws"],
            regions=[(region, Regions().labels([region])[region]) for region in profile.regions],
            downloads=downloads(profile),
            csv_url=reverse("countries:figures", kwargs={"code": code}),
            api_url=reverse("api:insights-countries-detail", kwargs={"code": code}),
            **kwargs,
        )


def small_numbers(profile: Profile) -> dict[str, bool]:
    """Of the parts of the page, whether they have numbers too small for a share of them."""
    parts = {
        "cases": profile.case_figures,
        "routes": [figure for route in profile.routes for figure in route.neighbours],
        "nationality": (profile.nationalities, profile.nationals),
        "works": profile.work_figures,
    }
    found = {part: any(one.is_small for one in figures) for part, figures in parts.items()}
    return {**found, "cases": found["cases"] or profile.sentences.is_small}


def processes_of(profile: Profile) -> list[dict[str, Any]]:
    """The regional processes of a jurisdiction, each with the list of its members."""
    labels = Processes().labels([one.process_id for one in profile.memberships])
    path = reverse("countries:index")
    return [
        {
            "label": labels[one.process_id],
            "url": Asked(process=(one.process_id,)).address(path),
            "is_observer": one.capacity == ProcessMembership.Capacity.OBSERVER,
        }
        for one in profile.memberships
    ]


def downloads(profile: Profile) -> list[dict[str, Any]]:
    """Of the cases, laws and works of a jurisdiction, where they are had as CSV and JSON."""
    return [
        {
            "database": profile.kinds[kind],
            "count": number.count,
            "csv": reverse("countries:records", kwargs={"code": profile.code, "kind": kind}),
            "json": f"{reverse(f'api:{kind}-list')}?jurisdiction={profile.code}&page_size=100",
        }
        for kind, number in profile.numbers.items()
        if number.count
    ]


class IndexCsvView(View):
    """The list as CSV, under the parameters of the page; wrong ones are refused."""

    def get(self, request: HttpRequest) -> HttpResponseBase:
        asked = ask(request.GET)
        if asked.problems:
            return refused_in_words(asked.problems, PARAMETERS)
        rows = csv_table.of_listing(Listing(asked), request.build_absolute_uri)
        return as_csv(rows, "countries")


class FiguresCsvView(OfCountry, View):
    """The figures of a jurisdiction as CSV."""

    def get(self, request: HttpRequest, code: str) -> HttpResponseBase:
        if request.GET:
            return refused_in_words(unknown_names(request.GET, ()), ())
        rows = csv_table.of_profile(Profile(code), request.build_absolute_uri)
        return as_csv(rows, f"{code}-figures")


class RecordsCsvView(OfCountry, View):
    """The cases, laws or works of a jurisdiction as CSV."""

    def get(self, request: HttpRequest, code: str, kind: str) -> HttpResponseBase:
        profile = Profile(code)
        if kind not in profile.kinds:
            raise Http404(_("There are no such records."))
        if request.GET:
            return refused_in_words(unknown_names(request.GET, ()), ())
        return as_csv(csv_table.of_records(profile, kind, request), f"{code}-{kind}", stream=True)


def as_csv(rows: Iterable[list[Any]], name: str, *, stream: bool = False) -> HttpResponseBase:
    """Rows of cells as a file to be kept.

    Args:
        stream: whether the rows are made while they are sent, when neither the language nor the
            reference data of the request is at hand any more.
    """
    pieces = pieces_of(rows)
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    kind = "text/csv; charset=utf-8"
    if stream:
        return StreamingHttpResponse(pieces, content_type=kind, headers=headers)
    return HttpResponse(b"".join(pieces), content_type=kind, headers=headers)
