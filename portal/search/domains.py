"""What values a parameter can take, and what each is called in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, ClassVar, Protocol

from babel import Locale
from django.apps import apps
from django.utils.translation import gettext as _

from portal.reference.catalog import catalog
from portal.reference.labels import active_language, localized
from portal.reference.punctuation import listed
from portal.rest.values import TRUTH, Values

#: The value of a facet for records that do not say it.
NOT_RECORDED = "not_recorded"
#: The second part of a profile (`Profiles`) of a person whose nationality is not recorded.
NO_NATIONALITY = "nationality_not_recorded"


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

    def values(self) -> Values:
        """What the OpenAPI document tells of them."""
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

    def values(self) -> Values:
        name = self.vocabulary.title().replace("_", "")
        return Values.of(self.known(), f"{name}Code")


class Jurisdictions:
    """Alpha-3 codes."""

    def labels(self, values: Iterable[str]) -> dict[str, str]:
        return _labelled(values, catalog().jurisdictions)

    def known(self) -> list[str]:
        return list(catalog().jurisdictions)

    def lexeme(self, value: str) -> str:
        return f"place:{value}"

    def values(self) -> Values:
        return Values("AUS", tuple(self.known()), "JurisdictionCode")


class Regions:
    """UN M49 codes."""

    def labels(self, values: Iterable[str]) -> dict[str, str]:
        return _labelled(values, catalog().regions)

    def known(self) -> list[str]:
        return list(catalog().regions)

    def lexeme(self, value: str) -> str:
        return f"region:{value}"

    def values(self) -> Values:
        return Values("150", tuple(self.known()), "RegionCode")


class Processes:
    """Codes of regional processes."""

    def labels(self, values: Iterable[str]) -> dict[str, str]:
        return _labelled(values, catalog().processes)

    def known(self) -> list[str]:
        return list(catalog().processes)

    def lexeme(self, value: str) -> str:
        return f"process:{value}"

    def values(self) -> Values:
        return Values.of(self.known(), "ProcessCode")


class Articles:
    """Codes of treaty articles: `6.1.a`, `C5`."""

    def labels(self, values: Iterable[str]) -> dict[str, str]:
        articles = catalog().articles
        return {value: str(articles[value]) for value in values if value in articles}

    def known(self) -> list[str]:
        return list(catalog().articles)

    def lexeme(self, value: str) -> str:
        return f"article:{value}"

    def values(self) -> Values:
        return Values("6.1.a", tuple(self.known()), "TreatyArticleCode")


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

    def values(self) -> Values:
        return Values("en", pattern="^[a-z]{2,3}$")


@lru_cache(maxsize=16)
def currency_names(language: str) -> dict[str, str]:
    """Names of currencies by ISO 4217 code, in a language of the interface (Unicode CLDR)."""
    return {code: str(name) for code, name in Locale.parse(language).currencies.items()}


class Currencies(Unnamed):
    """ISO 4217 codes."""

    def labels(self, values: Iterable[str]) -> dict[str, str]:
        names = currency_names(active_language())
        return {value: f"{names[value]} ({value})" for value in values if value in names}

    def known(self) -> list[str]:
        return []

    def values(self) -> Values:
        return Values("USD", pattern="^[A-Z]{3}$")


class Truth(Unnamed):
    """`true` and `false`."""

    def labels(self, values: Iterable[str]) -> dict[str, str]:
        known = {"true": _("Yes"), "false": _("No")}
        return {value: known[value] for value in values if value in known}

    def known(self) -> list[str]:
        return list(TRUTH)

    def values(self) -> Values:
        return Values.of(self.known(), "Truth")


@dataclass(frozen=True)
class Codes(Unnamed):
    """Codes of public objects of a model that has `code` and `public()`.

    Args:
        model: the model's label, as in `legislation.Law`.
        reads: what the object's `citation` is made of: columns, also those of a relation.
        example: the code of one of them, for the OpenAPI document.
    """

    model: str
    reads: tuple[str, ...] = ("title",)
    example: str = field(default="", kw_only=True, compare=False)

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

    def values(self) -> Values:
        return Values(self.example)


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

    def values(self) -> Values:
        found = self.domain.values()
        name = f"{found.name}OrNotRecorded" if found.name else ""
        return replace(found, known=tuple(self.known()), name=name)


class Profiles(Unnamed):
    """Profiles of one person: `<gender>.<role>.<outcome>`, and a plea behind them if wanted.

    `any` stands for whatever there is, `not_recorded` for what no source says. A nationality may
    stand for the role: `female.SYR.convicted`. An outcome is a verdict or a sentence: what a
    filter of each by itself cannot say, as two filters may speak of two persons of a case.
    """

    ANY: ClassVar[str] = "any"
    SENTENCED: ClassVar[str] = "sentenced"
    TERM: ClassVar[str] = "term"
    SUSPENDED: ClassVar[str] = "suspended"
    LIFE: ClassVar[str] = "life"
    NO_IMPRISONMENT: ClassVar[str] = "no_imprisonment"
    #: What the heaviest sentence of a person can be: one of these and no other.
    SENTENCES: ClassVar[tuple[str, ...]] = (TERM, SUSPENDED, LIFE, NO_IMPRISONMENT)

    def sentences(self) -> dict[str, str]:
        """What the sentences are called."""
        return {
            self.SENTENCED: _("Sentenced to imprisonment"),
            self.TERM: _("Imprisonment to be served"),
            self.SUSPENDED: _("Imprisonment, suspended"),
            self.LIFE: _("Imprisonment for life"),
            self.NO_IMPRISONMENT: _("No imprisonment recorded"),
        }

    def labels(self, values: Iterable[str]) -> dict[str, str]:
        found = {}
        for value in values:
            parts = [text for text, _fault in self._read(value)]
            if not self.faults(value):
                found[value] = listed(filter(None, parts)) or _("any person")
        return found

    def known(self) -> list[str]:
        return []

    def values(self) -> Values:
        return Values("female.organizer.convicted", pattern=r"^\w+\.\w+\.\w+(\.\w+)?$")

    def faults(self, value: str) -> list[str]:
        """What of a value is not known, in words."""
        if not 3 <= value.count(".") + 1 <= 4:
            return [_("a person is gender.role.outcome, with .plea behind them if wanted")]
        if value.count(".") == 3 and value.endswith(f".{self.ANY}"):
            return [_("“any” plea is left out")]
        return [fault for _text, fault in self._read(value) if fault]

    def _read(self, value: str) -> Iterator[tuple[str, str]]:
        """Of each part of a value, what it is called and what is wrong with it."""
        gender, role, outcome, plea = (*value.split("."), *(self.ANY,) * 4)[:4]
        yield self._named(gender, Terms("genders"), _("gender not recorded"), _("gender"))
        if role == NO_NATIONALITY:
            yield _("nationality not recorded"), ""
        elif role.isupper():
            yield self._named(role, Jurisdictions(), "", _("nationality"))
        else:
            yield self._named(role, Terms("roles"), _("role not recorded"), _("role"))
        sentences = self.sentences()
        if outcome in sentences:
            yield sentences[outcome], ""
        else:
            verdicts = Terms("verdicts")
            yield self._named(outcome, verdicts, _("verdict not recorded"), _("outcome"))
        if plea != self.ANY and (role.isupper() or role == NO_NATIONALITY):
            yield "", _("a plea goes with a role, not with a nationality")
        else:
            text, fault = self._named(plea, Terms("pleas"), _("not recorded"), _("plea"))
            yield (_("plea: %(plea)s") % {"plea": text} if text else ""), fault

    def _named(self, part: str, domain: Domain, unsaid: str, kind: str) -> tuple[str, str]:
        if part == self.ANY:
            return "", ""
        if part == NOT_RECORDED and unsaid:
            return unsaid, ""
        label = domain.labels([part]).get(part)
        if label is not None:
            return label, ""
        known = ", ".join(domain.known()[:20])
        texts = {"part": part, "kind": kind, "known": known}
        if isinstance(domain, Jurisdictions):
            return "", _("“%(part)s” is not a known value (%(kind)s)") % texts
        return "", _("“%(part)s” is not a known value (%(kind)s); known: %(known)s") % texts
