"""Names in scripts without capitals, as styles made for Latin letters can write them.

CSL 1.0.2 writes names in Chinese or Japanese with the family name first and nothing between;
names in Arabic keep their order. The processor would make initials of their letters.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any

_FAMILY_FIRST = ("CJK", "HIRAGANA", "KATAKANA", "HANGUL")
_ARABIC_COMMA = "،"


def dressed(names: Iterable[Mapping[str, str]], *, is_sorted: bool) -> list[dict[str, Any]]:
    """Names of CSL-JSON for a style.

    Args:
        names: the names.
        is_sorted: whether the style puts the family name first, as lists of references do.
    """
    return [_dressed(name, is_sorted) for name in names]


def _dressed(name: Mapping[str, str], is_sorted: bool) -> dict[str, Any]:
    family, given = name.get("family", ""), name.get("given", "")
    if not (family and given) or given.upper() != given.lower():
        return dict(name)
    if unicodedata.name(family[0], "").startswith(_FAMILY_FIRST):
        return {"literal": family + given}
    comma = _ARABIC_COMMA if "ARABIC" in unicodedata.name(family[0], "") else ","
    return {"literal": f"{family}{comma} {given}" if is_sorted else f"{given} {family}"}
