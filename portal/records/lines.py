"""Lines of the collection as plain data: what a record says, in one spelling."""

from __future__ import annotations

from decimal import Decimal
from typing import Any


def canonical(value: Any) -> Any:
    """A line without what says nothing: no empty values, numbers in one spelling."""
    if value is None or isinstance(value, (str, bool)):
        return value
    if isinstance(value, dict):
        cleaned = ((key, canonical(inner)) for key, inner in value.items())
        return {key: inner for key, inner in cleaned if inner or isinstance(inner, (int, float))}
    if isinstance(value, (list, tuple)):
        return [canonical(inner) for inner in value]
    if isinstance(value, (int, float, Decimal)):
        number = Decimal(str(value))
        return int(number) if number == number.to_integral_value() else float(number)
    return str(value)
