"""A line of the collection as a work."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Any

from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext as _

from bibliography.exports import CSL_FIELDS, export_work
from bibliography.models import (
    WORK_VOCABULARIES,
    Contributor,
    Work,
    WorkCase,
    WorkCountry,
    WorkLaw,
    WorkSource,
    WorkTerm,
)
from caselaw.models import Case
from legislation.models import Law
from portal.exchange import schema
from portal.exchange.identity import Identity, year_of
from portal.exchange.notes import restore_notes, said_of, told_notes
from portal.exchange.parts import (
    Pair,
    Written,
    replace_parts,
    replace_sources,
    save_heads,
    term_parts,
)
from portal.exchange.records import (
    SET_ONCE,
    RecordImporter,
    head_properties,
    head_values,
    term_key,
)
from portal.exchange.schema import Schema
from portal.records.dates import PartialDate
from portal.search.models import Identifier

_URL = {"type": "string", "pattern": "^https?://[^\\s]+$", "maxLength": 1000}


class WorkImporter(RecordImporter[Work]):
    """Works with their contributors."""

    model = Work

    def schema(self, codes: dict[str, list[str]]) -> Schema:
        """The schema of a line; `codes` gives the codes of each vocabulary."""
        names = schema.listing(
            schema.record(
                [],
                {name: schema.text(Contributor, name) for name in ("family", "given", "literal")},
                of=Contributor,
            )
        )
        number = {"type": "integer", "minimum": 1, "maximum": 2999}
        parts = {"type": "array", "items": number, "minItems": 1, "maxItems": 3}
        date = {"type": "array", "items": parts, "minItems": 1, "maxItems": 1}
        return schema.record(
            ["id", "type", "title", "sources"],
            {
                **head_properties(Work),
                "type": {"enum": codes["bibliography_types"]},
                **dict.fromkeys(Contributor.Role.values, names),
                "issued": schema.record(["date-parts"], {"date-parts": date}, of=Work),
                **{key: schema.text(Work, field) for key, field in CSL_FIELDS.items()},
                "URL": schema.of_field(Work, "url", _URL),
                "annotation": schema.TEXT,
                "countries": schema.listing({"enum": codes["jurisdictions"]}, unique=True),
                **{
                    name: schema.listing({"enum": codes[name]}, unique=True)
                    for name in WORK_VOCABULARIES
                },
                "cases": schema.listing(schema.CODE, unique=True),
                "laws": schema.listing(schema.CODE, unique=True),
                "sources": schema.sources(WorkSource),
            },
            of=Work,
        )

    def references(self, line: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
        for key, database in (("cases", "cases"), ("laws", "legislation")):
            for index, code in enumerate(line.get(key, [])):
                yield f"{key}[{index}]", database, code

    def faults(self, line: dict[str, Any]) -> Iterator[tuple[str, str]]:
        yield from super().faults(line)
        for role in Contributor.Role.values:
            for index, name in enumerate(line.get(role, [])):
                if ("family" in name) == ("literal" in name) or {"given", "literal"} <= {*name}:
                    yield f"{role}[{index}]", _("is neither a family name nor a literal alone")
        if "issued" in line:
            try:
                PartialDate(*line["issued"]["date-parts"][0])
            except ValueError as error:
                yield "issued.date-parts", str(error)

    def unique_keys(self, line: dict[str, Any]) -> Iterator[tuple[str, str]]:
        if "DOI" in line:
            yield "DOI", line["DOI"].lower()

    def holders(self, pairs: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
        wanted = [value for key, value in pairs if key == "DOI"]
        found = Work.objects.annotate(bare=Lower("doi")).filter(bare__in=wanted)
        return {("DOI", doi): code for doi, code in found.values_list("bare", "code")}

    def identity(self, line: dict[str, Any]) -> Identity:
        return Identity(
            title=line.get("title", ""),
            year=year_of(line.get("issued")),
            author=_first_author(line),
            named=(
                (Identifier.Kind.DOI, line.get("DOI", "")),
                (Identifier.Kind.ISBN, line.get("ISBN", "")),
            ),
            rules=(("doi",), ("isbn", "title"), ("title", "year")),
            begins=("author", "year"),
        )

    def existing(self) -> models.QuerySet[Work]:
        return Work.objects.for_export()

    def export(self, instance: Work) -> dict[str, Any]:
        return export_work(instance)

    def history(self, instance: Work) -> dict[str, Any]:
        notes = {
            "cases": [(link.case.code, link.note) for link in instance.case_links.all()],
            "laws": [(link.law.code, link.note) for link in instance.law_links.all()],
        }
        return super().history(instance) | told_notes(notes)

    def save(self, pairs: Sequence[Pair]) -> list[Any]:
        written = save_heads(Work, pairs, self._values, keep=SET_ONCE)
        replace_parts(Contributor, "work", written, _contributors)
        replace_parts(WorkTerm, "work", written, term_parts(WORK_VOCABULARIES))
        replace_parts(WorkCountry, "work", written, _countries)
        self._save_links(written)
        replace_sources(WorkSource, "work", written)
        return [instance for instance, *_rest in written]

    def _save_links(self, written: Written) -> None:
        """Write the cases and laws that works discuss; the note on one that stays is kept.

        A line of the history says the notes itself.
        """
        for model, other, key in ((WorkCase, Case, "cases"), (WorkLaw, Law, "laws")):
            named = {code for _work, line, _new in written for code in line.get(key, [])}
            keys = dict(other._default_manager.filter(code__in=named).values_list("code", "pk"))
            column = f"{other._meta.model_name}_id"
            made = replace_parts(
                model,
                "work",
                written,
                partial(_links, key=key, column=column, keys=keys),
                same=(column,),
                carry=("note",),
            )
            restore_notes(model, made)

    def _values(self, line: dict[str, Any]) -> dict[str, Any]:
        issued = line.get("issued")
        return {
            **head_values(line),
            "type_id": term_key("bibliography_types", line["type"]),
            "issued": PartialDate(*issued["date-parts"][0]) if issued else None,
            **{field: line.get(key, "") for key, field in CSL_FIELDS.items()},
            "annotation": line.get("annotation", ""),
        }


def _first_author(line: dict[str, Any]) -> str:
    """The name by which a work is cited, or '' where the line has none."""
    names = line.get("author") or line.get("editor")
    first = names[0] if isinstance(names, list) and names else {}
    name = first.get("family") or first.get("literal") if isinstance(first, dict) else ""
    return name if isinstance(name, str) else ""


def _links(
    line: dict[str, Any], *, key: str, column: str, keys: dict[str, int]
) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    yield from (({column: keys[code]}, said_of(line, key, code)) for code in line.get(key, []))


def _contributors(line: dict[str, Any]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    for role in Contributor.Role.values:
        for position, name in enumerate(line.get(role, [])):
            yield {"role": role, "position": position, **name}, name


def _countries(line: dict[str, Any]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    for position, code in enumerate(line.get("countries", [])):
        yield {"jurisdiction_id": code, "position": position}, {}
