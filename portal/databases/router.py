"""Django's question where to read and write, answered by what the request chose."""

from __future__ import annotations

from typing import Any

from django.db import models

from portal.databases.addresses import PRIMARY
from portal.databases.choice import chosen


class StandbyRouter:
    """Reads where the request reads, writes on the primary.

    Outside of requests, as in commands, nothing is chosen and all happens on the primary.
    """

    def db_for_read(self, model: type[models.Model], **hints: Any) -> str:
        return chosen()

    def db_for_write(self, model: type[models.Model], **hints: Any) -> str:
        return PRIMARY

    def allow_relation(self, one: models.Model, other: models.Model, **hints: Any) -> bool:
        """All servers hold the same rows."""
        return True

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        return db == PRIMARY
