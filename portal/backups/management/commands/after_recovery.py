"""Command `after_recovery`: what PostgreSQL cannot know when it was taken back to a moment."""

from __future__ import annotations

from typing import Any

from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from portal.backups.restoring import forget_what_was_kept, renew_version


class Command(BaseCommand):
    help = (
        "After a point-in-time recovery of the database: give the data a version that no client "
        "has seen, end all sessions, empty the cache, and look for documents that are missing."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_is_in_recovery()")
            if cursor.fetchone()[0]:
                raise CommandError(
                    "The server is still recovering, or is a standby: promote it first.",
                    returncode=1,
                )
        renew_version()
        Session.objects.all().delete()
        for warning in forget_what_was_kept():
            self.stderr.write(f"Warning: {warning}")
        self.stdout.write("The data have a new version; everybody signs in again.")
        call_command("check_attachments", stdout=self.stdout)
