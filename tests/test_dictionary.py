"""One dictionary says what fields mean: forms, API and exchange use the same words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.test import Client, RequestFactory
from django.utils.encoding import force_str
from drf_spectacular.generators import SchemaGenerator

from caselaw.api import CaseSerializer
from caselaw.models import Case, Charge
from portal.accounts.models import User
from portal.records.database import Database, databases
from portal.reference.meanings import meaning
from portal.reference.models import Jurisdiction, Term, TreatyArticle
from tests.admin_forms import address, public_case

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


def fields_of(model: Any, rf: RequestFactory) -> Iterator[tuple[Any, str, Any]]:
    """The fields of a record's form, of the forms of its parts and of their parts in turn."""
    request = rf.get("/")
    request.user = User(username="ada", is_staff=True, is_superuser=True)
    owner = admin.site._registry[model]
    for name, field in owner.get_form(request).base_fields.items():
        yield model, name, field
    for inline in owner.get_inline_instances(request):
        formset = inline.get_formset(request)
        inner = getattr(formset, "inner_class", None)
        for rows in (formset, *([inner] if inner else [])):
            for name, field in rows.form.base_fields.items():
                if name != rows.fk.name:
                    yield rows.model, name, field


@pytest.mark.parametrize("slug", ["cases", "legislation", "bibliography"])
def test_the_schema_of_a_line_says_what_every_key_means(slug: str) -> None:
    database = next(found for found in databases() if found.slug == slug)
    found = dict(properties_of(schema_of(database)))
    assert len(found) > 15
    assert [path for path, inner in found.items() if not inner.get("description")] == []


def of_records(document: Any) -> set[str]:
    """The components that answers hold which are no figures: records and reference data."""
    schemas = document["components"]["schemas"]
    waiting = [told for path, told in document["paths"].items() if "/insights/" not in path]
    found: set[str] = set()
    while waiting:
        names = set(re.findall(r"#/components/schemas/(\w+)", str(waiting.pop()))) - found
        found |= names
        waiting += [schemas[name] for name in names]
    return found


def test_the_api_says_what_every_field_of_a_record_means() -> None:
    document = SchemaGenerator().get_schema(request=None, public=True)
    told = of_records(document)
    assert {"Case", "Law", "Work", "Provision", "Jurisdiction"} <= told
    wanting = [
        f"{name}.{key}"
        for name, component in document["components"]["schemas"].items()
        if name in told and not name.startswith(("Paginated", "Labels", "Problem"))
        for key, inner in component.get("properties", {}).items()
        if "description" not in inner
    ]
    assert wanting == []


@pytest.mark.parametrize("database", databases(), ids=lambda database: database.slug)
def test_every_field_that_a_curator_fills_says_what_it_means(
    database: Database, rf: RequestFactory
) -> None:
    silent = [
        f"{model.__name__}.{name}"
        for model, name, field in fields_of(database.model, rf)
        if not field.help_text and name not in NEEDS_NO_WORDS
    ]
    assert silent == []


@pytest.mark.parametrize("database", databases(), ids=lambda database: database.slug)
def test_forms_say_of_a_field_what_the_dictionary_says(
    database: Database, rf: RequestFactory
) -> None:
    """A form may say behind it how a field is typed."""
    told = {
        f"{model.__name__}.{name}": (force_str(meaning(model, name)), force_str(field.help_text))
        for model, name, field in fields_of(database.model, rf)
    }
    known = {name: texts for name, texts in told.items() if texts[0]}
    assert {name for name, (words, text) in known.items() if not text.startswith(words)} == set()
    longer = {name for name, (words, text) in known.items() if text != words}
    assert longer <= {"Provision.article_codes"}
    assert len(known) > 25
    if database.model is Case:
        assert {"Charge.imprisonment_months", "Charge.verdict", "Case.citations"} <= set(known)


def test_what_is_only_shown_says_what_it_means_as_well(admin_client: Client) -> None:
    case = public_case()
    content = admin_client.get(address(Case, "change", case.pk)).content.decode()
    assert 'name="code"' not in content
    for name in ("code", "created_by"):
        assert force_str(meaning(Case, name)) in content


def test_no_model_says_something_else_of_its_fields() -> None:
    other = [
        f"{model.__name__}.{field.name}"
        for model in apps.get_models()
        for field in model._meta.get_fields()
        if getattr(field, "help_text", "") and (words := meaning(model, field.name))
        if force_str(field.help_text) != force_str(words)
    ]
    assert other == []


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
