"""What the settings of several servers must agree in."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from portal.databases.watching import FORGOTTEN_AFTER, PERIOD, standbys


def check_times(app_configs: Any = None, **options: Any) -> list[CheckMessage]:
    """A browser that has written stays at the primary for longer than a standby may be behind."""
    if not standbys():
        return []
    found: list[CheckMessage] = []
    lag = settings.REPLICA_MAX_LAG_SECONDS
    if lag < 2 * PERIOD:
        found.append(
            Error(
                f"REPLICA_MAX_LAG_SECONDS is {lag:g}, but servers are asked every {PERIOD:g} s.",
                hint=f"It must be at least {2 * PERIOD:g}.",
                id="portal.E101",
            )
        )
    if lag + FORGOTTEN_AFTER > settings.PRIMARY_AFTER_WRITE_SECONDS:
        found.append(
            Error(
                "PRIMARY_AFTER_WRITE_SECONDS is too short: curators might not see what they wrote.",
                hint=f"It must be at least {lag + FORGOTTEN_AFTER:g}.",
                id="portal.E102",
            )
        )
    return found


def add() -> None:
    """Have `manage.py check` ask."""
    register(check_times)
