"""Where a statement comes from: every record names the pages that support it."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Loaded(models.Model):
    """Something that the collection may hold, with a digest of the line it was last loaded from.

    The digest tells a correction in the collection from an edit by hand (`portal.exchange.sync`).
    """

    loaded_fingerprint = models.CharField(max_length=64, blank=True, editable=False)

    class Meta:
        abstract = True


class LinkStatus(models.TextChoices):
    """What the checks of a source's address found (`portal.links`).

    REFUSED is no failure: a paywall, a wall against robots or a certificate that does not hold
    says that somebody is there, and a reader may well see the page. FAILING becomes DEAD when
    failures lie a week apart; only then are readers told.
    """

    UNCHECKED = "unchecked", _("Not checked")
    REACHABLE = "reachable", _("Reachable")
    MOVED = "moved", _("Moved")
    REFUSED = "refused", _("Answers, but cannot be checked")
    FAILING = "failing", _("Failed, not yet confirmed")
    DEAD = "dead", _("Not reachable")


class Source(models.Model):
    """A page or document that supports a record; subclasses add the record it belongs to.

    `last_checked` and `status` repeat what `portal.links` holds of the address, so that a page
    shows them without a query; the link check writes them, and nobody else.
    """

    position = models.PositiveSmallIntegerField(_("position"), default=0)
    title = models.CharField(_("title"), max_length=500)
    url = models.URLField(
        _("address"),
        max_length=1000,
        blank=True,
        help_text=_("Empty where no stable address is known."),
    )
    note = models.CharField(_("note"), max_length=500, blank=True)
    last_checked = models.DateField(_("last checked"), null=True, blank=True)
    status = models.CharField(
        pgettext_lazy("of an address", "status"),
        max_length=12,
        choices=LinkStatus.choices,
        default=LinkStatus.UNCHECKED,
    )

    class Meta:
        abstract = True
        ordering = ["position", "pk"]
        verbose_name = _("source")
        verbose_name_plural = _("sources")

    def __str__(self) -> str:
        return self.title

    @property
    def host(self) -> str:
        """The host name of the address without `www.`, or '' where there is no address."""
        return (urlsplit(self.url).hostname or "").removeprefix("www.")

    @property
    def is_lost(self) -> bool:
        """Whether readers are to be told that the page is gone: its failure was confirmed."""
        return self.status == LinkStatus.DEAD and bool(self.url) and self.last_checked is not None

    @property
    def archived_url(self) -> str:
        """Where a copy of the page may be found: the Internet Archive leads to the nearest one."""
        day = f"{self.last_checked:%Y%m%d}" if self.last_checked else "2"
        return f"https://web.archive.org/web/{day}/{self.url}"
