"""Pairs of records that may be one, and what curators said of them."""

from __future__ import annotations

from typing import Self

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from portal.records.database import databases
from portal.records.roles import may_view

#: The fields that keep what a curator said of a pair.
JUDGEMENT = ("judged_by", "judged_at", "why")


class SuspectedPairQuerySet(models.QuerySet):
    def waiting(self) -> Self:
        """Pairs of which nobody has said yet that they are two."""
        return self.filter(judged_at=None)

    def seen_by(self, user: AbstractBaseUser | AnonymousUser) -> Self:
        """Pairs of the databases whose records somebody may see."""
        seen = [found.slug for found in databases() if may_view(user, found.model)]
        return self.filter(database__in=seen)


class SuspectedPair(models.Model):
    """Two records of one database that may be the same, found by `manage.py find_duplicates`.

    Attributes:
        reasons: why, as `{"kind", "text"}` (`portal.curation.duplicates.Reason`).
        likeness: how near their titles are, from 0 to 1 (similarity of trigrams).
        judged_at: when a curator said that they are two; such a pair is kept, and not told again.
    """

    database = models.CharField(_("database"), max_length=20)
    first_id = models.BigIntegerField()
    second_id = models.BigIntegerField()
    reasons = models.JSONField(_("reasons"))
    likeness = models.FloatField(_("likeness of the titles"))
    found_at = models.DateTimeField(_("found"), auto_now_add=True)
    judged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("judged by"),
    )
    judged_at = models.DateTimeField(_("judged"), null=True)
    why = models.CharField(_("why they are two"), max_length=300, blank=True)

    objects = SuspectedPairQuerySet.as_manager()

    class Meta:
        ordering = ["database", "-likeness", "first_id", "second_id"]
        default_permissions = ()
        verbose_name = _("suspected pair")
        verbose_name_plural = _("suspected pairs")
        constraints = [
            models.UniqueConstraint(
                name="suspected_pair_once", fields=["database", "first_id", "second_id"]
            ),
            models.CheckConstraint(
                name="suspected_pair_in_order", condition=Q(first_id__lt=F("second_id"))
            ),
            models.CheckConstraint(
                name="suspected_pair_judged_with_a_reason",
                condition=Q(judged_at=None, why="") | (Q(judged_at__isnull=False) & ~Q(why="")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.database} {self.first_id} {self.second_id}"
