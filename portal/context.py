"""What every page's template can read, as `portal`."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, Resolver404, reverse, translate_url
from django.utils.translation import get_language_bidi

from portal.records.database import databases
from portal.records.roles import may_view
from portal.reference.labels import LANGUAGE_NAMES, active_language
from portal.safety.values import USUAL_ADMIN_PATH


def portal(request: HttpRequest) -> dict[str, Any]:
    """Databases, languages with the address of this page in each, direction, admin address."""
    current = active_language()
    path = request.get_full_path()
    languages = []
    for django_code, _name in settings.LANGUAGES:
        code = django_code.split("-")[0]
        try:
            url = translate_url(path, django_code)
        except Resolver404:  # pragma: no cover - translate_url gives the path back instead
            url = path
        languages.append(
            {
                "code": code,
                "name": LANGUAGE_NAMES[code],
                "url": url,
                "address": request.build_absolute_uri(url),
                "is_current": code == current,
            }
        )
    return {
        "portal": {
            "databases": databases(),
            "languages": languages,
            "language": current,
            # Search engines show each reader the page in the language that is theirs.
            "canonical": request.build_absolute_uri(path),
            "is_translated": len({entry["url"] for entry in languages}) > 1,
            "direction": "rtl" if get_language_bidi() else "ltr",
            "edit_url": _edit_url(request),
            "admin_url": _admin_url(),
        }
    }


def _admin_url() -> str:
    """Where curators begin; '' where that address was chosen, and so is not told to everybody.

    For visitors from elsewhere (portal/safety/gate.py) there is none.
    """
    if settings.ADMIN_PATH != USUAL_ADMIN_PATH:
        return ""
    try:
        return reverse("admin:index")
    except NoReverseMatch:
        return ""


def _edit_url(request: HttpRequest) -> str:
    """The admin address of the record that a curator looks at, or ''.

    The user is looked up only where there is a session, so that readers cost no query.
    """
    match = request.resolver_match
    if (
        match is None
        or match.url_name != "record"
        or settings.SESSION_COOKIE_NAME not in request.COOKIES
    ):
        return ""
    if not request.user.is_staff:
        return ""
    for database in databases():
        if database.slug in match.namespaces:
            meta = database.model._meta
            if not may_view(request.user, database.model):
                return ""
            key = database.records.filter(code=match.kwargs["code"]).values_list("pk", flat=True)
            return (
                reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[key[0]])
                if key
                else ""
            )
    return ""
