"""docs/security.md speaks of every requirement, and of tests that exist."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DOCUMENT = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")

#: How many requirements of levels 1 and 2 a section of ASVS 5.0 has; they are its first ones.
#: Sections of chapters that the document says do not apply are left out.
SECTIONS = {
    "1.1": 2, "1.2": 9, "1.3": 11, "1.4": 3, "1.5": 2, "2.1": 3, "2.2": 3, "2.3": 4, "2.4": 1,
    "3.2": 2, "3.3": 4, "3.4": 6, "3.5": 5, "3.7": 2, "4.1": 3, "4.2": 1, "5.1": 1, "5.2": 3,
    "5.3": 2, "5.4": 3, "6.1": 3, "6.2": 12, "6.3": 4, "6.4": 4, "6.5": 5, "7.1": 3, "7.2": 4,
    "7.3": 2, "7.4": 5, "7.5": 2, "8.1": 2, "8.2": 3, "8.3": 1, "8.4": 1, "11.1": 2, "11.2": 3,
    "11.3": 3, "11.4": 4, "11.5": 1, "11.6": 1, "12.1": 3, "12.2": 2, "12.3": 4, "13.1": 1,
    "13.2": 5, "13.3": 2, "13.4": 5, "14.1": 2, "14.2": 4, "14.3": 3, "15.1": 3, "15.2": 3,
    "15.3": 7, "16.1": 1, "16.2": 5, "16.3": 4, "16.4": 3, "16.5": 3,
}  # fmt: skip


@cache
def names_in(name: str) -> set[str]:
    tree = ast.parse((ROOT / "tests" / name).read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_every_test_that_is_named_exists() -> None:
    named = re.findall(r"(test_\w+\.py)::(test_\w+)", DOCUMENT)
    assert len(named) > 80
    missing = [f"{file}::{test}" for file, test in named if test not in names_in(file)]
    assert not missing


def test_every_requirement_is_spoken_of_once() -> None:
    rows = re.findall(r"^\| ([\d., ]+) \|", DOCUMENT, re.MULTILINE)
    told = [number.strip() for row in rows for number in row.split(",")]
    asked = [f"{section}.{n}" for section, count in SECTIONS.items() for n in range(1, count + 1)]
    assert sorted(told) == sorted(set(told)), "none twice"
    assert set(told) == set(asked), sorted(set(told) ^ set(asked))


def test_every_setting_that_is_named_is_read() -> None:
    settings = (ROOT / "portal" / "settings.py").read_text(encoding="utf-8")
    for name in re.findall(r"`([A-Z]{3,}(?:_[A-Z]+)+)`", DOCUMENT):
        assert name in settings, name
