"""The portal's settings for processes that tests start: static files need not be collected first.

The manifest of `portal.settings` would be asked in vain for their names.
"""

import os
from pathlib import Path

from portal.settings import *  # noqa: F403 - all of them are meant
from portal.settings import STATIC_ROOT as _STATIC_ROOT
from portal.settings import STORAGES as _STORAGES

# A server says in its log if there is no such directory, and of what is in it only its own is sure.
STATIC_ROOT = Path(os.environ.get("TEST_STATIC_ROOT", _STATIC_ROOT))
STORAGES = {
    **_STORAGES,
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
