"""`search_document`: what can be found, of all databases, in one narrow table; and what is made
of it for counting (`FacetBits`), for exact matches (`Identifier`) and for spelling (`KnownWord`).
"""

from __future__ import annotations

from typing import Any, Self

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, GistIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.records.dates import PartialDateField
from portal.records.models import PublicationQuerySet, State


class SearchDocumentQuerySet(PublicationQuerySet):
    def of(self, database: str) -> Self:
        """Documents of one database, by its slug."""
        return self.filter(database=database)


class SearchDocument(models.Model):
    """What the search knows of a record.

    Kept in step by `portal.search.index` inside the transaction that changes the record. The
    unique `code` makes codes unique across the databases, as `/id/<code>` needs.
    """

    database = models.CharField(max_length=20)
    object_id = models.BigIntegerField()
    ordinal = models.PositiveIntegerField(
        unique=True, help_text="The number of the document, from 0: its place in facet bits."
    )
    code = models.CharField(max_length=120, unique=True)
    state = models.CharField(max_length=12, choices=State.choices)
    title = models.TextField()
    title_key = models.TextField(help_text="The title as it is sorted: folded, without quotes.")
    date = PartialDateField(null=True)
    date_key = models.IntegerField(default=0, help_text="YYYYMMDD, unknown parts 00; 0 undated.")
    changed_at = models.DateTimeField()
    facets = ArrayField(models.TextField(), default=list, help_text="`parameter:value` tokens.")
    body = models.TextField(help_text="The texts that snippets are cut from.")
    vector = SearchVectorField(help_text="All words: what a query must match.")
    rank_vector = SearchVectorField(help_text="Words of title, names and numbers: what ranks.")

    objects = SearchDocumentQuerySet.as_manager()

    class Meta:
        db_table = "search_document"
        constraints = [
            models.UniqueConstraint(name="search_document_once", fields=["database", "object_id"]),
        ]
        indexes = [
            GinIndex(fields=["vector"], name="search_document_vector", fastupdate=False),
            GinIndex(fields=["rank_vector"], name="search_document_rank", fastupdate=False),
            GinIndex(fields=["facets"], name="search_document_facets", fastupdate=False),
            GistIndex(fields=["date"], name="search_document_date"),
            models.Index(fields=["database", "state", "-date_key", "code"], name="search_newest"),
            models.Index(fields=["database", "state", "title_key", "code"], name="search_title"),
            models.Index(
                fields=["database", "state", "-changed_at", "code"], name="search_changed"
            ),
        ]

    def __str__(self) -> str:
        return self.code


class BitsField(models.Field):
    """A string of bits of any length (`bit varying`)."""

    def db_type(self, connection: Any) -> str:
        return "bit varying"


class FacetBits(models.Model):
    """Which of `CHUNK` neighbouring documents carry a value of a facet: a bit for each.

    Made from `SearchDocument.facets` by `portal.search.bits`, counted by `portal.search.facets`.
    """

    #: Documents of one row; a multiple of 64.
    CHUNK = 8192

    parameter = models.TextField()
    value = models.TextField()
    chunk = models.PositiveIntegerField(help_text="Ordinal of a document divided by CHUNK.")
    bits = BitsField()

    class Meta:
        db_table = "search_facet_bits"
        constraints = [
            models.UniqueConstraint(
                name="search_facet_bits_once", fields=["parameter", "value", "chunk"]
            )
        ]

    def __str__(self) -> str:
        return f"{self.parameter}:{self.value} {self.chunk}"


class Identifier(models.Model):
    """Something that names one record: a citation, a number, a title, in its bare spelling."""

    class Kind(models.TextChoices):
        CODE = "code", _("Code")
        CITATION = "citation", _("Citation")
        DOCKET = "docket", _("Docket number")
        NUMBER = "number", _("Official number")
        DOI = "doi", _("DOI")
        ISBN = "isbn", _("ISBN")
        TITLE = "title", _("Title")

    document = models.ForeignKey(
        SearchDocument, on_delete=models.CASCADE, related_name="identifiers"
    )
    kind = models.CharField(max_length=10, choices=Kind.choices)
    key = models.TextField(help_text="Its letters and digits alone, folded.")
    text = models.TextField(help_text="As the record has it.")

    class Meta:
        db_table = "search_identifier"
        constraints = [
            models.UniqueConstraint(
                name="search_identifier_once", fields=["document", "kind", "key"]
            )
        ]
        indexes = [models.Index(fields=["key"], name="search_identifier_key")]

    def __str__(self) -> str:
        return self.text


class KnownWord(models.Model):
    """A word of some document, to be offered for one that is spelt otherwise."""

    word = models.CharField(max_length=64, primary_key=True)

    class Meta:
        db_table = "search_known_word"
        indexes = [
            GinIndex(fields=["word"], opclasses=["gin_trgm_ops"], name="search_known_word_trigrams")
        ]

    def __str__(self) -> str:
        return self.word
