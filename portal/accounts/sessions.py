"""Where somebody is signed in: the list of their sessions, and how these are ended."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import CharField, Exists, F, Func, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from portal.accounts.models import StaffSession, User

#: What a session remembers of its own line in the list, so that no request asks the database.
MARK = "staff_session"
#: A session that is used is written down again no sooner than this.
INTERVAL = timedelta(minutes=5)


def digest(session_key: str | None) -> str:
    """The name of a session that cannot be used to enter it."""
    return sha256((session_key or "").encode()).hexdigest()


def stored_sessions() -> QuerySet[Any]:
    """Django's own sessions under their digests. Only staff have any, so they are few."""
    # Django's SHA256() asks for the extension pgcrypto; PostgreSQL has the function itself.
    named = Func(
        F("session_key"),
        template="encode(sha256(convert_to(%(expressions)s, 'UTF8')), 'hex')",
        output_field=CharField(),
    )
    return Session.objects.annotate(digest=named)


def living() -> QuerySet[StaffSession]:
    """The sessions that can still be used."""
    stored = stored_sessions().filter(digest=OuterRef("key_hash"), expire_date__gt=timezone.now())
    return StaffSession.objects.filter(Exists(stored))


def is_too_old(request: HttpRequest) -> bool:
    """Whether a session has lasted for so long that both factors are to be given again."""
    mark = request.session.get(MARK)
    if not mark:
        return False
    return bool(timezone.now().timestamp() - mark["begun"] > settings.SESSION_MAX_HOURS * 3600)


def note(request: HttpRequest) -> None:
    """Write down that a session is in use: once when it begins, then every few minutes."""
    now, key_hash = timezone.now(), digest(request.session.session_key)
    mark = request.session.get(MARK) or {"key": "", "begun": now.timestamp(), "seen": 0}
    known = mark["key"] == key_hash
    if known and abs(now.timestamp() - mark["seen"]) < INTERVAL.total_seconds():
        return
    if not request.user.is_authenticated:
        return
    # A session gets another key when its password changes, and keeps the time it began.
    line = StaffSession(
        key_hash=key_hash,
        user_id=request.user.pk,
        user_agent=printable(request.headers.get("User-Agent", "")),
        begun_at=datetime.fromtimestamp(mark["begun"], tz=UTC),
        seen_at=now,
    )
    # Requests of one page arrive together, so the line may be there already.
    StaffSession.objects.bulk_create(
        [line],
        update_conflicts=True,
        unique_fields=["key_hash"],
        update_fields=["seen_at", "user_agent"],
    )
    request.session[MARK] = {"key": key_hash, "begun": mark["begun"], "seen": now.timestamp()}
    if not known:
        over = StaffSession.objects.exclude(pk__in=living().values("pk"))
        over.filter(user_id=request.user.pk).delete()


def printable(text: str) -> str:
    """What a browser says of itself, without what no browser says."""
    return "".join(filter(str.isprintable, text))[: StaffSession.BROWSER_LENGTH]


def is_current(line: StaffSession, request: HttpRequest) -> bool:
    """Whether a line of the list is the session of this very request."""
    return line.key_hash == digest(request.session.session_key)


def of_request(request: HttpRequest) -> list[StaffSession]:
    """The line of the session of this very request, if it has one."""
    return list(StaffSession.objects.filter(key_hash=digest(request.session.session_key)))


def end(lines: Iterable[StaffSession]) -> int:
    """Sign out where these sessions are; returns how many there were."""
    ended = list(lines)
    store: Any = import_module(settings.SESSION_ENGINE).SessionStore
    with transaction.atomic():
        stored = stored_sessions().filter(digest__in=[line.key_hash for line in ended])
        keys = list(stored.values_list("session_key", flat=True))
        stored.delete()
        StaffSession.objects.filter(pk__in=[line.pk for line in ended]).delete()
    for key in keys:
        # Once more by the store, which may keep a copy beside the database.
        store(key).delete()
    return len(ended)


def end_all(user: User) -> int:
    """Sign somebody out everywhere."""
    return end(StaffSession.objects.filter(user=user))


def end_others(request: HttpRequest) -> int:
    """Sign the visitor out everywhere but here."""
    here = digest(request.session.session_key)
    user: Any = request.user
    return end(StaffSession.objects.filter(user=user).exclude(key_hash=here))
