"""The page with the citations of a record: four styles take longer than the record's own page."""

from __future__ import annotations

from typing import Any

from portal.citing.pages import citing
from portal.citing.styles import STYLES
from portal.records.models import RecordQuerySet
from portal.records.views import RecordView


class CiteView(RecordView):
    """A record in all styles; what became of it is answered as its own page answers."""

    template_name = "records/cite.html"
    page_name = "cite"

    def records(self) -> RecordQuerySet:
        return self.database.records.public().for_export()

    def recorded(self, record: Any) -> dict[str, bool]:
        return {}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        kwargs["citing"] = citing(kwargs["record"], self.request, STYLES)
        return super().get_context_data(**kwargs)
