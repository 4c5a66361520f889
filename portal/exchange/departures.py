"""What a departure from a schema is called, in the language of who reads it.

The library says it in English alone; its own words stay for kinds that no schema of ours has.
"""

from __future__ import annotations

import json
from typing import Any

import jsonschema_rs
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.exchange.faults import shown
from portal.reference.punctuation import either, grouped, listed

#: What the library is to say in the place of a value.
VALUE = "\ufffe"
#: Of more values than these that would be right, the first two are named.
_MOST_NAMED = 3


def missing() -> str:
    """A key that has to be there is not."""
    return _("is missing")


def unknown_key() -> str:
    """A key that no schema has."""
    return _("there is no such key")


def departure(error: Any) -> str:
    """What is wrong with a value, by the kind of error that jsonschema-rs found."""
    value = short(error.instance)
    kind, kinds = error.kind, jsonschema_rs.ValidationErrorKind
    if isinstance(kind, kinds.Type) and len(kind.types) == 1:
        found = _of_type(value).get(kind.types[0])
        if found:
            return found
    if isinstance(kind, kinds.Enum):
        return _of_choice(value, [short(option) for option in kind.options])
    if isinstance(kind, (kinds.MinItems, kinds.MaxItems, kinds.MinLength, kinds.MaxLength)):
        return _of_size(value, kind)
    return _of_limit(value, kind) or str(error.message).replace(VALUE, value, 1)


def _of_type(value: str) -> dict[str, str]:
    """That a value is not of a type, by the name that JSON Schema has for the type."""
    said = {"value": value}
    return {
        "string": _('%(value)s is not of type "string"') % said,
        "integer": _('%(value)s is not of type "integer"') % said,
        "number": _('%(value)s is not of type "number"') % said,
        "boolean": _('%(value)s is not of type "boolean"') % said,
        "array": _('%(value)s is not of type "array"') % said,
        "object": _('%(value)s is not of type "object"') % said,
    }


def _of_choice(value: str, options: list[str]) -> str:
    if len(options) <= _MOST_NAMED:
        return _("%(value)s is not one of %(codes)s") % {"value": value, "codes": either(options)}
    more = len(options) - 2
    said = ngettext(
        "%(value)s is not one of %(codes)s or %(number)s other candidate",
        "%(value)s is not one of %(codes)s or %(number)s other candidates",
        more,
    )
    return said % {"value": value, "codes": listed(options[:2]), "number": more}


def _of_size(value: str, kind: Any) -> str:
    kinds = jsonschema_rs.ValidationErrorKind
    limit: int = kind.limit
    if isinstance(kind, kinds.MinItems):
        said = ngettext(
            "%(value)s has less than %(limit)s item",
            "%(value)s has less than %(limit)s items",
            limit,
        )
    elif isinstance(kind, kinds.MaxItems):
        said = ngettext(
            "%(value)s has more than %(limit)s item",
            "%(value)s has more than %(limit)s items",
            limit,
        )
    elif isinstance(kind, kinds.MinLength):
        said = ngettext(
            "%(value)s is shorter than %(limit)s character",
            "%(value)s is shorter than %(limit)s characters",
            limit,
        )
    else:
        said = ngettext(
            "%(value)s is longer than %(limit)s character",
            "%(value)s is longer than %(limit)s characters",
            limit,
        )
    return said % {"value": value, "limit": grouped(limit)}


def _of_limit(value: str, kind: Any) -> str:
    """What is wrong with a number or a text; '' for a kind that has no words of ours."""
    kinds = jsonschema_rs.ValidationErrorKind
    if isinstance(kind, kinds.Format):
        said = _("%(value)s is no date (YYYY, YYYY-MM or YYYY-MM-DD)")
    elif isinstance(kind, kinds.Pattern):
        said = _('%(value)s does not match "%(limit)s"')
    elif isinstance(kind, kinds.UniqueItems):
        said = _("%(value)s has non-unique elements")
    elif isinstance(kind, kinds.Minimum):
        said = _("%(value)s is less than the minimum of %(limit)s")
    elif isinstance(kind, kinds.Maximum):
        said = _("%(value)s is greater than the maximum of %(limit)s")
    elif isinstance(kind, kinds.ExclusiveMinimum):
        said = _("%(value)s is less than or equal to the minimum of %(limit)s")
    elif isinstance(kind, kinds.MultipleOf):
        said = _("%(value)s is not a multiple of %(limit)s")
    elif isinstance(kind, kinds.Constant):
        said = _("%(limit)s was expected")
    elif isinstance(kind, kinds.AnyOf):
        said = _("%(value)s has none of the forms that are possible here")
    else:
        return ""
    return said % {"value": value, "limit": _limit(kind)}


def _limit(kind: Any) -> str:
    """What a value should have been, as a file writes it."""
    for name in ("limit", "pattern", "multiple_of"):
        if hasattr(kind, name):
            return str(getattr(kind, name))
    return short(kind.expected_value) if hasattr(kind, "expected_value") else ""


def short(value: Any) -> str:
    """A value as the file writes it, or its beginning."""
    return shown(json.dumps(value, ensure_ascii=False), 60)
