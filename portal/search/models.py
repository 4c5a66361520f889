"""`search_document`: what can be found, of all databases, in one narrow table."""

from __future__ import annotations

from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, GistIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models

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
            models.UniqueConstraint(name="search_document_once", fields=["database", "object_id"])
        ]
        indexes = [
            GinIndex(fields=["vector"], name="search_document_vector", fastupdate=False),
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
