"""The portal's own room: pages that see all three databases."""

from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "portal"
    verbose_name = "Portal"

    def ready(self) -> None:
        from portal.databases import checks

        checks.add()
