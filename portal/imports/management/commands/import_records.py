"""Rehearse a file of records, and write it if that is asked for."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from portal.exchange.faults import shown
from portal.exchange.formats.base import format_of_name, formats_for
from portal.imports import files, steps
from portal.imports.models import ImportRun
from portal.imports.planning import Anybody
from portal.imports.report import faults_of, numbers_of
from portal.records import roles
from portal.records.database import Database, databases

#: As many faults as help; the rest is counted.
SHOWN_FAULTS = 20
_CHUNK = 1 << 20
#: The fields of a run that options fill.
_OPTIONS = ("source_title", "source_url", "why")


class Command(BaseCommand):
    help = (
        "Say what a file would change, without writing anything; with --write, write it. With a"
        " fault in any row nothing is written, unless --sound-rows leaves the faulty rows out."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        slugs = [database.slug for database in databases()]
        add = parser.add_argument
        add("file", nargs="?", type=Path)
        add("--database", choices=slugs, help="whose records the file holds")
        add("--format", help="the format, where the name of the file does not tell it")
        add("--user", metavar="NAME", help="who brings the file, and whose rights count")
        add("--source-title", default="", help="the source of records that name none")
        add("--source-url", default="", help="its address")
        add("--why", default="", help="what the history of each record says")
        add("--write", action="store_true", help="write what the rehearsal found sound")
        add("--sound-rows", action="store_true", help="leave faulty rows out and write the others")
        add("--faults", type=Path, metavar="OUT", help="write what is wrong into .xlsx or .csv")
        add(
            "--remove-older-than",
            type=int,
            metavar="DAYS",
            help="remove the files of imports that nothing has happened with for so many days",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["remove_older_than"] is not None:
            number = files.remove_older_than(options["remove_older_than"])
            self.stdout.write(f"{number} files of imports removed.")
            if options["file"] is None:
                return
        if options["file"] is None or options["database"] is None:
            raise CommandError("Give a file, and --database.")
        user = self._user(options)
        run = self._run(options, user)
        is_kept = False
        try:
            run = self._advance(run, user or Anybody(), "read", options)
            self._report(run, options)
            has_faults = run.faults.filter(is_warning=False).exists()
            if options["write"] and not (has_faults and not options["sound_rows"]):
                is_kept = True
                has_faults |= self._write(run, user, options)
        finally:
            if not is_kept:
                # A rehearsal on the command line leaves nothing behind.
                files.remove(run)
                run.delete()
        if has_faults:
            raise CommandError("There are faults.", returncode=1)

    def _user(self, options: dict[str, Any]) -> Any:
        if not options["user"]:
            if options["write"]:
                raise CommandError("--write needs --user: the history names who wrote a record.")
            return None
        user = get_user_model()._default_manager.filter(username=options["user"]).first()
        if user is None:
            raise CommandError(f"There is no user {shown(options['user'], 60)}.")
        return user

    def _run(self, options: dict[str, Any], user: Any) -> ImportRun:
        path: Path = options["file"]
        database = next(found for found in databases() if found.slug == options["database"])
        if user is not None and not roles.may_add(user, database.model):
            raise CommandError(f"{user} may not enter records of {database.slug}.")
        if not path.is_file():
            raise CommandError(f"{path} is not a file.")
        run = ImportRun(
            database=database.slug,
            user=user,
            file_name=files.plain_name(path.name),
            format=self._format(options, database),
            source_title=options["source_title"],
            source_url=options["source_url"],
            why=options["why"],
        )
        # Before the file is kept: what the table does not take would leave it behind.
        self._check(run)
        with path.open("rb") as stream:
            files.keep(run, iter(lambda: stream.read(_CHUNK), b""))
        run.save()
        return run

    def _check(self, run: ImportRun) -> None:
        """What the page says of the fields that somebody fills, said of the options."""
        try:
            run.clean_fields(exclude={field.name for field in run._meta.fields} - set(_OPTIONS))
        except ValidationError as error:
            faults = [
                f"--{name.replace('_', '-')}: {' '.join(messages)}"
                for name, messages in error.message_dict.items()
            ]
            raise CommandError(" ".join(faults)) from error
        if run.source_url and not run.source_title:
            raise CommandError("--source-url needs --source-title: a source has a title.")

    def _format(self, options: dict[str, Any], database: Database) -> str:
        known = [form.key for form in formats_for(database, reading=True)]
        found = format_of_name(options["file"].name, database)
        key = options["format"] or (found.key if found else "")
        if key not in known:
            raise CommandError(f"Give the format by --format: {', '.join(known)}.")
        return key

    def _advance(self, run: ImportRun, user: Any, unit: str, options: dict[str, Any]) -> ImportRun:
        # None: no bar where nobody watches.
        disable = True if options["verbosity"] == 0 else None
        with tqdm(desc=unit, unit=" rows", leave=False, disable=disable) as bar:

            def show(run: ImportRun) -> None:
                bar.total, bar.n = run.total, run.done
                bar.refresh()

            while run.is_going:
                run = steps.advance(run, user, progress=show)
        return run

    def _write(self, run: ImportRun, user: Any, options: dict[str, Any]) -> bool:
        """Write what is sound; whether a row could not be written."""
        try:
            run = steps.begin_writing(run, only_sound=options["sound_rows"])
        except steps.NotNowError as error:
            self.stdout.write(str(error))
            return False
        run = self._advance(run, user, "written", options)
        left = run.rows.filter(result="left")
        written = run.rows.filter(result="written").count()
        self.stdout.write(f"{written} rows written, {len(left)} not.")
        for row in left:
            self.stderr.write(f"{run.file_name}:{row.line}: {row.code}: {shown(row.note)}")
        return bool(left)

    def _report(self, run: ImportRun, options: dict[str, Any]) -> None:
        said = ", ".join(f"{number.number} {number.label.lower()}" for number in numbers_of(run))
        self.stdout.write(f"{run.file_name}: {said}.")
        for name, told in (
            ("faults", run.faults.filter(is_warning=False)),
            ("warnings", run.faults.filter(is_warning=True)),
        ):
            for entry in told.select_related("run")[:SHOWN_FAULTS]:
                self.stderr.write(str(entry))
            more = told.count() - SHOWN_FAULTS
            if more > 0:
                self.stderr.write(f"… and {more} more {name}")
        if options["faults"]:
            kind = "csv" if options["faults"].suffix.lower() == ".csv" else "xlsx"
            options["faults"].write_bytes(faults_of(run, kind)[0])
