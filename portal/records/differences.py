"""What two lines of a record say differently, field by field, for a reader."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import capfirst

from portal.records.wording import in_words

#: What the history says of links beside their codes: of each key of a line that lists codes, the
#: notes by code. No line of the collection has it.
LINK_NOTES = "link_notes"
#: Names of keys that would not be understood as they stand.
_LABELS = {
    LINK_NOTES: "notes on links",
    "anchor": "end of the permanent code",
    "id": "code",
    "DOI": "DOI",
    "ISBN": "ISBN",
    "URL": "address",
    "not_held": "no such law here",
    "attachments": "documents",
    "attachments_for_curators": "documents for curators only",
}
_PIECES = re.compile(r"\s+|[^\s\w]|\w+")


@dataclass(frozen=True)
class Difference:
    """One place where two lines differ.

    Attributes:
        path: where: `("Defendants", "2", "Charges", "1", "Verdict")`.
        before, after: what they say, with `<del>` and `<ins>` around what is not in the other.
    """

    path: tuple[str, ...]
    before: SafeString
    after: SafeString


def field_label(key: str) -> str:
    """The name of a key for a reader: `laws_applied` gives “Laws applied”."""
    return capfirst(_LABELS.get(key, key).replace("_", " "))


def same(before: Any, after: Any) -> bool:
    """Whether two values of a line say the same: what is empty says nothing, zero and no do."""
    empty = [value is None or value in ("", [], {}) for value in (before, after)]
    return all(empty) or (not any(empty) and before == after)


def changed_keys(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """The keys of two lines that do not say the same, in the order of the later line."""
    keys = dict.fromkeys((*after, *before))
    return [key for key in keys if not same(before.get(key), after.get(key))]


def differences(before: dict[str, Any], after: dict[str, Any]) -> list[Difference]:
    """All places where two lines differ, in the order of the later line."""
    return list(_of_objects(before, after, ()))


def _of_objects(before: Any, after: Any, path: tuple[str, ...]) -> Iterator[Difference]:
    is_by_code = len(path) == 2 and path[0] == field_label(LINK_NOTES)
    for key in dict.fromkeys((*after, *before)):
        old, new = before.get(key), after.get(key)
        # Judged by the codes: two of them may have the same name.
        if not same(old, new):
            label = key if is_by_code else field_label(key)
            yield from _of_values(in_words(key, old), in_words(key, new), (*path, label))


def _of_values(before: Any, after: Any, path: tuple[str, ...]) -> Iterator[Difference]:
    if isinstance(before, dict | None) and isinstance(after, dict | None):
        yield from _of_objects(before or {}, after or {}, path)
    elif _is_rows(before) and _is_rows(after):
        yield from _of_rows(before or [], after or [], path)
    else:
        yield Difference(path, *_marked(_text(before), _text(after)))


def _is_rows(value: Any) -> bool:
    """Whether a value is a list of objects, or nothing."""
    return value is None or (
        isinstance(value, list) and all(isinstance(row, dict) for row in value)
    )


def _of_rows(
    before: Sequence[Any], after: Sequence[Any], path: tuple[str, ...]
) -> Iterator[Difference]:
    """Rows that stand in both are not told, wherever they stand; others are compared in order."""
    old_rows, new_rows = [repr(row) for row in before], [repr(row) for row in after]
    matcher = SequenceMatcher(None, old_rows, new_rows, autojunk=False)
    for kind, i, j, k, m in matcher.get_opcodes():
        if kind == "equal":
            continue
        for place in range(max(j - i, m - k)):
            old = before[i + place] if i + place < j else None
            new = after[k + place] if k + place < m else None
            number = str((k if new is not None else i) + place + 1)
            yield from _of_values(old, new, (*path, number))


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return "\n".join(_text(entry) for entry in value)
    if isinstance(value, dict):
        pairs = ((field_label(key), in_words(key, entry)) for key, entry in value.items())
        return ", ".join(f"{label}: {_text(entry)}" for label, entry in pairs)
    return str(value)


def _marked(before: str, after: str) -> tuple[SafeString, SafeString]:
    """Two texts, escaped, each with what is not in the other marked word by word."""
    old, new = _PIECES.findall(before), _PIECES.findall(after)
    left: list[str] = []
    right: list[str] = []
    for kind, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        gone, come = escape("".join(old[i:j])), escape("".join(new[k:m]))
        if kind == "equal":
            left.append(gone)
            right.append(come)
            continue
        left.append(f"<del>{gone}</del>" if gone else "")
        right.append(f"<ins>{come}</ins>" if come else "")
    # Every piece was escaped where it was put in.
    return mark_safe("".join(left)), mark_safe("".join(right))  # noqa: S308 - every piece is escaped above
