"""One dictionary says what fields mean: forms, API and exchange use the same words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.test import RequestFactory
from django.utils.encoding import force_str
from drf_spectacular.generators import SchemaGenerator

from caselaw.api import CaseSerializer
from caselaw.models import Case, Charge
from portal.accounts.models import User
from portal.records.database import Database, databases
from portal.reference.meanings import meaning
from portal.reference.models import Jurisdiction, Term, TreatyArticle

pytestmark = pytest.mark.django_db

#: Of these a form says all by itself, or another text is said of them in the form.
NEEDS_NO_WORDS = {"position", "id", "DELETE", "why"}


def known_codes() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {
        "jurisdictions": list(Jurisdiction.objects.values_list("code", flat=True)),
        "protocol_articles": list(TreatyArticle.objects.values_list("code", flat=True)),
    }
    for term in Term.objects.all():
        found.setdefault(term.vocabulary_id, []).append(term.code)
    return found


def properties_of(schema: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    for key, inner in schema.get("properties", {}).items():
        yield f"{path}.{key}", inner
        yield from properties_of(inner, f"{path}.{key}")
    for inner in (*([schema["items"]] if "items" in schema else []), *schema.get("anyOf", [])):
        yield from properties_of(inner, path)


def schema_of(database: Database) -> dict[str, Any]:
    found: dict[str, Any] = database.importer.schema(known_codes())
    return found


@pytest.mark.parametrize("slug", ["cases", "legislation", "bibliography"])
def test_the_schema_of_a_line_says_what_every_key_means(slug: str) -> None:
    database = next(found for found in databases() if found.slug == slug)
    found = dict(properties_of(schema_of(database)))
    assert len(found) > 15
    assert [path for path, inner in found.items() if not inner.get("description")] == []


def test_the_api_says_what_every_field_of_a_record_means() -> None:
    document = SchemaGenerator().get_schema(request=None, public=True)
    wanting = [
        f"{name}.{key}"
        for name, component in document["components"]["schemas"].items()
        if not name.startswith(("Paginated", "Labels", "Problem"))
        for key, inner in component.get("properties", {}).items()
        if "description" not in inner
    ]
    assert wanting == []


@pytest.mark.parametrize("database", databases(), ids=lambda database: database.slug)
def test_every_field_that_a_curator_fills_says_what_it_means(
    database: Database, rf: RequestFactory
) -> None:
    request = rf.get("/")
    request.user = User(username="ada", is_staff=True, is_superuser=True)
    owner = admin.site._registry[database.model]
    fields = dict(owner.get_form(request).base_fields)
    for inline in owner.get_inline_instances(request):
        formset = inline.get_formset(request)
        fields |= {
            f"{inline.model.__name__}.{name}": field
            for name, field in formset.form.base_fields.items()
            if name != formset.fk.name
        }
    silent = [
        name
        for name, field in fields.items()
        if not field.help_text and name.rpartition(".")[2] not in NEEDS_NO_WORDS
    ]
    assert silent == []


def test_form_schema_and_api_say_the_same(rf: RequestFactory) -> None:
    request = rf.get("/")
    request.user = User(username="ada", is_staff=True, is_superuser=True)
    form = admin.site._registry[Case].get_form(request).base_fields
    database = next(found for found in databases() if found.slug == "cases")
    lines = dict(properties_of(schema_of(database)))
    api = CaseSerializer().fields
    compared = 0
    for name in ("court", "docket", "decision_date", "facts", "benefit", "citations", "title"):
        words = force_str(meaning(Case, name))
        assert words
        assert force_str(form[name].help_text) == words
        assert lines[f".{name}"]["description"] == words
        assert force_str(api[name].help_text) == words
        compared += 1
    assert compared == 7
    words = force_str(meaning(Charge, "verdict"))
    assert lines[".defendants.charges.verdict"]["description"] == words
    assert (
        force_str(api["defendants"].child.fields["charges"].child.fields["verdict"].help_text)
        == words
    )


def test_the_dictionary_speaks_of_no_model_that_is_not_there() -> None:
    """A model that was renamed would leave its words behind, and nobody would see them."""
    known = {ancestor.__name__.lower() for model in apps.get_models() for ancestor in model.__mro__}
    said = [getattr(config, "meanings", {}) for config in apps.get_app_configs()]
    assert sum(map(len, said)) > 20
    assert {name for meanings in said for name in meanings} <= known


def test_vocabularies_are_told_by_their_name_in_the_api() -> None:
    assert "`modes`" in force_str(CaseSerializer().fields["modes"].help_text)
