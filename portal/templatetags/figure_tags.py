"""How the pages of figures draw numbers of persons and the spread of terms.

Drawings are small SVGs with attributes alone, beside a table that says the same in numbers.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from html import escape
from math import log

from django import template
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from portal.insights.persons import CASES, Distribution, Person, PersonNumber
from portal.insights.women import GenderCell
from portal.records.database import database_for
from portal.records.durations import in_words
from portal.search.domains import Profiles, Terms
from portal.templatetags.portal_tags import counted, number

register = template.Library()

#: The drawing: so many units wide, on a scale on which each doubling takes the same room, from one
#: month to a hundred years and more.
WIDTH, HEIGHT, MARGIN = 240, 20, 5
LONGEST = 1500
#: The highest pile of dots; where more lie on each other they overlap.
PILE = 48
OPEN = ' class="open"'
#: Months that are marked, as years.
TICKS = {6: "½", 12: "1", 60: "5", 240: "20", 1200: "100"}


def _persons(found: PersonNumber | None) -> str:
    if found is None or not found.persons:
        return '<span class="none">0</span>'
    cases = escape(counted(database_for(CASES), found.cases))
    link = f'<a href="{escape(found.url)}">{number(found.persons)}</a>'
    return f"{link} <small><bdi>{cases}</bdi></small>"


@register.simple_tag
def persons(found: PersonNumber | None) -> SafeString:
    """A number of persons, linked to its cases, whose number stands beside it."""
    return mark_safe(_persons(found))  # noqa: S308 - every value is escaped where it is put in


@register.simple_tag
def gender_cells(cells: Iterable[GenderCell]) -> SafeString:
    """The persons of a row by gender; in Python, as a template takes ten times as long."""
    pieces = []
    for cell in cells:
        pieces.append(f'<td class="num group">{_persons(cell.persons)}</td>')
        if cell.served is not None:
            pieces.append(f'<td class="num">{_persons(cell.served)}</td>')
            pieces.append(f'<td class="long"><bdi>{escape(duration(cell.median))}</bdi></td>')
    return mark_safe("".join(pieces))  # noqa: S308 - every value is escaped where it is put in


def _place(months: Decimal | float) -> float:
    share = log(min(max(float(months), 1), LONGEST)) / log(LONGEST)
    return round(MARGIN + share * (WIDTH - 2 * MARGIN), 1)


def _drawn(inner: str, height: int = HEIGHT) -> SafeString:
    head = (
        f'<svg class="spread" viewBox="0 0 {WIDTH} {height}" aria-hidden="true" focusable="false">'
    )
    return mark_safe(f"{head}{inner}</svg>")  # noqa: S308 - numbers and escaped words


def _box(spread: Distribution, middle: int) -> str:
    low, high = _place(spread.lowest), _place(spread.highest)
    first, last = _place(spread.lower_quartile), _place(spread.upper_quartile)
    median = _place(spread.median)
    return (
        f'<line x1="{low}" x2="{high}" y1="{middle}" y2="{middle}"/>'
        f'<line x1="{low}" x2="{low}" y1="{middle - 4}" y2="{middle + 4}"/>'
        f'<line x1="{high}" x2="{high}" y1="{middle - 4}" y2="{middle + 4}"/>'
        f'<rect x="{first}" y="{middle - 6}" width="{max(last - first, 1):.1f}" height="12"/>'
        f'<line class="mid" x1="{median}" x2="{median}" y1="{middle - 7}" y2="{middle + 7}"/>'
    )


@register.simple_tag
def box(spread: Distribution | None) -> SafeString:
    """Lowest term, quartiles and highest term as a box on a line; nothing without any."""
    return _drawn(_box(spread, HEIGHT // 2)) if spread is not None else mark_safe("")


def _ticks(top: int, bottom: int, below: int = 11) -> str:
    pieces = []
    for months, text in TICKS.items():
        x = _place(months)
        pieces.append(f'<line class="tick" x1="{x}" x2="{x}" y1="{top}" y2="{bottom}"/>')
        pieces.append(f'<text x="{x}" y="{bottom + below}" text-anchor="middle">{text}</text>')
    return "".join(pieces)


@register.simple_tag
def scale() -> SafeString:
    """The scale of the boxes below it, in years."""
    return _drawn(_ticks(0, 6, below=24), 26)


@register.simple_tag
def dots(people: Iterable[Person], spread: Distribution | None) -> SafeString:
    """Every person's term as a dot over the box of the terms to be served."""
    # Dots that would lie on each other are piled up.
    piles: dict[int, list[str]] = {}
    for person in sorted(people, key=lambda one: one.sentence.months or 0):
        if person.sentence.months is not None:
            is_open = person.sentence.kind == Profiles.SUSPENDED
            mark = f'<circle{OPEN if is_open else ""} cx="{_place(person.sentence.months)}" r="1.7"'
            piles.setdefault(round(_place(person.sentence.months) / 4), []).append(mark)
    highest = max([*map(len, piles.values()), 1])
    step = min(4.0, PILE / highest)
    floor = round(step * highest) + 6
    placed = "".join(
        f'{mark} cy="{floor - step * level - 4:.1f}"/>'
        for pile in piles.values()
        for level, mark in enumerate(pile)
    )
    drawn = placed + (_box(spread, floor + 8) if spread is not None else "")
    return _drawn(drawn + _ticks(floor + 18, floor + 21), floor + 33)


@register.filter
def duration(value: Decimal | str | None) -> str:
    """A term in words; a dash for none, which a template may give as an empty text."""
    return in_words(Decimal(value)) if value not in (None, "") else "–"


@register.filter
def sentence(person: Person) -> str:
    """The sentence of a person in words."""
    kind, months = person.sentence.kind, person.sentence.months
    if months is None:
        return Profiles().sentences()[kind]
    words = in_words(months)
    return _("%(term)s, suspended") % {"term": words} if kind == Profiles.SUSPENDED else words


@register.filter
def circumstances(person: Person) -> list[str]:
    """Role, gender and pleas of a person in words, as far as they are recorded."""
    terms = (("roles", person.role), ("genders", person.gender), ("pleas", *sorted(person.pleas)))
    found: list[str] = []
    for vocabulary, *codes in terms:
        found += Terms(vocabulary).labels(codes).values()
    return found
