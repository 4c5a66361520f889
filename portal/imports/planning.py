"""What rows of a file would change, decided from what the database says now.

The rehearsal keeps these plans and shows them; writing makes them again, and carries out only
those that came out the same. So what was shown is what happens, or the row says why not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from django.utils.translation import gettext as _

from portal.exchange import schema
from portal.exchange.faults import shown
from portal.exchange.formats.base import lost_with_parts, merged
from portal.exchange.foundations import present_codes
from portal.exchange.judging import line_faults
from portal.exchange.reading import Line
from portal.imports.models import ImportRow, ImportRun
from portal.imports.places import line_of
from portal.records import roles
from portal.records.database import Database, database_for, databases
from portal.records.lines import canonical
from portal.records.models import Record, Redirect, State

Said = dict[str, Any]
#: Keys of which a file in the collection's own format says nothing where it leaves them out.
LEFT_ALONE = ("state", "withdrawal_reason", "review_note")


@dataclass
class Plan:
    """What one row would do.

    Attributes:
        record: the record that the row means; None where it makes a new one.
        before: what the record says now; None without one.
        wanted: what it is to say, before the database had its part in it.
        after: what it will say, as the database holds it (`portal.imports.writing.try_out`).
        faults: pairs of key and message; a plan with one is not carried out.
        warnings: what is to be known besides.
    """

    row: ImportRow
    line: Line
    record: Record | None = None
    before: Said | None = None
    wanted: Said = field(default_factory=dict)
    after: Said | None = None
    faults: list[tuple[str, str]] = field(default_factory=list)
    warnings: list[tuple[str, str]] = field(default_factory=list)

    @property
    def is_change(self) -> bool:
        return not self.faults and canonical(self.wanted) != self.before


class Anybody:
    """Who asks on the command line what a file would do, without saying who they are."""

    pk = None

    def has_perm(self, permission: str) -> bool:
        return True


class Planner:
    """Plans rows of one run."""

    def __init__(self, run: ImportRun, user: Any) -> None:
        self.run, self.user = run, user
        self.database: Database = database_for(run.database)
        self.importer: Any = self.database.importer

    @cached_property
    def schema(self) -> schema.Schema:
        return self.importer.schema(present_codes())

    def plan(self, rows: Sequence[ImportRow]) -> list[Plan]:
        """The plans of a batch of rows, without `after`."""
        codes = [row.code for row in rows]
        records = {
            record.code: record for record in self.importer.existing().filter(code__in=codes)
        }
        redirects = dict(Redirect.objects.filter(code__in=codes).values_list("code", "target"))
        elsewhere = self._elsewhere(codes)
        plans = []
        for row in rows:
            plan = Plan(row, line_of(self.run, row), records.get(row.code))
            if plan.record is not None:
                plan.before = canonical(self.importer.export(plan.record))
            elif row.code in redirects:
                said = _("“%(code)s” was given up; the record is now “%(target)s”")
                plan.faults.append(("id", said % {"code": row.code, "target": redirects[row.code]}))
            elif row.code in elsewhere:
                said = _("“%(code)s” is the code of a record in another database")
                plan.faults.append(("id", said % {"code": row.code}))
            plan.wanted = self._wanted(plan)
            plans.append(plan)
        self._judge(plans)
        return plans

    def _elsewhere(self, codes: Sequence[str]) -> set[str]:
        """Those codes that records of other databases have: `/id/<code>` leads to one record."""
        return {
            code
            for database in databases()
            if database.slug != self.database.slug
            for code in database.records.filter(code__in=codes).values_list("code", flat=True)
        }

    def _wanted(self, plan: Plan) -> Said:
        """What a record is to say: what the file says laid over what it says now."""
        data, now = plan.line.data, plan.before
        if now is None:
            wanted = dict(data)
        else:
            wanted = merged(now, plan.line)
            self._warn_of_losses(plan, now, wanted)
            if plan.line.given is not None:
                wanted = canonical(wanted)
            for key in LEFT_ALONE:
                # A file says nothing of a state by leaving it out; nor, where it is not asked
                # for every key, of what is for curators.
                if key not in data and (plan.line.given is None or key == "state"):
                    wanted.pop(key, None)
                    wanted |= {key: now[key]} if key in now else {}
            if not data.get("sources") and "sources" in now:
                # Every record has a source: an empty cell cannot mean that it has none.
                wanted["sources"] = now["sources"]
            wanted["id"] = now["id"]
        if not wanted.get("sources") and self.run.sources:
            wanted["sources"] = self.run.sources
        self._place_state(plan, wanted)
        return wanted

    def _warn_of_losses(self, plan: Plan, now: Said, wanted: Said) -> None:
        for key, inner, name in lost_with_parts(now, wanted, plan.line):
            said = _(
                "“%(name)s” goes, with all that belongs to it (%(inner)s): the file names no such"
                " part in %(key)s"
            )
            values = {"inner": inner, "name": shown(name, 60), "key": key}
            plan.warnings.append((key, said % values))

    def _place_state(self, plan: Plan, wanted: Said) -> None:
        """Where the record is to stand, if the user may bring it there."""
        asked = plan.line.data.get("state")
        record = plan.record or self.database.model()
        state = asked or record.state
        if state in State.values and not roles.may_move(self.user, record, state):
            label = State(state).label
            plan.faults.append(
                ("state", _("you cannot bring this record to the state “%s”") % label)
            )
        wanted.pop("state", None)
        if state != State.PUBLISHED:
            # The line of a public record does not name its state.
            wanted["state"] = state

    def _judge(self, plans: Sequence[Plan]) -> None:
        changing = [plan for plan in plans if plan.is_change]
        for plan in changing:
            self._judge_rights(plan)
        # Lines are numbered by their place for a while, so that each fault finds its plan again.
        lines = [Line("", place, plan.wanted) for place, plan in enumerate(changing)]
        for fault in schema.faults_of(self.schema, lines):
            changing[fault.line].faults.append((fault.key, fault.message))
        for plan in changing:
            if not plan.faults:
                plan.wanted = canonical(plan.wanted)
        self._judge_unique([plan for plan in changing if not plan.faults])
        self._judge_references([plan for plan in changing if not plan.faults])

    def _judge_rights(self, plan: Plan) -> None:
        if plan.record is None:
            if not roles.may_add(self.user, self.database.model):
                plan.faults.append(("", _("you may not enter records")))
        elif not roles.may_change(self.user, plan.record):
            plan.faults.append(("", _("you may not change this record")))
        elif plan.record.state == State.WITHDRAWN:
            plan.warnings.append(("state", _("the record is withdrawn")))

    def _judge_unique(self, plans: Sequence[Plan]) -> None:
        pairs = {pair for plan in plans for pair in self.importer.unique_keys(plan.wanted)}
        holders = self.importer.holders(pairs) if pairs else {}
        for plan in plans:
            for pair in self.importer.unique_keys(plan.wanted):
                holder = holders.get(pair, plan.row.code)
                if holder != plan.row.code:
                    said = _("“%(value)s” stands already in the record “%(code)s”")
                    plan.faults.append((pair[0], said % {"value": pair[1], "code": holder}))

    def _judge_references(self, plans: Sequence[Plan]) -> None:
        """What the database, or another sound row that is written with it, does not have."""
        named = {
            (target, code)
            for plan in plans
            for _key, target, code in self.importer.references(plan.wanted)
        }
        known = _present(named)
        remaining = list(plans)
        while True:
            there = known | {(self.database.slug, plan.row.code) for plan in remaining}
            for plan in remaining:
                plan.faults += self._faults(plan, there)
            sound = [plan for plan in remaining if not plan.faults]
            if len(sound) == len(remaining):
                return
            remaining = sound

    def _faults(self, plan: Plan, there: set[tuple[str, str]]) -> list[tuple[str, str]]:
        """What no schema says of a plan; `there`: the codes that can be named, by database."""
        faults = line_faults(
            self.importer,
            replace(plan.line, data=plan.wanted),
            lambda target, code: (target, code) in there,
            lambda slug: _("“%(name)s”") % {"name": database_for(slug).title},
        )
        return [(fault.key, fault.message) for fault in faults]


def _present(named: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    """Of pairs of database and code, those that are there; a code may be that of a part."""
    by_database: dict[str, set[str]] = {}
    for slug, code in named:
        by_database.setdefault(slug, set()).add(code)
    return {(slug, code) for slug, codes in by_database.items() for code in _codes(slug, codes)}


def _codes(slug: str, wanted: set[str]) -> Iterator[str]:
    database = database_for(slug)
    records = database.records.filter(code__in={code for code in wanted if ":" not in code})
    yield from records.values_list("code", flat=True)
    owners = {code.partition(":")[0] for code in wanted if ":" in code}
    for record in database.importer.existing().filter(code__in=owners) if owners else ():
        yield from database.importer.codes(database.importer.export(record))
