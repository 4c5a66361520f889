"""How the words of a question to the API were understood, told beside its answer."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from rest_framework.request import Request

from portal.search.exact import exact_matches
from portal.search.interpretation import interpret
from portal.search.query import Query


def understood(request: Request, query: Query) -> dict[str, Any]:
    """The parts of a query with the concepts that they name, and what bears exactly its text.

    Nothing for a question without words.
    """
    if not query:
        return {}
    return {
        "interpreted": [
            {
                "typed": part.source,
                "concepts": [
                    {"key": concept.key, "label": str(concept)} for concept in part.concepts
                ],
            }
            for part in interpret(query).parts
        ],
        "exact": [
            {
                "code": match.code,
                "database": match.database,
                "kind": match.kind,
                "text": match.text,
                "url": request.build_absolute_uri(
                    reverse("permanent", kwargs={"code": match.code})
                ),
            }
            for match in exact_matches(query.text)
        ],
    }
