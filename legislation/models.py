"""Laws, their provisions, and which articles of the treaties each provision implements."""

from __future__ import annotations

from django.contrib.postgres.indexes import GistIndex
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from legislation.querysets import LawQuerySet, ProvisionQuerySet, bodies_without_force
from portal.attachments.models import Attachment
from portal.records.dates import PartialDateField
from portal.records.models import Record
from portal.records.money import money_constraints, validate_currency
from portal.records.terms import TermField, unknown_or
from portal.reference.models import Jurisdiction, TreatyArticle
from portal.reference.provenance import Source


class Law(Record):
    """A statute, code, decree or other act of a jurisdiction."""

    database = "legislation"

    jurisdiction = models.ForeignKey(
        Jurisdiction, on_delete=models.PROTECT, related_name="laws", verbose_name=_("jurisdiction")
    )
    type = TermField("law_types", verbose_name=_("type"))
    number = models.CharField(_("official number"), max_length=120, blank=True)
    adopted = PartialDateField(_("adopted"), null=True, blank=True)
    in_force = PartialDateField(_("in force since"), null=True, blank=True)
    status = TermField("law_status", verbose_name=pgettext_lazy("of a law", "status"))
    summary = models.TextField(_("summary"), blank=True)
    humanitarian_exemption = models.BooleanField(_("humanitarian exemption"), null=True, blank=True)
    migrants_not_liable = models.BooleanField(_("migrants are not liable"), null=True, blank=True)
    related_laws = models.ManyToManyField(
        "self", through="LawRelation", symmetrical=False, blank=True, related_name="related_from"
    )

    objects = LawQuerySet.as_manager()

    class Meta(Record.Meta):
        verbose_name = _("law")
        verbose_name_plural = _("laws")
        indexes = [GistIndex(fields=["adopted"], name="law_adopted_gist")]

    def applies_in(self, place: str) -> bool:
        """Whether it is a law of a jurisdiction, or of a body whose law applies there.

        Reads `jurisdiction`: select it.
        """
        if self.jurisdiction_id == place:
            return True
        is_of_a_body = self.jurisdiction.kind == Jurisdiction.Kind.INTERNATIONAL_COURT
        return is_of_a_body and self.jurisdiction_id not in bodies_without_force(place)


class LawSource(Source):
    law = models.ForeignKey(Law, on_delete=models.CASCADE, related_name="sources")


class LawAttachment(Attachment):
    owner_field = "law"

    law = models.ForeignKey(Law, on_delete=models.CASCADE, related_name="attachments")

    class Meta(Attachment.Meta):
        constraints = [
            *Attachment.Meta.constraints,
            models.UniqueConstraint(name="law_attachment_once", fields=["law", "sha256"]),
        ]


class LawRelation(models.Model):
    """One law's effect on another, told once and read both ways."""

    class Kind(models.TextChoices):
        AMENDS = "amends", _("amends")
        REPEALS = "repeals", _("repeals")

    law = models.ForeignKey(Law, on_delete=models.CASCADE, related_name="effects")
    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices)
    other = models.ForeignKey(
        Law, on_delete=models.PROTECT, related_name="effects_of_others", verbose_name=_("law")
    )
    note = models.CharField(_("note"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("relation to another law")
        verbose_name_plural = _("relations to other laws")
        constraints = [
            models.UniqueConstraint(name="law_relation_once", fields=["law", "kind", "other"]),
            models.CheckConstraint(name="law_relation_to_another", condition=~Q(law=F("other"))),
        ]

    def __str__(self) -> str:
        return f"{self.law_id} {self.kind} {self.other_id}"

    @property
    def reverse_reading(self) -> str:
        """The relation as the other law's page tells it."""
        return str({"amends": _("amended by"), "repeals": _("repealed by")}[self.kind])


class Provision(models.Model):
    """A provision of a law, as far as it concerns the smuggling of migrants."""

    law = models.ForeignKey(Law, on_delete=models.CASCADE, related_name="provisions")
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    code = models.CharField(_("code"), max_length=200, unique=True, blank=True)
    number = models.CharField(_("number"), max_length=120, blank=True)
    heading = models.CharField(_("heading"), max_length=300, blank=True)
    summary = models.TextField(_("summary"), blank=True)
    text_original = models.TextField(_("text in the original language"), blank=True)
    text_translation = models.TextField(_("text in translation"), blank=True)
    articles = models.ManyToManyField(
        TreatyArticle,
        through="ProvisionArticle",
        blank=True,
        related_name="provisions",
        verbose_name=_("treaty articles"),
    )
    benefit_element = unknown_or("benefit_element", verbose_name=_("benefit element"))
    max_imprisonment_years = models.DecimalField(
        _("maximum imprisonment (years)"), max_digits=5, decimal_places=2, null=True, blank=True
    )
    life = models.BooleanField(_("life imprisonment"), null=True, blank=True)
    max_fine_amount = models.DecimalField(
        _("maximum fine"), max_digits=16, decimal_places=2, null=True, blank=True
    )
    max_fine_currency = models.CharField(
        _("currency"), max_length=3, blank=True, validators=[validate_currency]
    )

    #: Set by `ProvisionQuerySet.with_articles()`: codes of the treaty articles.
    article_codes: list[str]

    objects = ProvisionQuerySet.as_manager()

    class Meta:
        ordering = ["law", "position", "pk"]
        verbose_name = _("provision")
        verbose_name_plural = _("provisions")
        constraints = [
            models.CheckConstraint(
                name="provision_imprisonment_is_positive",
                condition=Q(max_imprisonment_years__isnull=True) | Q(max_imprisonment_years__gt=0),
            ),
            *money_constraints("provision_max_fine", "max_fine_amount", "max_fine_currency"),
        ]

    def __str__(self) -> str:
        return " ".join(part for part in (self.number, self.heading) if part) or self.code

    def get_absolute_url(self) -> str:
        """The provision on the page of its law (reads `law`: select it)."""
        return f"{self.law.get_absolute_url()}#{self.anchor}"

    @property
    def anchor(self) -> str:
        """The provision's place on its law's page: the part of the code behind the colon."""
        return self.code.partition(":")[2]

    @property
    def citation(self) -> str:
        """The provision with the title of its law (reads `law`: select it)."""
        return f"{self.number or self.heading or self.anchor}, {self.law.title}"


class ProvisionArticle(models.Model):
    """A treaty article that a provision implements, in the order of the record."""

    provision = models.ForeignKey(Provision, on_delete=models.CASCADE, related_name="article_links")
    article = models.ForeignKey(TreatyArticle, on_delete=models.PROTECT, related_name="links")
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "pk"]
        verbose_name = _("treaty article")
        verbose_name_plural = _("treaty articles")
        constraints = [
            models.UniqueConstraint(name="provision_article_once", fields=["provision", "article"])
        ]

    def __str__(self) -> str:
        return self.article_id
