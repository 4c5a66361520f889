"""Objects of the API as rows of CSV: nothing is lost but the difference of null and empty."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rest_framework import serializers

from caselaw.api import CaseSerializer
from portal.reference.api import JurisdictionSerializer, TreatyStatusSerializer
from portal.rest.fields import MoneyField
from portal.rest.tabular import (
    Column,
    cell_of,
    columns_of,
    guarded,
    pieces_of,
    rows,
    unguarded,
    value_at,
)


class Part(serializers.Serializer):
    name = serializers.CharField()
    fee = MoneyField("fee")


class Whole(serializers.Serializer):
    code = serializers.CharField(help_text="Permanent.")
    size = serializers.FloatField()
    part = Part()
    parts = Part(many=True)
    names = serializers.ListField(child=serializers.CharField())
    url = serializers.CharField()


def divided(cell: str) -> list[str]:
    """The values of a list in a cell, by the rule that the README.md of a release tells."""
    found, signs = [""], iter(unguarded(cell))
    for sign in signs:
        if sign == "|":
            found.append("")
        else:
            found[-1] += next(signs) if sign == "\\" else sign
    return found


def test_columns_are_known_before_the_first_object_and_the_address_is_the_first() -> None:
    keys = [column.key for column in columns_of(Whole)]
    assert keys == [
        *("url", "code", "size", "part.name", "part.fee.amount", "part.fee.currency"),
        *("parts", "names"),
    ]
    assert columns_of(Whole)[1].meaning == "Permanent."


def test_the_address_of_a_part_is_not_taken_for_that_of_the_object() -> None:
    assert columns_of(TreatyStatusSerializer)[0].key == "jurisdiction"


def test_a_record_has_a_column_for_each_field_and_for_each_member_of_an_object() -> None:
    keys = [column.key for column in columns_of(CaseSerializer)]
    assert keys[0] == "url"
    assert {"fee.amount", "fee.currency", "defendants", "modes"} < set(keys)
    assert "fee" not in keys
    assert len(keys) == len(set(keys))
    labels = [column.key for column in columns_of(JurisdictionSerializer)]
    assert {f"names.{code}" for code in ("ar", "zh", "en", "fr", "ru", "es")} < set(labels)


def test_an_object_is_a_row_of_cells() -> None:
    found = {
        "code": "=1+1",
        "size": -2.5,
        "part": None,
        "parts": [{"name": "“é”", "fee": None}],
        "names": ["-a", "b|c", "d\\e"],
        "url": "https://example.org/id/x",
    }
    assert list(rows([found], columns_of(Whole))) == [
        [
            "https://example.org/id/x",
            "'=1+1",
            "-2.5",
            *("", "", ""),
            '[{"name":"“é”","fee":null}]',
            "'-a|b\\|c|d\\\\e",
        ]
    ]


def test_what_an_object_leaves_out_is_an_empty_cell() -> None:
    assert list(rows([{"code": "x"}], columns_of(Whole))) == [["", "x", "", "", "", "", "", ""]]


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (None, ""),
        ("", ""),
        ([], ""),
        (True, "true"),
        (False, "false"),
        (0, "0"),
        (-3, "-3"),
        (1.5, "1.5"),
        ([1, None, True], "1||true"),
        ({"a": 1}, '{"a":1}'),
        ("@SUM(A1)", "'@SUM(A1)"),
        (["@x"], "'@x"),
    ],
)
def test_values_as_cells(value: Any, cell: str) -> None:
    assert cell_of(value) == cell


@given(st.lists(st.text(min_size=1), min_size=1))
def test_a_list_of_texts_comes_back_from_its_cell(values: list[str]) -> None:
    cell = cell_of(values)
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert divided(cell) == values


@given(st.lists(st.dictionaries(st.text(), st.text() | st.integers() | st.none()), min_size=1))
def test_a_list_of_objects_comes_back_from_its_cell(values: list[dict[str, Any]]) -> None:
    assert json.loads(cell_of(values)) == values


@given(st.text())
def test_a_guarded_text_is_no_formula_and_comes_back(text: str) -> None:
    assert not guarded(text).startswith(("=", "+", "-", "@", "\t", "\r"))
    assert unguarded(guarded(text)) == text


@given(
    st.lists(
        st.lists(
            st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), min_size=2
        )
    )
)
def test_rows_come_back_from_a_file_that_begins_with_a_byte_order_mark(
    table: list[list[str]],
) -> None:
    written = b"".join(pieces_of(table))
    assert written.startswith(b"\xef\xbb\xbf")
    text = written.decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(text, newline=""))) == table


def test_rows_are_made_one_by_one() -> None:
    asked = []

    def objects() -> Any:
        for number in range(3):
            asked.append(number)
            yield {"code": str(number)}

    found = rows(objects(), [Column("code", ("code",))])
    assert next(found) == ["0"]
    assert asked == [0]


def test_a_value_is_found_by_its_path() -> None:
    assert value_at({"a": {"b": 0}}, ("a", "b")) == 0
    assert value_at({"a": None}, ("a", "b")) is None
    assert value_at({}, ("a", "b")) is None
