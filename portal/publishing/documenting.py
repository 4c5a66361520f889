"""How the OpenAPI document tells of the filters of a database and of what shapes its lists."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from django import forms

from portal.publishing.files import NOT_FOR_FILES
from portal.records.dates import PartialDateFormField
from portal.rest.schema import (
    Documented,
    documented,
    documented_fields,
    documented_names,
    documented_paging,
)
from portal.rest.values import TRUTH, Values
from portal.search.parameters import (
    MAX_VALUES,
    Parameter,
    PresenceParameter,
    QueryField,
    TokenParameter,
    ValuesField,
)
from portal.search.query import MAX_LENGTH
from portal.search.request import SORTS

_DATE = r"^[12][0-9]{3}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?$"
#: Examples that agree with each other: the first of a pair is not above the second.
_DAYS = {"from": "2010", "to": "2030-06", "since": "2020-01-31"}
_NUMBERS = {"min": 2, "max": 120}
_AUTHOR = "Gallagher"
_WORDS = 'Words, "phrases", `or`, `-not`, and the `begin*` of a word.'


def documented_filter(name: str, parameter: Parameter) -> Documented:
    """A filter of a database."""
    text = str(parameter.label)
    if "help_text" in parameter.extra:
        text += f". {parameter.extra['help_text'].rstrip('.')}"
    field = parameter.field
    if isinstance(field, ValuesField):
        text += ". Repeated or separated by commas: one of them."
        tokens = isinstance(parameter, TokenParameter)
        values = parameter.domain.values() if tokens else Values(_AUTHOR)
        return documented(name, text, values=values, many=True, maxItems=MAX_VALUES)
    if isinstance(parameter, PresenceParameter):
        text = f"{text}: whether it is recorded."
        return documented(name, text, values=Values.of(parameter.known()))
    more, how = _written(name, field)
    return documented(name, f"{text}. {more}", **how)


def _written(name: str, field: forms.Field) -> tuple[str, dict[str, Any]]:
    """How one value of a field is written: in words, and as JSON Schema with an example."""
    ending = name.rpartition("_")[2]
    if isinstance(field, QueryField):
        return _WORDS, {"example": "boat", "maxLength": MAX_LENGTH}
    if isinstance(field, PartialDateFormField):
        return "A year, a month or a day.", {"example": _DAYS[ending], "pattern": _DATE}
    if isinstance(field, forms.IntegerField):
        low, high = (int(cast("Any", end) or 0) for end in (field.min_value, field.max_value))
        # Django's field of decimals is one of whole numbers, too.
        kind = float if isinstance(field, forms.DecimalField) else int
        shape = {"type": kind, "minimum": low, "maximum": high}
        if isinstance(field, forms.DecimalField) and field.decimal_places:
            shape["multipleOf"] = 10**-field.decimal_places
        return f"From {low} to {high}.", {"example": _NUMBERS[ending], **shape}
    raise TypeError(f"It is not said how {name} is written")


def documented_controls(
    fields: Sequence[str], blocks: Sequence[str], facets: Sequence[str]
) -> list[Documented]:
    """What shapes a list of records.

    Args:
        fields: all that a record has.
        blocks: of these, what a list leaves out.
        facets: parameters whose values can be counted.
    """
    left_out = ", ".join(f"`{name}`" for name in NOT_FOR_FILES)
    return [
        documented(
            "as_typed",
            "Look for the words alone, not for the concepts.",
            values=Values.of(TRUTH),
        ),
        documented(
            "sort",
            "Order; `relevance` needs `q`, and is usual with it.",
            values=Values("changed", SORTS),
        ),
        *documented_paging(),
        documented(
            "cursor",
            "`*` to begin, then what `next` gives: reads everything in parts. "
            f"Files hold everything at once and take none of {left_out}.",
            example="*",
        ),
        documented_fields(fields),
        documented_names("expand", "Blocks of the complete record to add to the lean one.", blocks),
        documented_names(
            "facets", "Parameters whose values are to be counted, separated by commas.", facets, 2
        ),
    ]
