"""A record that somebody changed while another one had its form open: nothing is lost unseen.

A form carries the number of the revision that it shows. If there is a later one when it is sent,
it comes back with all that was typed, and is saved once its curator says to have looked.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from portal.records.models import Record, Revision, State
from portal.records.revisions import lock

#: The name of what a form carries.
SEEN = "seen_revision"
#: Revisions that are told; the history has them all.
TOLD = 5


def is_changing(request: HttpRequest) -> bool:
    """Whether a request may change what it reads, in the transaction in which it reads it."""
    return request.method == "POST" and transaction.get_connection().in_atomic_block


class MeanwhileForm(forms.BaseModelForm):
    """A form of a record, which comes back if the record was changed since it was opened."""

    overtaken: dict[str, Any] | None = None

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        self.overtaken = _overtaken(self.instance, str(self.data.get(SEEN, "")))
        if self.overtaken is not None:
            self._keep_state(data)
            last = self.overtaken["revisions"][0]
            said = _("Nothing was saved: %(who)s changed this record on %(when)s.")
            when = date_format(localtime(last.at), "DATETIME_FORMAT")
            values = {"who": last.author, "when": when}
            self.add_error(None, ValidationError(said, code="overtaken", params=values))
        return data

    def _keep_state(self, data: dict[str, Any]) -> None:
        """Let the form come back with the present state: the one chosen went with another."""
        if "state" not in self.fields:
            return
        sent: Any = self.data
        sent = sent.copy()
        sent[self.add_prefix("state")] = self.initial["state"]
        reason = self.add_prefix("withdrawal_reason")
        if self.initial["state"] == State.WITHDRAWN and not sent.get(reason):
            sent[reason] = self.initial.get("withdrawal_reason", "")
        self.data = sent
        for name in ("state", "withdrawal_reason"):
            data.pop(name, None)
            self.errors.pop(name, None)


def _overtaken(record: Any, seen: str) -> dict[str, Any] | None:
    """What was changed of a record since the revision that was seen; None where nothing was.

    A record that has no revision is as it came with the collection.
    """
    last = record.last_revision or 0
    if last == 0 or seen == str(last):
        return None
    number = int(seen) if seen.isascii() and seen.isdecimal() and len(seen) < 9 else 0
    since = number if number < last else 0
    revisions = Revision.objects.of(record).filter(number__gt=since).defer("line")
    return {
        "revisions": list(revisions[:TOLD]),
        "seen": last,
        "path": f"{_history(record)}?before={since or 1}&after={last}",
    }


def _history(record: Record) -> str:
    meta = record._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_history", args=[record.pk])


class MeanwhileAdmin(admin.ModelAdmin):
    """Lets a form tell whether the record was changed since it was opened."""

    model: Any

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """Records, for their form with `last_revision`: it costs no question of its own."""
        records = super().get_queryset(request)
        match = request.resolver_match
        name = f"{self.opts.app_label}_{self.opts.model_name}_change"
        if match is None or match.url_name != name:
            return records
        kept = Revision.objects.filter(database=self.model.database, object_id=OuterRef("pk"))
        last = kept.order_by("-number").values("number")[:1]
        return records.annotate(last_revision=Subquery(last))

    def get_object(self, request: HttpRequest, object_id: str, from_field: Any = None) -> Any:
        """The record; nobody else changes one that a request changes until it ends."""
        if is_changing(request):
            try:
                lock(self.model, [self.opts.pk.to_python(object_id)])
            except ValidationError:
                return None
        return super().get_object(request, object_id, from_field)

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form: Any = super().get_form(request, obj, change, **kwargs)
        if not change or not hasattr(obj, "last_revision"):
            return form
        return type(form)(form.__name__, (MeanwhileForm, form), {})

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        obj = kwargs.get("obj")
        if obj is not None and hasattr(obj, "last_revision"):
            context["seen_name"] = SEEN
            context["overtaken"] = getattr(context["adminform"].form, "overtaken", None)
            # A form that is sent for one more row, or has a fault, shows what it showed before.
            context["seen"] = request.POST.get(SEEN, "" if request.POST else obj.last_revision or 0)
        return super().render_change_form(request, context, *args, **kwargs)
