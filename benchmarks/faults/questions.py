"""What readers ask, and what the answers must be, told from the files of the collection."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from benchmarks.faults.load import Question
from benchmarks.measure import ROOT

#: The databases: part of the API's addresses, file.
DATABASES = {"cases": "cases", "laws": "legislation", "works": "bibliography"}
PAGE_SIZE = 100


def published(name: str) -> dict[str, dict[str, Any]]:
    """The published lines of a file of the collection, by their codes."""
    path = ROOT / "collection" / f"{name}.jsonl"
    lines = [json.loads(text) for text in path.read_text(encoding="utf-8").splitlines()]
    return {line["id"]: line for line in lines if "state" not in line}


def edited() -> tuple[str, str]:
    """The work that the curator edits: the code, and what its annotation says."""
    works = published("bibliography")
    code = min(code for code, line in works.items() if line.get("annotation"))
    return code, works[code]["annotation"]


def page_of(code: str) -> str:
    """The public page of a work."""
    return f"/en/bibliography/{code}/"


def questions(code: str) -> list[Question]:
    """Lists, records, pages and files of all three databases; `code` is the edited work's."""
    found = [
        Question(f"/api/v1/works/{code}/", _record(code), is_marked=True),
        Question(page_of(code), _page(published("bibliography")[code]["title"]), is_marked=True),
        Question("/api/v1/works.jsonl", _file(set(published("bibliography"))), is_marked=True),
    ]
    for api, name in DATABASES.items():
        codes = set(published(name))
        last = -(-len(codes) // PAGE_SIZE)
        for number in (1, 2, last):
            path = f"/api/v1/{api}/?page_size={PAGE_SIZE}&page={number}"
            of_page = PAGE_SIZE if number < last else len(codes) - PAGE_SIZE * (last - 1)
            found.append(Question(path, _list(codes, of_page)))
        found.append(Question(f"/en/{name}/", _page(str(len(codes)))))
        some = sorted(codes)[len(codes) // 2]
        found.append(Question(f"/api/v1/{api}/{some}/", _record(some)))
        found.append(Question(f"/en/{name}/{some}/", _page(published(name)[some]["title"])))
    found.append(Question("/en/countries/ITA/", _page("Italy")))
    return found


def _list(codes: set[str], number: int) -> Callable[[str], str]:
    def fault(text: str) -> str:
        answer = json.loads(text)
        ids = [record["code"] for record in answer["results"]]
        if answer["count"] != len(codes):
            return f"{answer['count']} records, which must be {len(codes)}"
        if len(set(ids)) != number or not set(ids) <= codes:
            return f"{len(set(ids))} of its {number} records, or others"
        return ""

    return fault


def _record(code: str) -> Callable[[str], str]:
    return lambda text: "" if json.loads(text)["code"] == code else "another record"


def _page(said: str) -> Callable[[str], str]:
    words = re.compile(r"\W+")

    def plain(text: str) -> str:
        # Numbers have separators, and titles signs that are written otherwise in HTML.
        return words.sub("", re.sub(r"&#?\w+;", "", text))

    wanted = plain(said)
    return lambda text: "" if wanted in plain(text) else f"does not say “{said}”"


def _file(codes: set[str]) -> Callable[[str], str]:
    def fault(text: str) -> str:
        found = [json.loads(line)["id"] for line in text.splitlines()]
        if set(found) != codes or len(found) != len(codes):
            return f"a file of {len(found)} records, which must be {len(codes)}"
        return ""

    return fault
