"""Names of persons and bodies in one text: `Family, Given; {Body}`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

# A body in braces, or what stands up to the next semicolon.
_NAME = re.compile(r"\s*(?:\{([^{}]*)\}|([^;]+))\s*(?:;|\Z)")


def name_text(name: Mapping[str, Any]) -> str:
    """A name of CSL-JSON as one text."""
    if name.get("literal"):
        return f"{{{name['literal']}}}"
    return ", ".join(name[key] for key in ("family", "given") if name.get(key))


def names_text(names: Iterable[Mapping[str, Any]]) -> str | None:
    """Names in one text, or None without any."""
    return "; ".join(name_text(name) for name in names) or None


def name_of(text: str) -> dict[str, str]:
    """One name as CSL-JSON has it: what stands before the first comma is the family name."""
    text = text.strip()
    if text.startswith("{") and text.endswith("}"):
        return {"literal": text[1:-1].strip()}
    family, comma, given = (part.strip() for part in text.partition(","))
    if comma and given:
        return {"family": family, "given": given}
    return {"family": family}


def names_of(text: str) -> list[dict[str, str]]:
    """The names of one text."""
    found = []
    for body, person in _NAME.findall(text):
        if body.strip():
            found.append({"literal": body.strip()})
        elif person.strip():
            found.append(name_of(person))
    return found
