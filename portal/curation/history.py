"""The history of a record in the admin: who changed what and why, compared and brought back."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.curation.returning import Return, in_words
from portal.records.differences import differences
from portal.records.models import Record, Revision
from portal.records.revisions import ReturnError

#: Revisions that the page lists; older ones can still be compared by their number.
SHOWN = 200


class ReasonForm(forms.Form):
    """Why a record is brought back to what it said."""

    why = forms.CharField(
        label=gettext_lazy("Why"),
        max_length=500,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text=gettext_lazy("One sentence; readers see it in the history of the record."),
    )


class HistoryAdmin(admin.ModelAdmin):
    """Shows revisions in the place of Django's log, which does not know what was said before."""

    def brought_back(self, record: Record) -> None:
        """What has to follow once a record says again what it said."""

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if request.method == "POST":
            # What is looked at is what is changed, and the search changes with it.
            with transaction.atomic():
                return self._history(request, object_id)
        return self._history(request, object_id)

    def _history(self, request: HttpRequest, object_id: str) -> HttpResponse:
        record = self.get_object(request, object_id)
        if record is None:
            # Django's own answer, with a message that leads back.
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[attr-defined]
        if not self.has_view_permission(request, record):
            raise PermissionDenied
        number = request.GET.get("bring_back", "")
        if number:
            return self._bring_back(request, record, _number(number))
        return render(
            request,
            "admin/record_history.html",
            {
                **self._context(request, record),
                **self._compared(request, record),
                **self._snapshot(request, record),
            },
        )

    def _snapshot(self, request: HttpRequest, record: Any) -> dict[str, Any]:
        """The one revision that was asked for, and all that it says."""
        number = request.GET.get("revision", "")
        if not number:
            return {}
        shown = _revision(record, _number(number))
        return {"shown": shown, "says": differences({}, shown.line)}

    def _context(self, request: HttpRequest, record: Any) -> dict[str, Any]:
        return {
            **self.admin_site.each_context(request),
            "title": _("History of “%(record)s”") % {"record": record},
            "opts": self.opts,
            "object": record,
            "revisions": Revision.objects.of(record).select_related("by").defer("line")[:SHOWN],
            "may_change": self.has_change_permission(request, record),
        }

    def _compared(self, request: HttpRequest, record: Any) -> dict[str, Any]:
        """The two revisions that were asked for, the earlier first, and where they differ."""
        asked = [request.GET.get(name, "") for name in ("before", "after")]
        if not all(asked):
            return {}
        earlier, later = sorted(_number(text) for text in asked)
        before, after = _revision(record, earlier), _revision(record, later)
        return {
            "before": before,
            "after": after,
            "differences": differences(before.line, after.line),
            "has_moved": before.state != after.state,
        }

    def _bring_back(self, request: HttpRequest, record: Any, number: int) -> HttpResponse:
        if not self.has_change_permission(request, record):
            raise PermissionDenied
        revision = _revision(record, number)
        plan, form = Return(record, revision), ReasonForm(request.POST or None)
        faults = plan.faults
        if request.method == "POST" and form.is_valid() and not faults:
            try:
                with transaction.atomic():
                    plan.carry_out(user=request.user, why=form.cleaned_data["why"])
                    self.brought_back(record)
            except ReturnError as error:
                faults = error.faults
            else:
                said = _("It says again what it said in revision %(number)d.")
                messages.success(request, said % {"number": number})
                return HttpResponseRedirect(request.path)
        context = self._context(request, record)
        context |= {"revision": revision, "form": form, "plan": plan, "faults": in_words(faults)}
        context["differences"] = plan.differences
        return render(request, "admin/record_bring_back.html", context)


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 9):
        raise Http404(_("There is no revision of this number."))
    return int(text)


def _revision(record: Any, number: int) -> Revision:
    found = Revision.objects.of(record).filter(number=number).first()
    if found is None:
        raise Http404(_("There is no revision of this number."))
    return found
