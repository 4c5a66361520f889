"""Choosing what an answer holds, and small fields that all serializers share."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers
from rest_framework.fields import get_attribute


class ChosenFieldsMixin:
    """A serializer that can be asked for some of its fields: `Serializer(…, only=("code",))`."""

    def __init__(self, *args: Any, only: Iterable[str] | None = None, **kwargs: Any) -> None:
        self._only = None if only is None else set(only)
        super().__init__(*args, **kwargs)

    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields()  # type: ignore[misc]
        if self._only is None:
            return fields
        return {name: field for name, field in fields.items() if name in self._only}


class TermCodeField(serializers.CharField):
    """The code of a term by its key: `verdicts:convicted` gives `convicted`."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(read_only=True, allow_null=True, **kwargs)

    def to_representation(self, value: str) -> str:
        return value.partition(":")[2]


class CodesField(serializers.ListField):
    """A list of codes that a function reads from the object."""

    def __init__(
        self,
        read: Callable[[Any], Iterable[str]],
        *,
        vocabulary: str = "",
        reads: tuple[str, ...] = (),
        **kwargs: Any,
    ) -> None:
        #: The vocabulary whose codes they are, where it is one.
        self.vocabulary = vocabulary
        #: What of a record has to be read for it (`portal.publishing.reading`).
        self.reads = reads
        self._read = read
        super().__init__(child=serializers.CharField(), read_only=True, source="*", **kwargs)

    def get_attribute(self, instance: Any) -> list[str]:
        return list(self._read(instance))


def terms_field(vocabulary: str) -> CodesField:
    """The codes of a record's terms of one vocabulary, from its annotated `term_ids`."""

    def read(record: Any) -> list[str]:
        pairs = (key.split(":", 1) for key in record.term_ids)
        return [code for name, code in pairs if name == vocabulary]

    return CodesField(read, vocabulary=vocabulary, reads=("term_ids",))


class PartialDateOutput(serializers.CharField):
    """A date in ISO 8601, no more precise than it is known: `2015`, `2015-06`, `2015-06-30`."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(read_only=True, allow_null=True, **kwargs)

    def to_representation(self, value: Any) -> str:
        return str(value)


def json_number(value: Decimal | float) -> int | float:
    """A number as JSON has it, whole where it is whole."""
    return int(value) if value == int(value) else float(value)


class NumberField(serializers.FloatField):
    """A decimal as a JSON number, whole where it is whole."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(read_only=True, allow_null=True, **kwargs)

    def to_representation(self, value: Any) -> Any:
        return json_number(value)


@extend_schema_serializer(component_name="Money")
class MoneyField(serializers.Serializer):
    """An amount as the source gives it, in its currency (ISO 4217)."""

    amount = NumberField(help_text="As the source gives it.")
    currency = serializers.CharField(help_text="ISO 4217 code.")

    def __init__(self, prefix: str = "", **kwargs: Any) -> None:
        self._prefix = prefix
        self.reads = (f"{prefix}_amount", f"{prefix}_currency")
        super().__init__(source="*", read_only=True, allow_null=True, **kwargs)

    def to_representation(self, instance: Any) -> Any:
        amount, currency = (get_attribute(instance, [name]) for name in self.reads)
        if amount is None:
            return None
        return {"amount": json_number(amount), "currency": currency}
