"""What all three databases refer to: jurisdictions, vocabularies, treaty articles and status."""

from django.apps import AppConfig

from portal.reference.dictionary import MEANINGS


class ReferenceConfig(AppConfig):
    name = "portal.reference"
    label = "reference"
    verbose_name = "Reference data"
    meanings = MEANINGS
