"""The forms of the admin's pages, as a browser would send them back."""

from __future__ import annotations

from typing import Any

from lxml import html


def form_of(text: str, identifier: str) -> dict[str, Any]:
    """What a form holds, by the names of its fields; a list where a name has several values.

    Raises:
        RuntimeError: there is no such form.
    """
    found = html.document_fromstring(text).xpath("//form[@id=$id]", id=identifier)
    if not found:
        raise RuntimeError(f"there is no form “{identifier}”")
    data: dict[str, Any] = {}
    for name, value in found[0].form_values():
        # Empty rows that scripts copy are none.
        if "__prefix__" not in name:
            data.setdefault(name, []).append(value)
    return data
