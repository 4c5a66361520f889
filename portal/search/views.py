"""The search page of a database."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.views.generic import TemplateView

from portal.records.database import database_for
from portal.search.pages import SearchPage
from portal.search.request import parse


class SearchView(TemplateView):
    """Search one database; its slug is given by the address."""

    template_name = "search/page.html"
    database_slug = ""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        database = database_for(self.database_slug)
        parsed = parse(database, self.request.GET)
        api_path = reverse(f"api:{database.api_slug}-list")
        page = SearchPage(database, parsed.request, parsed.problems, self.request.GET, api_path)
        return super().get_context_data(page=page, database=database, **kwargs)
