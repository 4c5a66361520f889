"""What every record has: a permanent code, a state of publication and its provenance."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, Self

from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, OuterRef, Q
from django.db.models.functions import JSONObject
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from portal.records.differences import LINK_NOTES, field_label
from portal.reference.provenance import Loaded

#: A permanent code: lower-case letters and digits in groups joined by single hyphens.
CODE_PATTERN = r"^[a-z0-9]+(-[a-z0-9]+)*$"
validate_code = RegexValidator(
    CODE_PATTERN, _("A code is lower-case letters and digits, joined by hyphens.")
)
#: ISO 639-1, or ISO 639-2 where a language has no code of two letters.
validate_language = RegexValidator(r"^[a-z]{2,3}$", _("A language is an ISO 639 code."))


class State(models.TextChoices):
    """Where a record stands between a curator's desk and the public."""

    DRAFT = "draft", _("Draft")
    IN_REVIEW = "in_review", _("In review")
    PUBLISHED = "published", pgettext_lazy("state of a record", "Published")
    WITHDRAWN = "withdrawn", pgettext_lazy("state of a record", "Withdrawn")


def as_object(*names: str, **expressions: Any) -> JSONObject:
    """A row as one object: columns under the names of their fields, and further expressions.

    So that parts of records come with them in one question, where nobody needs them as models.
    """
    return JSONObject(**{name: F(name) for name in names}, **expressions)


class PublicationQuerySet(models.QuerySet):
    """The one place that decides what the world sees."""

    def public(self) -> Self:
        """Published records, and nothing else."""
        return self.filter(state=State.PUBLISHED)


class RecordQuerySet(PublicationQuerySet):
    """What lists and pages read of a record; each database says it for its own tables."""

    def reading(self, columns: Iterable[str], parts: Iterable[str]) -> Self:
        """Some columns and parts of the records and nothing else.

        Args:
            columns: names of fields.
            parts: what is beside the columns: a database has a method `with_<part>` for each.
        """
        found = self.only("pk", *columns)
        for part in sorted(parts):
            found = getattr(found, f"with_{part}")()
        return found

    def with_told_sources(self) -> Self:
        """Records with `told_sources`: title, address and note of each source, in their order."""
        relation: Any = self.model._meta.get_field("sources")
        sources = relation.related_model.objects.filter(**{relation.field.name: OuterRef("pk")})
        rows = sources.order_by("position", "pk").values(row=as_object("title", "url", "note"))
        return self.annotate(told_sources=ArraySubquery(rows))

    def for_list(self) -> Self:
        """What a row of a list shows, without the long texts' company."""
        return self

    def for_detail(self) -> Self:
        """Everything that the record's page and its complete API answer show."""
        return self

    def for_index(self) -> Self:
        """What the record's search document is made of."""
        return self

    def for_export(self) -> Self:
        """Everything that a line of the collection says of the record."""
        return self


class Record(Loaded):
    """A case, a law or a work."""

    #: The slug of the record's database; set by each subclass.
    database: ClassVar[str]

    code = models.CharField(
        _("code"),
        max_length=120,
        unique=True,
        validators=[validate_code],
    )
    title = models.CharField(_("title"), max_length=500)
    title_original = models.CharField(
        _("title in the original language"), max_length=500, blank=True
    )
    language = models.CharField(
        _("language of the original"), max_length=3, blank=True, validators=[validate_language]
    )
    state = models.CharField(
        _("state"), max_length=12, choices=State.choices, default=State.DRAFT, db_index=True
    )
    withdrawal_reason = models.TextField(_("reason of the withdrawal"), blank=True)
    review_note = models.TextField(_("review note"), blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("entered by"),
    )
    created_at = models.DateTimeField(_("added"), auto_now_add=True)
    changed_at = models.DateTimeField(_("last changed"), auto_now=True, db_index=True)
    first_published_at = models.DateTimeField(
        _("first published"), null=True, blank=True, editable=False
    )

    class Meta:
        abstract = True
        ordering = ["code"]
        #: What each of them allows is said in `portal.records.roles`.
        default_permissions = (
            *("add", "change", "delete", "view"),
            *("publish", "publish_own", "withdraw"),
        )
        constraints = [
            models.CheckConstraint(
                name="%(class)s_code_is_permanent", condition=Q(code__regex=CODE_PATTERN)
            ),
            models.CheckConstraint(
                name="%(class)s_state_is_known", condition=Q(state__in=State.values)
            ),
            models.CheckConstraint(
                name="%(class)s_withdrawal_has_a_reason",
                condition=~Q(state=State.WITHDRAWN) | ~Q(withdrawal_reason=""),
            ),
            models.CheckConstraint(name="%(class)s_title_is_not_empty", condition=~Q(title="")),
            models.CheckConstraint(
                name="%(class)s_language_is_iso639",
                condition=Q(language="") | Q(language__regex=r"^[a-z]{2,3}$"),
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """The page of the record in the reader's language."""
        return reverse(f"{self.database}:record", kwargs={"code": self.code})

    @property
    def permanent_path(self) -> str:
        """The address of the record that has no language and never changes."""
        return reverse("permanent", kwargs={"code": self.code})

    @property
    def citation(self) -> str:
        """What the record is called where another one names it."""
        return self.title

    @property
    def is_public(self) -> bool:
        return self.state == State.PUBLISHED


class Redirect(models.Model):
    """A code that no longer has a record of its own, and where its addresses lead since."""

    class Reason(models.TextChoices):
        MERGED = "merged", _("Merged with another record")
        RENAMED = "renamed", _("Code corrected")

    code = models.CharField(_("old code"), max_length=120, unique=True, validators=[validate_code])
    target = models.CharField(
        _("present code"), max_length=120, validators=[validate_code], db_index=True
    )
    reason = models.CharField(_("reason"), max_length=10, choices=Reason.choices)
    note = models.TextField(_("note"), blank=True)
    created_at = models.DateTimeField(_("since"), auto_now_add=True)

    class Meta:
        ordering = ["code"]
        verbose_name = _("redirect")
        verbose_name_plural = _("redirects")
        constraints = [
            models.CheckConstraint(
                name="redirect_leads_elsewhere", condition=~Q(code=models.F("target"))
            ),
            models.CheckConstraint(
                name="redirect_reason_is_known", condition=Q(reason__in=["merged", "renamed"])
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} → {self.target}"


#: Keys of a line that readers are not told of.
CURATORS_ONLY = ("review_note", "attachments_for_curators", LINK_NOTES)


class RevisionQuerySet(models.QuerySet):
    def of(self, record: Record) -> Self:
        """The revisions of a record, the latest first."""
        return self.filter(database=record.database, object_id=record.pk).order_by("-number")

    def for_readers(self) -> Self:
        """What readers are told: changes of what was public, without what they said."""
        told = self.filter(state=State.PUBLISHED).exclude(action=Revision.Action.BEFORE)
        unseen = Q(changed__contained_by=list(CURATORS_ONLY), changed__len__gt=0)
        return told.exclude(unseen).defer("line")


class Revision(models.Model):
    """What a record said after somebody saved it.

    The line is complete (terms, countries, charges, sources and all), so that any two can be
    compared and each can be brought back. Nothing edits or deletes a revision.
    """

    class Action(models.TextChoices):
        BEFORE = "before", _("As it was before the first change")
        ENTERED = "entered", _("Entered")
        CHANGED = "changed", pgettext_lazy("in the history of a record", "Changed")
        REVERTED = "reverted", _("Brought back")
        LOADED = "loaded", _("Corrected in the collection")
        DELETED = "deleted", _("Deleted")
        MERGED = "merged", pgettext_lazy("in the history of a record", "Merged")

    database = models.CharField(_("database"), max_length=20)
    object_id = models.BigIntegerField()
    number = models.PositiveIntegerField(_("number"))
    code = models.CharField(_("code"), max_length=120, help_text=_("As it was then."))
    at = models.DateTimeField(_("when"), auto_now_add=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("who"),
    )
    by_name = models.CharField(
        _("name"), max_length=150, blank=True, help_text=_("Kept when the account is deleted.")
    )
    action = models.CharField(_("what happened"), max_length=10, choices=Action.choices)
    why = models.CharField(_("why"), max_length=500, blank=True)
    state = models.CharField(_("state"), max_length=12, choices=State.choices)
    line = models.JSONField(_("line"))
    changed = ArrayField(
        models.CharField(max_length=60), verbose_name=_("what changed"), default=list
    )

    objects = RevisionQuerySet.as_manager()

    class Meta:
        ordering = ["database", "object_id", "-number"]
        default_permissions = ()
        verbose_name = _("revision")
        verbose_name_plural = _("revisions")
        constraints = [
            models.UniqueConstraint(
                name="revision_once", fields=["database", "object_id", "number"]
            ),
            models.CheckConstraint(
                name="revision_state_is_known", condition=Q(state__in=State.values)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} · {self.number}"

    @property
    def author(self) -> str:
        return self.by_name or str(_("The collection"))

    @property
    def what(self) -> list[str]:
        """What changed, as names of fields."""
        return [field_label(key) for key in self.changed]

    @property
    def what_readers_see(self) -> list[str]:
        """What changed of that which readers see."""
        return [field_label(key) for key in self.changed if key not in CURATORS_ONLY]
