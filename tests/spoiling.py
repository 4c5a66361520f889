"""Ways of spoiling a sample of the collection."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from tests.samples import Sample

Change = Callable[[Sample], Any]

CASES, LAWS, WORKS = "cases.jsonl", "legislation.jsonl", "bibliography.jsonl"
STATUS, NOTES = "protocol-status.jsonl", "review-notes.jsonl"
TERMS, PLACES = "vocabularies.json", "jurisdictions.json"
ALL = (CASES, LAWS, WORKS, STATUS, NOTES, TERMS, PLACES)


def line(name: str, number: int = 0, **values: Any) -> Change:
    """Set keys of a line; a key of two underscores leads into an object, `_0` into a list."""

    def change(lines: list[Any]) -> None:
        for path, value in values.items():
            target = lines[number]
            *way, last = path.split("__")
            for part in way:
                target = target[int(part[1:])] if part.startswith("_") else target[part]
            target[int(last[1:]) if last.startswith("_") else last] = value

    return lambda sample: sample.change(name, change)


def without(name: str, key: str, number: int = 0) -> Change:
    return lambda sample: sample.change(name, lambda lines: lines[number].pop(key))


def raw(name: str, data: bytes, number: int = 1) -> Change:
    return lambda sample: sample.replace(name, data, number)


def of_object(name: str, change: Callable[[Any], Any]) -> Change:
    return lambda sample: sample.change_object(name, change)


def whole(name: str, data: bytes) -> Change:
    return lambda sample: (sample.folder / name).write_bytes(data)


def no_file(name: str) -> Change:
    return lambda sample: (sample.folder / name).unlink()


def folder(name: str) -> Change:
    def change(sample: Sample) -> None:
        (sample.folder / name).unlink()
        (sample.folder / name).mkdir()

    return change


def pipe(name: str) -> Change:
    def change(sample: Sample) -> None:
        (sample.folder / name).unlink()
        os.mkfifo(sample.folder / name)

    return change


def copied(source: str, target: str, **values: Any) -> Change:
    """Append a copy of the first line of a file to another one, with other values."""

    def change(sample: Sample) -> None:
        first = {**sample.lines(source)[0], **values}
        sample.change(target, lambda lines: lines.append(first))

    return change
