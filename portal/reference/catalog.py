"""The reference data in memory: labels, codes and kinship without a query for each of them.

Some nine hundred small rows are needed by nearly every page in one of six languages. They are
read once a process and kept until `DataVersion` says that they changed.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from uuid import UUID

from portal.reference.labels import localized
from portal.reference.models import (
    DataVersion,
    Jurisdiction,
    Process,
    ProcessMembership,
    Region,
    Term,
    ThesaurusEntry,
    TreatyArticle,
    TreatyStatus,
)
from portal.reference.version import held, last_read

Labels = dict[str, str]


@dataclass(frozen=True)
class Catalog:
    """A snapshot of the reference data; every mapping is keyed by code and keeps its order."""

    token: UUID | None
    terms: dict[str, Labels]
    definitions: dict[str, str]
    vocabularies: dict[str, tuple[str, ...]]
    jurisdictions: dict[str, Labels]
    alpha2: dict[str, str]
    regions: dict[str, Labels]
    region_parents: dict[str, str]
    jurisdiction_regions: dict[str, str]
    processes: dict[str, Labels]
    memberships: dict[str, tuple[str, ...]]
    articles: dict[str, TreatyArticle]
    parties: frozenset[str] = field(default_factory=frozenset)
    un_names: dict[str, Labels] = field(default_factory=dict)
    thesaurus: tuple[ThesaurusEntry, ...] = ()

    def term_label(self, key: str | None) -> str:
        """The label of a term (`modes:sea`) in the reader's language; '' for no term."""
        return localized(self.terms.get(key)) if key else ""

    def jurisdiction_name(self, code: str | None) -> str:
        """The customary short name of a jurisdiction in the reader's language."""
        return localized(self.jurisdictions.get(code)) or code if code else ""

    def regions_of(self, jurisdiction: str) -> tuple[str, ...]:
        """The M49 codes of all regions that hold a jurisdiction, smallest first."""
        found = []
        code = self.jurisdiction_regions.get(jurisdiction)
        while code:
            found.append(code)
            code = self.region_parents.get(code)
        return tuple(found)


_lock = threading.Lock()
_kept: list[Catalog] = []
_pinned: ContextVar[list[Catalog] | None] = ContextVar("pinned_catalog", default=None)


@contextmanager
def pinned() -> Iterator[None]:
    """Read the reference data once for all that happens inside: one request, one batch."""
    mark = _pinned.set([])
    try:
        with held():
            yield
    finally:
        _pinned.reset(mark)


def catalog() -> Catalog:
    """The current reference data: one small query, and ten more after a change of it.

    Inside `pinned()` the same snapshot is given throughout.
    """
    pin = _pinned.get()
    if pin:
        return pin[0]
    current = _current()
    if pin is not None:
        pin.append(current)
    return current


def _token() -> UUID | None:
    """The mark of the reference data; none is asked for where the version was read already."""
    version = last_read()
    if version is not None:
        known = version.tokens.get(DataVersion.REFERENCE)
        return UUID(known) if known else None
    return (
        DataVersion.objects.filter(name=DataVersion.REFERENCE)
        .values_list("token", flat=True)
        .first()
    )


def _current() -> Catalog:
    token = _token()
    with _lock:
        if _kept and token is not None and _kept[0].token == token:
            return _kept[0]
    read = _read(token)
    with _lock:
        _kept[:] = [read]
    return read


def _read(token: UUID | None) -> Catalog:
    terms = list(Term.objects.values_list("id", "vocabulary_id", "code", "labels", "definition"))
    vocabularies: dict[str, list[str]] = {}
    for _key, vocabulary, code, _labels, _definition in terms:
        vocabularies.setdefault(vocabulary, []).append(code)
    jurisdictions = list(
        Jurisdiction.objects.values_list("code", "names", "alpha2", "region_id", "un_names")
    )
    regions = list(Region.objects.values_list("code", "names", "parent_id"))
    memberships: dict[str, list[str]] = {}
    places = ProcessMembership.objects.filter(capacity=ProcessMembership.Capacity.MEMBER)
    for member, process in places.values_list("jurisdiction_id", "process_id"):
        memberships.setdefault(member, []).append(process)
    return Catalog(
        token=token,
        terms={key: labels for key, _v, _c, labels, _d in terms},
        definitions={key: definition for key, _v, _c, _l, definition in terms},
        vocabularies={name: tuple(codes) for name, codes in vocabularies.items()},
        jurisdictions={code: names for code, names, _a, _r, _u in jurisdictions},
        alpha2={code: alpha2 for code, _n, alpha2, _r, _u in jurisdictions},
        regions={code: names for code, names, _p in regions},
        region_parents={code: parent for code, _n, parent in regions if parent},
        jurisdiction_regions={code: region for code, _n, _a, region, _u in jurisdictions if region},
        processes=dict(Process.objects.values_list("code", "labels")),
        memberships={code: tuple(found) for code, found in memberships.items()},
        articles={article.code: article for article in TreatyArticle.objects.all()},
        parties=frozenset(
            TreatyStatus.objects.filter(is_party=True).values_list("jurisdiction_id", flat=True)
        ),
        un_names={code: un_names for code, _n, _a, _r, un_names in jurisdictions if un_names},
        thesaurus=tuple(ThesaurusEntry.objects.all()),
    )
