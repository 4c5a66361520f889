"""Lists and choices of the admin at 10,000 records of each database: at most ten queries each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib import admin
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from bibliography.models import Work
from caselaw.models import Case
from legislation.models import Law
from portal.records.models import Record
from tests.admin_forms import address

pytestmark = pytest.mark.django_db

ROWS = 10_000


def columns_of(model: type[Model], **replaced: str) -> tuple[str, str]:
    """The columns of a table, and what is copied into them."""
    names = [field.column for field in model._meta.concrete_fields if field.name != "id"]
    quoted = ", ".join(f'"{name}"' for name in names)
    return quoted, ", ".join(replaced.get(name, f'old."{name}"') for name in names)


def copy(model: type[Record]) -> None:
    """Copies of the records of a database and of their search documents, marked as synthetic.

    Their texts are left out: how many rows there are is what counts here.
    """
    table = model._meta.db_table
    replaced = {
        "code": "old.code || '-synthetic-' || n",
        "title": "left('Synthetic copy of ' || old.title, 500)",
    }
    if model is Work:
        replaced["doi"] = "''"
    names, values = columns_of(model, **replaced)
    times = ROWS // model._default_manager.count() + 1
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({names}) SELECT {values}"
            f" FROM {table} old, generate_series(1, {times}) n"
        )
        cursor.execute(
            "INSERT INTO search_document (database, object_id, ordinal, code, state, title,"
            " title_key, date_key, changed_at, facets, body, vector, rank_vector)"
            " SELECT old.database, r.id, (SELECT max(ordinal) FROM search_document)"
            " + row_number() OVER (), r.code, r.state, r.title, lower(r.title), old.date_key,"
            " r.changed_at, old.facets, '', to_tsvector('simple', r.title),"
            " to_tsvector('simple', r.title)"
            f" FROM {table} r JOIN search_document old"
            "  ON old.database = %s AND old.code = regexp_replace(r.code, '-synthetic-.*', '')"
            " WHERE r.code LIKE '%%-synthetic-%%'",
            [model.database],
        )
        cursor.execute(f"ANALYZE {table}; ANALYZE search_document")
    assert model._default_manager.count() >= ROWS


def test_lists_and_choices_keep_within_ten_queries(
    admin_client: Client, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    for model in (Case, Law, Work):
        copy(model)

    def opens(url: str, **parameters: str) -> Any:
        with django_assert_max_num_queries(10):
            response = admin_client.get(url, parameters)
        assert response.status_code == 200, url
        return response

    # Django asks for filters, fields and content types once for all.
    admin_client.get(address(Case, "changelist"))
    for model in (Case, Law, Work):
        url = address(model, "changelist")
        assert opens(url).context["cl"].result_count >= ROWS
        assert opens(url, q="synthetic copy").context["cl"].result_count >= ROWS - 1000
        assert opens(url, p="200").context["cl"].result_list
        for filters in (
            {"state__exact": "published"},
            {"missing": "source_link"} if model is not Work else {"missing": "annotation"},
            {"changed": "lately"},
            {"by": "me"},
            {"note": "yes"},
            {"sources": "lost"},
        ):
            opens(url, **filters)
    opens(reverse("admin:index"))
    for owner, entry in admin.site._registry.items():
        for inline in entry.inlines:
            for name in inline.autocomplete_fields:
                chosen = {"app_label": inline.model._meta.app_label, "field_name": name}
                chosen["model_name"] = str(inline.model._meta.model_name)
                answer = opens(reverse("admin:autocomplete"), term="synthetic", **chosen).json()
                assert "results" in answer, owner
