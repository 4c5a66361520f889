"""How the portal itself is cited."""

from __future__ import annotations

from django import template
from django.utils import timezone

from portal.citing.processor import Cited
from portal.citing.records import citations_of_portal
from portal.reference import version

register = template.Library()


@register.simple_tag(takes_context=True)
def portal_citations(context: template.Context) -> list[Cited]:
    """The portal in all styles: its version is the day of the last change of its data."""
    today = timezone.localdate()
    changed = (version.last_read() or version.read()).changed_at
    told = timezone.localdate(changed) if changed else today
    address = context["request"].build_absolute_uri("/")
    return citations_of_portal(address, told.isoformat(), today)
