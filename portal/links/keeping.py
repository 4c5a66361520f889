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
    address would be called dead. Few hosts may well be silent; but where nothing even left this
    machine, they are not to blame for certain.
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
        failed = [finding for finding in self._waiting if finding.is_failure]
        hosts = len({host_of(finding.url) for finding in failed})
        if failed and not self._is_online:
            if hosts >= SILENT_HOSTS:
                raise CutOffError(
                    f"None of {hosts} hosts answered: this machine seems to have no network. "
                    "Nothing was kept."
                )
            if all(finding.may_be_here for finding in failed):
                raise CutOffError(
                    "No name could be looked up or no way leads out: this machine may have no "
                    "network. Nothing was kept; check it together with an address that answers."
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
