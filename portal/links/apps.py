"""Whether the pages that support the records can still be reached."""

from django.apps import AppConfig


class LinksConfig(AppConfig):
    name = "portal.links"
    label = "links"
    verbose_name = "Addresses of sources"
