"""The thesaurus in and out of the collection: other words for concepts and jurisdictions."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.db import models

from portal.exchange import schema
from portal.exchange.faults import Fault
from portal.exchange.foundations import codes_of, sound_entries
from portal.exchange.parts import Pair, save_heads
from portal.exchange.reading import Line, read_object
from portal.exchange.schema import Schema
from portal.exchange.sync import Importer
from portal.reference.models import ThesaurusEntry

THESAURUS = "thesaurus.json"


class ThesaurusImporter(Importer[ThesaurusEntry]):
    """Other words for concepts and jurisdictions; a line of a jurisdiction has `place`."""

    model = ThesaurusEntry
    words: Schema = {
        "type": "object",
        "propertyNames": {"pattern": "^[a-z]{2,3}$"},
        "additionalProperties": schema.listing({**schema.TEXT, "maxLength": 200}, unique=True),
    }
    concepts = schema.record(
        ["code", "labels", "words"],
        {
            "code": {"type": "string", "pattern": "^[a-z0-9_]+$", "maxLength": 60},
            "labels": schema.labels(),
            "definition": schema.TEXT,
            "terms": {"type": "array", "items": schema.TEXT, "uniqueItems": True},
            "words": words,
        },
    )
    places = schema.record(["code", "words"], {"code": schema.ALPHA3, "words": words})

    def existing(self) -> models.QuerySet[ThesaurusEntry]:
        return ThesaurusEntry.objects.all()

    def export(self, instance: ThesaurusEntry) -> dict[str, Any]:
        return {
            "code": instance.code,
            "place": instance.place_id,
            "labels": instance.labels,
            "definition": instance.definition,
            "terms": instance.terms,
            "words": instance.words,
            "position": instance.position,
        }

    def save(self, pairs: Sequence[Pair]) -> list[Any]:
        return [written for written, *_rest in save_heads(ThesaurusEntry, pairs, self._values)]

    def _values(self, line: dict[str, Any]) -> dict[str, Any]:
        return {
            "code": line["code"],
            "place_id": line.get("place"),
            "labels": line.get("labels", {}),
            "definition": line.get("definition", ""),
            "terms": line.get("terms", []),
            "words": line["words"],
            "position": line["position"],
        }


def read_thesaurus(path: Path, known: dict[str, list[Line]], faults: list[Fault]) -> list[Line]:
    """Concepts and other names of places; a collection without the file has none.

    Args:
        path: the collection's folder.
        known: the reference data that the entries refer to.
        faults: what is wrong is added here.
    """
    if not (path / THESAURUS).exists():
        return []
    data = read_object(path / THESAURUS, faults)
    if data is None:
        return []
    before = len(faults)
    concepts = sound_entries(
        THESAURUS, "concepts", data.get("concepts"), ThesaurusImporter.concepts, faults
    )
    places = sound_entries(
        THESAURUS, "places", data.get("places"), ThesaurusImporter.places, faults
    )
    codes = codes_of(known)
    terms = {f"{name}:{code}" for name, found in codes.items() for code in found}
    for line in concepts:
        for place, key in enumerate(line.data.get("terms", [])):
            if key not in terms:
                faults.append(line.fault(f"terms[{place}]", f"no term {key}"))
    jurisdictions = set(codes["jurisdictions"])
    for line in places:
        if line.data["code"] not in jurisdictions:
            faults.append(line.fault("code", f"no jurisdiction {line.data['code']}"))
        line.data["place"] = line.data["code"]
    for position, line in enumerate((*concepts, *places)):
        line.data["position"] = position
    return [] if len(faults) > before else [*concepts, *places]
