"""What fields mean, said once: for the forms of curators, the API and the exchange.

Each app says in its `dictionary.py` what the fields of its models mean, by the names of the models
and of their fields, and its configuration holds it as `meanings`. A field that a model inherits is
looked up under the class that brings it: `Case.title` under `record`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from typing import Any, ClassVar

from django.apps import apps
from django.db.models import Model
from django.utils.text import format_lazy

#: Of each model (its class name in lower case), of each of its fields, what it means.
Meanings = Mapping[str, Mapping[str, Any]]


@lru_cache(maxsize=1)
def _all() -> dict[str, Mapping[str, Any]]:
    found: dict[str, Mapping[str, Any]] = {}
    for config in apps.get_app_configs():
        found |= getattr(config, "meanings", {})
    return found


def _spellings(name: str) -> Iterator[str]:
    """The names under which a field may stand: `fine` also means `fine_amount`."""
    yield name
    for ending in ("_id", "_amount"):
        if name.endswith(ending):
            yield name.removesuffix(ending)


@cache
def meaning(model: type[Model], *names: str) -> Any:
    """What a field means, as a lazy text.

    Args:
        model: the model, or a class that inherits from it.
        names: of the field; the first that the dictionary knows counts.

    Returns:
        The text, or '' where nothing is said of the field.
    """
    known = [_all().get(ancestor.__name__.lower(), {}) for ancestor in model.__mro__]
    for name in names:
        for spelling in _spellings(name):
            for entries in known:
                if spelling in entries:
                    return entries[spelling]
    return ""


def meanings_of(model: type[Model]) -> dict[str, Any]:
    """What the dictionary says of a model, by the names of its fields and of what else it names."""
    known = [_all().get(ancestor.__name__.lower(), {}) for ancestor in model.__mro__]
    found = {name: text for entries in reversed(known) for name, text in entries.items()}
    fields = {field.name: meaning(model, field.name) for field in model._meta.get_fields()}
    return {**found, **{name: text for name, text in fields.items() if text}}


class DescribedMixin:
    """A serializer whose fields are told of in the words of the dictionary."""

    describes: ClassVar[type[Model]]

    def get_fields(self) -> dict[str, Any]:
        fields: dict[str, Any] = super().get_fields()  # type: ignore[misc]
        for name, field in fields.items():
            if field.help_text:
                continue
            # Some read the whole object (`*`): their own name says what they are of.
            keys = tuple(key for key in (field.source, name) if key)
            field.help_text = _told(self.describes, keys, getattr(field, "vocabulary", ""))
        return fields


@cache
def _told(model: type[Model], names: tuple[str, ...], vocabulary: str) -> Any:
    """What a field means, with the vocabulary that its codes are of; None where nothing is said.

    Kept, because to ask a lazy text whether it is empty translates it, and lists make the fields
    of their serializers anew.
    """
    text = meaning(model, *names)
    if vocabulary:
        text = format_lazy("{} `{}`", text, vocabulary)
    return text or None
