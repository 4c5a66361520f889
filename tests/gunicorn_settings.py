"""The portal's settings for servers that tests start: static files need not be collected first."""

import os
from pathlib import Path

from portal.settings import *  # noqa: F403 - all of them are meant
from portal.settings import STORAGES

STATIC_ROOT = Path(os.environ["TEST_STATIC_ROOT"])
STORAGES = {
    **STORAGES,
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
