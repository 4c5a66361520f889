"""What the history of a record says of its documents: which they were, not what stood in them."""

from __future__ import annotations

from typing import Any


def told(record: Any) -> dict[str, list[dict[str, Any]]]:
    """What the history of a record says of its documents, those for curators by themselves."""
    if not hasattr(record, "attachments"):
        return {}
    everything = list(record.attachments.all())
    return {
        "attachments": [one.told for one in everything if one.is_public],
        "attachments_for_curators": [one.told for one in everything if not one.is_public],
    }
