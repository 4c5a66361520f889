"""Cases, their proceedings, defendants and charges, and the law that the courts applied."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GistIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from caselaw.querysets import CaseQuerySet, LawAppliedQuerySet
from legislation.models import Law, Provision
from portal.attachments.models import Attachment
from portal.records.dates import PartialDateField
from portal.records.models import Record
from portal.records.money import money_constraints, validate_currency
from portal.records.terms import TermField, unknown_or
from portal.reference.catalog import catalog
from portal.reference.models import Jurisdiction
from portal.reference.provenance import Source
from portal.reference.punctuation import labelled

#: The vocabularies of which a case may carry several terms, in the order of its page.
CASE_VOCABULARIES = (
    "modes",
    "offences",
    "aggravations",
    "related_crimes",
    "techniques",
    "cooperation",
)


class Case(Record):
    """A decision of a court on the smuggling of migrants, with what led to it."""

    database = "cases"

    class ProceedingType(models.TextChoices):
        CRIMINAL = "criminal", _("Criminal")
        CIVIL = "civil", _("Civil")
        ADMINISTRATIVE = "administrative", _("Administrative")
        CONSTITUTIONAL = "constitutional", _("Constitutional")

    jurisdiction = models.ForeignKey(
        Jurisdiction, on_delete=models.PROTECT, related_name="cases", verbose_name=_("jurisdiction")
    )
    court = models.CharField(_("court"), max_length=300, blank=True)
    court_level = unknown_or("court_level", verbose_name=_("court level"))
    legal_system = unknown_or("legal_system", verbose_name=_("legal system"))
    proceeding_type = models.CharField(
        _("type of proceeding"), max_length=16, choices=ProceedingType.choices, blank=True
    )
    decision_date = PartialDateField(_("decision date"), null=True, blank=True)
    citations = ArrayField(
        models.CharField(max_length=200),
        verbose_name=_("citations"),
        default=list,
        blank=True,
    )
    docket = models.CharField(_("docket number"), max_length=300, blank=True)
    benefit = unknown_or("benefit", verbose_name=_("financial or other material benefit"))
    facts = models.TextField(_("facts"), blank=True)
    significance = models.TextField(_("significance"), blank=True)
    gender_considerations = models.TextField(_("gender considerations"), blank=True)
    contributor = models.CharField(
        pgettext_lazy("writer of a summary", "contributor"), max_length=300, blank=True
    )
    migrants_count = models.PositiveIntegerField(_("number of migrants"), null=True, blank=True)
    migrants_deaths = models.PositiveIntegerField(_("deaths"), null=True, blank=True)
    includes_children = models.BooleanField(_("children among them"), null=True, blank=True)
    includes_women = models.BooleanField(_("women among them"), null=True, blank=True)
    fee_amount = models.DecimalField(
        _("fee"), max_digits=16, decimal_places=2, null=True, blank=True
    )
    fee_currency = models.CharField(
        _("currency of the fee"), max_length=3, blank=True, validators=[validate_currency]
    )
    fee_per = unknown_or("fee_per", verbose_name=_("fee for each"))

    #: Set by `CaseQuerySet.with_terms()`: keys of terms, and pairs of `relation` and `code`.
    term_ids: list[str]
    countries: list[dict[str, str]]

    objects = CaseQuerySet.as_manager()

    class Meta(Record.Meta):
        verbose_name = _("case")
        verbose_name_plural = _("cases")
        indexes = [GistIndex(fields=["decision_date"], name="case_decision_date_gist")]
        constraints = [
            *Record.Meta.constraints,
            *money_constraints("case_fee", "fee_amount", "fee_currency"),
            models.CheckConstraint(
                name="case_migrants_are_some",
                condition=Q(migrants_count__isnull=True) | Q(migrants_count__gt=0),
            ),
            models.CheckConstraint(
                name="case_fee_per_has_a_fee",
                condition=Q(fee_per__isnull=True) | Q(fee_amount__isnull=False),
            ),
        ]


class CaseSource(Source):
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="sources")


class CaseAttachment(Attachment):
    owner_field = "case"

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="attachments")

    class Meta(Attachment.Meta):
        constraints = [
            *Attachment.Meta.constraints,
            models.UniqueConstraint(name="case_attachment_once", fields=["case", "sha256"]),
        ]


class CaseTerm(models.Model):
    """A term that describes a case: mode, offence, aggravation, related crime, technique …"""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="term_links")
    term = TermField(*CASE_VOCABULARIES, verbose_name=_("term"))
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "pk"]
        verbose_name = _("term")
        verbose_name_plural = _("terms")
        constraints = [models.UniqueConstraint(name="case_term_once", fields=["case", "term"])]

    def __str__(self) -> str:
        return self.term_id


class CaseCountry(models.Model):
    """A country's part in a case: on the route, or as the nationality of migrants."""

    class Relation(models.TextChoices):
        ORIGIN = "origin", _("Origin")
        TRANSIT = "transit", _("Transit")
        DESTINATION = "destination", _("Destination")
        MIGRANT_NATIONALITY = "migrant_nationality", _("Nationality of migrants")

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="country_links")
    relation = models.CharField(_("relation"), max_length=20, choices=Relation.choices)
    jurisdiction = models.ForeignKey(
        Jurisdiction, on_delete=models.PROTECT, related_name="+", verbose_name=_("country")
    )
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        ordering = ["relation", "position", "pk"]
        verbose_name = _("country")
        verbose_name_plural = _("countries")
        constraints = [
            models.UniqueConstraint(
                name="case_country_once", fields=["case", "relation", "jurisdiction"]
            )
        ]

    def __str__(self) -> str:
        name = catalog().jurisdiction_name(self.jurisdiction_id)
        return labelled(self.get_relation_display(), name)


class Proceeding(models.Model):
    """One instance of a case."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="proceedings")
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    stage = TermField("proceedings_stages", verbose_name=_("stage"))
    court = models.CharField(_("court"), max_length=300, blank=True)
    date = PartialDateField(_("date"), null=True, blank=True)
    reference = models.CharField(_("reference"), max_length=300, blank=True)
    outcome = models.TextField(_("outcome"), blank=True)

    class Meta:
        ordering = ["position", "pk"]
        verbose_name = _("proceeding")
        verbose_name_plural = _("proceedings")

    def __str__(self) -> str:
        return " · ".join(
            part for part in (catalog().term_label(self.stage_id), self.court) if part
        )


class Defendant(models.Model):
    """A defendant, or several alike whom the source describes together (`count`)."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="defendants")
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    label = models.CharField(_("label"), max_length=100)
    count = models.PositiveSmallIntegerField(_("number of persons"), default=1)
    role = unknown_or("roles", verbose_name=_("role"))
    gender = unknown_or("genders", verbose_name=_("gender"))
    nationality = models.ForeignKey(
        Jurisdiction,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("nationality"),
    )
    age = models.PositiveSmallIntegerField(_("age (years)"), null=True, blank=True)

    class Meta:
        ordering = ["position", "pk"]
        verbose_name = _("defendant")
        verbose_name_plural = _("defendants")
        constraints = [
            models.CheckConstraint(name="defendant_count_is_positive", condition=Q(count__gte=1)),
            models.CheckConstraint(
                name="defendant_age_is_human",
                condition=Q(age__isnull=True) | Q(age__gte=5, age__lte=120),
            ),
        ]

    def __str__(self) -> str:
        return self.label


class Charge(models.Model):
    """A charge against a defendant with its one plea, verdict and sentence."""

    defendant = models.ForeignKey(Defendant, on_delete=models.CASCADE, related_name="charges")
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    offence = models.CharField(_("offence"), max_length=300)
    statute = models.CharField(_("statute"), max_length=300, blank=True)
    plea = unknown_or("pleas", verbose_name=_("plea"))
    verdict = unknown_or("verdicts", verbose_name=_("verdict"))
    imprisonment_months = models.DecimalField(
        _("imprisonment (months)"), max_digits=7, decimal_places=2, null=True, blank=True
    )
    suspended = models.BooleanField(_("suspended"), null=True, blank=True)
    fine_amount = models.DecimalField(
        _("fine"), max_digits=16, decimal_places=2, null=True, blank=True
    )
    fine_currency = models.CharField(
        _("currency"), max_length=3, blank=True, validators=[validate_currency]
    )
    other = models.CharField(_("other sanction or remark"), max_length=300, blank=True)

    class Meta:
        ordering = ["position", "pk"]
        verbose_name = _("charge")
        verbose_name_plural = _("charges")
        constraints = [
            models.UniqueConstraint(
                name="charge_has_one_place",
                fields=["defendant", "position"],
                deferrable=models.Deferrable.DEFERRED,
            ),
            models.CheckConstraint(
                name="charge_imprisonment_is_positive",
                condition=Q(imprisonment_months__isnull=True) | Q(imprisonment_months__gt=0),
            ),
            *money_constraints("charge_fine", "fine_amount", "fine_currency"),
        ]

    def __str__(self) -> str:
        return self.offence


class LawApplied(models.Model):
    """The law that a court applied: always as the source gives it, linked where we hold it."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="laws_applied")
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    law_text = models.CharField(_("law as given"), max_length=300)
    provision_text = models.CharField(_("provision as given"), max_length=300, blank=True)
    law = models.ForeignKey(
        Law,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="applications",
        verbose_name=_("law"),
    )
    not_held = models.BooleanField(_("no such law here"), default=False)
    provisions = models.ManyToManyField(
        Provision,
        through="ProvisionApplied",
        blank=True,
        related_name="applications",
        verbose_name=_("provisions"),
    )

    objects = LawAppliedQuerySet.as_manager()

    class Meta:
        ordering = ["position", "pk"]
        verbose_name = _("law applied")
        verbose_name_plural = _("laws applied")
        constraints = [
            models.CheckConstraint(
                name="law_applied_is_held_or_not", condition=Q(law=None) | Q(not_held=False)
            )
        ]

    def __str__(self) -> str:
        return f"{self.law_text} {self.provision_text}".strip()

    @property
    def public_law(self) -> Law | None:
        """The law where the world may see it: a link to an unpublished law is no link."""
        return self.law if self.law is not None and self.law.is_public else None


class ProvisionApplied(models.Model):
    """A recorded provision to which the provision given by the source leads."""

    class Match(models.TextChoices):
        EXACT = "exact", _("the provision itself")
        PART = "part", _("a part of the provision")
        WHOLE = "whole", _("the article that the provision belongs to")

    application = models.ForeignKey(
        LawApplied, on_delete=models.CASCADE, related_name="provision_links"
    )
    provision = models.ForeignKey(
        Provision, on_delete=models.CASCADE, related_name="application_links"
    )
    #: Set by `CaseQuerySet.with_parts()`: codes of the provision's treaty articles.
    article_codes: list[str]

    match = models.CharField(_("the source names"), max_length=5, choices=Match.choices)

    class Meta:
        ordering = ["provision__position", "pk"]
        verbose_name = _("provision applied")
        verbose_name_plural = _("provisions applied")
        constraints = [
            models.UniqueConstraint(
                name="provision_applied_once", fields=["application", "provision"]
            )
        ]

    def __str__(self) -> str:
        return str(self.get_match_display())
