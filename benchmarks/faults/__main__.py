"""The command: plays the faults, prints the table, writes it with `--write`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.faults import scenario
from benchmarks.measure import ROOT, machine

TITLE = "## Faults under load"


def table(result: scenario.Result) -> str:
    """The result as a table in Markdown."""
    rows = [
        "| what happens | right answers | wrong | errors of readers | slowest answer, ms"
        " | edits saved | curator told 503 | curator cut off | own edit not seen"
        " | back at work after, s |",
        "| --- | " + "---: | " * 9,
    ]
    for phase in result.phases:
        seen = phase.seen
        back = "–" if phase.seconds is None else f"{phase.seconds:.1f}"
        rows.append(
            f"| {phase.name} | {seen.answers:,} | {len(seen.wrong)} | {len(seen.errors)}"
            f" | {seen.slowest:,.0f} | {seen.saved} | {len(seen.refused)} | {len(seen.cut)}"
            f" | {len(seen.unseen)} | {back} |"
        )
    rows.append("")
    rows.append(
        f"{result.acknowledged} edits were acknowledged to the curator, and {len(result.lost)} of"
        " them are not in the history of the primary that there is at the end."
    )
    return "\n".join(row.rstrip() for row in rows)


def section(result: scenario.Result) -> str:
    """The section of `benchmarks/RESULTS.md`."""
    return f"""{TITLE}

`python -m benchmarks.faults --write`: a primary, two streaming standbys (`ANY 1` synchronous), Redis and two web processes of `deploy/gunicorn.conf.py`, all real, on one machine with {scenario.READERS} readers who ask lists, records, pages and files of all three databases, one after the other, and a curator who edits a published record through the admin, signed in, and looks at its public page after each edit. Readers compare every answer with the collection; each edit leaves a number in the record, by which an answer is wrong that shows a state older than the lag allowed here ({scenario.MAX_LAG} s) and the {scenario.NOTICED} s in which it is noticed. Servers are killed with SIGKILL. Between readers and web processes stands what nginx does: what a web process does not answer at all is asked of the other one, unless it writes. {machine()}; some {result.busy:.0f} processes wanted a core meanwhile, those of the test among them. What went wrong is what this tells; how many answers there were, and how slow they were, depends on the machine.

{table(result)}

"Back at work" counts from the moment when a part runs again or was replaced: until readers are read to from a standby, until the curator can save, until Redis counts. The curator is told 503 only while there is no primary.
"""  # noqa: E501


def put_into(results: str, text: str) -> str:
    """The results with this section in place of an earlier one."""
    before, found, after = results.partition(TITLE)
    if not found:
        return results.rstrip("\n") + "\n\n" + text
    _own, following, rest = after.partition("\n## ")
    return before + text + (following + rest if following else "")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser("python -m benchmarks.faults")
    parser.add_argument("--pause", type=float, default=8, help="seconds of each state of affairs")
    parser.add_argument("--write", action="store_true", help="into benchmarks/RESULTS.md")
    parser.add_argument("--log", type=Path, help="a file for what the web processes log")
    options = parser.parse_args(arguments)
    result = scenario.run(options.pause)
    print(table(result))
    for phase in result.phases:
        seen = phase.seen
        for said in (*seen.wrong[:5], *seen.errors[:5], *seen.cut[:5], *seen.unseen[:5]):
            print(f"{phase.name}: {said}")
    if options.log:
        options.log.write_text(result.log, encoding="utf-8")
    if options.write:
        path = ROOT / "benchmarks" / "RESULTS.md"
        text = put_into(path.read_text(encoding="utf-8"), section(result))
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
