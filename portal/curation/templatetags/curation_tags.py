"""What the templates of the admin show of the portal's own."""

from __future__ import annotations

from typing import Any

from django import template

from portal.curation import nested
from portal.curation.queues import all_queues

register = template.Library()

register.simple_tag(nested.inner_rows)


@register.simple_tag
def review_queues(user: Any) -> list[Any]:
    """Of each database that somebody may see, what waits: database and queues."""
    return list(all_queues(user))
