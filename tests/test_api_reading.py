"""What the API reads: the fields that are asked for, and nothing else."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from portal.publishing.reading import prepared, reading
from portal.records.database import Database, databases
from tests.conftest import reader

pytestmark = pytest.mark.django_db

#: Long texts and what only curators know: read only where they are asked for, or never.
LONG = {
    "cases": ("facts", "significance", "gender_considerations"),
    "legislation": ("summary",),
    "bibliography": ("annotation",),
}
CURATORS = ("review_note", "withdrawal_reason", "created_by_id")


def asked(path: str, **parameters: Any) -> tuple[Any, list[str]]:
    """The answer, and the questions that it cost beside that for the version of the data."""
    reader().get(path, parameters)
    with CaptureQueriesContext(connection) as queries:
        response = reader().get(path, parameters)
    assert response.status_code == 200, response.content
    asked = [query["sql"] for query in queries.captured_queries]
    return response.json(), [sql for sql in asked if "reference_dataversion" not in sql]


def of_records(database: Database, questions: list[str]) -> list[str]:
    """The questions that read the records' own table."""
    table = database.model._meta.db_table
    return [sql for sql in questions if f'FROM "{table}"' in sql]


def columns(database: Database, sql: str) -> set[str]:
    table = database.model._meta.db_table
    return set(re.findall(rf'"{table}"\."(\w+)"', sql.partition(" FROM ")[0]))


FIELDS = [
    pytest.param(database, name, id=f"{database.api_slug}-{name}")
    for database in databases()
    for name in database.viewset().serializer_class().get_fields()
]


@pytest.mark.parametrize(("database", "name"), FIELDS)
def test_a_field_alone_is_read_alone(database: Database, name: str) -> None:
    """No row asks again for what its list did not read."""
    path = f"/api/v1/{database.api_slug}/"
    few, with_few = asked(path, fields=name, page_size=2)
    many, with_many = asked(path, fields=name, page_size=60)
    assert len(with_many) <= len(with_few) + 3
    assert all(set(row) == {name} for row in (*few["results"], *many["results"]))
    assert few["results"] == many["results"][:2]
    (own,) = of_records(database, with_many)
    assert len(columns(database, own)) <= 4


@pytest.mark.parametrize("database", databases(), ids=lambda database: database.slug)
def test_a_lean_list_reads_no_long_text(database: Database) -> None:
    path = f"/api/v1/{database.api_slug}/"
    (own,) = of_records(database, asked(path)[1])
    assert not columns(database, own) & {*LONG[database.slug], *CURATORS}
    (wide,) = of_records(database, asked(path, expand=LONG[database.slug][0])[1])
    assert LONG[database.slug][0] in columns(database, wide)


@pytest.mark.parametrize("database", databases(), ids=lambda database: database.slug)
def test_a_field_says_the_same_alone_in_a_list_and_in_the_record(database: Database) -> None:
    path = f"/api/v1/{database.api_slug}/"
    names = list(database.viewset().serializer_class().get_fields())
    everything = asked(path, fields=",".join(names), page_size=10)[0]["results"]
    for row in everything:
        assert asked(f"{path}{row['code']}/")[0] == row
    for name in names:
        alone = asked(path, fields=name, page_size=10)[0]["results"]
        assert alone == [{name: row[name]} for row in everything]


@pytest.mark.parametrize("database", databases(), ids=lambda database: database.slug)
def test_a_list_of_25_with_everything_costs_at_most_eight_questions(
    database: Database,
) -> None:
    path = f"/api/v1/{database.api_slug}/"
    names = ",".join(database.viewset().serializer_class().get_fields())
    lean, whole = asked(path, fields="code")[1], asked(path, fields=names)[1]
    assert len(lean) <= 3
    assert len(whole) <= 8


@pytest.mark.parametrize("database", databases(), ids=lambda database: database.slug)
def test_one_field_of_a_record_costs_one_question(database: Database) -> None:
    code = database.records.public().order_by("pk")[0].code
    answer, questions = asked(f"/api/v1/{database.api_slug}/{code}/", fields="title")
    assert set(answer) == {"title"}
    assert len(questions) == 1


@pytest.mark.parametrize("database", databases(), ids=lambda database: database.slug)
def test_what_is_written_once_is_written_right_and_goes_nowhere_else(database: Database) -> None:
    """As read by subqueries that Django writes each time; and refused inside of another query."""
    model: Any = database.model
    serializer_class: Any = database.viewset().serializer_class
    names = frozenset(serializer_class().get_fields())
    kept = prepared(model, serializer_class, names).public().order_by("pk")
    fresh = reading(model.objects.public(), serializer_class(), names).order_by("pk")
    annotations = list(kept.query.annotations)
    assert annotations == list(fresh.query.annotations)
    assert annotations
    assert list(kept.values_list("pk", *annotations)) == list(fresh.values_list("pk", *annotations))
    with pytest.raises(TypeError, match="cannot become part"):
        list(model.objects.filter(pk__in=kept.values("pk")))
