"""Export of any list of the admin, with the filters and the words that it shows.

Lists of records go out in all formats of their database, with everything that their records say;
other lists as the table that they are. What is exported is what the list finds, for those who may
see the list.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.apps import apps
from django.contrib import admin, messages
from django.contrib.admin.exceptions import NotRegistered
from django.contrib.admin.options import IS_POPUP_VAR, IncorrectLookupParameters
from django.contrib.admin.views.main import ALL_VAR, PAGE_VAR, ChangeList
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from portal.curation import export_lists
from portal.exchange.formats.base import Format, begun, formats_for
from portal.exchange.formats.comma_separated import FORMAT as CSV
from portal.exchange.formats.xlsx import FORMAT as XLSX
from portal.exchange.formats.xlsx_writing import DoesNotFitError
from portal.records.database import Database, database_for
from portal.records.models import Record

#: Records that are read at once: with their parts a few megabytes.
CHUNK = 200


@dataclass(frozen=True)
class Export:
    """A way out of a list: what it is called and where it leads."""

    label: Any
    address: str


def addresses(site: admin.AdminSite) -> list[URLPattern]:
    """The addresses of exports of an admin site."""
    view = site.admin_view(partial(export_list, site=site))
    return [path("<slug:app_label>/<slug:model_name>/export/<slug:key>/", view, name="export")]


def _database_of(model: type[Any]) -> Database | None:
    return database_for(model.database) if issubclass(model, Record) else None


def formats_of(model: type[Any]) -> list[Format]:
    """The formats in which a list of a model goes out."""
    database = _database_of(model)
    return formats_for(database, writing=True) if database else [CSV, XLSX]


def exports_of(changelist: ChangeList) -> list[Export]:
    """The ways out of a list as it is shown, with its filters, words and order."""
    query = changelist.get_query_string(remove=[PAGE_VAR, ALL_VAR])
    opts = changelist.opts
    return [
        Export(
            form.label,
            reverse("admin:export", args=[opts.app_label, opts.model_name, form.key]) + query,
        )
        for form in formats_of(changelist.model)
    ]


def export_list(
    request: HttpRequest, app_label: str, model_name: str, key: str, *, site: admin.AdminSite
) -> HttpResponseBase:
    """All that a list finds, in a format; 404 for a list or a format that there is not."""
    try:
        model = apps.get_model(app_label, model_name)
        model_admin = site.get_model_admin(model)
    except (LookupError, NotRegistered) as error:
        raise Http404 from error
    if not model_admin.has_view_or_change_permission(request):
        raise PermissionDenied
    form = next((form for form in formats_of(model) if form.key == key), None)
    if form is None:
        raise Http404
    try:
        changelist = model_admin.get_changelist_instance(request)
    except IncorrectLookupParameters:
        return redirect(f"admin:{app_label}_{model_name}_changelist")
    if _database_of(model):
        return export_records(request, form, changelist.queryset)
    columns = export_lists.columns_of(changelist)
    rows = export_lists.rows_of(request, changelist, [name for name, _label in columns])
    pieces = export_lists.WRITERS[form.extension]([label for _name, label in columns], rows)
    return _response(form, str(model._meta.model_name), pieces)


def export_records(request: HttpRequest, form: Format, records: QuerySet) -> HttpResponseBase:
    """Records with everything that they say, in a format."""
    database = database_for(records.model.database)
    if form.write is None:
        raise Http404
    origin = request.build_absolute_uri("/").rstrip("/")
    try:
        pieces = begun(form.write(_lines(database, records), database, origin))
    except DoesNotFitError as error:
        messages.error(request, str(error))
        opts = records.model._meta
        return redirect(f"admin:{opts.app_label}_{opts.model_name}_changelist")
    return _response(form, database.slug, pieces)


def _lines(database: Database, records: Any) -> Iterator[dict[str, Any]]:
    """The lines of records, read piece by piece through a cursor of the server."""
    for record in records.for_export().iterator(chunk_size=CHUNK):
        yield database.exporter(record)


def _response(form: Format, name: str, pieces: Iterable[bytes]) -> StreamingHttpResponse:
    day = timezone.localdate().isoformat()
    return StreamingHttpResponse(
        pieces,
        content_type=form.media_type,
        headers={"Content-Disposition": f'attachment; filename="{name}-{day}.{form.extension}"'},
    )


class ExportAdmin(admin.ModelAdmin):
    """Records that can be chosen in their list and exported."""

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions: dict[str, Any] = super().get_actions(request)
        if IS_POPUP_VAR in request.GET:
            return actions
        for form in formats_of(self.model):
            name = f"export_{form.key}"
            label = format_lazy(_("Export in {format}"), format=form.label)
            actions[name] = (partial(_export_chosen, form=form), name, label)
        return actions


def _export_chosen(
    model_admin: Any, request: HttpRequest, queryset: QuerySet, *, form: Format
) -> HttpResponseBase:
    return export_records(request, form, queryset)
