"""What a browser says of itself, as people call it."""

from __future__ import annotations

import ua_parser
from django.utils.translation import gettext as _


def browser_name(user_agent: str) -> str:
    """A browser and its system as people call them: “Firefox 133 on Ubuntu”."""
    found = ua_parser.parse(user_agent)
    if found.user_agent is None:
        return _("Unknown browser")
    browser = " ".join(filter(None, (found.user_agent.family, found.user_agent.major)))
    if found.os is None:
        return browser
    return _("%(browser)s on %(system)s") % {"browser": browser, "system": found.os.family}
