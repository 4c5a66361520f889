"""Reading JSON and JSON Lines as if somebody wished us ill: every line is bounded and strict."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

from portal.exchange.faults import Fault

#: No record is near this; a longer line is not read into memory.
MAX_LINE = 2_000_000
MAX_FILE = 50_000_000
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


@dataclass(frozen=True)
class Line:
    """An object and where it stands."""

    file: str
    number: int
    data: dict[str, Any]

    def fault(self, key: str, message: str) -> Fault:
        return Fault(self.file, self.number, key, message)


def read_lines(path: Path, faults: list[Fault]) -> list[Line]:
    """The objects of a JSON Lines file; what cannot be read is added to `faults`."""
    found = []
    try:
        with path.open("rb") as stream:
            for number, raw in _bounded(path.name, stream, faults):
                if raw.strip():
                    data = _decode(path.name, number, raw, faults)
                    if data is not None:
                        found.append(Line(path.name, number, data))
    except OSError as error:
        faults.append(Fault(path.name, 0, "", f"cannot be read: {error.strerror}"))
    return found


def read_object(path: Path, faults: list[Fault]) -> dict[str, Any] | None:
    """The object of a JSON file, or None with a fault added."""
    try:
        if path.stat().st_size > MAX_FILE:
            faults.append(Fault(path.name, 0, "", f"is larger than {MAX_FILE:,} bytes"))
            return None
        return _decode(path.name, 0, path.read_bytes(), faults)
    except OSError as error:
        faults.append(Fault(path.name, 0, "", f"cannot be read: {error.strerror}"))
        return None


def _bounded(name: str, stream: BinaryIO, faults: list[Fault]) -> Iterator[tuple[int, bytes]]:
    number = 0
    while raw := stream.readline(MAX_LINE + 1):
        number += 1
        if len(raw) <= MAX_LINE:
            yield number, raw
            continue
        faults.append(Fault(name, number, "", f"the line is longer than {MAX_LINE:,} bytes"))
        while raw and not raw.endswith(b"\n"):
            raw = stream.readline(MAX_LINE)


def _decode(name: str, number: int, raw: bytes, faults: list[Fault]) -> dict[str, Any] | None:
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        faults.append(Fault(name, number, "", f"is not UTF-8: byte {error.start + 1}"))
        return None
    try:
        data = json.loads(text, object_pairs_hook=_unique, parse_constant=_refuse_constant)
    except RecursionError:
        faults.append(Fault(name, number, "", "is nested too deep"))
        return None
    except ValueError as error:
        faults.append(Fault(name, number, "", f"is not JSON: {error}"))
        return None
    if not isinstance(data, dict):
        faults.append(Fault(name, number, "", "is not an object"))
        return None
    before = len(faults)
    faults.extend(Fault(name, number, key, "holds a control character") for key in _dirty(data, ""))
    return data if len(faults) == before else None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _value in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"the key “{twice}” stands twice")
    return found


def _refuse_constant(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON number")


def _dirty(value: Any, key: str) -> Iterator[str]:
    """Keys of texts that PostgreSQL or a page could not hold."""
    if isinstance(value, str):
        if _CONTROL.search(value) or any("\ud800" <= letter <= "\udfff" for letter in value):
            yield key
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _dirty(name, f"{key}.{name}".lstrip("."))
            yield from _dirty(inner, f"{key}.{name}".lstrip("."))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _dirty(inner, f"{key}[{index}]")
