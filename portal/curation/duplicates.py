"""Records that may be the same: found for one while it is entered, and for all by a command.

What names a record is compared as the search keeps it (`portal.search.exact`): citations, DOI and
ISBN everywhere, docket and law numbers within a jurisdiction, which gives them out. A short law
number ("14", "2/07") counts where the years agree as well, or one of them is not known, since
many jurisdictions begin anew each year. Titles are compared by trigrams (`pg_trgm`) of their
folded form, among records of one jurisdiction and year.

In the reference collection (589 cases, 286 laws, 344 works) pairs of the same jurisdiction and
year are as near as this: 46 at 0.5, 20 at 0.6 and 7 at 0.7 for cases, 4, 3 and 2 for laws, 7, 6 and
4 for works. Below 0.6 most are "United States v. …" and another name, or "STS 22/2012" and
"STS 385/2012"; above 0.7 one title with an ampersand and without a name would be missed. Titles
that both hold numbers, and other ones, are of two documents however near they are: that takes
away half of what is left, "Law No. 26.382 …" and "Law No. 26.384 …" among them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from django.contrib.postgres.search import TrigramSimilarity
from django.db.models import F, Func, Q, TextField, Value
from django.utils.translation import gettext as _

from portal.curation.models import SuspectedPair, SuspectedPairQuerySet
from portal.records.database import Database, database_for
from portal.records.dates import PartialDate
from portal.records.models import Record
from portal.reference.catalog import catalog
from portal.reference.punctuation import listed, together
from portal.search.exact import keys_of
from portal.search.index import title_key
from portal.search.models import Identifier, SearchDocument

Kind = Identifier.Kind
#: The least likeness of titles of the same jurisdiction and year, and where a year is not known.
NEAR, VERY_NEAR = 0.6, 0.85
#: Kinds of identifiers that count within one jurisdiction, and those that count everywhere.
LOCAL, UNIVERSAL = (Kind.DOCKET, Kind.NUMBER), (Kind.CITATION, Kind.DOI, Kind.ISBN)
#: A key must hold a digit and be no mere year; shorter ones ("12") are no evidence.
MIN_KEY = 4
TELLING_KEY = rf"^(?=.{{{MIN_KEY},}}$)(?=.*[0-9])(?!(?:19|20)[0-9]{{2}}$)"
#: The digits of a short number of a law, with anything else between and around them.
SHORT_NUMBER = rf"^(?:[^0-9]*[0-9]){{1,{MIN_KEY - 1}}}[^0-9]*$"
#: A citation is kept under its pieces as well ("December 2005"); so much of it must agree.
MOST = 0.6
#: So many are shown to who enters a record.
SHOWN = 10
_TITLE = "title"


@dataclass(frozen=True)
class Reason:
    """Why two records may be one.

    Attributes:
        kind: a kind of identifier, or `title`.
        text: the identifier as a record has it; of titles their likeness, jurisdiction and year.
    """

    kind: str
    text: str

    @property
    def words(self) -> str:
        said = {
            Kind.DOCKET: _("the same docket number “%(text)s”"),
            Kind.NUMBER: _("the same official number “%(text)s”"),
            Kind.CITATION: _("the same citation “%(text)s”"),
            Kind.DOI: _("the same DOI “%(text)s”"),
            Kind.ISBN: _("the same ISBN “%(text)s”"),
            _TITLE: _("nearly the same title (%(text)s)"),
        }
        text = self.text
        if self.kind == _TITLE:
            parts = (catalog().jurisdiction_name(part) if part.isalpha() else part
                     for part in text.split(", "))  # fmt: skip
            text = listed(parts)
        return said[self.kind] % {"text": text}

    @classmethod
    def of_title(cls, likeness: float, place: str, year: int | None) -> Reason:
        """Titles that are near each other, of a jurisdiction (its code, or '') and a year."""
        where = [place, str(year) if year else ""]
        return cls(_TITLE, ", ".join([f"{likeness:.2f}", *(part for part in where if part)]))


@dataclass(frozen=True)
class Sought:
    """What is known of a record that may be there already.

    Attributes:
        place: its jurisdiction; '' where the database has none or it is not known.
        year: None where it is not known.
        identifiers: kinds and texts.
        but: the key of the record itself, once it has one.
    """

    database: Database
    title: str
    place: str
    year: int | None
    identifiers: tuple[tuple[str, str], ...]
    but: int | None = None

    @classmethod
    def of_values(
        cls, database: Database, values: dict[str, Any], but: int | None = None
    ) -> Sought:
        """Of the values of a form, by the names of their fields; any may be missing."""
        date: PartialDate | None = values.get(database.date_field)
        place = values.get("jurisdiction")
        named: list[tuple[str, str]] = []
        for field, kind in database.identified_by:
            given = values.get(field) or []
            named += [(kind, text) for text in ([given] if isinstance(given, str) else given)]
        return cls(
            database,
            (values.get("title") or "").strip(),
            str(getattr(place, "pk", place) or ""),
            date.year if date else None,
            tuple(named),
            but,
        )

    @classmethod
    def of_record(cls, record: Record) -> Sought:
        """Of a record that is saved; what names it is taken from the search."""
        database = database_for(record.database)
        date: PartialDate | None = getattr(record, database.date_field)
        kept = Identifier.objects.filter(
            document__in=SearchDocument.objects.of(database.slug).filter(object_id=record.pk),
            kind__in=[*LOCAL, *UNIVERSAL],
        ).values_list("kind", "text")
        # A short number is no identifier of the search.
        field = number_field(database)
        named = {*kept, *([(str(Kind.NUMBER), getattr(record, field))] if field else [])}
        place = str(getattr(record, "jurisdiction_id", ""))
        year = date.year if date else None
        return cls(database, record.title, place, year, tuple(named), record.pk)


@dataclass(frozen=True)
class Suspect:
    """A record that may be the one that is sought."""

    record: Record
    reasons: tuple[Reason, ...]
    likeness: float

    @property
    def words(self) -> list[str]:
        return [reason.words for reason in self.reasons]

    @property
    def told_apart(self) -> str:
        return told_apart(self.record)


def told_apart(record: Record) -> str:
    """What tells a record from others of its name: jurisdiction, court, date, volume …"""
    database = database_for(record.database)
    parts = [catalog().jurisdiction_name(record.jurisdiction_id)] if has_place(database) else []  # type: ignore[attr-defined]
    for name in database.told_apart_by:
        field: Any = record._meta.get_field(name)
        value = getattr(record, field.attname)
        if value and field.is_relation:
            value = catalog().term_label(value)
        parts.append(str(value) if value else "")
    return " · ".join(part for part in parts if part)


def has_place(database: Database) -> bool:
    """Whether the records of a database belong to one jurisdiction each; works do not."""
    return any(field.name == "jurisdiction" for field in database.model._meta.fields)


def number_field(database: Database) -> str:
    """The field of the official number of a database's records; '' where they have none."""
    return next((name for name, kind in database.identified_by if kind == Kind.NUMBER), "")


def short_number(text: str) -> str:
    """The digits of a short number of a law, in their groups; '' of any other text."""
    return "/".join(re.findall(r"[0-9]+", text)) if re.search(SHORT_NUMBER, text) else ""


def telling_keys(kind: str, text: str) -> list[str]:
    """The keys of an identifier that are evidence if another record has them too."""
    whole = len("".join(letter for letter in text if letter.isalnum()))
    return [
        key
        for key in keys_of(kind, text)
        if re.search(TELLING_KEY, key) and (kind != Kind.CITATION or len(key) >= MOST * whole)
    ]


def numbers_agree(first: str, second: str) -> bool:
    """Whether two titles hold the same numbers, or one of them none."""
    found = ["".join(re.findall(r"\d", text)) for text in (first, second)]
    return not all(found) or found[0] == found[1]


def suspects(sought: Sought) -> list[Suspect]:
    """The records, in whatever state, that may be the one sought; the likeliest first.

    Few questions: identifiers, short numbers, titles, the records themselves. Pairs of which a
    curator has said that they are two are left out.
    """
    by_key: dict[int, dict[Reason, None]] = {}
    for key, reason in chain(_named(sought), _shortly_numbered(sought)):
        by_key.setdefault(key, {})[reason] = None
    likenesses: dict[int, float] = {}
    for key, likeness, year in _near(sought):
        reason = Reason.of_title(likeness, sought.place, year)
        by_key.setdefault(key, {})[reason] = None
        likenesses[key] = likeness
    if not by_key:
        return []
    records = sought.database.model._default_manager.in_bulk(list(by_key))
    two = _judged_to_be_two(sought)
    found = [
        Suspect(records[key], tuple(reasons), likenesses.get(key, 0.0))
        for key, reasons in by_key.items()
        if key in records and key not in two
    ]
    found.sort(key=lambda suspect: (-len(suspect.reasons), -suspect.likeness, suspect.record.code))
    return found[:SHOWN]


def _others(sought: Sought) -> Any:
    return SearchDocument.objects.of(sought.database.slug).exclude(object_id=sought.but or 0)


def _here(sought: Sought, documents: Any) -> Any:
    if not has_place(sought.database):
        return documents
    model: Any = sought.database.model
    records = model._default_manager.filter(jurisdiction_id=sought.place)
    return documents.filter(object_id__in=records.order_by().values("pk"))


def _named(sought: Sought) -> Iterable[tuple[int, Reason]]:
    """The records that bear an identifier of the one sought."""
    everywhere, here = Q(pk__in=[]), Q(pk__in=[])
    for kind, text in sought.identifiers:
        for key in telling_keys(kind, text):
            if kind in UNIVERSAL:
                everywhere |= Q(kind=kind, key=key)
            else:
                here |= Q(kind=kind, key=key)
    others = _others(sought)
    rows = Identifier.objects.filter(
        Q(everywhere, document__in=others) | Q(here, document__in=_here(sought, others))
    )
    for kind, key, text, record in rows.values_list("kind", "key", "text", "document__object_id"):
        if key in telling_keys(kind, text):
            yield record, Reason(kind, text)


def _shortly_numbered(sought: Sought) -> Iterable[tuple[int, Reason]]:
    """The records of the jurisdiction with the same short number, unless of another year."""
    field, date = number_field(sought.database), sought.database.date_field
    texts = [text for kind, text in sought.identifiers if kind == Kind.NUMBER]
    numbers = {number for text in texts if (number := short_number(text))}
    if not numbers or not sought.place:
        return
    records: Any = sought.database.model._default_manager
    rows = (
        records.filter(jurisdiction_id=sought.place, **{f"{field}__regex": SHORT_NUMBER})
        .exclude(pk=sought.but or 0)
        .order_by("code")
    )
    for key, text, day in rows.values_list("pk", field, date):
        years = {sought.year, day.year if day else None} - {None}
        if short_number(text) in numbers and len(years) < 2:
            yield key, Reason(Kind.NUMBER, text)


def _near(sought: Sought) -> Iterable[tuple[int, float, int | None]]:
    """The records with a title near to the one sought: key, likeness, year."""
    if not sought.title or (has_place(sought.database) and not sought.place):
        return
    key = title_key(sought.title)
    digits = Func(
        F("title_key"), Value(r"\D"), Value(""), Value("g"),
        function="regexp_replace", output_field=TextField(),
    )  # fmt: skip
    near = Q(likeness__gte=VERY_NEAR)
    if sought.year:
        first = sought.year * 10_000
        near = Q(date_key__range=(first, first + 9_999), likeness__gte=NEAR) | Q(near, date_key=0)
    found = (
        _here(sought, _others(sought))
        .annotate(likeness=TrigramSimilarity("title_key", key), digits=digits)
        .filter(near)
        .order_by("-likeness", "code")
    )
    own = "".join(re.findall(r"\d", key))
    if own:
        found = found.filter(digits__in=["", own])
    for record, likeness, date_key in found.values_list("object_id", "likeness", "date_key")[
        : 2 * SHOWN
    ]:
        year = date_key // 10_000 if sought.year else 0
        yield record, round(likeness, 2), year or None


def _judged_to_be_two(sought: Sought) -> set[int]:
    if sought.but is None:
        return set()
    pairs = SuspectedPair.objects.filter(
        Q(first_id=sought.but) | Q(second_id=sought.but),
        database=sought.database.slug,
        judged_at__isnull=False,
    ).values_list("first_id", "second_id")
    return {key for pair in pairs for key in pair} - {sought.but}


def open_pairs(database: Database) -> SuspectedPairQuerySet:
    """The pairs of a database that wait for a curator's word."""
    return SuspectedPair.objects.waiting().filter(database=database.slug)


def reasons_of(pair: SuspectedPair) -> str:
    """Why a pair is suspected, in words."""
    said: Sequence[str] = [Reason(**reason).words for reason in pair.reasons]
    return together(said)
