"""The guide to the API: one page with which a newcomer needs no other help."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.views.generic import TemplateView

from portal.api.document import answer_at
from portal.publishing.documenting import documented_filter
from portal.publishing.files import representations_for
from portal.records.database import Database, databases
from portal.rest.parameters import MAX_PAGE_SIZE, PAGE_SIZE
from portal.search.parameters import Parameter, TokenParameter
from portal.search.request import SORTS

SNIPPETS = Path(settings.BASE_DIR) / "templates" / "api" / "snippets"
#: Where the snippets ask as they stand; the page puts the portal's own address there.
WRITTEN_FOR = "http://127.0.0.1:8000"
LANGUAGES = {"sh": "curl", "py": "Python", "R": "R"}
#: Snippets whose answers the page shows.
ANSWERED = ("first", "facets", "refused")
#: More values than these are not told in a table but by the address that lists them.
FEW = 12


@dataclass(frozen=True)
class Snippet:
    """A piece of code that asks the API: its language and its text."""

    language: str
    text: str


@dataclass(frozen=True)
class Taken:
    """A parameter as the guide's table shows it.

    Attributes:
        name, label: in addresses and in words.
        help: more of it, or ''.
        values: those that it takes, where they are few.
        vocabulary: the code of the vocabulary that lists them, or ''.
        example: one value, where they are not told otherwise, or ''.
    """

    name: str
    label: Any
    help: Any
    values: tuple[str, ...] = ()
    vocabulary: str = ""
    example: str = ""


@cache
def _written() -> dict[str, tuple[tuple[str, str], ...]]:
    """The snippets by their names, each in its languages, as they stand in the files."""
    found: dict[str, tuple[tuple[str, str], ...]] = {}
    for suffix, language in LANGUAGES.items():
        for path in sorted(SNIPPETS.glob(f"*.{suffix}")):
            text = path.read_text(encoding="utf-8").rstrip()
            found[path.stem] = (*found.get(path.stem, ()), (language, text))
    return found


def snippets(origin: str) -> dict[str, list[Snippet]]:
    """The snippets by their names, written for a portal at an address."""
    return {
        name: [Snippet(language, text.replace(WRITTEN_FOR, origin)) for language, text in written]
        for name, written in _written().items()
    }


def taken_by(database: Database) -> Iterator[Taken]:
    """The filters of a database."""
    for name, parameter in database.filterset.parameters().items():
        known = tuple(parameter.known())
        vocabulary = _vocabulary(parameter)
        # A vocabulary says what its codes mean, too.
        few = known if len(known) <= FEW and not vocabulary else ()
        example: Any = "" if few or vocabulary else documented_filter(name, parameter).example
        first = example[0] if isinstance(example, list) else example
        help_text = parameter.extra.get("help_text", "")
        yield Taken(name, parameter.label, help_text, few, vocabulary, str(first or ""))


def _vocabulary(parameter: Parameter) -> str:
    """The code of the vocabulary whose codes a parameter takes, or ''."""
    if not isinstance(parameter, TokenParameter):
        return ""
    domain: Any = parameter.domain
    return getattr(getattr(domain, "domain", domain), "vocabulary", "")


def answer_of(origin: str, snippet: Snippet) -> str:
    """What the API answers to the address of a snippet for curl, made for this page."""
    address = next(word for word in shlex.split(snippet.text) if word.startswith("http"))
    return json.dumps(answer_at(address.removeprefix(origin), origin), ensure_ascii=False, indent=2)


class GuideView(TemplateView):
    """The guide, in the language of its address."""

    template_name = "api/guide.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        origin = self.request.build_absolute_uri("/").rstrip("/")
        code = snippets(origin)
        answers = {name: answer_of(origin, code[name][0]) for name in ANSWERED}
        return super().get_context_data(
            origin=origin,
            code=code,
            answers=answers,
            sorts=SORTS,
            page_size=PAGE_SIZE,
            max_page_size=MAX_PAGE_SIZE,
            per_minute=settings.API_REQUESTS_PER_MINUTE,
            with_token=settings.API_REQUESTS_PER_MINUTE_WITH_TOKEN,
            resources=[
                {
                    "database": database,
                    "path": reverse(f"api:{database.api_slug}-list"),
                    "parameters": list(taken_by(database)),
                    "complete_only": sorted(database.viewset.complete_only),
                    "formats": representations_for(database),
                }
                for database in databases()
            ],
            **kwargs,
        )


def guide(request: HttpRequest) -> HttpResponseRedirect:
    """`/api/` leads to the guide in the language that the reader's browser asks for."""
    response = redirect("api-guide")
    patch_vary_headers(response, ["Accept-Language"])
    return response
