"""Which record each row of a file means, decided so that the same file always means the same.

A row with an `id` means the record of that code. Any other row means the one record that its
database's rules find by what the row says (`portal.exchange.identity`), in any state; where
there is none it gets a code made of the row itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice

from django.utils.translation import gettext as _

from portal.exchange.identity import Identity
from portal.exchange.reading import Line
from portal.records.database import Database
from portal.reference.punctuation import listed
from portal.search.exact import keys_of
from portal.search.models import Identifier

BATCH = 500


@dataclass(frozen=True)
class Meant:
    """The code that a row gets, or the reason why none can be given.

    Attributes:
        is_made: whether the code was made of the row, because no record was found.
    """

    code: str = ""
    fault: str = ""
    is_made: bool = False


@dataclass
class _Known:
    """What the search keeps of a record that may be meant."""

    code: str
    year: int
    facets: frozenset[str]
    keys: set[tuple[str, str]] = field(default_factory=set)


def meant_by(database: Database, lines: Sequence[Line]) -> list[Meant]:
    """What each line means, in the order of the lines."""
    found: list[Meant] = []
    remaining = iter(lines)
    while batch := list(islice(remaining, BATCH)):
        identities = [_identity(database, line) for line in batch]
        known = _known(database, [identity for identity in identities if identity])
        found += [
            _meant(identity, known) if identity else Meant(str(line.data["id"]))
            for line, identity in zip(batch, identities, strict=True)
        ]
    return _without_taken(database, found)


def _without_taken(database: Database, found: list[Meant]) -> list[Meant]:
    """Codes that were made of rows, but for those that another record has."""
    made = [meant.code for meant in found if meant.is_made]
    titles = dict(database.records.filter(code__in=made).values_list("code", "title"))
    said = _("is missing, and the code “%(code)s” is that of “%(title)s”: is it meant?")
    return [
        Meant(fault=said % {"code": meant.code, "title": titles[meant.code]})
        if meant.is_made and meant.code in titles
        else meant
        for meant in found
    ]


def _identity(database: Database, line: Line) -> Identity | None:
    """What a line says of its record, or None where it names its code."""
    if line.data.get("id"):
        return None
    found: Identity = database.importer.identity(line.data)
    return found


def _keys(identity: Identity) -> set[tuple[str, str]]:
    """The keys under which the search knows what an identity says, with their kinds."""
    said = [(str(Identifier.Kind.TITLE), identity.title), *identity.named]
    return {
        (str(kind), key)
        for kind, text in said
        if isinstance(text, str) and text
        for key in keys_of(kind, text)
    }


def _known(database: Database, identities: Iterable[Identity]) -> list[_Known]:
    wanted = {key for identity in identities for _kind, key in _keys(identity)}
    rows = Identifier.objects.filter(key__in=wanted, document__database=database.slug)
    found: dict[int, _Known] = {}
    for pk, kind, key, code, date_key, facets in rows.values_list(
        *("document_id", "kind", "key"),
        *("document__code", "document__date_key", "document__facets"),
    ):
        known = found.setdefault(pk, _Known(code, date_key // 10_000, frozenset(facets)))
        known.keys.add((kind, key))
    return sorted(found.values(), key=lambda known: known.code)


def _meant(identity: Identity, known: Sequence[_Known]) -> Meant:
    keys = _keys(identity)
    near = [record for record in known if record.keys & keys]
    for rule in identity.rules:
        same = [record for record in near if all(_same(n, identity, keys, record) for n in rule)]
        if len(same) == 1:
            return Meant(same[0].code)
        if same:
            codes = listed(record.code for record in same)
            return Meant(fault=_("may mean any of %(codes)s: give its code") % {"codes": codes})
    code = identity.code()
    if not code:
        return Meant(fault=_("is missing, and there is no title to make a code of"))
    return Meant(code, is_made=True)


def _same(name: str, identity: Identity, keys: set[tuple[str, str]], record: _Known) -> bool:
    if name == "place":
        return f"jurisdiction:{identity.place}" in record.facets
    if name == "year":
        return (identity.year or 0) == record.year
    return any(kind == name for kind, _key in keys & record.keys)
