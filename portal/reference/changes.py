"""Telling those who keep something made from reference data that it changed.

The reference data stands on the lowest floor and knows nobody above it; who keeps search
documents made from it listens here. Called by hand inside the transaction, never by a signal.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.db import models, transaction

from portal.reference.models import DataVersion

Listener = Callable[[Sequence[models.Model]], Any]
_listeners: list[Listener] = []


def listen(listener: Listener) -> None:
    """Have a function called with the objects of every change; twice counts once."""
    if listener not in _listeners:
        _listeners.append(listener)


def announce(changed: Sequence[models.Model]) -> None:
    """Say, inside the transaction that changes them, which objects changed."""
    with transaction.atomic():
        DataVersion.bump(DataVersion.REFERENCE)
        for listener in _listeners:
            listener(changed)
