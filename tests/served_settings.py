"""The portal's settings for web processes of the tests: static files by their plain names.

Nothing is collected for them, and the manifest of `portal.settings` would be asked in vain.
"""

from portal.settings import *  # noqa: F403 - all of them are meant
from portal.settings import STORAGES

STORAGES = {
    **STORAGES,
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
