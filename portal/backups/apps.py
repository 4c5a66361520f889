from django.apps import AppConfig


class BackupsConfig(AppConfig):
    """Backup and restore; no tables of its own."""

    name = "portal.backups"
