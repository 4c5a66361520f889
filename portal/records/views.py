"""The page of a record, and what its address answers once the record has gone."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.generic import TemplateView

from portal.records.database import Database, database_for
from portal.records.models import Record, RecordQuerySet, Redirect, Revision, State

#: Changes that the page of a record tells.
HISTORY = 10


def redirect_target(code: str) -> str | None:
    """The present code behind an old one, or None where no record ever had it."""
    return Redirect.objects.filter(code=code).values_list("target", flat=True).first()


class RecordView(TemplateView):
    """One record: 200, 301 to the record it was merged with, 410 with the reason, or 404."""

    database_slug = ""
    #: The name of its address among those of the database: old codes lead to the same page.
    page_name = "record"
    #: The `has_<field>` parameters that make up the record's completeness.
    completeness: tuple[str, ...] = ()
    #: Whether curators look at a record as it would be if it were public (`RecordAdmin.preview`).
    is_preview = False

    @property
    def database(self) -> Database:
        return database_for(self.database_slug)

    def records(self) -> RecordQuerySet:
        """The records that have a page, with all that it shows."""
        records = self.database.records
        return (records if self.is_preview else records.public()).for_detail()

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        code = kwargs["code"]
        record = self.records().filter(code=code).first()
        if record is not None:
            return self.render_to_response(self.get_context_data(record=record))
        gone = self.database.records.filter(code=code, state=State.WITHDRAWN).first()
        if gone is not None:
            return render(request, "410.html", {"reason": gone.withdrawal_reason}, status=410)
        target = redirect_target(code)
        if target is None:
            raise Http404(_("No record has this code."))
        if self.database.records.filter(code=target).exists():
            path = reverse(f"{self.database_slug}:{self.page_name}", kwargs={"code": target})
        else:
            path = reverse("permanent", kwargs={"code": target})
        return HttpResponsePermanentRedirect(path)

    def recorded(self, record: Any) -> dict[str, bool]:
        """Of each `has_<field>`, whether the record states it."""
        raise TypeError(f"{type(self).__name__} does not say what is recorded")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        record: Record = kwargs["record"]
        stated = self.recorded(record)
        presence = self.database.filterset.presence()
        kwargs["completeness"] = [
            {
                "label": presence[f"has_{name}"].label,
                "recorded": stated[name],
                "url": f"{self.database.search_path}?has_{name}={str(stated[name]).lower()}",
            }
            for name in self.completeness
        ]
        kwargs["database"] = self.database
        kwargs["is_preview"] = self.is_preview
        kwargs["history"] = Revision.objects.of(record).for_readers()[:HISTORY]
        kwargs["api_url"] = reverse(
            f"api:{self.database.api_slug}-detail", kwargs={"code": record.code}
        )
        return super().get_context_data(**kwargs)
