"""Merging in the admin: two records are chosen, looked at side by side, and made into one."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.curation.alike_admin import admin_path
from portal.curation.duplicates import told_apart
from portal.curation.history import HistoryAdmin
from portal.curation.merging import MAX_WHY, MergeError, Plan, absorbed, locked, public_first
from portal.curation.relations import Fate
from portal.records import roles
from portal.records.models import Record

#: Rows of one relation that the preview names; the rest is a number.
NAMED = 20


def merge_path(first: Record, second: Record) -> str:
    """The address of the page on which two records are compared and merged."""
    meta = first._meta
    name = f"admin:{meta.app_label}_{meta.model_name}_merge"
    return f"{reverse(name)}?records={first.pk},{second.pk}"


class MergeForm(forms.Form):
    """Why two records are one, and what the curator has seen of them."""

    why = forms.CharField(
        label=gettext_lazy("Why they are one"),
        max_length=MAX_WHY,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text=gettext_lazy("One sentence; readers see it in the history of the record."),
    )
    seen = forms.CharField(required=False)
    shown = forms.CharField(required=False)


class MergeAdmin(HistoryAdmin):
    """The page of a merger, the action that leads there, and the history of what was merged."""

    actions = ("merge_two",)

    def has_merge_permission(self, request: HttpRequest) -> bool:
        return roles.may_merge_some(request.user, self.model)

    @admin.action(description=gettext_lazy("Compare and merge (choose two)"), permissions=["merge"])
    def merge_two(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse | None:
        chosen = list(queryset.order_by("pk")[:3])
        if len(chosen) != 2:
            messages.error(request, _("Choose exactly two records that are one."))
            return None
        return HttpResponseRedirect(merge_path(*chosen))

    def get_urls(self) -> list[Any]:
        name = f"{self.opts.app_label}_{self.opts.model_name}"
        view = self.admin_site.admin_view
        return [
            path("merge/", view(self.merge), name=f"{name}_merge"),
            path(
                "<int:object_id>/absorbed/<int:gone>/",
                view(self.absorbed_history),
                name=f"{name}_absorbed",
            ),
            *super().get_urls(),
        ]

    def merge(self, request: HttpRequest) -> HttpResponse:
        """Show what merging two records would do; do it when that was seen and a reason given."""
        keys = _two_keys(request.GET.get("records", ""))
        try:
            with transaction.atomic():
                stays, goes = self._in_order(request, keys)
                plan = Plan(stays, goes, _asked(request))
                form = _form(request)
                if "_merge" in request.POST and form.is_valid() and self._is_seen(request, plan):
                    why = form.cleaned_data["why"]
                    return self._merged(request, plan.carry_out(user=request.user, why=why), plan)
                return self._shown(request, plan, form)
        except MergeError as error:
            messages.error(request, str(error))
        stays, goes = self._in_order(request, keys)
        return self._shown(request, Plan(stays, goes, _asked(request)), _form(request))

    def _in_order(self, request: HttpRequest, keys: tuple[int, int]) -> tuple[Record, Record]:
        """The record that stays and the one that goes, as asked for or as is best.

        Raises:
            Http404: one of them is not there.
            PermissionDenied: the user may not merge them.
        """
        found = (
            locked(self.model, keys)
            if request.method == "POST" and transaction.get_connection().in_atomic_block
            else self.model._default_manager.in_bulk(keys)
        )
        if len(found) != 2:
            raise Http404(_("One of the two records is not there (any more)."))
        first, second = public_first((found[keys[0]], found[keys[1]]))
        asked = request.GET.get("stays", "")
        if asked == str(second.pk) or (
            asked != str(first.pk) and not roles.may_merge(request.user, first, second)
        ):
            first, second = second, first
        if not roles.may_merge(request.user, first, second):
            raise PermissionDenied
        return first, second

    def _is_seen(self, request: HttpRequest, plan: Plan) -> bool:
        if plan.refusal:
            return False
        if request.POST.get("seen") != plan.seen:
            messages.error(
                request,
                _(
                    "Nothing was merged: one of the records, or what refers to it, has changed"
                    " meanwhile. This is how things are now."
                ),
            )
            return False
        if request.POST.get("shown") != plan.shown:
            messages.warning(
                request,
                _("Nothing was merged yet: look at what comes of your choice, and merge again."),
            )
            return False
        return True

    def _merged(self, request: HttpRequest, record: Record, plan: Plan) -> HttpResponse:
        said = _("Merged with %(code)s.") % {"code": plan.goes.code}
        self.log_change(request, record, said)
        messages.success(
            request,
            _("%(gone)s is part of %(record)s now, and its addresses lead there.")
            % {"gone": plan.goes.code, "record": record.code},
        )
        return HttpResponseRedirect(admin_path(record))

    def _shown(self, request: HttpRequest, plan: Plan, form: MergeForm) -> HttpResponse:
        both = [plan.stays, plan.goes]
        relations: dict[str, dict[str, Any]] = {}
        for move in plan.moves:
            if move.relation.fate is Fate.CARRIED:
                # What becomes of it is chosen above, with the line that says it.
                continue
            shown = relations.setdefault(
                move.name, {"label": move.relation.label, "rows": [], "number": 0}
            )
            shown["number"] += len(move.rows)
            shown["rows"] += [
                (row, row.owner or row.instance, admin_path(row.owner) if row.owner else "")
                for row in move.rows[: NAMED - len(shown["rows"])]
            ]
        return render(
            request,
            "admin/record_merge.html",
            {
                **self.admin_site.each_context(request),
                "title": _("Merge two records"),
                "opts": self.opts,
                "plan": plan,
                "counts_as_own": plan.counts_as_own_of(request.user),
                "form": form,
                "relations": relations.values(),
                "named": NAMED,
                "records": f"{plan.stays.pk},{plan.goes.pk}",
                "both": [
                    {
                        "record": record,
                        "path": admin_path(record),
                        "told_apart": told_apart(record),
                        "may_stay": roles.may_merge(request.user, record, other),
                    }
                    for record, other in (both, both[::-1])
                ],
            },
        )

    def _context(self, request: HttpRequest, record: Any) -> dict[str, Any]:
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_absorbed"
        return {
            **super()._context(request, record),
            "absorbed": [
                (revision, reverse(name, args=[record.pk, revision.object_id]))
                for revision in absorbed(record)
            ],
        }

    def absorbed_history(self, request: HttpRequest, object_id: int, gone: int) -> HttpResponse:
        """The history of a record that was merged into another one."""
        record = self.get_object(request, str(object_id))
        if record is None:
            raise Http404
        if not self.has_view_permission(request, record):
            raise PermissionDenied
        last = next((each for each in absorbed(record) if each.object_id == gone), None)
        if last is None:
            raise Http404
        # What is left of it are its revisions.
        former = self.model(pk=gone, code=last.code, title=last.line["title"])
        context = {**self._context(request, former), **self._compared(request, former)}
        context |= {"may_change": False, "object": record, "former": former, "absorbed": []}
        return render(request, "admin/record_merge_history.html", context)


def _two_keys(text: str) -> tuple[int, int]:
    parts = text.split(",")
    if len(parts) != 2 or not all(
        part.isascii() and part.isdecimal() and len(part) < 19 for part in parts
    ):
        raise Http404(_("Two records are merged, no more and no less."))
    first, second = int(parts[0]), int(parts[1])
    if first == second:
        raise Http404(_("Two records are merged, no more and no less."))
    return first, second


def _asked(request: HttpRequest) -> dict[str, str]:
    """Which values the curator chose, by key."""
    prefix = "take-"
    return {
        name.removeprefix(prefix): value
        for name, value in request.POST.items()
        if name.startswith(prefix) and isinstance(value, str)
    }


def _form(request: HttpRequest) -> MergeForm:
    if "_merge" in request.POST:
        return MergeForm(request.POST)
    return MergeForm(initial={"why": request.POST.get("why", "")})
