"""Records in the admin: found by the public search, and kept in step with it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path, resolve, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

import portal.curation.pair_admin  # noqa: F401 (registers the pairs)
from portal.curation.alike_admin import AlikeAdmin
from portal.curation.export_admin import ExportAdmin
from portal.curation.history import HistoryAdmin
from portal.curation.meanwhile import MeanwhileAdmin, is_changing
from portal.curation.merge_admin import MergeAdmin
from portal.curation.queues import (
    ChangedLately,
    EnteredBy,
    HasReviewNote,
    LostSources,
    Queue,
    WhatIsMissing,
)
from portal.curation.sections import SectionsAdmin
from portal.records import roles
from portal.records.forms import RecordForm, TermsForm, chosen_terms
from portal.records.models import Record, Redirect, Revision, State
from portal.records.revisions import begin, lock, take
from portal.records.typed_dates import DATES_AS_TYPED
from portal.reference.catalog import catalog
from portal.reference.forms import CuratorForm, ReferenceFieldsMixin
from portal.reference.pasted import append_sources
from portal.reference.punctuation import listed
from portal.search import index
from portal.search.engine import holding
from portal.search.models import SearchDocument
from portal.search.query import Query, QueryError

if TYPE_CHECKING:
    from django.contrib.admin.options import _FieldOpts
    from django_stubs_ext import StrPromise

PUBLICATION: tuple[StrPromise, _FieldOpts] = (
    gettext_lazy("Publication"),
    {
        "fields": (
            "state",
            "withdrawal_reason",
            "why",
            "review_note",
            ("created_by", "created_at", "first_published_at", "changed_at"),
        )
    },
)


#: Below the sources of a record: many at once.
PASTED_SOURCES: tuple[StrPromise, _FieldOpts] = (
    gettext_lazy("Paste several sources"),
    {"classes": ("collapse",), "fields": ("pasted_sources",)},
)


class RecordAdmin(
    MeanwhileAdmin,
    AlikeAdmin,
    MergeAdmin,
    ExportAdmin,
    ReferenceFieldsMixin,
    SectionsAdmin,
    HistoryAdmin,
):
    """What the admins of all databases share."""

    model: Any
    form = RecordForm
    formfield_overrides = DATES_AS_TYPED
    change_list_template = "admin/record_change_list.html"
    show_full_result_count = False
    list_per_page = 50
    search_fields = ("code",)
    search_help_text = gettext_lazy("Words, “phrases”, or, -not; or a code")
    readonly_fields = ("created_by", "created_at", "first_published_at", "changed_at")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return roles.may_view(request.user, self.model)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if obj is None:
            # Nothing is changed in the list itself.
            return self.has_view_permission(request)
        return roles.may_change(request.user, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if obj is None:
            return super().has_delete_permission(request)
        return roles.may_delete(request.user, obj)

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form: Any = super().get_form(request, obj, change, **kwargs)
        return form.for_user(request.user)

    def more_queues(self, user: Any) -> list[Queue]:
        """What waits beside the records themselves, for the first page of the admin."""
        return []

    def get_list_filter(self, request: HttpRequest) -> tuple[Any, ...]:
        found = super().get_list_filter(request)
        mine = (HasReviewNote, EnteredBy, ChangedLately, LostSources)
        return ("state", *mine, *found, WhatIsMissing)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        # A code is part of addresses; once public it changes by a redirect, not by typing.
        fields = tuple(super().get_readonly_fields(request, obj))
        return (*fields, "code") if obj and obj.first_published_at else fields

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet, search_term: str
    ) -> tuple[QuerySet, bool]:
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
        database = self.model.database
        coded = SearchDocument.objects.of(database).filter(code__contains=term.lower())
        condition = Q(pk__in=coded.values("object_id"))
        if query:
            said = holding(SearchDocument.objects.of(database), query)
            condition |= Q(pk__in=said.values("object_id"))
        return queryset.filter(condition), False

    def choice_label(self, record: Record) -> str:
        """A record among choices: many laws have the same title, none the same code."""
        return f"{record.title} ({record.code})"

    @admin.display(description=gettext_lazy("jurisdiction"), ordering="jurisdiction_id")
    def place(self, record: Any) -> str:
        return catalog().jurisdiction_name(record.jurisdiction_id)

    @admin.display(description=gettext_lazy("page"))
    def public_page(self, record: Record) -> SafeString | str:
        if not record.is_public:
            return "–"
        return format_html('<a href="{}">{}</a>', record.get_absolute_url(), _("View"))

    def brought_back(self, record: Record) -> None:
        index.refresh([record])

    def get_urls(self) -> list[Any]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_preview"
        view = self.admin_site.admin_view(self.preview)
        return [path("<path:object_id>/preview/", view, name=name), *super().get_urls()]

    def preview(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The public page of a record that is not public, for those who may see it here."""
        record = self.get_object(request, object_id)
        if record is None:
            raise Http404
        if not self.has_view_permission(request, record):
            raise PermissionDenied
        page: Any = resolve(record.get_absolute_url()).func
        response: HttpResponse = page.view_class.as_view(is_preview=True)(request, code=record.code)
        return response

    def get_view_on_site_url(self, obj: Any = None) -> str | None:
        if obj is None:
            return None
        if obj.is_public:
            return obj.get_absolute_url()
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_preview"
        return reverse(name, args=[obj.pk])

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if obj.state == State.PUBLISHED and obj.first_published_at is None:
            obj.first_published_at = timezone.now()
        if change:
            begin(obj)
        else:
            obj.created_by = request.user
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if isinstance(form, TermsForm):
            form.save_terms()
        for source in append_sources(form.instance, form.cleaned_data.get("pasted_sources") or ()):
            messages.info(request, _("The record has this source already: %s") % source.url)
        action = Revision.Action.CHANGED if change else Revision.Action.ENTERED
        why = form.cleaned_data.get("why", "")
        take(form.instance, action=action, user=request.user, why=why)
        index.refresh([form.instance])
        self.tell_alike(request, form, change=change)

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """Say in the confirmation why records that were public cannot be deleted."""
        shown, counts, lacking, protected = super().get_deleted_objects(objs, request)
        if _undying(objs):
            # Django asks for permissions by name; nobody has this one.
            lacking = {*lacking, _("records that were public (withdraw or redirect them)")}
        return shown, counts, lacking, protected

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        self.delete_queryset(request, self.model._default_manager.filter(pk=obj.pk))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet) -> None:
        with transaction.atomic():
            keys = list(queryset.values_list("pk", flat=True))
            lock(self.model, keys)
            records = list(self.model._default_manager.filter(pk__in=keys))
            may_delete = all(self.has_delete_permission(request, record) for record in records)
            if _undying(records) or not may_delete:
                # Somebody published one of them after the confirmation had been asked for.
                raise PermissionDenied
            begin(*records)
            take(*records, action=Revision.Action.DELETED, user=request.user)
            super().delete_queryset(request, queryset)
            index.remove(records)


def _undying(records: Iterable[Record]) -> set[str]:
    """The codes of those records that were public, and whose addresses lead nowhere else."""
    once_public = {record.code for record in records if record.first_published_at}
    redirected = Redirect.objects.filter(code__in=once_public).values_list("code", flat=True)
    return once_public - set(redirected) if once_public else set()


class TermsAdmin(RecordAdmin):
    """Records that carry terms; shows them to those as well who may only look."""

    form: type[TermsForm]

    def __init__(self, model: Any, admin_site: Any) -> None:
        super().__init__(model, admin_site)
        # Django shows a field that cannot be changed by an attribute of its name.
        for name, field in self.form.base_fields.items():
            if name in self.form.vocabularies:
                setattr(self, name, _Shown(self.form, name, field.label))


class _Shown:
    """The labels of a record's terms of one vocabulary, as a read-only field."""

    def __init__(self, form: type[TermsForm], vocabulary: str, label: Any) -> None:
        self.form, self.vocabulary, self.short_description = form, vocabulary, label

    def __call__(self, record: Record) -> str:
        keys = chosen_terms(self.form.through, self.form.owner, record)
        return listed(
            catalog().term_label(key) for key in keys if key.startswith(f"{self.vocabulary}:")
        )


class PartAdmin(ReferenceFieldsMixin, admin.ModelAdmin):
    """A part of a record on a page of its own; reached from the record, absent from the index."""

    form = CuratorForm
    formfield_overrides = DATES_AS_TYPED
    show_full_result_count = False
    list_per_page = 50
    #: The name of the foreign key to the record that the part belongs to.
    owner_field = ""
    list_select_related: ClassVar[tuple[str, ...]] = ()

    def get_model_perms(self, request: HttpRequest) -> dict[str, bool]:
        return {}

    def owner(self, part: Any) -> Record:
        return getattr(part, self.owner_field)

    @property
    def owner_model(self) -> type[Record]:
        model: Any = self.opts.get_field(self.owner_field).related_model
        return model

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return roles.may_view(request.user, self.owner_model)

    def has_add_permission(self, request: HttpRequest) -> bool:
        # To which record it is added is known once the form is sent (`save_form`).
        return roles.may_add(request.user, self.owner_model)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if obj is None:
            return self.has_view_permission(request)
        return roles.may_change(request.user, self.owner(obj))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if obj is None:
            return super().has_delete_permission(request)
        return roles.may_change(request.user, self.owner(obj))

    def get_object(self, request: HttpRequest, object_id: str, from_field: Any = None) -> Any:
        """The part; nobody else changes the record of one that a request changes until it ends."""
        part = super().get_object(request, object_id, from_field)
        if part is not None and is_changing(request):
            lock(self.owner_model, [self.owner(part).pk])
            part = super().get_object(request, object_id, from_field)
        return part

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> Any:
        part = super().save_form(request, form, change)
        if not roles.may_change(request.user, self.owner(part)):
            raise PermissionDenied
        return part

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related(*self.list_select_related)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        # A part stays with its record: moving it would change two records at once.
        fields = tuple(super().get_readonly_fields(request, obj))
        return (*fields, self.owner_field) if obj else fields

    def get_view_on_site_url(self, obj: Any = None) -> str | None:
        if obj is None or not self.owner(obj).is_public:
            return None
        page = obj if hasattr(obj, "get_absolute_url") else self.owner(obj)
        return page.get_absolute_url()

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        begin(self.owner(obj))
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        self.settle(form, formsets)
        self._touch(request, [self.owner(form.instance)])

    def settle(self, form: Any, formsets: Any) -> None:
        """What follows from a part once all of it is saved, before the search looks at it."""

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        self.delete_queryset(request, self.model._default_manager.filter(pk=obj.pk))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet) -> None:
        with transaction.atomic():
            owners = {self.owner(part) for part in queryset.select_related(self.owner_field)}
            begin(*owners)
            super().delete_queryset(request, queryset)
            self._touch(request, owners)

    def _touch(self, request: HttpRequest, owners: Iterable[Record]) -> None:
        owners = list(owners)
        for owner in owners:
            owner.save(update_fields=["changed_at"])
        take(*owners, user=request.user)
        index.refresh(owners)
