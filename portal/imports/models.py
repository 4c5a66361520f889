"""A file that a curator brings, its rows, and what was found and done with each of them."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from portal.exchange.faults import Fault, shown
from portal.records.database import Database, database_for


class ImportRun(models.Model):
    """A file on its way: read and compared (the rehearsal), then written if somebody says so.

    A run goes on in pieces, each in a transaction of its own (`portal.imports.steps`).
    """

    class Stage(models.TextChoices):
        UPLOADED = "uploaded", _("Uploaded")
        READ = "read", _("Read")
        REHEARSED = "rehearsed", _("Rehearsed")
        WRITING = "writing", _("Being written")
        WRITTEN = "written", _("Written")
        CANCELLED = "cancelled", _("Cancelled")

    database = models.CharField(_("database"), max_length=20)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("who"),
    )
    file_name = models.CharField(_("file"), max_length=150)
    stored = models.CharField(max_length=80, blank=True, help_text=_("Empty once removed."))
    sha256 = models.CharField("SHA-256", max_length=64)
    size = models.PositiveBigIntegerField(_("size"))
    format = models.CharField(_("format"), max_length=20)
    source_title = models.CharField(_("title of the source"), max_length=500, blank=True)
    source_url = models.URLField(_("address of the source"), max_length=1000, blank=True)
    why = models.CharField(_("why"), max_length=300, blank=True)
    stage = models.CharField(
        _("stage"), max_length=12, choices=Stage.choices, default=Stage.UPLOADED
    )
    total = models.PositiveIntegerField(_("rows"), default=0)
    done = models.PositiveIntegerField(_("rows done"), default=0)
    #: The columns of keys, for each kind of place that rows have (`portal.imports.places`).
    columns = models.JSONField(default=list)
    #: Parts of the file could not be put to their records: what was read is not to be written.
    lacks_parts = models.BooleanField(default=False)
    created_at = models.DateTimeField(_("when"), auto_now_add=True)
    changed_at = models.DateTimeField(_("last step"), auto_now=True)
    written_at = models.DateTimeField(_("written"), null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "-pk"]
        default_permissions = ()
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        constraints = [
            models.CheckConstraint(
                name="import_stage_is_known",
                condition=Q(
                    stage__in=[
                        *("uploaded", "read", "rehearsed", "writing", "written", "cancelled")
                    ]
                ),
            )
        ]

    def __str__(self) -> str:
        return self.file_name

    @property
    def where(self) -> Database:
        """The database that the file is for."""
        return database_for(self.database)

    @property
    def is_going(self) -> bool:
        """Whether the run is to go on by itself."""
        return self.stage in (self.Stage.UPLOADED, self.Stage.READ, self.Stage.WRITING)

    @property
    def reason(self) -> str:
        """What the history of each record says."""
        said = f"Import of {self.file_name}"
        return f"{said}: {self.why}" if self.why else said

    @property
    def sources(self) -> list[dict[str, str]]:
        """The source of records that name none, as a line has it; [] where none was given."""
        if not self.source_title:
            return []
        source = {"title": self.source_title}
        return [{**source, "url": self.source_url}] if self.source_url else [source]


class ImportRow(models.Model):
    """A record of the file, what it would change, and whether it was written."""

    class Kind(models.TextChoices):
        NEW = "new", _("New")
        CHANGED = "changed", pgettext_lazy("row of a file", "Changed")
        UNCHANGED = "unchanged", _("Unchanged")
        FAULTY = "faulty", _("Faulty")

    class Result(models.TextChoices):
        WRITTEN = "written", _("Written")
        LEFT = "left", _("Not written")

    run = models.ForeignKey(ImportRun, models.CASCADE, related_name="rows")
    number = models.PositiveIntegerField(help_text=_("Its place among the records of the file."))
    sheet = models.CharField(max_length=100, blank=True)
    line = models.PositiveIntegerField(help_text=_("The row or line of the file."))
    code = models.CharField(max_length=120, blank=True)
    title = models.CharField(max_length=500, blank=True)
    kind = models.CharField(max_length=10, choices=Kind.choices, blank=True)
    #: Rows that name each other stand in one unit, and a unit in one batch: they are written
    #: together or not at all.
    unit = models.PositiveIntegerField(default=0)
    batch = models.PositiveIntegerField(default=0)
    #: What the file says, of which keys it speaks (None: of all), what the record said at the
    #: rehearsal (None: there was none) and what it is to say.
    data = models.JSONField(default=dict)
    given = models.JSONField(null=True)
    #: Of which lists inside of its parts it says nothing, and where each of its objects stands.
    silent = models.JSONField(default=list)
    places = models.JSONField(default=dict)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    result = models.CharField(max_length=10, choices=Result.choices, blank=True)
    note = models.TextField(blank=True, help_text=_("Why it was not written."))

    class Meta:
        ordering = ["run", "number"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(name="import_row_once", fields=["run", "number"]),
        ]
        indexes = [models.Index(name="import_row_batch", fields=["run", "batch"])]

    def __str__(self) -> str:
        return self.code or str(self.number)


class ImportFault(models.Model):
    """What is wrong with a row, or with the file; or, as a warning, what is to be known of it."""

    run = models.ForeignKey(ImportRun, models.CASCADE, related_name="faults")
    row = models.ForeignKey(ImportRow, models.CASCADE, null=True, related_name="faults")
    is_warning = models.BooleanField(default=False)
    sheet = models.CharField(max_length=100, blank=True)
    line = models.PositiveIntegerField(default=0)
    column = models.CharField(max_length=20, blank=True)
    key = models.CharField(max_length=300, blank=True)
    message = models.TextField()

    class Meta:
        ordering = ["line", "pk"]
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.as_fault())

    def as_fault(self) -> Fault:
        """The fault as the formats write it into a sheet."""
        return Fault(self.run.file_name, self.line, self.key, self.message, self.sheet, self.column)

    @classmethod
    def of(cls, fault: Fault, run: ImportRun, row: Any = None, **values: Any) -> ImportFault:
        """The fault as it is kept: what a file holds may be no text that a table takes."""
        return cls(
            run=run,
            row=row,
            sheet=shown(fault.sheet[:100]),
            line=fault.line,
            column=fault.column[:20],
            key=shown(fault.key[:298]),
            message=shown(fault.message, 1000),
            **values,
        )
