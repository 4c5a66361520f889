"""Pages that see all three databases: home, search over everything, about, permanent addresses."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.generic import TemplateView

from portal.databases.choice import reading
from portal.publishing.files import representations_for
from portal.records.database import Database, databases
from portal.records.models import State
from portal.records.views import redirect_target
from portal.rest.negotiation import JSON
from portal.search.everything import EverythingPage
from portal.search.models import SearchDocument
from portal.search.request import parse

LATEST = 2


def coverage() -> list[dict[str, Any]]:
    """Of each database, its public records and the jurisdictions that they stand for."""
    documents = SearchDocument.objects.public().order_by().values("database", "facets")
    inner, arguments = documents.query.sql_with_params()
    with reading().cursor() as cursor:
        # SQL made by Django around constants; every value is a parameter.
        cursor.execute(
            f"""
            WITH documents AS MATERIALIZED ({inner}), places AS (
                SELECT database, count(DISTINCT token) AS n
                FROM documents, unnest(facets) AS token
                WHERE starts_with(token, 'jurisdiction:') GROUP BY database
            )
            SELECT database, count(*), coalesce(min(places.n), 0)
            FROM documents LEFT JOIN places USING (database) GROUP BY database
            """,  # noqa: S608 - of constants; values are parameters
            arguments,
        )
        counted = {row[0]: row[1:] for row in cursor.fetchall()}
    return [
        {
            "database": database,
            "records": counted.get(database.slug, (0, 0))[0],
            "jurisdictions": counted.get(database.slug, (0, 0))[1],
            "url": database.search_path,
        }
        for database in databases()
    ]


def latest(database: Database, number: int) -> list[Any]:
    """The records of a database that were published last."""
    order = ("-first_published_at", "-changed_at", "-pk")
    # The rows are chosen first, so that only theirs are read with all that a list shows.
    chosen = database.records.public().order_by(*order).values("pk")[:number]
    return list(database.records.for_list().filter(pk__in=chosen).order_by(*order))


def examples() -> list[dict[str, str]]:
    """Questions that show what can be asked."""
    asked = [
        (_("Deaths at sea"), "cases", "mode=sea&aggravation=death_of_migrant"),
        (
            _("Women convicted as organizers"),
            "cases",
            "gender=female&role=organizer&verdict=convicted",
        ),
        (
            _("Smuggling offences that need no benefit"),
            "legislation",
            "article=6.1.a&benefit_element=absent",
        ),
        (_("Fieldwork on routes"), "bibliography", "topic=routes_and_flows&method=interviews"),
    ]
    return [
        {"label": label, "url": f"{reverse(f'{slug}:search')}?{query}"}
        for label, slug, query in asked
    ]


class HomeView(TemplateView):
    template_name = "home.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            counts=coverage(),
            examples=examples(),
            latest=[
                {"database": database, "record": record}
                for database in databases()
                for record in latest(database, LATEST)
            ],
            **kwargs,
        )


class AboutView(TemplateView):
    template_name = "about.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(counts=coverage(), **kwargs)


class SearchAllView(TemplateView):
    """One question to all databases."""

    template_name = "search/all.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        given = self.request.GET
        parsed = parse(None, given, ("as_typed",))
        page = EverythingPage(parsed.request, parsed.problems, given.get("q", ""))
        return super().get_context_data(page=page, **kwargs)


def opensearch(request: HttpRequest) -> HttpResponse:
    """The OpenSearch 1.1 description, by which a browser adds the portal to its search box."""
    context = {
        "search_url": request.build_absolute_uri(reverse("search-all")),
        "icon_url": request.build_absolute_uri(static("img/mark.svg")),
        "api_urls": [
            request.build_absolute_uri(reverse(f"api:{database.api_slug}-list"))
            for database in databases()
        ],
    }
    kind = "application/opensearchdescription+xml"
    return render(request, "opensearch.xml", context, content_type=kind)


def permanent(request: HttpRequest, code: str, suffix: str = "") -> HttpResponse:
    """`/id/<code>`: the address of a record that has no language and never changes.

    It leads to the record's page in the reader's language, or to the file in the API that the
    end of the address (`/id/<code>.ris`) or the `Accept` header asks for; to the present record
    after a merge; and says 410 after a withdrawal.
    """
    found = SearchDocument.objects.filter(code=code).values_list("database", "state").first()
    if found is None:
        target = redirect_target(code)
        if target is None:
            raise Http404(_("No record has this code."))
        path = reverse("permanent", kwargs={"code": target})
        return HttpResponsePermanentRedirect(f"{path}.{suffix}" if suffix else path)
    slug, state = found
    database = next(database for database in databases() if database.slug == slug)
    if state == State.WITHDRAWN:
        reason = database.records.values_list("withdrawal_reason", flat=True).get(code=code)
        return render(request, "410.html", {"reason": reason}, status=410)
    if state != State.PUBLISHED:
        raise Http404(_("No record has this code."))
    path = _machine_path(request, database, code, suffix) or reverse(
        f"{slug}:record", kwargs={"code": code}
    )
    response = redirect(path)
    response.status_code = 303
    patch_vary_headers(response, ["Accept", "Accept-Language"])
    return response


def _machine_path(request: HttpRequest, database: Database, code: str, suffix: str) -> str | None:
    """Where a record is in the form that a machine asks for; None for readers.

    Raises:
        Http404: there are no files with this ending.
    """
    forms = {form.suffix: form for form in representations_for(database)}
    if not suffix:
        by_type = {form.media_type: form for form in forms.values()}
        liked = request.get_preferred_type(["text/html", *by_type]) or "text/html"
        if liked == "text/html":
            return None
        suffix = by_type[liked].suffix
    elif suffix not in forms:
        raise Http404(_("Its files end with one of: %s.") % ", ".join(f".{end}" for end in forms))
    if forms[suffix] == JSON:
        return reverse(f"api:{database.api_slug}-detail", kwargs={"code": code})
    path = f"api:{database.api_slug}-detail-file"
    return reverse(path, kwargs={"code": code, "suffix": suffix})


def root(request: HttpRequest) -> HttpResponse:
    """`/` leads to the home page in the language that the reader's browser asks for."""
    response = redirect("home")
    patch_vary_headers(response, ["Accept-Language"])
    return response


def favicon(request: HttpRequest) -> HttpResponse:
    """`/favicon.ico`, which browsers ask for on pages that name no icon, as those of the admin."""
    return redirect(static("img/mark.svg"))
