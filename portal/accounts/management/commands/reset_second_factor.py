"""For an administrator who has lost both authenticator and recovery codes."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.accounts import second_factor
from portal.accounts.models import User


class Command(BaseCommand):
    help = (
        "Takes a user's authenticator and recovery codes away and ends all sessions of the user,"
        " who sets up another authenticator at the next sign-in."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")

    def handle(self, *args: Any, **options: Any) -> None:
        username = options["username"]
        user = User.objects.filter(username=username).first()
        if user is None:
            raise CommandError(f"There is no user {username!r}.")
        if second_factor.reset(user):
            self.stdout.write(f"The second factor of {username} was reset; all sessions ended.")
        else:
            self.stdout.write(f"{username} had no second factor; all sessions ended.")
