"""All numbers of the design by one command, into `RESULTS.md`.

    .venv/bin/python -m benchmarks                 everything: hours, of which the sizes are most
    .venv/bin/python -m benchmarks cached memory   only these, and the table of targets
    .venv/bin/python -m benchmarks --quick         everything small, to see that it works
    .venv/bin/python -m benchmarks --most 1000     without the sizes that take long to make
    .venv/bin/python -m benchmarks exchange --formats csv,jsonl      only these files of everything
    .venv/bin/python -m benchmarks targets         nothing measured, only told anew

Each section of the file is replaced when it has been measured; what is written by hand around it
stays. Needs nothing but the checkout's environment and, for Datasette, pip's way to its packages
(`--no-peer` goes without). It works in databases of its own (`var/postgres-bench`, which is kept,
and `var/postgres-growth`), never in the collection's.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace

from benchmarks import (
    cached,
    collection,
    databases,
    exchange,
    growth,
    memory,
    pages,
    plot,
    search,
)
from benchmarks.results import Book, Found, preface
from benchmarks.targets import LARGE, SMALL, summary
from portal import embedded_postgres


@dataclass(frozen=True)
class Scale:
    """How much is measured.

    Attributes:
        sizes: numbers of cases for search and API.
        held: of memory; 0 is the collection.
        growing: numbers of cases from the smallest to the largest.
        written: so many of them at most are no copies (`growth.run`).
        runs: of each answer.
        repeated: how often what takes seconds is done.
        seconds: that an address is asked for at a stretch.
        formats: files of all records that are read.
        with_peer: whether Datasette is asked as well.
    """

    sizes: tuple[int, ...] = (SMALL, LARGE)
    held: tuple[int, ...] = (collection.COLLECTION, LARGE)
    growing: tuple[int, ...] = (1_000, 10_000, 100_000, 1_000_000)
    written: int = growth.WRITTEN
    runs: int = 50
    repeated: int = 3
    seconds: float = 3
    formats: tuple[str, ...] = exchange.FORMATS
    with_peer: bool = True


QUICK = Scale((40,), (0, 40), (40, 120), 40, 3, 1, 0.2, ("csv", "jsonl"))
SECTIONS: dict[str, Callable[[Scale], Found]] = {
    "pages": lambda scale: pages.run(scale.runs),
    "load": lambda scale: collection.load(scale.repeated),
    "start": lambda scale: collection.start(scale.repeated),
    "cached": lambda scale: cached.run(scale.seconds, 2 * scale.repeated + 1),
    "exchange": lambda scale: exchange.run(scale.sizes, scale.runs, scale.formats),
    "memory": lambda scale: memory.run(
        (collection.COLLECTION, scale.sizes[-1]), scale.repeated + 1
    ),
    "search": lambda scale: search.run(scale.sizes, scale.runs, with_peer=scale.with_peer),
    "growth": lambda scale: growth.run(scale.growing, min(scale.runs, 20), scale.written),
}
TARGETS, PICTURE = "targets", "growth-picture"


def run(names: Iterable[str], scale: Scale, book: Book, command: str) -> None:
    """Measure some sections, write each when it is done, and tell the targets and the picture."""
    for name in names:
        if name in SECTIONS:
            sys.stdout.write(f"\n== {name}\n")
            told = preface(command.format(name))
            book.write(name, SECTIONS[name](scale), told)
    book.write(TARGETS, summary(book.values()))
    if any(key.startswith("growth/") for key in book.values()):
        path = plot.draw(book.values(), book.pictures)
        place = os.path.relpath(path, book.text.parent)
        told = "How cost grows with the number of cases; both axes go by powers of ten"
        book.write(PICTURE, Found([f"![{told}]({place})"]))


def main(arguments: list[str] | None = None) -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="See above.")
    known = [*SECTIONS, TARGETS, PICTURE]
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(known))
    parser.add_argument("--quick", action="store_true", help="small, into var/bench/quick")
    parser.add_argument("--no-peer", action="store_true", help="without Datasette")
    parser.add_argument(
        "--most", type=int, metavar="CASES", help="leave larger numbers of cases out"
    )
    parser.add_argument(
        "--formats", metavar="NAMES", help=f"of files, instead of {','.join(exchange.FORMATS)}"
    )
    options = parser.parse_args(arguments)
    if unknown := set(options.names) - set(known):
        parser.error(f"there is no {', '.join(sorted(unknown))}; known are {', '.join(known)}")
    scale = QUICK if options.quick else Scale()
    if options.no_peer:
        scale = replace(scale, with_peer=False)
    if options.formats:
        formats = tuple(options.formats.split(","))
        if strange := set(formats) - set(exchange.FORMATS):
            parser.error(f"there are no files as {', '.join(sorted(strange))}")
        scale = replace(scale, formats=formats)
    if options.most:
        kept = {
            name: tuple(size for size in getattr(scale, name) if size <= options.most)
            for name in ("sizes", "held", "growing")
        }
        scale = replace(scale, **kept)
    book = Book.tried() if options.quick else Book.kept()
    names = options.names or list(SECTIONS)
    given = ["--quick"] * options.quick + ["{}"] + ["--no-peer"] * options.no_peer
    given += [f"--most {options.most}"] if options.most else []
    given += [f"--formats {options.formats}"] if options.formats else []
    with servers_of_its_own() if options.quick else nullcontext():
        run(names, scale, book, f"python -m benchmarks {' '.join(given)}")
    sys.stdout.write(f"\nWritten: {book.text}\n")


@contextmanager
def servers_of_its_own() -> Iterator[None]:
    """The servers of real runs, which take hours to fill, are not touched by a quick one."""
    databases.DIRECTORY = databases.DIRECTORY.with_name("postgres-bench-quick")
    growth.DIRECTORY = growth.DIRECTORY.with_name("postgres-growth-quick")
    try:
        yield
    finally:
        embedded_postgres.remove(databases.DIRECTORY)


if __name__ == "__main__":
    main()
