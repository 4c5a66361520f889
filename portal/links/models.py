"""What the checks of the sources' addresses found: one row for an address."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from portal.reference.provenance import LinkStatus

#: How far apart the first and the latest of several failures must lie before readers are told.
CONFIRMED_AFTER = datetime.timedelta(days=7)


@dataclass(frozen=True)
class Finding:
    """What one check of an address found.

    Attributes:
        status: FAILING for any failure; how long it lasts is not known to a single check.
        message: what happened, in words; empty where the page was simply there.
        http_status: the last answer's; None where there was none.
        moved_to: where a permanent redirect leads; only with MOVED.
        may_be_here: whether it would have failed like this without a network on this machine.
    """

    url: str
    status: LinkStatus
    message: str = ""
    http_status: int | None = None
    moved_to: str = ""
    may_be_here: bool = False

    @property
    def is_failure(self) -> bool:
        return self.status == LinkStatus.FAILING

    @property
    def has_answer(self) -> bool:
        """Whether there was somebody who answered, be it with a refusal."""
        answers = (LinkStatus.REACHABLE, LinkStatus.MOVED, LinkStatus.REFUSED)
        return self.http_status is not None or self.status in answers


class Address(models.Model):
    """An address that sources name, however many, with what its checks found."""

    url = models.URLField(_("address"), max_length=1000, unique=True)
    status = models.CharField(
        pgettext_lazy("of an address", "status"),
        max_length=12,
        choices=LinkStatus.choices,
        default=LinkStatus.UNCHECKED,
    )
    last_checked = models.DateField(_("last checked"), null=True, blank=True)
    http_status = models.PositiveSmallIntegerField(_("answer (HTTP)"), null=True, blank=True)
    moved_to = models.URLField(_("moved to"), max_length=1000, blank=True)
    first_failure = models.DateField(
        _("failing since"),
        null=True,
        blank=True,
        help_text=_("The first of the failures that no success came between."),
    )
    failures = models.PositiveIntegerField(_("failures in a row"), default=0)
    message = models.CharField(_("what happened"), max_length=300, blank=True)

    class Meta:
        ordering = ["url"]
        verbose_name = _("address of sources")
        verbose_name_plural = _("addresses of sources")
        constraints = [
            models.CheckConstraint(
                name="address_status_is_known", condition=Q(status__in=LinkStatus.values)
            ),
            models.CheckConstraint(
                name="address_failures_have_a_date",
                condition=Q(failures=0, first_failure__isnull=True)
                | Q(failures__gt=0, first_failure__isnull=False),
            ),
            models.CheckConstraint(
                name="address_moved_leads_somewhere",
                condition=~Q(status=LinkStatus.MOVED) | ~Q(moved_to=""),
            ),
        ]

    def __str__(self) -> str:
        return self.url

    def take(self, finding: Finding, day: datetime.date) -> None:
        """Hold what a check of a day found; failures a week apart make a dead link of it."""
        self.last_checked, self.http_status = day, finding.http_status
        self.moved_to, self.message = finding.moved_to, finding.message[:300]
        self.status = finding.status
        if not finding.is_failure:
            self.first_failure, self.failures = None, 0
            return
        self.first_failure = min(self.first_failure or day, day)
        self.failures += 1
        if day - self.first_failure >= CONFIRMED_AFTER:
            self.status = LinkStatus.DEAD
