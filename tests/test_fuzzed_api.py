"""schemathesis asks the API whatever the OpenAPI document allows and forbids, and finds nothing."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, connections
from hypothesis import given, settings
from hypothesis import strategies as st
from schemathesis.config import SchemathesisConfig
from schemathesis.core.failures import AcceptedNegativeData
from schemathesis.engine import events, from_schema
from schemathesis.openapi.checks import RejectedPositiveData

from portal.publishing.files import NOT_FOR_FILES
from portal.wsgi import application
from tests.conftest import reader

pytestmark = pytest.mark.django_db

#: Values that only the records and other standards know; the document says how they are written.
OPEN = {"language", "fee_currency", "law", "provision", "case", "person", "cursor"}
#: Where a parameter belongs to the database that is chosen, which OpenAPI cannot say.
OF_SOME = ("/api/v1/insights/{slug}/", "/api/v1/insights/table/")
_RANGE = re.compile(r"_(from|to|min|max|since)$")


#: Addresses of every kind; the braces stand for a code.
PATHS = [
    *("cases", "cases/{}", "laws/{}", "provisions", "provisions/{}", "search", "treaty-status/{}"),
    *("vocabularies/{}", "jurisdictions", "insights", "insights/{}", "insights/countries/{}"),
    *("insights/fees", "insights/protocol/{}", "insights/protocol/compare", "insights/table"),
]


@pytest.fixture
def app() -> Iterator[Callable[..., Any]]:
    """The portal, for schemathesis, which asks from a thread of its own.

    It answers from within the test's transaction, over the test's connection.
    """
    signals, shared = (request_started, request_finished), connections["default"]
    for signal in signals:
        signal.disconnect(close_old_connections)
    shared.inc_thread_sharing()

    def answer(environ: dict[str, Any], start_response: Any) -> Any:
        connections["default"] = shared
        return application(environ, start_response)

    yield answer
    shared.dec_thread_sharing()
    for signal in signals:
        signal.connect(close_old_connections)


def found(app: Any, phase: str, examples: int = 1, **chosen: str) -> tuple[Counter[str], list[str]]:
    """How often schemathesis asked for each resource, and what is wrong with the answers.

    Args:
        app: the portal.
        phase: `fuzzing`, or `coverage` for every bound and every value of every list.
        examples: how many questions to each resource, when fuzzing.
        chosen: the resources, as `path_regex`; without it all.
    """
    schema = schemathesis.openapi.from_wsgi("/api/schema/", app, config=SchemathesisConfig())
    config = schema.config
    for name in ("examples", "coverage", "fuzzing", "stateful"):
        getattr(config.phases, name).enabled = name == phase
    config.generation.max_examples = examples
    config.generation.deterministic = True
    config.generation.no_shrink = True
    config.generation.database = "none"
    config.continue_on_failure = True
    # Nothing unpacks what is packed between a client and an application in one process.
    config.headers = {"Accept-Encoding": "identity"}
    asked: Counter[str] = Counter()
    wrong: list[str] = []
    for event in from_schema(schema.include(**chosen) if chosen else schema).execute():
        if isinstance(event, events.ScenarioFinished):
            asked[event.recorder.label] += len(event.recorder.interactions)
            wrong += failures(event.recorder)
        assert not isinstance(event, events.FatalError | events.NonFatalError), event
    return asked, wrong


def failures(recorder: Any) -> Iterator[str]:
    """What the checks say of answers, without what is excused."""
    for key, checks in recorder.checks.items():
        for check in checks:
            if check.failure_info is None:
                continue
            failure, made = check.failure_info.failure, recorder.interactions[key]
            if isinstance(failure, RejectedPositiveData | AcceptedNegativeData) and is_excused(
                recorder.cases[key].value.operation.path, made
            ):
                continue
            yield f"{made.request.method} {made.request.uri}: {failure.title}: {failure.message}"


def cannot_be_told(parameter: str, path: str, query: dict[str, list[str]]) -> bool:
    """Whether a value may be refused although the schema of its parameter allows it.

    OpenAPI speaks of one parameter at a time, and does not know the calendar or the records.
    """
    together = {
        # A first day is not behind the last one; there is no 30 February.
        "range": _RANGE.search(parameter) is not None,
        # Relevance needs words; words are no more than forty.
        "sort": parameter == "sort" and "relevance" in query.get("sort", ()),
        "q": parameter == "q",
        # Ten thousand rows are the end of pages.
        "page": parameter == "page" and float(query["page"][0] or 0) > 100,
        "files": parameter in NOT_FOR_FILES and query.get("format", ["json"]) != ["json"],
        "axes": parameter in ("rows", "columns") and path == OF_SOME[1],
        # Many roles, genders and pleas at once are too many persons.
        "role": parameter == "role" and path.endswith("comparable-sentences/"),
        # JSON Schema takes 4.0 for a whole number.
        "whole": all("." in value for value in query.get(parameter, [""])),
    }
    return parameter in OPEN or path in OF_SOME or any(together.values())


def is_excused(path: str, made: Any) -> bool:
    """Whether the answer is right although the document alone would have another expected."""
    query = parse_qs(urlsplit(made.request.uri).query, keep_blank_values=True)
    if made.response.status_code == 414:
        # Many values, each of which may be there, are an address that is too long.
        return True
    if made.response.status_code == 400:
        errors = json.loads(made.response.content)["errors"]
        return all(cannot_be_told(error["parameter"], path, query) for error in errors)
    # Commas without anything between them ask for nothing, as an empty value does.
    given = [value for values in query.values() for value in values]
    return made.response.status_code == 200 and any(not value.strip(", ") for value in given)


def test_schemathesis_finds_nothing(app: Any) -> None:
    asked, wrong = found(app, "fuzzing", 8)
    assert not wrong, "\n".join(wrong[:20])
    assert len(asked) == 31
    assert asked.total() > 150


def test_schemathesis_finds_nothing_at_the_bounds_of_small_resources(app: Any) -> None:
    """Values of lists, values beside them, other methods, missing and repeated parameters."""
    asked, wrong = found(app, "coverage", path_regex="treaty-articles|treaty-status|/cases/.code")
    assert not wrong, "\n".join(wrong[:20])
    assert asked.total() > 300


def test_schemathesis_would_find_something(app: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The test's own teeth: a view that overlooks a number, and answers with less than is told."""
    monkeypatch.setattr("portal.rest.views.page_and_size", lambda data, problems: (1, 25))
    _asked, wrong = found(app, "fuzzing", 40, path_regex="/treaty-articles/$")
    assert any("page" in entry and "should have been rejected" in entry for entry in wrong)
    monkeypatch.setattr("portal.rest.views.address_with", lambda request, **changed: 7)
    _asked, wrong = found(app, "fuzzing", 40, path_regex="/treaty-articles/$")
    assert any("is not of type" in entry or "not of types" in entry for entry in wrong), wrong[:3]


#: What no schema of OpenAPI speaks of: any text as a header, as a parameter or as a code.
ODD = st.one_of(
    st.text(max_size=60),
    st.text("*/;,=q.0 jsontexhml+-", max_size=60),
    st.sampled_from(
        ["", "*/*;q=0", "text/html", "application/json;q=x", "a/b/c", "\x00", "9" * 99]
    ),
)


@given(accept=ODD, language=ODD, name=ODD, value=ODD, code=ODD, resource=st.sampled_from(PATHS))
@settings(max_examples=150, deadline=None, derandomize=True, database=None)
def test_odd_requests_get_an_answer_or_a_problem(
    accept: str, language: str, name: str, value: str, code: str, resource: str
) -> None:
    path = f"/api/v1/{resource}/".replace("{}", quote(code, safe=""))
    headers = {"accept": accept, "accept-language": language}
    response = reader().get(path, {name: value, "q": value}, headers=headers)
    assert response.status_code in (200, 301, 400, 404, 406), response.status_code
    if response.status_code >= 400:
        assert response.headers["Content-Type"] == "application/problem+json"
        assert response.json()["status"] == response.status_code


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "trace"])
def test_other_methods_are_refused_everywhere(method: str) -> None:
    for resource in PATHS:
        path = f"/api/v1/{resource}/".replace("{}", "AUS")
        response = getattr(reader(), method)(path)
        assert response.status_code == 405, path
        assert "GET" in response.headers["Allow"]
        assert response.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    "address",
    [
        "/api/v1/cases/?page=1&page=2",
        "/api/v1/cases/?has_fee=true&has_fee=false",
        "/api/v1/cases/?q=a&q=b",
        "/api/v1/cases/?sort=newest&sort=title",
        "/api/v1/cases/?decided_from=2015&decided_from=2016",
        "/api/v1/jurisdictions/?party=true&party=false",
        "/api/v1/search/?q=boat&page_size=2&page_size=3",
        "/api/v1/insights/fees/?has_fee=true&has_fee=false",
        "/api/v1/cases/?modus=",
        "/api/v1/provisions/?lang=",
        "/api/v1/cases/?role=" + ",".join(["organizer"] * 101),
    ],
)
def test_what_would_be_overlooked_is_refused(address: str) -> None:
    """One of two values, and parameters that are not known, with nothing in them."""
    response = reader().get(address)
    assert response.status_code == 400, address
    assert response.json()["errors"][0]["parameter"] == address.split("?")[1].split("=")[
        1 if "q=boat" in address else 0
    ].removeprefix("boat&")


@pytest.mark.long
def test_schemathesis_finds_nothing_in_a_long_search(app: Any) -> None:
    asked, wrong = found(app, "fuzzing", 150)
    assert not wrong, "\n".join(wrong[:20])
    assert asked.total() > 3_000


@pytest.mark.long
def test_schemathesis_finds_nothing_at_any_bound(app: Any) -> None:
    asked, wrong = found(app, "coverage")
    assert not wrong, "\n".join(wrong[:20])
    assert asked.total() > 10_000
