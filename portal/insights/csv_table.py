"""A table as CSV: a number and the address of its records a line, safe for spreadsheets."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator

from portal.insights.tables import CrossTable, Number
from portal.rest.tabular import guarded


class _Line:
    """Gives each line that a CSV writer makes back, so that it can be streamed."""

    def write(self, text: str) -> str:
        return text


def lines(table: CrossTable, absolute: Callable[[str], str]) -> Iterator[str]:
    """The lines of a table in long form; `absolute` makes whole addresses of paths."""
    writer = csv.writer(_Line())

    def line(*cells: object) -> str:
        return writer.writerow([guarded(str(cell)) for cell in cells])

    def numbered(number: Number) -> tuple[object, str]:
        return number.count, absolute(number.url)

    row, column = table.row_axis, table.column_axis
    heads = [row.name, f"{row.name}_label"]
    heads += [column.name, f"{column.name}_label"] if column else []
    yield "\ufeff" + line(*heads, "records", "url")
    for entry in table.rows:
        head = (entry.heading.value, entry.heading.label)
        if column is None:
            yield line(*head, *numbered(entry.heading.number))
            continue
        yield line(*head, "*", "*", *numbered(entry.heading.number))
        for heading, number in zip(table.column_headings, entry.numbers, strict=True):
            if number.count:
                yield line(*head, heading.value, heading.label, *numbered(number))
