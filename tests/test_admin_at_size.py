"""Lists and choices of the admin at 10,000 records of each database: at most ten queries each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from bibliography.models import Work
from caselaw.models import Case, Defendant, LawApplied, ProvisionApplied
from legislation.models import Law, Provision
from portal.curation.models import SuspectedPair
from portal.links.models import Address
from portal.records.models import Record
from tests.admin_forms import address

pytestmark = [pytest.mark.django_db, pytest.mark.long]

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


def originals(model: type[Record]) -> int:
    """How many records of a database are no copies."""
    return model._default_manager.exclude(code__contains="-synthetic-").count()


def copy_parts(model: type[Model], owner: str, **replaced: str) -> None:
    """Copies of the parts of the records, in the copies of their records (`copy`)."""
    field: Any = model._meta.get_field(owner)
    own = model._default_manager.count() * field.related_model._default_manager.count()
    times = ROWS * originals(field.related_model) // own + 1
    table, records = model._meta.db_table, field.related_model._meta.db_table
    names, values = columns_of(model, **{field.column: "r.id", **replaced})
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({names}) SELECT {values} FROM {table} old"
            f" JOIN {records} o ON o.id = old.{field.column} JOIN {records} r"
            "  ON o.code = regexp_replace(r.code, '-synthetic-.*', '') AND o.code <> r.code"
            f" CROSS JOIN generate_series(1, {times})"
        )
        cursor.execute(f"ANALYZE {table}")
    assert model._default_manager.count() >= ROWS, model


def fill_the_rest() -> None:
    """Parts, addresses and suspected pairs, of each as many."""
    copy_parts(LawApplied, "case")
    copy_parts(Defendant, "case")
    copy_parts(Provision, "law", code="md5(r.code || old.code || generate_series)")
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO links_address (url, status, moved_to, failures, message)"
            " SELECT 'https://example.org/synthetic/' || n, 'unchecked', '', 0, ''"
            " FROM generate_series(1, %s) n",
            [ROWS],
        )
        cursor.execute(
            "INSERT INTO curation_suspectedpair"
            " (database, first_id, second_id, reasons, likeness, found_at, why)"
            " SELECT 'cases', id, lead(id) OVER (ORDER BY id), '[]', 0.7, now(), ''"
            " FROM caselaw_case ORDER BY id LIMIT %s",
            [ROWS],
        )
        cursor.execute("ANALYZE links_address; ANALYZE curation_suspectedpair")


def boxes() -> Iterator[tuple[type[Model], str, str]]:
    """Every box of the admin that completes what is typed: its model, its field, its limit."""
    for model, entry in admin.site._registry.items():
        for each in (entry, *entry.inlines):
            owner = model if each is entry else each.model
            limits = getattr(each, "limited_by", {})
            for name in each.autocomplete_fields:
                yield owner, name, limits.get(name, "")


def test_lists_and_choices_keep_within_ten_queries(
    admin_client: Client, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    for model in (Case, Law, Work):
        copy(model)
    fill_the_rest()

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
            {"missing": "second_source"} if model is not Work else {"missing": "annotation"},
            {"changed": "lately"},
            {"by": "me"},
            {"note": "yes"},
            {"sources": "lost"},
        ):
            opens(url, **filters)
    for model, few in (
        (LawApplied, ({"link": "unjudged"}, {"link": "likely"}, {"link": "no_provision"})),
        (Defendant, ({"q": "captain"},)),
        (Provision, ({"q": "smuggling"},)),
        (Address, ({"q": "synthetic/77"}, {"status__exact": "unchecked"}, {"failed": "0"})),
        (SuspectedPair, ({"database": "cases"}, {"judged": "two"})),
    ):
        url = address(model, "changelist")
        assert opens(url).context["cl"].result_count >= ROWS - 1, model
        assert len(opens(url, p="200").context["cl"].result_list), model
        for filters in few:
            opens(url, **filters)
    opens(reverse("admin:index"))
    law = Law.objects.filter(jurisdiction="FRA", provisions__isnull=False).order_by("pk")[0]
    within = {"jurisdiction": "FRA", "law": str(law.pk)}
    asked = set()
    for owner, name, limit in boxes():
        box = {
            "app_label": owner._meta.app_label,
            "model_name": str(owner._meta.model_name),
            "field_name": name,
        }
        limits = [{}, {"within": within[limit]}] if limit else [{}]
        for limited in limits:
            for term in ("", "synthetic"):
                answer = opens(reverse("admin:autocomplete"), term=term, **box, **limited).json()
                assert "results" in answer, (owner, name)
        if limit:
            shown = opens(reverse("admin:autocomplete"), term="", **box, within=within[limit])
            assert shown.json()["results"], (owner, name)
        asked.add((owner, name, limit))
    assert asked >= {
        (LawApplied, "law", "jurisdiction"),
        (ProvisionApplied, "provision", "law"),
        (LawApplied, "case", ""),
    }
