"""What a release held and what changed in it, as its page draws it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from portal.records.database import databases
from portal.releases.shelf import Release

#: What readers call what belongs to no database.
_TITLES = {
    "provisions": _("Provisions"),
    "jurisdictions": _("Jurisdictions"),
    "vocabularies": _("Vocabularies"),
    "treaty-articles": _("Treaty articles"),
    "treaty-status": _("Treaty status"),
}
_KINDS = {
    "added": pgettext_lazy("records since the last release", "Added"),
    "changed": pgettext_lazy("records since the last release", "Changed"),
    "withdrawn": pgettext_lazy("records since the last release", "Withdrawn"),
    "merged": pgettext_lazy("records since the last release", "Merged"),
    "removed": pgettext_lazy("records since the last release", "Removed"),
}


@dataclass(frozen=True)
class Change:
    """A kind of change of a resource.

    Attributes:
        label: what readers call it.
        count: how many codes it concerns.
        codes: pairs of the first of them, and of what took their place, or ''.
        left: how many more there are.
        is_linked: whether the codes have addresses that still answer.
    """

    label: str | Promise
    count: int
    codes: list[tuple[str, str]]
    left: int
    is_linked: bool


@dataclass(frozen=True)
class Row:
    """A resource of a release.

    Attributes:
        title: what readers call it.
        count: its objects.
        changes: what changed since the release before.
        fields_added, fields_removed: fields that one of the two releases has alone.
    """

    title: str | Promise
    count: int
    changes: list[Change]
    fields_added: list[str]
    fields_removed: list[str]

    @property
    def has_changes(self) -> bool:
        return bool(self.changes or self.fields_added or self.fields_removed)


def rows_of(release: Release) -> list[Row]:
    """The resources of a release; those of databases first, as they are what most look for."""
    titles = {database.slug: database.title for database in databases()}
    told = release.told
    names = sorted(told["counts"], key=lambda name: name not in told["databases"])
    found = []
    for name in names:
        changed = told["changes"].get(name, {})
        # A release may be older than a resource's name: it is told as it was.
        plain = name.replace("-", " ").capitalize()
        found.append(
            Row(
                title=titles.get(name) or _TITLES.get(name, plain),
                count=told["counts"][name],
                changes=[
                    _change(kind, changed[kind], has_addresses=name in told["databases"])
                    for kind in _KINDS
                    if kind in changed
                ],
                fields_added=changed.get("fields_added", []),
                fields_removed=changed.get("fields_removed", []),
            )
        )
    return found


def _change(kind: str, told: Mapping[str, Any], *, has_addresses: bool) -> Change:
    codes = [
        (entry, "") if isinstance(entry, str) else (entry["code"], entry["into"])
        for entry in told["codes"]
    ]
    is_linked = has_addresses and kind != "removed"
    return Change(_KINDS[kind], told["count"], codes, told["count"] - len(codes), is_linked)
