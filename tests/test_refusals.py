"""What is refused before a view is reached is told in the language of who asked."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client, RequestFactory
from django.utils import translation

from portal.rest import failures
from portal.safety import bounds

LANGUAGES = ("ar", "es", "fr", "ru", "zh-hans")
LIST = "/api/v1/cases/"


def _refusals(client: Client, language: str) -> dict[int, Any]:
    """Every refusal of the API that stands in front of its views, by its status."""
    said = {"Accept-Language": language}
    fields = "&".join(["a=b"] * (bounds.MAX_PARAMETERS + 1))
    large = b"x" * (bounds.MAX_BODY + 1)
    return {
        400: client.get(f"{LIST}?{fields}", headers=said),
        403: client.get(LIST, headers={"Authorization": "Bearer abc", **said}),
        413: client.post(LIST, large, content_type="application/json", headers=said),
        414: client.get(f"{LIST}?q={'x' * bounds.MAX_QUERY}", headers=said),
    }


@pytest.mark.django_db
@pytest.mark.parametrize("language", LANGUAGES)
def test_refusals_speak_the_language_that_is_asked_for(language: str, settings: Any) -> None:
    settings.HTTPS = True
    client = Client()
    english = _refusals(client, "en")
    told = _refusals(client, language)
    for status, answer in told.items():
        assert answer.status_code == english[status].status_code == status
        assert answer.json()["detail"] != english[status].json()["detail"], status
        assert answer.json()["title"] == english[status].json()["title"]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("path", [LIST, "/{language}/cases/"])
def test_faults_do_not_speak_the_language_of_the_request_before(path: str, language: str) -> None:
    """Django leaves a thread in the language of its last request."""
    request = RequestFactory().get(
        path.format(language=language.removesuffix("-hans")),
        headers={"Accept-Language": language},
    )
    answers = {}
    for before in ("en", "ru", "es"):
        with translation.override(before):
            given = failures.unavailable(request, OperationalError("gone"))
            assert given is not None
            answers[before] = given.content
    assert len(set(answers.values())) == 1
    with translation.override(language):
        said = str(failures.DATABASE_AWAY)
    if path == LIST:
        assert said in answers["en"].decode()
    else:
        assert f'lang="{language}"'.lower() in answers["en"].decode().lower()
