"""Reference data in the admin. A change is announced, so that the search follows it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, ClassVar
from urllib.parse import quote

from django.contrib import admin
from django.db import models, transaction
from django.db.models import F, Func, QuerySet, TextField, Value
from django.db.models.functions import Cast
from django.forms.widgets import Script
from django.http import HttpRequest
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy

from portal.reference.changes import announce
from portal.reference.forms import CuratorForm, PartForm, PartFormSet, ReferenceFieldsMixin
from portal.reference.meanings import meanings_of
from portal.reference.models import (
    Jurisdiction,
    Process,
    ProcessMembership,
    ProcessSource,
    Region,
    Term,
    ThesaurusEntry,
    TreatyArticle,
    TreatyStatus,
    TreatyStatusSource,
    Vocabulary,
)
from portal.reference.provenance import LinkStatus, Source


def label_texts(field: str) -> Cast:
    """The texts of labels in all languages, without the languages' codes, to be searched."""
    texts = Func(F(field), Value("$.*"), function="jsonb_path_query_array")
    return Cast(texts, TextField())


class ReferenceAdmin(ReferenceFieldsMixin, admin.ModelAdmin):
    """Announces what it saves or deletes, inside the transaction that does so."""

    form = CuratorForm
    show_full_result_count = False
    list_per_page = 50
    #: Labels that are searched as well, in all languages and without regard to accents.
    label_fields: ClassVar[tuple[str, ...]] = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        texts = {_alias(field): label_texts(field) for field in self.label_fields}
        return super().get_queryset(request).alias(**texts)

    def get_search_fields(self, request: HttpRequest) -> tuple[str, ...]:
        labels = (f"{_alias(field)}__unaccent" for field in self.label_fields)
        return (*super().get_search_fields(request), *labels)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        # A code that is the key would make a copy under the new code, not rename the old one.
        key = self.opts.pk.name
        fields = tuple(super().get_readonly_fields(request, obj))
        return (*fields, key) if obj is not None and not self.opts.pk.auto_created else fields

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        # To have records indexed anew that say what they said takes long.
        if not change or form.has_changed() or any(rows.has_changed() for rows in formsets):
            announce([form.instance])

    def dependents(self, going: Iterable[Any]) -> Sequence[models.Model]:
        """What else the search has to look at again once the objects `going` are deleted."""
        return ()

    def delete_model(self, request: HttpRequest, obj: models.Model) -> None:
        self.delete_queryset(request, self.model._default_manager.filter(pk=obj.pk))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet) -> None:
        with transaction.atomic():
            going = list(queryset)
            dependents = self.dependents(going)
            super().delete_queryset(request, queryset)
            # What went is named as well: texts may have been found by its names.
            announce([*going, *dependents])


def _alias(field: str) -> str:
    return f"{field.replace('__', '_')}_texts"


class PartRights(ReferenceFieldsMixin):
    """For inlines of the parts of a record: who may change the record may change them."""

    parent_model: type[models.Model]
    #: The inline of the parts to which these belong in turn; None where they are a record's own.
    outer: Any = None

    class Media:
        js: tuple[Any, ...] = (Script("js/described-rows.js", type="module"),)

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        """The formset of the parts; what their fields mean, the dictionary says."""
        given = {"help_texts": meanings_of(self.model), **kwargs}
        return super().get_formset(request, obj, **given)  # type: ignore[misc]

    def _may(self, request: HttpRequest, obj: Any) -> bool:
        if self.outer is not None:
            return bool(self.outer._may(request, obj))
        owner = self.admin_site._registry[self.parent_model]
        if obj is None:
            return bool(owner.has_add_permission(request))
        return bool(owner.has_change_permission(request, obj))

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, obj)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if self.outer is not None:
            return bool(self.outer.has_view_permission(request, obj))
        owner = self.admin_site._registry[self.parent_model]
        return bool(owner.has_view_permission(request, obj)) or self._may(request, obj)


class PartInline(PartRights, admin.TabularInline):
    """A table of the parts of a record."""

    form: type[PartForm] = PartForm
    formset: type[PartFormSet] = PartFormSet
    extra = 0


class SourceForm(PartForm):
    """A source; what is known of an address says nothing of the one that takes its place."""

    def save(self, commit: bool = True) -> Any:
        if "url" in self.changed_data:
            self.instance.status, self.instance.last_checked = LinkStatus.UNCHECKED, None
        return super().save(commit)


class SourceInline(PartInline):
    form = SourceForm
    fields = ("position", "title", "checked", "url", "note")
    readonly_fields = ("checked",)

    @admin.display(description=gettext_lazy("last check"))
    def checked(self, source: Source) -> SafeString | str:
        """What the last check of the address found, with the way to all that is known of it."""
        if source.pk is None or not source.url:
            return "–"
        found = str(LinkStatus(source.status).label)
        if source.last_checked is not None:
            found = f"{found}, {date_format(source.last_checked)}"
        known = reverse("admin:links_address_changelist")
        return format_html('<a href="{}?url={}">{}</a>', known, quote(source.url, safe=""), found)


class ProcessSourceInline(SourceInline):
    model = ProcessSource


class TreatyStatusSourceInline(SourceInline):
    model = TreatyStatusSource


class MembershipInline(PartInline):
    model = ProcessMembership
    fields = ("process", "capacity")


@admin.register(Region)
class RegionAdmin(ReferenceAdmin):
    list_display = ("code", "__str__", "level", "parent")
    list_filter = ("level",)
    list_select_related = ("parent",)
    search_fields = ("code",)
    label_fields = ("names",)


@admin.register(Process)
class ProcessAdmin(ReferenceAdmin):
    list_display = ("code", "__str__", "as_of", "stated_members")
    search_fields = ("code",)
    label_fields = ("labels",)
    inlines = (ProcessSourceInline,)

    def dependents(self, going: Iterable[Any]) -> Sequence[models.Model]:
        return list(Jurisdiction.objects.filter(processes__in=going).distinct())


@admin.register(Jurisdiction)
class JurisdictionAdmin(ReferenceAdmin):
    list_display = ("code", "__str__", "kind", "un_status", "region")
    list_filter = ("kind", "un_status", "region")
    list_select_related = ("region",)
    search_fields = ("code", "alpha2")
    label_fields = ("names", "un_names")
    inlines = (MembershipInline,)


@admin.register(Vocabulary)
class VocabularyAdmin(ReferenceAdmin):
    list_display = ("code", "position")
    search_fields = ("code",)


@admin.register(Term)
class TermAdmin(ReferenceAdmin):
    list_display = ("__str__", "code", "vocabulary", "definition")
    list_filter = ("vocabulary",)
    search_fields = ("code", "definition")
    label_fields = ("labels",)
    list_select_related = ("vocabulary",)
    readonly_fields = ("id",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("id", "vocabulary", "code") if obj else ("id",)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        obj.id = f"{obj.vocabulary_id}:{obj.code}"
        super().save_model(request, obj, form, change)


@admin.register(TreatyArticle)
class TreatyArticleAdmin(ReferenceAdmin):
    list_display = ("code", "__str__", "instrument")
    list_filter = ("instrument",)
    search_fields = ("code", "definition")
    label_fields = ("labels",)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet, search_term: str
    ) -> tuple[QuerySet, bool]:
        # Lawyers write 6(1)(a) for what the code calls 6.1.a.
        term = re.sub(r"\((\w+)\)", r".\1", search_term)
        return super().get_search_results(request, queryset, term)


@admin.register(TreatyStatus)
class TreatyStatusAdmin(ReferenceAdmin):
    list_display = ("jurisdiction", "is_party", "act", "signed", "consent")
    list_filter = ("is_party", "act")
    list_select_related = ("jurisdiction",)
    search_fields = ("jurisdiction__code", "note")
    label_fields = ("jurisdiction__names",)
    inlines = (TreatyStatusSourceInline,)

    def dependents(self, going: Iterable[Any]) -> Sequence[models.Model]:
        return list(Jurisdiction.objects.filter(treaty_status__in=going))


@admin.register(ThesaurusEntry)
class ThesaurusAdmin(ReferenceAdmin):
    list_display = ("code", "__str__", "place")
    list_select_related = ("place",)
    search_fields = ("code", "definition", "words")
    label_fields = ("labels", "place__names")
    fields = ("code", "place", "labels", "definition", "terms", "words", "position")
