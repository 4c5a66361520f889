"""What values a parameter can take, and what each is called in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

from babel import Locale
from django.apps import apps
from django.utils.translation import gettext as _

from portal.reference.catalog import catalog
from portal.reference.labels import active_language, localized

#: The value of a facet for records that do not say it.
NOT_RECORDED = "not_recorded"


class Domain(Protocol):
    """The values of a parameter."""

    def labels(self, values: Iterable[str]) -> dict[str, str]:
        """Labels of those among `values` that the domain has; the others are left out."""
        ...

    def known(self) -> list[str]:
        """All values, to be named in an error; empty where they are too many to name."""
        ...

    def lexeme(self, value: str) -> str:
        """The lexeme of the concept that a value is (`portal.search.concepts`); '' for none."""
        ...


class Unnamed:
    """Values that are no concepts of a query."""

    def lexeme(self, value: str) -> str:
        return ""


def _labelled(values: Iterable[str], known: Mapping[str, Any]) -> dict[str, str]:
    language = active_language()
    return {value: localized(known[value], language) for value in values if value in known}


@dataclass(frozen=True)
class Terms:
    """Codes of one vocabulary."""

    vocabulary: str

    def labels(self, values: Iterable[str]) -> dict[str, str]:
        terms = catalog().terms
        keys = {f"{self.vocabulary}:{value}": value for value in values}
        return {keys[key]: label for key, label in _labelled(keys, terms).items()}

    def known(self) -> list[str]:
        return list(catalog().vocabularies.get(self.vocabulary, ()))

    def lexeme(self, value: str) -> str:
        return f"{self.vocabulary}:{value}"


class Jurisdictions:
    """Alpha-3 codes."""

    def labels(self, values: Iterable[str]) -> dict[str, str]:
        return _labelled(values, catalog().jurisdictions)

    def known(self) -> list[str]:
        return list(catalog().jurisdictions)

    def lexeme(self, value: str) -> str:
        return f"place:{value}"


class Regions:
    """UN M49 codes."""

    def labels(self, values: Iterable[str]) -> dict[str, str]:
        return _labelled(values, catalog().regions)

    def known(self) -> list[str]:
        return list(catalog().regions)

    def lexeme(self, value: str) -> str:
        return f"region:{value}"


class Processes:
    """Codes of regional processes."""

    def labels(self, values: Iterable[str]) -> dict[str, str]:
        return _labelled(values, catalog().processes)

    def known(self) -> list[str]:
        return list(catalog().processes)

    def lexeme(self, value: str) -> str:
        return f"process:{value}"


class Articles:
    """Codes of treaty articles: `6.1.a`, `C5`."""

    def labels(self, values: Iterable[str]) -> dict[str, str]:
        articles = catalog().articles
        return {value: str(articles[value]) for value in values if value in articles}

    def known(self) -> list[str]:
        return list(catalog().articles)

    def lexeme(self, value: str) -> str:
        return f"article:{value}"


@lru_cache(maxsize=16)
def language_names(language: str) -> dict[str, str]:
    """Names of languages by ISO 639 code, in a language of the interface (Unicode CLDR)."""
    return {code: str(name) for code, name in Locale.parse(language).languages.items()}


class Languages(Unnamed):
    """ISO 639 codes."""

    def labels(self, values: Iterable[str]) -> dict[str, str]:
        names = language_names(active_language())
        return {value: names[value] for value in values if value in names and value.isalpha()}

    def known(self) -> list[str]:
        return []


class Truth(Unnamed):
    """`true` and `false`."""

    def labels(self, values: Iterable[str]) -> dict[str, str]:
        known = {"true": _("Yes"), "false": _("No")}
        return {value: known[value] for value in values if value in known}

    def known(self) -> list[str]:
        return ["true", "false"]


@dataclass(frozen=True)
class Codes(Unnamed):
    """Codes of public objects of a model that has `code` and `public()`.

    Args:
        model: the model's label, as in `legislation.Law`.
        reads: what the object's `citation` is made of: columns, also those of a relation.
    """

    model: str
    reads: tuple[str, ...] = ("title",)

    def labels(self, values: Iterable[str]) -> dict[str, str]:
        wanted = [value for value in values if "\x00" not in value]
        if not wanted:
            return {}
        related = [name.partition("__")[0] for name in self.reads if "__" in name]
        objects = apps.get_model(self.model)._default_manager.public().order_by()
        if related:
            objects = objects.select_related(*related)
        objects = objects.only("code", *self.reads).filter(code__in=wanted)
        return {found.code: found.citation for found in objects}

    def known(self) -> list[str]:
        return []


@dataclass(frozen=True)
class OrNotRecorded:
    """The values of a domain, and one for records that do not say it."""

    domain: Domain

    def labels(self, values: Iterable[str]) -> dict[str, str]:
        wanted = list(values)
        labels = self.domain.labels([value for value in wanted if value != NOT_RECORDED])
        return {**labels, NOT_RECORDED: _("Not recorded")} if NOT_RECORDED in wanted else labels

    def known(self) -> list[str]:
        known = self.domain.known()
        return [*known, NOT_RECORDED] if known else []

    def lexeme(self, value: str) -> str:
        return self.domain.lexeme(value)
