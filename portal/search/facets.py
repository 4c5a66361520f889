"""All facets of an answer from one pass over what matched.

The words and plain filters are matched once and kept (`MATERIALIZED`); each facet is then counted
from those rows under the selections of the *other* facets, so that a count is what a click gives.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from portal.records.database import database_for
from portal.search.models import SearchDocument
from portal.search.parameters import TokenParameter
from portal.search.request import SearchRequest


def count_facets(
    base: QuerySet[SearchDocument], request: SearchRequest, names: Sequence[str]
) -> tuple[int, dict[str, dict[str, int]]]:
    """The number of matches and, for each facet, its values with their counts, most first.

    Args:
        base: the match without the facets' selections.
        request: says what is selected.
        names: the facets to count.
    """
    parameters = database_for(request.database).filterset.parameters()
    selected = {
        name: [parameters[name].token(value) for value in values]
        for name, values in request.values
        if isinstance(parameters[name], TokenParameter)
    }
    inner, arguments = base.order_by().values("facets").query.sql_with_params()
    free = [name for name in names if name not in selected]
    parts = [f"SELECT '' AS token, count(*) AS n FROM base{_where(selected)}"]  # noqa: S608 - constants
    values: list[Any] = [*arguments, *selected.values()]
    if free:
        parts.append(_counting(selected))
        values += [*selected.values(), free]
    for name in (name for name in names if name in selected):
        others = {other: tokens for other, tokens in selected.items() if other != name}
        parts.append(_counting(others))
        values += [*others.values(), [name]]
    # The pieces are constants of this module and SQL made by Django; every value is a parameter.
    sql = f"WITH base AS MATERIALIZED ({inner}) " + " UNION ALL ".join(parts)
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        rows = cursor.fetchall()
    total = 0
    counts: dict[str, dict[str, int]] = {name: {} for name in names}
    for token, number in sorted(rows, key=lambda row: (-row[1], row[0])):
        name, _colon, value = token.partition(":")
        if not token:
            total = number
        else:
            counts[name][value] = number
    return total, counts


def _where(selected: dict[str, list[str]]) -> str:
    return " WHERE " + " AND ".join(["facets && %s::text[]"] * len(selected)) if selected else ""


def _counting(selected: dict[str, list[str]]) -> str:
    condition = _where(selected)
    joiner = " AND " if condition else " WHERE "
    counted = "SELECT token, count(*) FROM base, unnest(facets) AS token"
    return f"{counted}{condition}{joiner}split_part(token, ':', 1) = ANY(%s::text[]) GROUP BY token"
