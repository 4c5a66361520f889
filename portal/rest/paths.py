"""Which addresses are read by machines: one list for limits, validators and other origins.

The guide at `/api/` and all pages are for people, and belong to none of these; those of readers are
known by the language that their addresses begin with.
"""

from __future__ import annotations

import re

_API = r"/api/(?:v1|schema)(?:[/.]|$)"
_OAI = r"/oai/?$"
_RELEASES = r"/data/"
_PERMANENT = r"/id/"
#: A record in a format: `/id/aus-2012-r-v-ahmad.ris`.
_PERMANENT_FILE = r"/id/[^/.]+\."
_FEED = r"/(?:[a-z-]+/)+feed/$"

#: May be read by scripts on pages of any origin.
FROM_ANY_ORIGIN = "|".join((_API, _OAI, _RELEASES, _PERMANENT, _FEED))
_api = re.compile(_API)
_limited = re.compile("|".join((_API, _OAI, _RELEASES, _FEED)))
# `/oai` tells the time of its answer, so that none is like the last. A file of `/data/` does not
# change with the records, and its list changes without them, as does the sitemap that names it.
_conditional = re.compile("|".join((_API, _PERMANENT_FILE, _FEED)))
#: Pages of a language, but for the list of releases, which changes without the records.
_readers = re.compile(r"/[a-z]{2}/(?!data/)")


def is_api(path: str) -> bool:
    """Whether errors at an address are problem details (RFC 9457)."""
    return _api.match(path) is not None


def is_limited(path: str) -> bool:
    """Whether requests of an address are counted."""
    return _limited.match(path) is not None


def is_conditional(path: str) -> bool:
    """Whether what an address says depends on data, software, language and address alone."""
    return _conditional.match(path) is not None


def is_readers(path: str) -> bool:
    """Whether it is a page (or a table, a picture) for readers that changes with the data alone."""
    return _readers.match(path) is not None
