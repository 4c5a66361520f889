"""Works on the smuggling of migrants, described by the fields of CSL-JSON."""

from __future__ import annotations

from django.contrib.postgres.indexes import GistIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from bibliography.querysets import WorkQuerySet
from caselaw.models import Case
from legislation.models import Law
from portal.records.dates import PartialDateField
from portal.records.models import Record
from portal.records.terms import TermField
from portal.reference.models import Jurisdiction
from portal.reference.provenance import Source

#: The vocabularies of which a work may carry several terms.
WORK_VOCABULARIES = ("regions", "topics", "methods")


class Work(Record):
    """A book, article, report, chapter, thesis, paper or web page."""

    database = "bibliography"

    type = TermField("bibliography_types", verbose_name=_("type"))
    issued = PartialDateField(_("issued"), null=True, blank=True)
    container_title = models.CharField(_("journal or book"), max_length=300, blank=True)
    collection_title = models.CharField(_("series"), max_length=300, blank=True)
    volume = models.CharField(_("volume"), max_length=60, blank=True)
    issue = models.CharField(_("issue"), max_length=60, blank=True)
    page = models.CharField(_("pages"), max_length=60, blank=True)
    publisher = models.CharField(_("publisher"), max_length=300, blank=True)
    publisher_place = models.CharField(_("place of publication"), max_length=200, blank=True)
    doi = models.CharField("DOI", max_length=200, blank=True)
    isbn = models.CharField("ISBN", max_length=40, blank=True)
    issn = models.CharField("ISSN", max_length=40, blank=True)
    url = models.URLField(_("address"), max_length=1000, blank=True)
    annotation = models.TextField(_("annotation"), blank=True)
    cases = models.ManyToManyField(
        Case,
        through="WorkCase",
        blank=True,
        related_name="works",
        verbose_name=_("cases discussed"),
    )
    laws = models.ManyToManyField(
        Law, through="WorkLaw", blank=True, related_name="works", verbose_name=_("laws discussed")
    )

    #: Set by `WorkQuerySet.with_terms()`: keys of terms and codes of the countries studied.
    term_ids: list[str]
    country_codes: list[str]

    objects = WorkQuerySet.as_manager()

    class Meta(Record.Meta):
        verbose_name = _("work")
        verbose_name_plural = _("works")
        indexes = [GistIndex(fields=["issued"], name="work_issued_gist")]
        constraints = [
            *Record.Meta.constraints,
            models.UniqueConstraint(name="work_doi_once", fields=["doi"], condition=~Q(doi="")),
        ]


class WorkSource(Source):
    work = models.ForeignKey(Work, on_delete=models.CASCADE, related_name="sources")


class Contributor(models.Model):
    """An author or editor: a person with family and given name, or a body with one name."""

    class Role(models.TextChoices):
        AUTHOR = "author", _("Author")
        EDITOR = "editor", _("Editor")

    work = models.ForeignKey(Work, on_delete=models.CASCADE, related_name="contributors")
    role = models.CharField(_("role"), max_length=8, choices=Role.choices)
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    family = models.CharField(_("family name"), max_length=150, blank=True)
    given = models.CharField(_("given names"), max_length=150, blank=True)
    literal = models.CharField(_("name of a body"), max_length=300, blank=True)

    class Meta:
        ordering = ["role", "position", "pk"]
        verbose_name = pgettext_lazy("author or editor", "contributor")
        verbose_name_plural = pgettext_lazy("author or editor", "contributors")
        constraints = [
            models.CheckConstraint(
                name="contributor_is_a_person_or_a_body",
                condition=(~Q(family="") & Q(literal=""))
                | (Q(family="", given="") & ~Q(literal="")),
            ),
            models.CheckConstraint(
                name="contributor_role_is_known", condition=Q(role__in=["author", "editor"])
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """The name in reading order."""
        return self.literal or " ".join(part for part in (self.given, self.family) if part)


class WorkTerm(models.Model):
    """A term that describes a work: region, topic or method."""

    work = models.ForeignKey(Work, on_delete=models.CASCADE, related_name="term_links")
    term = TermField(*WORK_VOCABULARIES, verbose_name=_("term"))
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "pk"]
        verbose_name = _("term")
        verbose_name_plural = _("terms")
        constraints = [models.UniqueConstraint(name="work_term_once", fields=["work", "term"])]

    def __str__(self) -> str:
        return self.term_id


class WorkCountry(models.Model):
    """A country that a work studies."""

    work = models.ForeignKey(Work, on_delete=models.CASCADE, related_name="country_links")
    jurisdiction = models.ForeignKey(
        Jurisdiction, on_delete=models.PROTECT, related_name="+", verbose_name=_("country")
    )
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        ordering = ["position", "pk"]
        verbose_name = _("country studied")
        verbose_name_plural = _("countries studied")
        constraints = [
            models.UniqueConstraint(name="work_country_once", fields=["work", "jurisdiction"])
        ]

    def __str__(self) -> str:
        return self.jurisdiction_id


class WorkCase(models.Model):
    """A case that a work discusses."""

    work = models.ForeignKey(Work, on_delete=models.CASCADE, related_name="case_links")
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="work_links")
    note = models.CharField(_("where, and what it says"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("case discussed")
        verbose_name_plural = _("cases discussed")
        constraints = [models.UniqueConstraint(name="work_case_once", fields=["work", "case"])]

    def __str__(self) -> str:
        return f"{self.work_id} on {self.case_id}"


class WorkLaw(models.Model):
    """A law that a work discusses."""

    work = models.ForeignKey(Work, on_delete=models.CASCADE, related_name="law_links")
    law = models.ForeignKey(Law, on_delete=models.PROTECT, related_name="work_links")
    note = models.CharField(_("where, and what it says"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("law discussed")
        verbose_name_plural = _("laws discussed")
        constraints = [models.UniqueConstraint(name="work_law_once", fields=["work", "law"])]

    def __str__(self) -> str:
        return f"{self.work_id} on {self.law_id}"
