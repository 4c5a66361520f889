"""Documents that are kept with records."""

from django.apps import AppConfig

from portal.attachments.dictionary import MEANINGS


class AttachmentsConfig(AppConfig):
    name = "portal.attachments"
    label = "attachments"
    verbose_name = "Attachments"
    meanings = MEANINGS
