"""What is said to those who ask too often."""

from __future__ import annotations

from django.utils.translation import ngettext


def too_many(quota: int, seconds: int) -> str:
    """That so many requests a minute are allowed, and after how many seconds there are more."""
    said = ngettext(
        "More than %(quota)d request in a minute.",
        "More than %(quota)d requests in a minute.",
        quota,
    )
    wait = ngettext(
        "Please try again in %(seconds)d second.",
        "Please try again in %(seconds)d seconds.",
        seconds,
    )
    return f"{said % {'quota': quota}} {wait % {'seconds': seconds}}"
