"""The user model: our own from the first migration, so that it can grow without pain."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.accounts.browsers import browser_name


class User(AbstractUser):
    """A curator: somebody who may enter, review or publish records. Readers need no account."""


class StaffSession(models.Model):
    """A browser in which somebody is signed in, as its owner recognises it.

    It stands beside Django's own session, which it names by a digest: who reads this table
    learns no key that would open a session. No network address is kept; the browser and the
    times are enough to tell one's own sessions from another's.
    """

    #: How much of the browser's name for itself is kept.
    BROWSER_LENGTH = 200

    key_hash = models.CharField(_("digest of the key"), max_length=64, unique=True, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="staff_sessions",
        verbose_name=_("user"),
    )
    user_agent = models.CharField(_("browser"), max_length=BROWSER_LENGTH, blank=True)
    begun_at = models.DateTimeField(_("begun"), default=timezone.now)
    seen_at = models.DateTimeField(_("last seen"), default=timezone.now)

    class Meta:
        verbose_name = _("session")
        verbose_name_plural = _("sessions")
        ordering = ["-seen_at", "-pk"]
        # Whoever may change a user may end the user's sessions; there is nothing else to permit.
        default_permissions = ()

    def __str__(self) -> str:
        return browser_name(self.user_agent)
