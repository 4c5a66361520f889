"""The portal's settings as they are, but for static files, which nobody collects for a test."""

from portal.settings import *  # noqa: F403 - all of them are meant
from portal.settings import STORAGES as _STORAGES

STORAGES = {
    **_STORAGES,
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
