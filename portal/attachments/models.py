"""Documents that are kept with records: the text of a judgment, the act as it was promulgated."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from django.apps import apps
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Left
from django.urls import reverse
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from portal.records.models import Record, State, validate_language

#: Letters of the checksum that stand in the address of a document.
IN_ADDRESS = 16
#: Letters of the name of a document in its address.
MAX_SLUG = 80
#: Letters of the documents of a record that the search reads, about a hundred pages: PostgreSQL's
#: text vector of a record holds at most a megabyte.
INDEXED = 300_000


class Kind(models.TextChoices):
    """What a document is, by its content."""

    PDF = "pdf", _("PDF")
    DOCX = "docx", _("Word (DOCX)")

    @property
    def media_type(self) -> str:
        return {
            "pdf": "application/pdf",
            "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        }[self.value]


class Reading(models.TextChoices):
    """What became of the text of a document (`manage.py extract_texts`)."""

    WAITING = "waiting", _("Not read yet")
    DONE = "done", _("Searchable")
    CUT = "cut", _("Searchable in its beginning")
    EMPTY = "empty", _("No text found")
    FAILED = "failed", _("Could not be read")


class AttachmentQuerySet(models.QuerySet):
    def public(self) -> Self:
        """Documents for everybody, on records that everybody sees."""
        model: Any = self.model
        return self.filter(**{"is_public": True, f"{model.owner_field}__state": State.PUBLISHED})

    def without_texts(self) -> Self:
        """Documents as pages, lines and the admin name them: their texts are long."""
        return self.defer("text")

    def with_stored_codes(self) -> Self:
        """Documents with `stored_code`, that of their record as the database has it."""
        model: Any = self.model
        return self.annotate(stored_code=F(f"{model.owner_field}__code"))

    def for_index(self) -> Self:
        """Documents with `searched`, what the search may read of them: nothing unless public."""
        searched = Case(
            When(is_public=True, then=Left("text", INDEXED)),
            default=Value(""),
            output_field=models.TextField(),
        )
        return self.without_texts().annotate(searched=searched)


class Attachment(models.Model):
    """A document kept with a record; subclasses add the record, under `owner_field`.

    The document itself lies under its checksum (`storage.py`), once however many records hold it.
    What it is never changes: a corrected document is another one.
    """

    owner_field: ClassVar[str]

    title = models.CharField(_("title"), max_length=300)
    language = models.CharField(
        _("language"), max_length=3, blank=True, validators=[validate_language]
    )
    is_public = models.BooleanField(_("public"), default=False)
    note = models.CharField(_("note"), max_length=500, blank=True)
    name = models.CharField(_("name"), max_length=120, editable=False)
    kind = models.CharField(_("kind"), max_length=4, choices=Kind.choices, editable=False)
    size = models.PositiveBigIntegerField(_("size (bytes)"), editable=False)
    sha256 = models.CharField(
        _("checksum"),
        max_length=64,
        editable=False,
        db_index=True,
        validators=[RegexValidator(r"^[0-9a-f]{64}$")],
    )
    added_at = models.DateTimeField(_("added"), auto_now_add=True)
    text = models.TextField(_("text"), blank=True, editable=False)
    pages = models.PositiveIntegerField(
        pgettext_lazy("how many", "pages"), null=True, editable=False
    )
    reading = models.CharField(
        _("text"), max_length=8, choices=Reading.choices, default=Reading.WAITING, editable=False
    )
    read_at = models.DateTimeField(_("text read"), null=True, editable=False)
    fault = models.CharField(_("what failed"), max_length=300, blank=True, editable=False)

    #: Set by `AttachmentQuerySet.for_index()`.
    searched: str
    #: Set by `AttachmentQuerySet.with_stored_codes()`.
    stored_code: str

    objects = AttachmentQuerySet.as_manager()

    class Meta:
        abstract = True
        ordering = ["pk"]
        default_permissions = ()
        verbose_name = _("document")
        verbose_name_plural = _("documents")
        constraints = [
            models.CheckConstraint(
                name="%(class)s_checksum_is_sha256", condition=Q(sha256__regex="^[0-9a-f]{64}$")
            ),
            models.CheckConstraint(
                name="%(class)s_kind_is_known", condition=Q(kind__in=Kind.values)
            ),
            models.CheckConstraint(
                name="%(class)s_reading_is_known", condition=Q(reading__in=Reading.values)
            ),
            models.CheckConstraint(name="%(class)s_is_not_empty", condition=Q(size__gt=0)),
            models.CheckConstraint(name="%(class)s_has_a_title", condition=~Q(title="")),
        ]

    def __str__(self) -> str:
        return self.title

    @classmethod
    def owner_model(cls) -> type[Record]:
        """The model of the records that hold documents of this kind."""
        owner: Any = cls._meta.get_field(cls.owner_field)
        model: type[Record] = owner.related_model
        return model

    @property
    def record(self) -> Record:
        """The record that holds it (select it before)."""
        record: Record = getattr(self, self.owner_field)
        return record

    @property
    def address_name(self) -> str:
        """The last part of its address: plain letters, and the ending of what it is."""
        stem = slugify(self.name.rpartition(".")[0] or self.name)[:MAX_SLUG].strip("-_")
        return f"{stem or 'document'}.{self.kind}"

    def address(self, code: str) -> str:
        """Where it is downloaded from the record of that code; permanent, without a language."""
        return reverse(
            "attachment",
            kwargs={"code": code, "digest": self.sha256[:IN_ADDRESS], "name": self.address_name},
        )

    @property
    def told(self) -> dict[str, Any]:
        """What the history of the record says of it."""
        return {
            "title": self.title,
            "language": self.language,
            "note": self.note,
            "name": self.name,
            "sha256": self.sha256,
        }


def attachment_models() -> list[type[Attachment]]:
    """The models of all documents: one for each kind of record that may hold some."""
    return [model for model in apps.get_models() if issubclass(model, Attachment)]
