"""Permanent codes of provisions."""

from __future__ import annotations

import re
from collections.abc import Iterable

from legislation.models import Law, Provision


def slug_of(number: str) -> str:
    """The number of a provision in letters, as its code has it; '' where it has none."""
    return re.sub(r"[^a-z0-9]+", "-", number.lower()).strip("-")[:70]


def _code(law_code: str, number: str, place: int, taken: set[str]) -> str:
    slug = slug_of(number) or f"p{place}"
    code, copy = f"{law_code}:{slug}", 1
    while code in taken:
        copy += 1
        code = f"{law_code}:{slug}.{copy}"
    return code


def provision_codes(law_code: str, numbers: Iterable[str]) -> list[str]:
    """Permanent codes of the provisions of a law: its code, a colon and the number in letters.

    A provision without a number is called by its place; a number that stands twice gets `.2`.
    """
    codes: list[str] = []
    for place, number in enumerate(numbers, start=1):
        codes.append(_code(law_code, number, place, set(codes)))
    return codes


def free_provision_code(law: Law, number: str) -> str:
    """The code of a provision that is added to a law; one that no provision has."""
    taken = set(Provision.objects.filter(law=law).values_list("code", flat=True))
    return _code(law.code, number, len(taken) + 1, taken)
