"""What all three databases refer to: jurisdictions, vocabularies, treaty articles and status."""

from django.apps import AppConfig


class ReferenceConfig(AppConfig):
    name = "portal.reference"
    label = "reference"
    verbose_name = "Reference data"
