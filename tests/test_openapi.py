"""The OpenAPI document: every parameter has an example that works, every answer its schema."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from copy import deepcopy
from functools import cache
from typing import Any
from urllib.parse import urlencode, urlsplit

import jsonschema_rs
import pytest
import schemathesis
from django.db import connection
from django.test.utils import CaptureQueriesContext
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator

from portal.api.document import answer_at
from portal.insights.declared import INSIGHTS
from portal.records.database import databases
from portal.reference.catalog import pinned
from tests.conftest import SOME_AND_ALL, reader

pytestmark = pytest.mark.django_db

#: Where an address needs a word to answer at all, or a parameter belongs to some databases only.
INSIGHT, TABLE = "/api/v1/insights/{slug}/", "/api/v1/insights/table/"


@cache
def document() -> dict[str, Any]:
    """The document as it is served."""
    with warnings.catch_warnings(), GENERATOR_STATS.silence():
        warnings.simplefilter("error")
        found = SchemaGenerator(api_version=None).get_schema(request=None, public=True)
        assert not GENERATOR_STATS
    told: dict[str, Any] = json.loads(json.dumps(found, default=str))
    return told


def operations() -> Iterator[tuple[str, dict[str, Any]]]:
    for path, told in document()["paths"].items():
        assert list(told) == ["get"], path
        yield path, told["get"]


def parameters() -> Iterator[tuple[str, dict[str, Any]]]:
    for path, operation in operations():
        yield from ((path, parameter) for parameter in operation.get("parameters", ()))


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema, or what it refers to."""
    name = schema.get("$ref", "").removeprefix("#/components/schemas/")
    return document()["components"]["schemas"][name] if name else schema


def strict(schema: Any) -> Any:
    """A schema under which an object has nothing but what is told of it."""
    if isinstance(schema, list):
        return [strict(entry) for entry in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: strict(value) for key, value in schema.items()}
    if "properties" in schema and isinstance(schema["properties"], dict):
        found.setdefault("additionalProperties", False)
    return found


@cache
def validator(path: str, code: str = "200") -> Any:
    """What holds an answer of an address to the document, and to nothing beside it."""
    content = document()["paths"][path]["get"]["responses"][code]["content"]["application/json"]
    components = {"schemas": strict(document()["components"]["schemas"])}
    return jsonschema_rs.Draft202012Validator(
        {**strict(content["schema"]), "components": components}, validate_formats=True
    )


def texts(value: Any) -> list[str]:
    """A value as an address says it, once for each entry of a list."""
    if isinstance(value, list):
        return [text for entry in value for text in texts(entry)]
    return [str(value).lower() if isinstance(value, bool) else str(value)]


def pairs(parameter: dict[str, Any]) -> list[tuple[str, str]]:
    """The example of a parameter as names and texts."""
    found, name = texts(parameter["example"]), parameter["name"]
    if parameter.get("explode") is False:
        return [(name, ",".join(found))]
    return [(name, text) for text in found]


def address(path: str, chosen: dict[str, dict[str, Any]]) -> str:
    """The address of a resource with the examples of some parameters, and of those it needs."""
    told = {one["name"]: one for one in document()["paths"][path]["get"].get("parameters", ())}
    query: list[tuple[str, str]] = []
    for name, parameter in told.items():
        if parameter["in"] == "path":
            path = path.replace(f"{{{name}}}", texts(parameter["example"])[0])
        elif name in chosen or parameter.get("required"):
            query += pairs(parameter)
    return f"{path}?{urlencode(query)}" if query else path


def of_database(path: str, names: set[str], asked: str) -> str:
    """The address where its parameters are known: not every database knows all of them."""
    if path not in (INSIGHT, TABLE) or names & {"slug", "database", "rows", "columns"}:
        return asked
    known = [one for one in databases() if names <= set(one.filterset.parameters())]
    slug = next(one.slug for one in INSIGHTS if one.database == known[0].slug)
    if path == TABLE:
        return f"{asked}{'&' if '?' in asked else '?'}database={known[0].slug}"
    return path.replace("{slug}", slug) + f"?{urlsplit(asked).query}"


def check(path: str, *names: str) -> None:
    """The examples of some parameters, asked together, give an answer as it is told of."""
    told = {one["name"]: one for one in document()["paths"][path]["get"].get("parameters", ())}
    asked = of_database(path, set(names), address(path, {name: told[name] for name in names}))
    response = reader().get(asked)
    assert response.status_code == 200, (asked, response.content[:500])
    media_type = response.headers["Content-Type"].partition(";")[0]
    content = document()["paths"][path]["get"]["responses"]["200"]["content"]
    assert media_type in content, asked
    if media_type == "application/json":
        validator(path).validate(response.json())


def test_the_document_is_a_document_of_openapi_3_1() -> None:
    schemathesis.openapi.from_dict(deepcopy(document())).validate()
    assert document()["openapi"].startswith("3.1")
    spoilt = deepcopy(document())
    spoilt["paths"]["/api/v1/"]["get"]["parameters"] = [{"name": "x"}]
    with pytest.raises(jsonschema_rs.ValidationError):
        schemathesis.openapi.from_dict(spoilt).validate()


def test_every_reference_leads_somewhere() -> None:
    text = json.dumps(document())
    named = {part.split('"')[0] for part in text.split('"$ref": "#/components/')[1:]}
    told = document()["components"]
    assert len(named) > 100
    for reference in named:
        kind, _slash, name = reference.partition("/")
        assert name in told[kind], reference
    # And nothing is told that no answer has.
    for kind in ("schemas", "responses", "headers"):
        assert {f"{kind}/{name}" for name in told[kind]} <= named


def test_every_parameter_says_what_it_is_what_it_takes_and_an_example() -> None:
    for path, parameter in parameters():
        told = path, parameter["name"]
        assert len(parameter["description"]) > 4, told
        assert "example" in parameter, told
        schema = resolved(parameter["schema"])
        items = resolved(schema.get("items", schema))
        assert items["type"] in ("string", "integer", "number", "boolean"), told
        if items["type"] in ("integer", "number"):
            assert {"minimum", "maximum"} <= set(items), told
        whole = {**parameter["schema"], "components": document()["components"]}
        jsonschema_rs.Draft202012Validator(whole).validate(parameter["example"])
    assert sum(1 for _ in parameters()) > 600


def test_what_is_a_closed_list_is_told_as_one() -> None:
    cases = {p["name"]: p for path, p in parameters() if path == "/api/v1/cases/"}
    for name, parameter in databases()[0].filterset.parameters().items():
        known = parameter.known()
        schema = cases[name]["schema"]
        told = resolved(schema.get("items", schema))
        if set(known) == {"true", "false"}:
            assert told["type"] == "boolean", name
        elif known:
            assert told["enum"] == known, name


#: A part of them in each run: most are filters that many resources share.
@pytest.mark.parametrize("step", [pytest.param(17, id="some"), SOME_AND_ALL[1]])
def test_every_example_works_alone(step: int) -> None:
    asked = list(parameters())
    for path, parameter in asked[::step]:
        check(path, parameter["name"])
    # All of those that are no filters, and all filters of the databases themselves, in any run.
    for path, parameter in asked:
        is_own = path != INSIGHT and not parameter["name"].startswith("has_")
        if is_own and (path.count("/") == 4 or "{" in path):
            check(path, parameter["name"])


def test_examples_of_a_pair_work_together() -> None:
    seen = 0
    for path, operation in operations():
        names = {one["name"] for one in operation.get("parameters", ())}
        for first, second in (("from", "to"), ("min", "max")):
            for name in names:
                stem, _, ending = name.rpartition("_")
                if ending == first and f"{stem}_{second}" in names:
                    check(path, name, f"{stem}_{second}")
                    seen += 1
        for couple in (("q", "as_typed"), ("cursor", "page_size"), ("rows", "columns")):
            if set(couple) <= names:
                check(path, *couple)
                seen += 1
    assert seen > 30


def test_every_resource_answers_as_it_is_told_of() -> None:
    for path, _operation in operations():
        check(path)


@pytest.mark.parametrize("step", SOME_AND_ALL)
def test_figures_answer_as_they_are_told_of(step: int) -> None:
    """Every insight, every facet of the reports, and countries with and without records."""
    asked = [(INSIGHT, f"/api/v1/insights/{one.slug}/") for one in INSIGHTS]
    for path, operation in operations():
        for parameter in operation.get("parameters", ()):
            if parameter["name"] in ("by", "rows", "sort") and "/insights/" in path:
                base = address(path, {})
                asked += [
                    (path, f"{base}?{parameter['name']}={value}")
                    for value in parameter["schema"]["enum"]
                    if path != TABLE or value in databases()[0].filterset.facets()
                ]
    profile = "/api/v1/insights/countries/{code}/"
    codes = document()["components"]["schemas"]["JurisdictionCode"]["enum"]
    asked += [(profile, profile.replace("{code}", code)) for code in codes[:: step * 5]]
    article = "/api/v1/insights/protocol/{code}/"
    codes = document()["components"]["schemas"]["TreatyArticleCode"]["enum"]
    asked += [(article, article.replace("{code}", code)) for code in codes[::step]]
    for path, found in asked[::step] if step > 1 else asked:
        response = reader().get(found)
        assert response.status_code == 200, found
        validator(path).validate(response.json())


@pytest.mark.parametrize("step", SOME_AND_ALL)
def test_complete_records_are_as_they_are_told_of(
    step: int, lines: dict[str, list[dict[str, Any]]]
) -> None:
    for database in databases():
        path = f"/api/v1/{database.api_slug}/"
        address = f"{path}?page_size=100&cursor=*&expand=" + ",".join(
            sorted(database.viewset.complete_only)
        )
        while address:
            page = reader().get(address).json()
            validator(path).validate(page)
            address = page["next"] if step == 1 else ""


def test_a_field_that_is_not_told_of_is_found_out() -> None:
    """The test's own teeth: an answer with more, or with less, does not pass."""
    path = "/api/v1/insights/fees/"
    answer = reader().get(path).json()
    validator(path).validate(answer)
    with pytest.raises(jsonschema_rs.ValidationError, match="surprise"):
        validator(path).validate({**answer, "surprise": 1})
    with pytest.raises(jsonschema_rs.ValidationError, match="stated"):
        validator(path).validate({key: answer[key] for key in answer if key != "stated"})


def test_examples_of_answers_are_the_answers() -> None:
    origin = document()["servers"][0]["url"]
    shown = 0
    for database in databases():
        path = f"/api/v1/{database.api_slug}/{{code}}/"
        content = document()["paths"][path]["get"]["responses"]["200"]["content"]
        example = content["application/json"]["example"]
        assert example["code"] == database.viewset.example
        assert example == answer_at(path.replace("{code}", example["code"]), origin)
        assert example["url"].startswith(f"{origin}/id/")
        validator(path).validate(example)
        shown += 1
    lists = document()["paths"]["/api/v1/cases/"]["get"]["responses"]["200"]["content"]
    validator("/api/v1/cases/").validate(lists["application/json"]["example"])
    refused = document()["components"]["responses"]["BadRequest"]["content"]
    assert refused["application/problem+json"]["example"]["errors"][0]["parameter"] == "modus"
    assert shown == 3
    assert answer_at("/api/v1/cases/no-such-case/", origin) is None


def test_errors_headers_and_the_token_are_told_once() -> None:
    told = document()["components"]
    assert set(told["responses"]) == {
        *(
            "Moved",
            "NotModified",
            "AddressTooLong",
            "BadRequest",
            "Unauthorized",
            "NotFound",
            "NotAcceptable",
        ),
        *("Gone", "DoesNotFit", "TooManyRequests", "NotAvailable"),
    }
    for path, operation in operations():
        answers = operation["responses"]
        assert {"200", "304", "400", "401", "406", "429", "503"} <= set(answers), path
        assert ("404" in answers) is ("{" in path), path
        for code, answer in answers.items():
            if code == "200":
                assert {"ETag", "RateLimit"} <= set(answer["headers"])
            else:
                assert set(answer) == {"$ref"}, (path, code)
        # Nobody has to bring a token.
        assert "security" not in operation
    assert document()["security"] == [{}, {"token": []}]
    assert told["securitySchemes"]["token"]["scheme"] == "bearer"
    problems = json.dumps(told["responses"]).count("#/components/schemas/Problem")
    assert problems == len(told["responses"]) - 2


@pytest.mark.parametrize(
    ("address", "status", "name"),
    [
        ("/api/v1/cases/?modus=sea", 400, "BadRequest"),
        ("/api/v1/cases/no-such-case/", 404, "NotFound"),
        ("/api/v1/nothing-here/", 404, "NotFound"),
        ("/api/v1/cases/a/b/c/", 404, "NotFound"),
        ("/api/v1/insights/countries/%0Ax/", 404, "NotFound"),
    ],
)
def test_errors_are_problems_as_they_are_told_of(address: str, status: int, name: str) -> None:
    response = reader().get(address)
    assert response.status_code == status
    assert response.headers["Content-Type"] == "application/problem+json"
    content = document()["components"]["responses"][name]["content"]["application/problem+json"]
    schemas = {"schemas": strict(document()["components"]["schemas"])}
    whole = jsonschema_rs.Draft202012Validator({**content["schema"], "components": schemas})
    whole.validate(response.json())


def test_every_operation_has_a_name_a_group_and_a_sentence() -> None:
    names = [operation["operationId"] for _path, operation in operations()]
    assert len(names) == len(set(names))
    groups = {tag["name"] for tag in document()["tags"]}
    assert all(tag["description"] for tag in document()["tags"])
    for path, operation in operations():
        assert operation["tags"][0] in groups, path
        assert operation["summary"].endswith("."), path
        assert "\n" not in operation["summary"], path
    assert {operation["tags"][0] for _path, operation in operations()} == groups


def test_the_document_says_where_the_portal_is() -> None:
    client = reader()
    served = client.get("/api/schema/", headers={"accept": "application/json"})
    assert served.headers["Content-Type"] == "application/json"
    told = served.json()
    assert told["servers"] == [{"url": "http://testserver"}]
    assert told["externalDocs"]["url"] == "http://testserver/api/"
    assert told["info"]["version"] == "1.0"
    assert "contact" not in told["info"]


def test_the_document_takes_few_questions_of_the_database() -> None:
    generator = SchemaGenerator(api_version=None)
    generator.get_schema(request=None, public=True)
    # As within a request, where the reference data are looked up once.
    with CaptureQueriesContext(connection) as asked, pinned():
        generator.get_schema(request=None, public=True)
    assert len(asked) < 60, [query["sql"][:90] for query in asked]
