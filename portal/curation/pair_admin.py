"""The list of pairs of records that may be one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from portal.curation.alike_admin import admin_path
from portal.curation.duplicates import reasons_of, told_apart
from portal.curation.merge_admin import merge_path
from portal.curation.models import SuspectedPair, SuspectedPairQuerySet
from portal.curation.queues import OfferedFilter
from portal.records import roles
from portal.records.database import databases
from portal.records.models import Record
from portal.reference.punctuation import labelled

MAX_WHY: int = SuspectedPair._meta.get_field("why").max_length or 0


class Judged(OfferedFilter):
    """Pairs that wait for a word, unless those are asked for of which it was said."""

    title = gettext_lazy("what was said")
    parameter_name = "judged"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("two", _("They are two"))]

    def choices(self, changelist: Any) -> Iterator[Any]:
        waiting, *others = super().choices(changelist)
        yield {**waiting, "display": _("Nothing yet")}
        yield from others

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(judged_at__isnull=self.value() != "two")


class OfDatabase(OfferedFilter):
    title = gettext_lazy("database")
    parameter_name = "database"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            (found.slug, found.title)
            for found in databases()
            if roles.may_view(request.user, found.model)
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(database=self.value()) if self.value() else queryset


class WhyForm(ActionForm):
    why = forms.CharField(label=gettext_lazy("Because:"), required=False, max_length=MAX_WHY)


def with_records(pairs: Iterable[SuspectedPair]) -> list[SuspectedPair]:
    """Pairs with `records`, the two records or None, in one question a database."""
    found = list(pairs)
    for database in databases():
        own = [pair for pair in found if pair.database == database.slug]
        keys = {key for pair in own for key in (pair.first_id, pair.second_id)}
        records = database.model._default_manager.in_bulk(keys) if keys else {}
        for pair in own:
            pair.records = [records.get(key) for key in (pair.first_id, pair.second_id)]  # type: ignore[attr-defined]
    return found


class PairList(ChangeList):
    """Knows the records of the pairs on its page."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list = with_records(self.result_list)


@admin.register(SuspectedPair)
class SuspectedPairAdmin(admin.ModelAdmin):
    """Pairs for all who may see the records; who may change both says that they are two."""

    list_display = ("first", "second", "reasons_said", "merge", "verdict")
    list_display_links = None
    list_filter = (Judged, OfDatabase)
    list_per_page = 50
    show_full_result_count = False
    action_form = WhyForm
    actions = ("they_are_two", "suspect_again")

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return PairList

    def get_queryset(self, request: HttpRequest) -> SuspectedPairQuerySet:
        seen: SuspectedPairQuerySet = SuspectedPair.objects.seen_by(request.user)
        return seen.select_related("judged_by")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return any(
            roles.may_view(request.user, found.model)
            for found in databases()
            if obj is None or obj.database == found.slug
        )

    def has_add_permission(self, request: HttpRequest) -> bool:
        # Pairs are found (`manage.py find_duplicates`).
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_judge_permission(self, request: HttpRequest) -> bool:
        return any(roles.may_merge_some(request.user, found.model) for found in databases())

    @admin.display(description=gettext_lazy("one record"))
    def first(self, pair: Any) -> SafeString | str:
        return _shown(pair.records[0])

    @admin.display(description=gettext_lazy("the other"))
    def second(self, pair: Any) -> SafeString | str:
        return _shown(pair.records[1])

    @admin.display(description=gettext_lazy("why"), ordering="likeness")
    def reasons_said(self, pair: SuspectedPair) -> str:
        return reasons_of(pair)

    @admin.display(description=gettext_lazy("together"))
    def merge(self, pair: Any) -> SafeString | str:
        if not all(pair.records):
            return "–"
        return format_html('<a href="{}">{}</a>', merge_path(*pair.records), _("Compare and merge"))

    @admin.display(description=gettext_lazy("what was said"))
    def verdict(self, pair: SuspectedPair) -> str:
        if pair.judged_at is None:
            return "–"
        who = (
            pair.judged_by.get_full_name() or pair.judged_by.get_username()
            if pair.judged_by
            else ""
        )
        return labelled(who, pair.why) if who else pair.why

    @admin.action(
        description=gettext_lazy("They are not the same (say why)"), permissions=["judge"]
    )
    def they_are_two(self, request: HttpRequest, queryset: QuerySet[SuspectedPair]) -> None:
        why = request.POST.get("why", "").strip()
        if not why or len(why) > MAX_WHY or "\x00" in why:
            messages.error(request, _("Say in a short sentence why they are not the same."))
            return
        own = self._own(request, queryset)
        SuspectedPair.objects.filter(pk__in=own).update(
            judged_by=request.user, judged_at=timezone.now(), why=why
        )
        said = ngettext("%d pair is two.", "%d pairs are two each.", len(own))
        messages.success(request, said % len(own))

    @admin.action(description=gettext_lazy("They may be the same after all"), permissions=["judge"])
    def suspect_again(self, request: HttpRequest, queryset: QuerySet[SuspectedPair]) -> None:
        own = self._own(request, queryset)
        SuspectedPair.objects.filter(pk__in=own).update(judged_by=None, judged_at=None, why="")
        said = ngettext("%d pair waits again.", "%d pairs wait again.", len(own))
        messages.success(request, said % len(own))

    def _own(self, request: HttpRequest, queryset: QuerySet[SuspectedPair]) -> list[int]:
        """The keys of the pairs whose records are both the user's to change."""
        pairs: list[Any] = with_records(queryset)
        own = [
            pair.pk
            for pair in pairs
            if all(each and roles.may_change(request.user, each) for each in pair.records)
        ]
        if len(own) < len(pairs):
            messages.error(request, _("Pairs of records that you may not change were left alone."))
        return own


def _shown(record: Record | None) -> SafeString | str:
    if record is None:
        return _("(deleted)")
    return format_html(
        '<a href="{}"><bdi>{}</bdi></a><br><code>{}</code> · {} · <bdi>{}</bdi>',
        *(admin_path(record), record.title, record.code, record.get_state_display()),
        told_apart(record),
    )
