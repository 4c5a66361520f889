"""A column that refers to a term of a named vocabulary, and to no other."""

from __future__ import annotations

from typing import Any

from django.db import models

from portal.reference.models import Term


class TermField(models.ForeignKey):
    """A foreign key to `Term` whose column carries a CHECK on the term's vocabulary.

    Args:
        vocabularies: codes of the vocabularies that the term may come from.
    """

    def __init__(self, *vocabularies: str, **kwargs: Any) -> None:
        self.vocabularies = vocabularies
        kwargs.setdefault("to", Term)
        kwargs.setdefault("on_delete", models.PROTECT)
        kwargs.setdefault("limit_choices_to", {"vocabulary__in": list(vocabularies)})
        kwargs.setdefault("related_name", "+")
        super().__init__(**kwargs)

    def deconstruct(self) -> Any:
        name, path, _args, kwargs = super().deconstruct()
        kwargs.pop("limit_choices_to", None)
        return name, path, list(self.vocabularies), kwargs

    def db_check(self, connection: Any) -> str:
        column = connection.ops.quote_name(self.column)
        known = ", ".join(f"'{code}'" for code in self.vocabularies)
        return f"split_part({column}, ':', 1) IN ({known})"


def unknown_or(vocabulary: str, **kwargs: Any) -> TermField:
    """A term that may be unknown: null says that no source states it."""
    return TermField(vocabulary, null=True, blank=True, **kwargs)


def grouped_terms(keys: list[str]) -> dict[str, list[str]]:
    """Keys of terms by vocabulary, in their order."""
    found: dict[str, list[str]] = {}
    for key in keys:
        found.setdefault(key.partition(":")[0], []).append(key)
    return found
