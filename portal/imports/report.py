"""What the page of an import shows: numbers, each with the rows behind it, and what is wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from portal.exchange.formats.fault_sheets import faults_csv, faults_sheet
from portal.exchange.foundations import present_codes
from portal.exchange.schema import Schema
from portal.imports.models import ImportFault, ImportRow, ImportRun
from portal.imports.steps import LACKS_PARTS
from portal.records.differences import Difference, differences

PER_PAGE = 50
#: Faults of the file as a whole that the page shows; the sheet to download has all.
SHOWN_OF_FILE = 50
WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
Kind = ImportRow.Kind
Result = ImportRow.Result
#: What the rows of a run can be narrowed to.
CHOICES = {
    **{kind: Q(kind=kind) for kind in Kind.values},
    **{result: Q(result=result) for result in Result.values},
    "warned": Q(faults__is_warning=True),
}


@dataclass(frozen=True)
class Number:
    """A number of rows, and the address that shows them."""

    label: str
    number: int
    url: str
    is_chosen: bool


@dataclass(frozen=True)
class ShownRow:
    """A row with what it would change, and the page of its record."""

    row: ImportRow
    differences: list[Difference]
    url: str

    @property
    def is_new(self) -> bool:
        return self.row.before is None

    @property
    def faults(self) -> list[ImportFault]:
        return [fault for fault in self.row.faults.all() if not fault.is_warning]

    @property
    def warnings(self) -> list[ImportFault]:
        return [fault for fault in self.row.faults.all() if fault.is_warning]


def page_of(run: ImportRun, request: HttpRequest) -> dict[str, Any]:
    """What the page of a run shows of it."""
    chosen = request.GET.get("rows", "")
    rows = run.rows.order_by("number")
    if chosen in CHOICES:
        rows = rows.filter(CHOICES[chosen]).distinct()
    else:
        chosen = ""
    paginator = Paginator(rows.defer("data").prefetch_related("faults"), PER_PAGE)
    page = paginator.get_page(request.GET.get("page"))
    numbers = numbers_of(run, chosen)
    counts = {number.url.partition("rows=")[2]: number.number for number in numbers}
    of_file = run.faults.filter(row=None)
    return {
        "run": run,
        "numbers": numbers,
        "ready": counts[Kind.NEW] + counts[Kind.CHANGED],
        "has_faults": run.faults.filter(is_warning=False).exists(),
        "has_told": run.faults.exists(),
        "lacks_parts": LACKS_PARTS if run.lacks_parts else "",
        "page": page,
        "pages": paginator.get_elided_page_range(page.number, on_each_side=2, on_ends=1),
        "chosen": chosen,
        "rows": _shown(run, page.object_list),
        "file_faults": of_file.filter(is_warning=False)[:SHOWN_OF_FILE],
        "file_warnings": of_file.filter(is_warning=True)[:SHOWN_OF_FILE],
    }


def numbers_of(run: ImportRun, chosen: str = "") -> list[Number]:
    """How many rows there are of each kind; of results, once there are some."""
    counts = run.rows.aggregate(
        **{
            name: Count("pk", filter=condition, distinct=True)
            for name, condition in CHOICES.items()
        }
    )
    labels = {
        **dict(Kind.choices),
        **{name: label for name, label in Result.choices if counts[name]},
        **({"warned": _("With a warning")} if counts["warned"] else {}),
    }
    return [
        Number(str(label), counts[name], f"?rows={name}", name == chosen)
        for name, label in labels.items()
    ]


def _shown(run: ImportRun, rows: Any) -> list[ShownRow]:
    rows = list(rows)
    model = run.where.model
    found = model._default_manager.filter(code__in=[row.code for row in rows])
    keys = dict(found.values_list("code", "pk"))
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}_change"
    wanted = run.where.importer.schema(present_codes())
    return [
        ShownRow(
            row,
            _differences(row, wanted),
            reverse(name, args=[keys[row.code]]) if row.code in keys else "",
        )
        for row in rows
    ]


def _differences(row: ImportRow, wanted: Schema) -> list[Difference]:
    if row.kind not in (Kind.NEW, Kind.CHANGED) or row.after is None:
        return []
    return differences(row.before or {}, _ordered(row.after, wanted))


def _ordered(value: Any, wanted: Schema) -> Any:
    """A line with its keys in the order of the schema: the table that kept it knows no order."""
    if isinstance(value, list):
        items = wanted.get("items", wanted.get("anyOf", [{}])[0].get("items", {}))
        return [_ordered(inner, items) for inner in value]
    if not isinstance(value, dict):
        return value
    known = wanted.get("properties", {})
    names = [name for name in known if name in value]
    names += [name for name in value if name not in known]
    return {name: _ordered(value[name], known.get(name, {})) for name in names}


def _told(run: ImportRun) -> tuple[QuerySet, QuerySet]:
    told = run.faults.order_by("line", "pk")
    return told.filter(is_warning=False), told.filter(is_warning=True)


def faults_of(run: ImportRun, kind: str) -> tuple[bytes, str]:
    """What is wrong with a file and what is to be known of it, as a sheet; and its media type.

    Args:
        kind: `xlsx` or `csv`.
    """
    faults, warnings = ([entry.as_fault() for entry in told] for told in _told(run))
    if kind == "csv":
        return faults_csv(faults, warnings), "text/csv; charset=utf-8"
    return faults_sheet(faults, warnings), WORKBOOK
