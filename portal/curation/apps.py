"""What a team of curators works with, for every database alike."""

from django.apps import AppConfig


class CurationConfig(AppConfig):
    name = "portal.curation"
    label = "curation"
    verbose_name = "Curation"
