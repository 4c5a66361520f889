"""What a record is, whatever its database."""

from django.apps import AppConfig

from portal.records.dictionary import MEANINGS


class RecordsConfig(AppConfig):
    name = "portal.records"
    label = "records"
    verbose_name = "Records"
    meanings = MEANINGS
