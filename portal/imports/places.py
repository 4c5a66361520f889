"""Where the objects of a row stand in its file: kept, so that later faults name their cells."""

from __future__ import annotations

from typing import Any

from portal.exchange.formats.tables import Place, TableLine
from portal.exchange.reading import Line, Silence
from portal.imports.models import ImportRow, ImportRun


class Places:
    """Places of the rows of a run as they are kept: sheet, row, and a number of columns.

    Most rows have the same columns: they are kept once, with the run.
    """

    def __init__(self) -> None:
        self.columns: list[dict[str, str]] = []
        self._numbers: dict[tuple[tuple[str, str], ...], int] = {}

    def kept(self, line: Line) -> dict[str, list[Any]]:
        """The places of a line by the keys of its objects; none where a file has no tables."""
        places = line.places if isinstance(line, TableLine) else {}
        return {key: [place.sheet, place.row, self._number(place)] for key, place in places.items()}

    def _number(self, place: Place) -> int:
        number = self._numbers.setdefault(tuple(place.columns.items()), len(self.columns))
        if number == len(self.columns):
            self.columns.append(dict(place.columns))
        return number


def line_of(run: ImportRun, row: ImportRow) -> Line:
    """The line of a row with the code that it got, as it was read from the file."""
    return TableLine(
        run.file_name,
        row.line,
        {**row.data, "id": row.code},
        given=frozenset(row.given) if row.given is not None else None,
        silent=tuple(Silence(key, inner, tuple(names)) for key, inner, names in row.silent),
        places={
            key: Place(sheet, number, run.columns[columns])
            for key, (sheet, number, columns) in row.places.items()
        },
    )
