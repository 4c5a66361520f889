"""Who may do what with a record: by permissions, and by who entered it.

Five groups come with the portal (`portal/migrations`): contributors, the editors of each database,
publishers and administrators. What decides are their permissions, so that a team can have groups
of its own:

- `add_`: enter records, and change one's own while they are drafts.
- `change_`: change every record of the database, and take it from draft to review and back.
- `publish_`: publish what somebody else entered.
- `publish_own_`: publish also what one entered oneself.
- `withdraw_`: withdraw what was public, and publish it again.
- `delete_`: delete what was never public, or whose code leads to another record.

To merge two records takes the right to change both, and of one that was public to take it away.
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_permission_codename

from portal.records.models import Record, State

UNPUBLISHED = frozenset({State.DRAFT, State.IN_REVIEW})
_STORED = "_stored_state"


def remember_state(record: Record) -> None:
    """Before a form writes into a record: rights are judged by where it stands until it is saved.

    A form writes what was asked for into the record before anything of it is found wrong.
    """
    if record.pk is not None:
        vars(record)[_STORED] = record.state


def _state_of(record: Record) -> str:
    return str(vars(record).get(_STORED, record.state))


def _has(user: Any, action: str, model: type[Record]) -> bool:
    codename = get_permission_codename(action, model._meta)
    return bool(user.has_perm(f"{model._meta.app_label}.{codename}"))


def is_own(user: Any, record: Record) -> bool:
    """Whether somebody entered a record; nobody did where the collection brought it."""
    return record.created_by_id is not None and record.created_by_id == user.pk


def may_view(user: Any, model: type[Record]) -> bool:
    """Whether somebody sees the records of a database in the admin, whatever their state."""
    return any(_has(user, action, model) for action in ("view", "change", "add"))


def may_add(user: Any, model: type[Record]) -> bool:
    return _has(user, "add", model)


def may_change(user: Any, record: Record) -> bool:
    """Whether somebody may change what a record says."""
    if _has(user, "change", type(record)):
        return True
    return _is_own_draft(user, record) and may_add(user, type(record))


def may_delete(user: Any, record: Record) -> bool:
    """Whether somebody may delete a record; that its addresses must not die is checked besides."""
    if _has(user, "delete", type(record)):
        return True
    never_public = record.first_published_at is None
    return never_public and _is_own_draft(user, record) and may_add(user, type(record))


def may_merge(user: Any, stays: Record, goes: Record) -> bool:
    """Whether somebody may let one record be part of another from now on.

    Both are changed by it, whoever entered them; what was public is taken from its place as by a
    withdrawal or deletion. That no address dies by it is checked besides (`curation.merging`).
    """
    model = type(stays)
    if type(goes) is not model or not _has(user, "change", model):
        return False
    was_public = goes.first_published_at is not None
    return not was_public or _has(user, "withdraw", model) or _has(user, "delete", model)


def may_merge_some(user: Any, model: type[Record]) -> bool:
    """Whether there may be records of a database that somebody may merge."""
    return _has(user, "change", model)


def _is_own_draft(user: Any, record: Record) -> bool:
    return is_own(user, record) and _state_of(record) == State.DRAFT


def may_publish(user: Any, record: Record) -> bool:
    """Whether somebody may publish a record; one that has no author yet is one's own."""
    own = is_own(user, record) or record.pk is None
    return _has(user, "publish_own" if own else "publish", type(record))


def may_publish_others(user: Any, model: type[Record]) -> bool:
    """Whether somebody publishes what others entered, and so sees how it came."""
    return _has(user, "publish", model)


def may_move(user: Any, record: Record, state: str) -> bool:
    """Whether somebody may bring a record from its state to another one.

    Args:
        record: as it is, before the change.
        state: where it is to stand.
    """
    now = _state_of(record)
    if state == now and record.pk is not None:
        return True
    if State.WITHDRAWN in (now, state):
        # What was never public has nothing to be withdrawn from.
        was_public = record.first_published_at is not None
        return was_public and _has(user, "withdraw", type(record)) and state not in UNPUBLISHED
    if state == State.PUBLISHED:
        return may_publish(user, record)
    if now == State.PUBLISHED:
        return False
    # Between draft and review: for all who may change it, and for who enters it.
    return may_add(user, type(record)) if record.pk is None else may_change(user, record)


def states_for(user: Any, record: Record) -> list[str]:
    """The states that somebody may choose for a record, its present one among them."""
    return [state for state in State.values if may_move(user, record, state)]
