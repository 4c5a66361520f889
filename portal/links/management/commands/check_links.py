"""Check whether the pages that support the records can still be reached."""

from __future__ import annotations

import datetime
import math
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Callable
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from tqdm import tqdm

from portal.links import register
from portal.links.keeping import CutOffError, Keeper
from portal.links.models import Address
from portal.links.rounds import Manners, check_all
from portal.records.database import databases
from portal.reference.provenance import LinkStatus

INTERRUPTED = 130


def number(least: float, greatest: float, kind: type = float) -> Callable[[str], Any]:
    """A type of argument: a number within limits."""

    def read(text: str) -> Any:
        try:
            value = kind(text)
        except ValueError as error:
            raise ArgumentTypeError(f"{text!r} is no number") from error
        if not (math.isfinite(value) and least <= value <= greatest):
            raise ArgumentTypeError(f"{text} is not between {least} and {greatest}")
        return value

    return read


class Command(BaseCommand):
    help = (
        "Check the addresses of all sources, each once however many records name it. What is "
        "found is kept as it comes; run it once a week."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        choices = [*(database.slug for database in databases()), register.REFERENCE]
        parser.add_argument("--database", choices=choices, default="", help="only its sources")
        parser.add_argument(
            *("--older-than",),
            type=number(0, 3650, int),
            default=7,
            metavar="DAYS",
            help="what was not checked for so many days (7); 0 checks everything",
        )
        parser.add_argument(
            "--limit", type=number(1, 10_000_000, int), help="so many addresses at most"
        )
        parser.add_argument(
            *("--delay",),
            type=number(0, 3600),
            default=1.0,
            metavar="SECONDS",
            help="between two requests to one host (1)",
        )
        parser.add_argument(
            *("--timeout",),
            type=number(0.1, 600),
            default=20.0,
            metavar="SECONDS",
            help="that one request may take (20)",
        )
        parser.add_argument(
            "--retries", type=number(0, 10, int), default=2, help="of what failed (2)"
        )
        parser.add_argument(
            "--workers", type=number(1, 64, int), default=4, help="hosts side by side (4)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        day = timezone.localdate()
        register.settle()
        before = day - datetime.timedelta(days=options["older_than"])
        urls = register.due(options["database"], before=before)[: options["limit"]]
        manners = Manners(
            options["delay"], options["timeout"], options["retries"], options["workers"]
        )
        keeper = Keeper(day)
        is_cut_short = False
        # None: no bar where nobody watches.
        disable = True if options["verbosity"] == 0 else None
        try:
            with tqdm(total=len(urls), unit=" addresses", leave=False, disable=disable) as bar:
                for finding in check_all(urls, manners):
                    keeper.add(finding)
                    bar.update()
        except KeyboardInterrupt:
            is_cut_short = True
        self._end(keeper, len(urls), is_cut_short=is_cut_short, verbosity=options["verbosity"])

    def _end(self, keeper: Keeper, total: int, *, is_cut_short: bool, verbosity: int) -> None:
        try:
            keeper.close()
        except CutOffError as error:
            raise CommandError(str(error), returncode=1) from error
        if verbosity:
            self.stdout.write(
                f"{keeper.total} of {total} addresses checked: {keeper.summary()}."
                if total
                else "Nothing to check: every address was checked of late."
            )
            dead = Address.objects.filter(status=LinkStatus.DEAD).count()
            self.stdout.write(f"Not reachable for a week or longer, and told to readers: {dead}.")
        if is_cut_short:
            raise CommandError("StoppedError; what was checked is kept.", returncode=INTERRUPTED)
