"""The search page of a database, and the pages of its facets."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.generic import TemplateView

from portal.records.database import database_for
from portal.search.facet_lists import FacetPage
from portal.search.pages import SearchPage
from portal.search.request import parse


class SearchView(TemplateView):
    """Search one database; its slug is given by the address."""

    template_name = "search/page.html"
    database_slug = ""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        filled = [
            (name, value)
            for name, values in request.GET.lists()
            for value in values
            if value.strip()
        ]
        if len(filled) < sum(len(values) for _name, values in request.GET.lists()):
            # A form sends its empty boxes, too; the address to share is the one without them.
            query = urlencode(filled)
            return HttpResponseRedirect(f"{request.path}?{query}" if query else request.path)
        context = self.get_context_data(**kwargs)
        page: SearchPage = context["page"]
        if page.request.page > page.pages.count:
            # Behind the last page there is nothing to read: an old address, or a typing error.
            return HttpResponseRedirect(page.last_url)
        return self.render_to_response(context)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        database = database_for(self.database_slug)
        parsed = parse(database, self.request.GET)
        api_path = reverse(f"api:{database.api_slug}-list")
        page = SearchPage(database, parsed.request, parsed.problems, self.request.GET, api_path)
        return super().get_context_data(page=page, database=database, **kwargs)


class FacetView(TemplateView):
    """All values of one facet under a search, to choose from."""

    template_name = "search/facet.html"
    database_slug = ""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        database, name = database_for(self.database_slug), kwargs["name"]
        if name not in database.filterset.facets():
            raise Http404(_("The search has no filter of this name."))
        parsed = parse(database, request.GET)
        if parsed.problems:
            # The page of the search says what was not understood, and how it is written.
            return HttpResponseRedirect(f"{database.search_path}?{request.GET.urlencode()}")
        page = FacetPage(database, parsed.request, name)
        return self.render_to_response(self.get_context_data(page=page, database=database))
