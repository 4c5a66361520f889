"""The benchmarks run, write where they should, and multiply rows as the portal would make them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks import growth, multiply, plot
from benchmarks.__main__ import PICTURE, SECTIONS
from benchmarks.__main__ import TARGETS as TOLD
from benchmarks.databases import PREFIX, ROOT, NotABenchmarkError
from benchmarks.results import Book, Found, replaced
from benchmarks.targets import TARGETS, summary
from caselaw.models import Case
from tests.conftest import database_copy


def test_a_section_is_replaced_and_remarks_stay() -> None:
    text = replaced("# Measured\n\nA remark.\n", "one", "1")
    text = replaced(f"{text}\nAnother.\n", "two", "2")
    again = replaced(text, "one", r"a \1 b")
    assert "\n\na \\1 b\n\n<!-- end of one" in again
    assert again.replace(r"a \1 b", "1") == text
    assert again.index("A remark.") < again.index("end of one") < again.index("Another.")


def test_values_of_one_section_leave_those_of_others(tmp_path: Path) -> None:
    book = Book(tmp_path / "R.md", tmp_path / "r.json", tmp_path)
    book.text.write_text("# Measured\n", "utf-8")
    book.write("one", Found(["x"], {"a": 1.0, "b": 2.0}))
    book.write("two", Found(["y"], {"c": 3.0}))
    book.write("one", Found(["z"], {"a": 4.0}))
    assert book.values() == {"a": 4.0, "c": 3.0}
    assert re.findall(r"^[xyz]$", book.text.read_text("utf-8"), re.MULTILINE) == ["z", "y"]


def test_every_target_says_whether_it_is_met() -> None:
    bounds = [bound for target in TARGETS for bound in target.bounds]
    at_limit = {bound.key: bound.limit for bound in bounds}
    assert all(line.endswith("| yes |") for line in summary(at_limit).lines[2:])
    beyond = {bound.key: bound.limit * (0.5 if bound.is_least else 2) for bound in bounds}
    assert all(line.endswith("| **no** |") for line in summary(beyond).lines[2:])
    assert all(line.endswith("| not measured |") for line in summary({}).lines[2:])


def test_the_results_that_are_kept_are_whole() -> None:
    book = Book.kept()
    text = book.text.read_text("utf-8")
    for name in (*SECTIONS, PICTURE, TOLD):
        assert text.count(f"<!-- {name}: ") == text.count(f"<!-- end of {name} -->") == 1, name
    # What the table of targets says is what the values say.
    assert "\n".join(summary(book.values()).lines) in text
    assert (book.pictures / plot.NAME).exists()


def test_the_picture_has_every_point(tmp_path: Path) -> None:
    values = {
        f"growth/{size}/{key}": float(size)
        for size in (10, 1_000)
        for measures in plot.PANELS.values()
        for key in measures
    }
    svg = plot.draw(values, tmp_path).read_text("utf-8")
    names = [name for measures in plot.PANELS.values() for name in measures.values()]
    assert len(plot.values_of(values)) == 2 * len(names)
    assert all(name in svg for name in names)
    assert svg.count('aria-roledescription="point"') == 2 * len(names)


def test_the_table_of_growth_says_what_is_of_each_size() -> None:
    keys = [f"{key}{end}" for key in growth.ANSWERS for end in growth.ENDS]
    values = {
        f"growth/{size}/{key}": float(size + place)
        for size in (100, 2_000)
        for place, key in enumerate((*keys, "database", "gin"))
    }
    found = Found(values=values)
    growth.tell(found, (100, 2_000))
    rows = [line.strip("| ").split(" | ") for line in found.lines[3:]]
    assert rows[0] == [growth.ANSWERS["rare"], "100 / 101", "2,000 / 2,001"]
    assert rows[-1][1:] == ["–", "–"]
    assert len(rows) == len(growth.ANSWERS) + len(growth.OTHERS)


@pytest.mark.django_db
def test_only_benchmark_databases_are_multiplied() -> None:
    with pytest.raises(NotABenchmarkError):
        multiply.multiply(2)
    assert not Case.objects.filter(pk__gt=multiply.STRIDE).exists()


#: What a process does with a copy of the collection: some synthetic cases, three of each.
MULTIPLIED = """
import json, sys
from benchmarks.databases import set_up_django
set_up_django(sys.argv[1])
from benchmarks import generate, multiply
from caselaw.models import Case, Charge
from django.db import connection
from portal.search import index
from portal.search.models import FacetBits, SearchDocument

def schema():
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'")
        return sorted(row[0] for row in cursor.fetchall())

generate.write_cases(24, 1, multiply.FIRST)
mine = Case.objects.filter(code__startswith="synthetic-")
index.refresh(mine)
charges = Charge.objects.filter(defendant__case__in=mine)
before, indexes, others = charges.count(), schema(), Case.objects.exclude(pk__in=mine).count()
multiply.multiply(2)
multiply.multiply(4, done=2)
ordinals = set(SearchDocument.objects.values_list("ordinal", flat=True))
found = {
    "cases": mine.all().count(),
    "titles": mine.filter(title__startswith="Synthetic case ").values("title").distinct().count(),
    "charges": charges.count() / before,
    "others": Case.objects.exclude(pk__in=mine).count() - others,
    "indexes": schema() == indexes,
    "dense": ordinals == set(range(SearchDocument.objects.count())),
    "differences": multiply.differences(40),
}
copy = mine.filter(pk__gt=multiply.STRIDE, decision_date__isnull=False).first()
document = SearchDocument.objects.filter(object_id=copy.pk, database="cases")
document.update(facets=["mode:sea"], date_key=1, rank_vector="'other':1")
found["spoilt"] = sorted({told.split(": ")[1].split()[0] for told in multiply.differences(100)})
FacetBits.objects.all().delete()
found["no bits"] = len([told for told in multiply.differences(100) if "the bits" in told])
print(json.dumps(found))
"""


def test_multiplied_rows_are_those_of_the_index(
    django_db_setup: None, django_db_blocker: Any
) -> None:
    with database_copy(django_db_blocker, PREFIX) as url:
        done = subprocess.run(
            [sys.executable, "-c", MULTIPLIED, url],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found == {
        "cases": 96,
        "titles": 96,
        "charges": 4,
        "others": 0,
        "indexes": True,
        "dense": True,
        "differences": [],
        # The bits are those that belong to the right facets, and say so of the wrong ones' row.
        "spoilt": ["date_key", "facets", "rank_vector"],
        "no bits": 72,
    }


@pytest.mark.long
def test_all_numbers_can_be_made(tmp_path: Path) -> None:
    """Small, through the real command: every section is written, and nothing is left behind."""
    environment = {key: value for key, value in os.environ.items() if key != "DATABASE_URL"}
    kept = Book.kept()
    before = (kept.text.read_bytes(), kept.data.read_bytes())
    command = [sys.executable, "-m", "benchmarks", "--quick", "--no-peer"]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    written = Path(done.stdout.rpartition("Written: ")[2].strip())
    text = written.read_text("utf-8")
    for name in SECTIONS:
        section = text.partition(f"<!-- {name}: ")[2].partition(f"<!-- end of {name}")[0]
        assert f"`python -m benchmarks --quick {name} --no-peer`" in section, name
    assert (written.parent / plot.NAME).read_text("utf-8").startswith("<svg")
    assert (kept.text.read_bytes(), kept.data.read_bytes()) == before
    assert not list((ROOT / "var").glob("postgres-*-quick"))
