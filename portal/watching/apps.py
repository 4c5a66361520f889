"""What tells how the portal is: health, logs, metrics, slow queries and checks of its settings."""

from django.apps import AppConfig
from django.core.checks import register


class WatchingConfig(AppConfig):
    name = "portal.watching"
    label = "watching"

    def ready(self) -> None:
        from portal.watching.checks import deployment

        register(deployment, "portal", deploy=True)
