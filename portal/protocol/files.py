"""The tables of provisions as files: CSV, and workbooks for those who draft laws."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

import openpyxl
from django.utils.translation import gettext as _
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment

from legislation.models import Provision
from portal.exchange.formats.cells import MAX_CELL
from portal.exchange.formats.columns import Column, Kind
from portal.exchange.formats.xlsx_writing import DoesNotFitError, chunks, new_sheet, text_cell
from portal.protocol.comparing import Cell, Comparison
from portal.protocol.figures import ArticleIndex
from portal.protocol.rows import COLUMNS, cells, told
from portal.protocol.words import article_in_words, benefit_in_words, penalty_in_words
from portal.reference.catalog import catalog
from portal.reference.punctuation import labelled, listed
from portal.rest.tabular import pieces_of, shown_cell

_WRAPPED = Alignment(vertical="top", wrap_text=True)
#: What the numbers of an article are called in a file.
NUMBERS = ("laws", "jurisdictions", "provisions", "cases")
_INDEX = ("code", "instrument", "citation", "label", "definition")


def provisions_csv(provisions: Iterable[Provision], origin: str) -> Iterator[bytes]:
    """Provisions as CSV, one a row."""
    heads = [column.key for column in COLUMNS]
    rows = ([shown_cell(value) for value in cells(row)] for row in told(provisions, origin))
    return pieces_of(chain([heads], rows))


def provisions_xlsx(provisions: Iterable[Provision], origin: str) -> Iterator[bytes]:
    """Provisions as a workbook with one sheet."""
    # All is read before the workbook is begun: a failure leaves none behind unfinished.
    rows = told(provisions, origin)
    workbook: Any = openpyxl.Workbook(write_only=True)
    _provisions_sheet(workbook, rows)
    return chunks(workbook)


def _provisions_sheet(workbook: Any, rows: Iterable[dict[str, Any]]) -> None:
    sheet = new_sheet(workbook, "provisions", COLUMNS)
    for row in rows:
        sheet.append([_cell(sheet, value) for value in cells(row)])


def comparison_xlsx(comparison: Comparison, origin: str) -> Iterator[bytes]:
    """A comparison as a workbook: side by side as its page, and a row for each provision."""
    rows = told(comparison.provisions, origin)
    places = comparison.asked.jurisdictions
    texts = [
        (
            f"{article_in_words(row.article)}\n{row.article.definition}".strip(),
            *(_side_by_side(cell) for cell in row.cells),
        )
        for row in comparison.rows
    ]
    heads = [_("Article"), *(catalog().jurisdiction_name(place) for place in places)]
    workbook: Any = openpyxl.Workbook(write_only=True)
    sheet = new_sheet(workbook, "comparison", [Column(head, Kind.TEXT) for head in heads])
    for line in texts:
        sheet.append([_wrapped(sheet, text) for text in line])
    _provisions_sheet(workbook, rows)
    return chunks(workbook)


def _wrapped(sheet: Any, text: str) -> Any:
    value = _cell(sheet, text)
    cell = WriteOnlyCell(sheet, value) if isinstance(value, str) else value
    cell.alignment = _WRAPPED
    return cell


def _cell(sheet: Any, value: Any) -> Any:
    """A value as a cell; of a text that no cell holds, its beginning."""
    try:
        return text_cell(sheet, value)
    except DoesNotFitError:
        # A character may be written as seven.
        return text_cell(sheet, f"{value[: MAX_CELL // 8]} …")


def _side_by_side(cell: Cell) -> str:
    """The provisions of a cell in words."""
    if not cell.provisions:
        return _("No provision recorded")
    return "\n\n".join("\n".join(_lines(provision)) for provision in cell.provisions)


def _lines(provision: Provision) -> Iterator[str]:
    law = provision.law
    status = catalog().term_label(law.status_id)
    yield f"{provision.number or provision.anchor} {provision.heading}".strip()
    yield f"{law.title} ({listed(filter(None, (str(law.adopted or ''), status)))})"
    yield from filter(None, (provision.summary, provision.text_original))
    told_parts = (
        (_("Benefit element"), benefit_in_words(provision)),
        (_("Maximum penalty"), penalty_in_words(provision)),
        (_("Humanitarian exemption"), _truth(law.humanitarian_exemption)),
        (_("Migrants are not liable"), _truth(law.migrants_not_liable)),
    )
    for label, text in told_parts:
        yield labelled(label, text or _("Not recorded"))


def _truth(value: bool | None) -> str:
    return "" if value is None else _("Yes") if value else _("No")


def index_csv(index: ArticleIndex, origin: str) -> Iterator[bytes]:
    """All articles with their numbers, and the address of the list behind each number."""
    heads = [*_INDEX, *chain.from_iterable((name, f"{name}_url") for name in NUMBERS)]
    rows = (
        [shown_cell(value) for value in (*of_article.values(), *numbers)]
        for of_article, numbers in _index_rows(index, origin)
    )
    return pieces_of(chain([heads], rows))


def _index_rows(index: ArticleIndex, origin: str) -> Iterator[tuple[dict[str, Any], list[Any]]]:
    for row in index.rows:
        article = row.article
        values = (article.code, article.instrument, article.citation)
        head = dict(
            zip(_INDEX, (*values, article_in_words(article), article.definition), strict=True)
        )
        yield head, [part for n in row.numbers for part in (n.count, origin + n.url)]
