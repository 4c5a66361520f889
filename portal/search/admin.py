"""Records in the admin: found by the public search, and kept in step with it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.records.forms import RecordForm, TermsForm, chosen_terms
from portal.records.models import Record, Redirect, State
from portal.reference.catalog import catalog
from portal.reference.forms import CuratorForm, ReferenceFieldsMixin
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
            "review_note",
            ("created_at", "first_published_at", "changed_at"),
        )
    },
)


class HasReviewNote(admin.SimpleListFilter):
    title = gettext_lazy("review note")
    parameter_name = "note"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("With a review note")), ("no", _("Without"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() == "yes":
            return queryset.exclude(review_note="")
        return queryset.filter(review_note="") if self.value() == "no" else queryset


class RecordAdmin(ReferenceFieldsMixin, admin.ModelAdmin):
    """What the admins of all databases share."""

    form = RecordForm
    show_full_result_count = False
    list_per_page = 50
    search_fields = ("code",)
    search_help_text = gettext_lazy("Words, “phrases”, or, -not; or a code")
    readonly_fields = ("created_at", "first_published_at", "changed_at")

    def get_list_filter(self, request: HttpRequest) -> tuple[Any, ...]:
        return ("state", HasReviewNote, *super().get_list_filter(request))

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

    def get_view_on_site_url(self, obj: Any = None) -> str | None:
        return obj.get_absolute_url() if obj is not None and obj.is_public else None

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if obj.state == State.PUBLISHED and obj.first_published_at is None:
            obj.first_published_at = timezone.now()
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if isinstance(form, TermsForm):
            form.save_terms()
        index.refresh([form.instance])

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """Say in the confirmation why records that were public cannot be deleted."""
        shown, counts, lacking, protected = super().get_deleted_objects(objs, request)
        once_public = {record.code for record in objs if record.first_published_at}
        redirected = Redirect.objects.filter(code__in=once_public).values_list("code", flat=True)
        if once_public - set(redirected):
            # Django asks for permissions by name; nobody has this one.
            lacking = {*lacking, _("records that were public (withdraw or redirect them)")}
        return shown, counts, lacking, protected

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        self.delete_queryset(request, self.model._default_manager.filter(pk=obj.pk))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet) -> None:
        with transaction.atomic():
            records = list(queryset)
            super().delete_queryset(request, queryset)
            index.remove(records)


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
        return ", ".join(
            catalog().term_label(key) for key in keys if key.startswith(f"{self.vocabulary}:")
        )


class PartAdmin(ReferenceFieldsMixin, admin.ModelAdmin):
    """A part of a record on a page of its own; reached from the record, absent from the index."""

    form = CuratorForm
    show_full_result_count = False
    list_per_page = 50
    #: The name of the foreign key to the record that the part belongs to.
    owner_field = ""
    list_select_related: ClassVar[tuple[str, ...]] = ()

    def get_model_perms(self, request: HttpRequest) -> dict[str, bool]:
        return {}

    def owner(self, part: Any) -> Record:
        return getattr(part, self.owner_field)

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

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        self.settle(form, formsets)
        self._touch([self.owner(form.instance)])

    def settle(self, form: Any, formsets: Any) -> None:
        """What follows from a part once all of it is saved, before the search looks at it."""

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        self.delete_queryset(request, self.model._default_manager.filter(pk=obj.pk))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet) -> None:
        with transaction.atomic():
            owners = {self.owner(part) for part in queryset.select_related(self.owner_field)}
            super().delete_queryset(request, queryset)
            self._touch(owners)

    def _touch(self, owners: Iterable[Record]) -> None:
        owners = list(owners)
        for owner in owners:
            owner.save(update_fields=["changed_at"])
        index.refresh(owners)
