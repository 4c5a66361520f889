"""Tokens that give more requests, and the count of requests in the present minute."""

from __future__ import annotations

from typing import Self

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

#: More than any one client can ask for.
MOST_PER_MINUTE = 1_000_000


class ApiTokenQuerySet(models.QuerySet):
    def valid(self) -> Self:
        """Tokens that were not withdrawn and have not expired."""
        unexpired = Q(expires_on=None) | Q(expires_on__gte=timezone.localdate())
        return self.filter(unexpired, withdrawn_at=None)


class ApiToken(models.Model):
    """Leave for a person or project to ask the API more often than everybody may.

    Only a digest of the secret is kept: who reads this table can use no token. A secret is 256
    random bits, so that its plain SHA-256 cannot be found by trying.

    Attributes:
        prefix: how the secret begins, by which its holder tells it from others.
        requests_per_minute: None grants what the portal grants to every token.
        last_used_on: the day alone, so that no habits are recorded.
    """

    name = models.CharField(
        _("holder"), max_length=150, help_text=_("The person or project that uses it.")
    )
    contact = models.CharField(
        _("contact"),
        max_length=254,
        blank=True,
        help_text=_("Whom to write to if something goes wrong: an e-mail address, for instance."),
    )
    prefix = models.CharField(_("begins with"), max_length=8, editable=False)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    requests_per_minute = models.PositiveIntegerField(
        _("requests a minute"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(MOST_PER_MINUTE)],
        help_text=_("Empty: as many as the portal grants to every token."),
    )
    issued_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("issued by"),
    )
    issued_at = models.DateTimeField(pgettext_lazy("a token", "issued"), auto_now_add=True)
    expires_on = models.DateField(
        _("last day"), null=True, blank=True, help_text=_("Empty: until it is withdrawn.")
    )
    withdrawn_at = models.DateTimeField(_("withdrawn"), null=True, editable=False)
    last_used_on = models.DateField(_("last used"), null=True, editable=False)

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        ordering = ["-issued_at", "-pk"]
        # Which tokens there were is kept: they are withdrawn, never deleted.
        default_permissions = ("add", "change", "view")
        verbose_name = _("token of the API")
        verbose_name_plural = _("tokens of the API")
        constraints = [
            models.CheckConstraint(
                name="api_token_grants_something",
                condition=Q(requests_per_minute=None)
                | Q(requests_per_minute__range=(1, MOST_PER_MINUTE)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"


class RequestWindow(models.Model):
    """How often one client asked within the present minute.

    The table is UNLOGGED: it is written without the write-ahead log, and empty after a crash of
    the server, when all may begin anew. Who the client is cannot be read from it.

    Attributes:
        client: a keyed digest of the address or token.
        minute: minutes since 1970, by the clock of the database.
    """

    client = models.CharField(max_length=32, primary_key=True)
    minute = models.BigIntegerField()
    used = models.PositiveIntegerField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.client} {self.minute}: {self.used}"
