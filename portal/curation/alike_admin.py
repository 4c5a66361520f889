"""The warning while a record is entered: it may be there already."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.curation.duplicates import Sought, Suspect, suspects
from portal.records.database import Database, database_for
from portal.records.models import Record
from portal.reference.punctuation import between_clauses, clauses, labelled

#: The name of the box by which a curator says that a new record is another one; its value names
#: the records that were shown, so that others that look like it are shown first.
ANOTHER = "another_one"
#: Longer than any number, name or title that a form takes.
MAX_LENGTH = 5_000


class AskingForm(forms.BaseModelForm):
    """A form of a new record, which comes back once if the record looks like one that is there."""

    suspects: Sequence[Suspect] = ()

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        database = database_for(self._meta.model.database)
        self.suspects = suspects(Sought.of_values(database, data))
        if self.suspects and not self.is_accepted:
            message = _("It may be there already: look at the records above, and tick the box.")
            self.add_error(None, ValidationError(message, code="duplicate"))
        return data

    @property
    def is_accepted(self) -> bool:
        """Whether a curator has seen them all and said that this is another one."""
        return set(codes_of(self.suspects).split()) <= set(str(self.data.get(ANOTHER, "")).split())


def codes_of(found: Sequence[Suspect]) -> str:
    return " ".join(suspect.record.code for suspect in found)


def admin_path(record: Record) -> str:
    """The address of a record in the admin."""
    meta = record._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[record.pk])


class AlikeAdmin(admin.ModelAdmin):
    """Shows what a record may be the same as, while it is typed and when it is saved."""

    @property
    def _database(self) -> Database:
        return database_for(self.model.database)

    @property
    def telling_fields(self) -> tuple[str, ...]:
        """The fields of the form by which a record may be recognised."""
        named = (name for name, _kind in self._database.identified_by)
        return ("title", "jurisdiction", self._database.date_field, *named)

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form: Any = super().get_form(request, obj, change, **kwargs)
        return form if change or obj else type(form)(form.__name__, (AskingForm, form), {})

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> Any:
        obj = kwargs.get("obj")
        may_save = self.has_change_permission(request, obj) if obj else True
        found = getattr(context["adminform"].form, "suspects", ())
        if may_save:
            url = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_alike")
            context["alike_url"] = f"{url}?but={obj.pk}" if obj and obj.pk else url
            context["alike_fields"] = self.telling_fields
        context |= _shown(found, is_new=obj is None)
        if found:
            context["is_accepted"] = context["adminform"].form.is_accepted
        return super().render_change_form(request, context, *args, **kwargs)

    def get_urls(self) -> list[Any]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_alike"
        view = self.admin_site.admin_view(self.alike)
        return [path("alike/", view, name=name), *super().get_urls()]

    def alike(self, request: HttpRequest) -> HttpResponse:
        """The box for what is typed so far (GET); what cannot be read yet is left out."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        but = request.GET.get("but", "")
        key = int(but) if but.isascii() and but.isdecimal() and len(but) < 19 else None
        sought = Sought.of_values(self._database, self._typed(request), key)
        return render(
            request, "admin/_duplicates.html", _shown(suspects(sought), is_new=key is None)
        )

    def _typed(self, request: HttpRequest) -> dict[str, Any]:
        fields = self.get_form(request).base_fields
        values: dict[str, Any] = {}
        for name in self.telling_fields:
            field = fields.get(name)
            given = request.GET.get(name, "")
            if field is None or not given or len(given) > MAX_LENGTH or "\x00" in given:
                continue
            try:
                values[name] = field.clean(given)
            except ValidationError:
                continue
        return values

    def tell_alike(self, request: HttpRequest, form: Any, *, change: bool) -> None:
        """Tell who has changed a record what it looks like now; nothing is held up by it."""
        if not change or not set(self.telling_fields) & set(form.changed_data):
            return
        found = suspects(Sought.of_record(form.instance))
        if not found:
            return
        links = format_html_join(
            between_clauses(),
            '<a href="{}" target="_blank" rel="noopener">{}</a> ({})',
            (
                (
                    admin_path(each.record),
                    each.record.title,
                    labelled(each.record.code, clauses(each.words)),
                )
                for each in found
            ),
        )
        said = ngettext(
            "It looks like another record now: %s",
            "It looks like other records now: %s",
            len(found),
        )
        messages.warning(request, format_html(said.replace("%s", "{}"), links))


def _shown(found: Sequence[Suspect], *, is_new: bool) -> dict[str, Any]:
    return {
        "suspects": [(suspect, admin_path(suspect.record)) for suspect in found],
        "suspects_value": codes_of(found) if is_new else "",
    }
