"""The portal's settings as in production, but for static files in a directory of the benchmarks.

`portal.settings` collects them to `var/static`, which a server at work may be reading. And there is
one more address, at which a view answers always the same.
"""

from portal.settings import *  # noqa: F403 - all of them are meant
from portal.settings import BASE_DIR

STATIC_ROOT = BASE_DIR / "var" / "bench" / "static"
ROOT_URLCONF = "benchmarks.served_urls"
