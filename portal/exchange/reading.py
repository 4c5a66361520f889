"""Reading JSON and JSON Lines as if somebody wished us ill: every line is bounded and strict."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, NoReturn

from django.utils.translation import gettext as _

from portal.exchange.faults import Fault, place_of, shown
from portal.reference.punctuation import grouped

#: No record is near this; a longer line is not read into memory.
MAX_LINE = 2_000_000
MAX_FILE = 50_000_000
MAX_DEPTH = 20
MAX_DIGITS = 20
# What PostgreSQL or a page could not hold, half a surrogate pair included.
_UNFIT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class Silence(NamedTuple):
    """A list inside of parts of which a file says nothing, though it gives the parts.

    Attributes:
        key: the list of the parts.
        inner: the list inside of each.
        names: the keys by which a part is known again.
    """

    key: str
    inner: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class Line:
    """An object and where it stands.

    Attributes:
        number: the line, or 0 in a file that is one object.
        place: where in that one object: `jurisdictions[3]`.
        given: the top-level keys that the file speaks of at all, a member of an object with a
            dot (`migrants.count`) where it speaks of some members only; None for all keys.
        silent: of parts that the file gives, the lists inside of which it says nothing.
    """

    file: str
    number: int
    data: dict[str, Any]
    place: str = ""
    given: frozenset[str] | None = None
    silent: tuple[Silence, ...] = ()

    def fault(self, key: str, message: str) -> Fault:
        key = ".".join(part for part in (self.place, key) if part)
        return Fault(self.file, self.number, key, message)


def read_lines(path: Path, faults: list[Fault], *, may_be_empty: bool = False) -> list[Line]:
    """The objects of a JSON Lines file; what cannot be read is added to `faults`."""
    found: list[Line] = []
    before = len(faults)
    try:
        if not _is_file(path, faults):
            return found
        with path.open("rb") as stream:
            for number, raw in _bounded(path.name, stream, faults):
                if raw.strip():
                    data = _decode(path.name, number, raw, faults)
                    if data is not None:
                        found.append(Line(path.name, number, data))
    except OSError as error:
        faults.append(
            Fault(path.name, 0, "", _("cannot be read: %(reason)s") % {"reason": error.strerror})
        )
    if not found and not may_be_empty and len(faults) == before:
        faults.append(Fault(path.name, 0, "", _("is empty")))
    return found


def read_object(path: Path, faults: list[Fault]) -> dict[str, Any] | None:
    """The object of a JSON file, or None with a fault added."""
    try:
        if not _is_file(path, faults):
            return None
        if path.stat().st_size > MAX_FILE:
            said = _("is larger than %(number)s bytes") % {"number": grouped(MAX_FILE)}
            faults.append(Fault(path.name, 0, "", said))
            return None
        return _decode(path.name, 0, path.read_bytes().removeprefix(_BYTE_ORDER_MARK), faults)
    except OSError as error:
        faults.append(
            Fault(path.name, 0, "", _("cannot be read: %(reason)s") % {"reason": error.strerror})
        )
        return None


def read_list(path: Path, name: str, faults: list[Fault]) -> list[Line] | None:
    """The objects of a JSON file that is a list of them, numbered by their places from 1.

    Returns:
        None, with a fault added, where it is no such list; an entry that is no object, or that
        we could not hold, is a fault and left out.
    """
    found = _load(name, 0, path.read_bytes().removeprefix(_BYTE_ORDER_MARK), faults)
    if found is None:
        return None
    if not isinstance(found[0], list):
        faults.append(Fault(name, 0, "", _("is not a list of objects")))
        return None
    lines = []
    for number, data in enumerate(found[0], start=1):
        if _is_sound(name, number, data, faults):
            lines.append(Line(name, number, data))
    return lines


def is_unfit(text: str) -> bool:
    """Whether a text holds what we could not hold: a control character, half a surrogate pair."""
    return bool(_UNFIT.search(text))


def _is_file(path: Path, faults: list[Fault]) -> bool:
    """Whether there is a plain file: a pipe or a device might never end."""
    if not path.is_file():
        message = _("is not a file") if path.exists() else _("is missing")
        faults.append(Fault(path.name, 0, "", message))
        return False
    return True


def _bounded(name: str, stream: BinaryIO, faults: list[Fault]) -> Iterator[tuple[int, bytes]]:
    number = 0
    while raw := stream.readline(MAX_LINE + 1):
        number += 1
        if len(raw) <= MAX_LINE:
            yield number, raw.removeprefix(_BYTE_ORDER_MARK) if number == 1 else raw
            continue
        said = _("the line is longer than %(number)s bytes") % {"number": grouped(MAX_LINE)}
        faults.append(Fault(name, number, "", said))
        while raw and not raw.endswith(b"\n"):
            raw = stream.readline(MAX_LINE)


def _decode(name: str, number: int, raw: bytes, faults: list[Fault]) -> dict[str, Any] | None:
    """The object that a line, or a file by the number 0, is; or None with a fault added."""
    found = _load(name, number, raw, faults)
    return found[0] if found and _is_sound(name, number, found[0], faults) else None


def _load(name: str, number: int, raw: bytes, faults: list[Fault]) -> tuple[Any] | None:
    """What a text of JSON says, whatever that is; or None with a fault added."""
    line = number
    try:
        return (_parse(raw.strip() if number else raw),)
    except UnicodeDecodeError as error:
        message = _("is not UTF-8: byte %(byte)d") % {"byte": error.start + 1}
    except RecursionError:
        message = _("is nested too deep")
    except json.JSONDecodeError as error:
        line = number or error.lineno
        said = _("is not JSON: %(reason)s, column %(column)d")
        message = said % {"reason": error.msg, "column": error.colno}
    except ValueError as error:
        message = str(error)
    faults.append(Fault(name, line, "", message))
    return None


def _is_sound(name: str, number: int, data: Any, faults: list[Fault]) -> bool:
    """Whether something is an object that we can hold; otherwise faults are added."""
    if not isinstance(data, dict):
        faults.append(Fault(name, number, "", _("is not an object")))
        return False
    unfit = [Fault(name, number, place_of(path), why) for path, why in _unfit(data, ())]
    faults += unfit
    return not unfit


def _parse(raw: bytes) -> Any:
    return json.loads(
        raw.decode("utf-8"),
        object_pairs_hook=_unique,
        parse_constant=_refuse_constant,
        parse_float=_number,
        parse_int=_whole,
    )


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        for key, _value in pairs:
            if key in seen:
                raise ValueError(_("the key “%(key)s” stands twice") % {"key": shown(key, 60)})
            seen.add(key)
    return found


def _refuse_constant(constant: str) -> NoReturn:
    raise ValueError(_("%(value)s is no JSON number") % {"value": constant})


def _whole(text: str) -> int:
    if len(text) > MAX_DIGITS:
        said = _("the number %(number)s has too many digits")
        raise ValueError(said % {"number": shown(text, MAX_DIGITS)})
    return int(text)


def _number(text: str) -> int | float:
    """A number with a point or an exponent; 12.0 is 12, as JSON Schema has it."""
    value = float(text)
    if not math.isfinite(value):
        said = _("the number %(number)s is too large")
        raise ValueError(said % {"number": shown(text, MAX_DIGITS)})
    return int(value) if value.is_integer() and abs(value) < 10**15 else value


def _unfit(value: Any, path: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Places in an object that we could not hold: control characters, or one too deep."""
    parts = value.items() if isinstance(value, dict) else enumerate(value)
    for part, inner in parts:
        if isinstance(part, str) and _UNFIT.search(part):
            yield (*path, part), _("the key holds a control character")
        if isinstance(inner, str):
            if _UNFIT.search(inner):
                yield (*path, part), _("holds a control character")
        elif isinstance(inner, dict | list):
            if len(path) == MAX_DEPTH:
                yield path, _("is nested too deep")
                return
            yield from _unfit(inner, (*path, part))
