"""Taking over where an address has moved to, in all records that name it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _

from portal.links.models import Address
from portal.links.register import source_kinds
from portal.records.models import Record
from portal.records.revisions import begin, take
from portal.reference.changes import announce
from portal.reference.provenance import LinkStatus, Source
from portal.search import index


def replace(address: Address, *, user: Any, may_change: Callable[[Any], bool]) -> list[Any]:
    """Put the new address in place of one that has moved; returns what was changed by it.

    It is an edit like any other: records get a revision and a new `changed_at`, the search
    follows, and the collection keeps what the curator did.

    Args:
        may_change: whether the user may change an object with sources.

    Raises:
        ValueError: the address has not moved.
        PermissionDenied: some object that names it is not the user's to change.
    """
    if address.status != LinkStatus.MOVED or not address.moved_to:
        raise ValueError(f"{address} has not moved")
    changed: list[Any] = []
    with transaction.atomic():
        for kind in source_kinds():
            sources = kind.model._default_manager.filter(url=address.url)
            named = [
                (source, getattr(source, kind.owner_field))
                for source in sources.select_related(kind.owner_field)
            ]
            owners = list({owner.pk: owner for _source, owner in named}.values())
            if not all(may_change(owner) for owner in owners):
                raise PermissionDenied
            if owners and issubclass(kind.owner, Record):
                begin(*owners)
                _move([source for source, _owner in named], address)
                for owner in owners:
                    owner.save(update_fields=["changed_at"])
                take(*owners, user=user, why=_("A source has moved to another address."))
                index.refresh(owners)
            elif owners:
                _move([source for source, _owner in named], address)
                announce(owners)
            changed += owners
        Address.objects.get_or_create(
            url=address.moved_to,
            defaults={"status": LinkStatus.REACHABLE, "last_checked": address.last_checked},
        )
        address.delete()
    return changed


def _move(sources: list[Source], address: Address) -> None:
    """Write the new address into sources; the check that found the move has seen it answer."""
    for source in sources:
        source.url, source.status = address.moved_to, LinkStatus.REACHABLE
        source.last_checked = address.last_checked
        source.save(update_fields=["url", "status", "last_checked"])
