"""Keeping the findings of a round as they come, unless this machine is cut off."""

from __future__ import annotations

import datetime
from collections import Counter

from portal.links import register
from portal.links.asking import host_of
from portal.links.models import Finding
from portal.reference.provenance import LinkStatus

BATCH = 20
#: So many hosts do not fall silent together: where none answers, this machine is cut off.
SILENT_HOSTS = 3


class CutOffError(Exception):
    """Nobody answered at all, so nothing was learnt and nothing kept."""


class Keeper:
    """Saves findings in small batches.

    Until somebody has answered, all findings wait: where this machine has no network, every
    address would be called dead.
    """

    def __init__(self, day: datetime.date) -> None:
        self._day = day
        self._waiting: list[Finding] = []
        self._is_online = False
        self.counts: Counter[LinkStatus] = Counter()

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    def add(self, finding: Finding) -> None:
        self.counts[finding.status] += 1
        self._waiting.append(finding)
        self._is_online = self._is_online or finding.has_answer
        if self._is_online and len(self._waiting) >= BATCH:
            self._save()

    def close(self) -> None:
        """Save what waits.

        Raises:
            CutOffError: nobody answered.
        """
        silent = {host_of(finding.url) for finding in self._waiting if finding.is_failure}
        if not self._is_online and len(silent) >= SILENT_HOSTS:
            raise CutOffError(
                f"None of {len(silent)} hosts answered: this machine seems to have no network. "
                "Nothing was kept."
            )
        self._save()

    def _save(self) -> None:
        register.save(self._waiting, self._day)
        self._waiting = []

    def summary(self) -> str:
        """What was found, in numbers."""
        parts = [
            (LinkStatus.REACHABLE, "reachable"),
            (LinkStatus.MOVED, "moved for good"),
            (LinkStatus.REFUSED, "that answer but cannot be checked"),
            (LinkStatus.FAILING, "failed"),
            (LinkStatus.UNCHECKED, "not asked"),
        ]
        return ", ".join(f"{self.counts[status]} {words}" for status, words in parts)
