"""Records in the admin: found by the public search, and kept in step with it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import admin, messages
from django.db import models
from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from portal.records.forms import TermsForm
from portal.records.models import Record, State
from portal.reference.catalog import catalog
from portal.reference.widgets import ReferenceFieldsMixin
from portal.search import index
from portal.search.engine import text_query
from portal.search.models import SearchDocument
from portal.search.query import Query, QueryError

PUBLICATION: tuple[Any, dict[str, Any]] = (
    _("Publication"),
    {
        "fields": (
            "state",
            "withdrawal_reason",
            "review_note",
            ("created_at", "first_published_at", "changed_at"),
        )
    },
)


class HasReviewNote(admin.SimpleListFilter):
    title = _("review note")
    parameter_name = "note"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("With a review note")), ("no", _("Without"))]

    def queryset(self, request: HttpRequest, queryset: models.QuerySet) -> models.QuerySet:
        if self.value() == "yes":
            return queryset.exclude(review_note="")
        return queryset.filter(review_note="") if self.value() == "no" else queryset


class RecordAdmin(ReferenceFieldsMixin, admin.ModelAdmin):
    """What the admins of all databases share."""

    show_full_result_count = False
    list_per_page = 50
    search_fields: Sequence[str] = ("code",)
    search_help_text = _("Words, “phrases”, or, -not; or a code")
    readonly_fields: Sequence[str] = ("created_at", "first_published_at", "changed_at")
    date_hierarchy = None

    def get_list_filter(self, request: HttpRequest) -> Sequence[Any]:
        return ("state", HasReviewNote, *super().get_list_filter(request))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Sequence[str]:
        # A code is part of addresses; once public it changes by a redirect, not by typing.
        fields = super().get_readonly_fields(request, obj)
        return (*fields, "code") if obj and obj.first_published_at else fields  # type: ignore[return-value]

    def get_search_results(
        self, request: HttpRequest, queryset: models.QuerySet, search_term: str
    ) -> tuple[models.QuerySet, bool]:
        """Find records by the public search, in all states, and by parts of their codes."""
        term = search_term.strip()
        if not term:
            return queryset, False
        try:
            query = Query.parse(term)
        except QueryError as error:
            if request.resolver_match and request.resolver_match.url_name != "autocomplete":
                messages.error(request, str(error))
            return queryset.none(), False
        documents = SearchDocument.objects.of(self.model.database)
        documents = documents.filter(
            Q(vector=text_query(query)) | Q(code__contains=term.lower())
            if query
            else Q(code__contains=term.lower())
        )
        return queryset.filter(pk__in=documents.values("object_id")), False

    @admin.display(description=_("jurisdiction"), ordering="jurisdiction_id")
    def place(self, record: Any) -> str:
        return catalog().jurisdiction_name(record.jurisdiction_id)

    @admin.display(description=_("page"))
    def page(self, record: Record) -> SafeString | str:
        if not record.is_public:
            return "–"
        return format_html('<a href="{}">{}</a>', record.get_absolute_url(), _("View"))

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if obj.state == State.PUBLISHED and obj.first_published_at is None:
            obj.first_published_at = timezone.now()
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if isinstance(form, TermsForm):
            form.save_terms()
        index.refresh([form.instance])

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        self.delete_queryset(request, self.model._default_manager.filter(pk=obj.pk))

    def delete_queryset(self, request: HttpRequest, queryset: models.QuerySet) -> None:
        records = list(queryset)
        super().delete_queryset(request, queryset)
        index.remove(records)


class PartAdmin(ReferenceFieldsMixin, admin.ModelAdmin):
    """A part of a record on a page of its own; reached from the record, absent from the index."""

    show_full_result_count = False

    def get_model_perms(self, request: HttpRequest) -> dict[str, bool]:
        return {}

    #: The name of the foreign key to the record that the part belongs to.
    owner_field = ""

    def owner(self, part: Any) -> Record:
        return getattr(part, self.owner_field)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Sequence[str]:
        # A part stays with its record: moving it would change two records at once.
        fields = super().get_readonly_fields(request, obj)
        return (*fields, self.owner_field) if obj else fields

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        self._touch(self.owner(form.instance))

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        owner = self.owner(obj)
        super().delete_model(request, obj)
        self._touch(owner)

    def delete_queryset(self, request: HttpRequest, queryset: models.QuerySet) -> None:
        owners = {self.owner(part) for part in queryset}
        super().delete_queryset(request, queryset)
        for owner in owners:
            self._touch(owner)

    def _touch(self, owner: Record) -> None:
        owner.save(update_fields=["changed_at"])
        index.refresh([owner])
