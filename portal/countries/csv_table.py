"""Country pages as CSV, safe for spreadsheets: the list, the figures of one, and its records."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from portal.countries.figures import Figure, entries
from portal.countries.listing import Listing
from portal.countries.profile import Profile
from portal.insights.sentences import COLUMNS, row_cells
from portal.insights.tables import Number
from portal.publishing.reading import reading
from portal.rest.tabular import shown_cell

#: Makes a whole address of a path.
Absolute = Callable[[str], str]
Cells = list[Any]


def _whole(number: Number, absolute: Absolute) -> Cells:
    return [number.count, absolute(number.url) if number.url else None]


def of_listing(listing: Listing, absolute: Absolute) -> Iterator[Cells]:
    """A line for each jurisdiction of the list."""
    kinds = [name for kind in listing.kinds for name in (kind, f"{kind}_url")]
    yield ["code", "name", "regions", "status", "signed", "consent", "act", *kinds, "url"]
    for row in listing.rows:
        treaty = row.treaty
        yield [
            row.code,
            shown_cell(row.name),
            " ".join(reversed(row.regions)) or None,
            row.standing.value,
            *((treaty.signed, treaty.consent, treaty.act or None) if treaty else [None] * 3),
            *(cell for number in row.numbers.values() for cell in _whole(number, absolute)),
            absolute(row.url),
        ]


def of_profile(profile: Profile, absolute: Absolute) -> Iterator[Cells]:
    """The figures of a jurisdiction in long form: part, value, number, address of the records."""
    yield ["part", "field", "value", "label", "number", "url"]
    for part, name, value, label, number in (*_plain(profile), *_of_figures(profile)):
        yield [part, name, value, shown_cell(str(label)), *_whole(number, absolute)]
    yield from _of_sentences(profile, absolute)


#: Part, field, value, label and number of a line.
_Line = tuple[str, str, str, Any, Number]


def _plain(profile: Profile) -> Iterator[_Line]:
    for kind, number in profile.numbers.items():
        yield "records", kind, "*", profile.kinds[kind].title, number
    for one in profile.articles:
        yield "articles", "article", one.article.code, one.article, one.laws
    for article in profile.open_articles:
        yield "articles", "article", article.code, article, Number(0, "")
    for route in profile.routes:
        yield f"as_{route.place}", route.place, profile.code, profile.name, route.total


def _of_figures(profile: Profile) -> Iterator[_Line]:
    figures: list[tuple[str, Figure]] = [
        *(("cases", figure) for figure in (*profile.case_figures, profile.nationalities)),
        *((f"as_{way.place}", figure) for way in profile.routes for figure in way.neighbours),
        ("nationals", profile.nationals),
        *(("works", figure) for figure in profile.work_figures),
    ]
    for part, figure in figures:
        for one in entries(figure):
            yield part, figure.name, one.value, one.label, one.number


def _of_sentences(profile: Profile, absolute: Absolute) -> Iterator[Cells]:
    """The columns of the sentences by jurisdiction in the insights, a line for each."""
    cells = dict(zip(COLUMNS, row_cells(profile.sentences, absolute), strict=True))
    for name, value in cells.items():
        kind, _parting, what = name.partition("_")
        if what != "url":
            # What speaks of no kind is the length of a term to be served.
            url = cells.get(f"{kind}_url", cells["served_url"])
            yield ["sentences", name, "*", None, value if value != "" else None, url or None]


def of_records(profile: Profile, kind: str, request: Any) -> Iterator[Cells]:
    """The cases, laws or works of a jurisdiction: the fields of the list in the API."""
    database = profile.kinds[kind]
    viewset = database.viewset
    serializer = viewset.serializer_class
    names = [name for name in serializer().get_fields() if name not in viewset.complete_only]
    yield names
    records = reading(profile.records(kind), serializer(), names)
    for record in records.iterator(chunk_size=500):
        data = serializer(record, only=names, context={"request": request}).data
        yield [shown_cell(flat(data[name])) for name in names]


def flat(value: Any) -> Any:
    """A value of the API as one cell: parts of a list with semicolons between."""
    if isinstance(value, dict):
        return " ".join(str(part) for part in value.values() if part not in (None, ""))
    if isinstance(value, list):
        return "; ".join(str(flat(part)) for part in value)
    return value
