"""The house: imports only go down the floors, and every app has the same rooms."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
APPS = ("caselaw", "legislation", "bibliography")
ROOMS = {
    "admin", "api", "apps", "exports", "filters", "imports", "models", "querysets", "search",
    "urls", "views",
}  # fmt: skip

#: The floor of each room; the longest name that fits a module counts.
FLOORS = {
    "portal.rest": 0,
    "portal.embedded_postgres": 0,
    "portal.postgres_server": 0,
    "portal.databases": 0,
    "portal.disk": 0,
    "portal.redis": 0,
    "portal.settings": 0,
    "portal.environment": 0,
    "portal.formats": 0,
    "portal.accounts": 1,
    "portal.limits": 1.05,
    "portal.safety": 1.06,
    "portal.safety.values": 0,
    "portal.safety.logs": 0,
    "portal.reference": 1,
    "portal.charts": 1.1,
    "portal.records": 2,
    "portal.attachments": 2.05,
    "portal.search": 2.1,
    "portal.watching": 2.14,
    "portal.links": 2.15,
    "portal.exchange": 2.2,
    "portal.citing": 2.21,
    "portal.publishing": 2.22,
    "portal.imports": 2.25,
    "portal.backups": 2.28,
    "portal.curation": 2.3,
    "legislation": 3,
    "caselaw": 3.1,
    "bibliography": 3.2,
    "portal": 4,
}


def floor_of(module: str) -> float | None:
    parts = module.split(".")
    for length in range(len(parts), 0, -1):
        name = ".".join(parts[:length])
        if name in FLOORS:
            return FLOORS[name]
    return None


def modules() -> list[tuple[str, Path]]:
    found = []
    for top in ("portal", *APPS):
        for path in sorted((ROOT / top).rglob("*.py")):
            if "migrations" not in path.parts:
                name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
                found.append((name.removesuffix(".__init__"), path))
    return found


def imports_of(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


def test_imports_only_go_down() -> None:
    wrong = []
    for name, path in modules():
        here = floor_of(name)
        assert here is not None, f"{name} stands on no floor"
        for target in imports_of(path):
            there = floor_of(target)
            if there is not None and there > here:
                wrong.append(f"{name} imports {target}")
    assert not wrong


def test_no_database_imports_views_or_admin_of_another() -> None:
    for name, path in modules():
        own = name.split(".")[0]
        if own in APPS:
            for target in imports_of(path):
                app, _dot, room = target.partition(".")
                if app in APPS and app != own:
                    assert room in ("models", "filters", "codes"), f"{name} imports {target}"


@pytest.mark.parametrize("app", APPS)
def test_every_app_has_the_same_rooms(app: str) -> None:
    assert {path.stem for path in (ROOT / app).glob("*.py")} >= ROOMS


@pytest.mark.parametrize("name", ["portal/views.py", "portal/urls.py", "portal/api/urls.py"])
def test_what_sees_all_databases_names_none(name: str) -> None:
    for target in imports_of(ROOT / name):
        assert target.split(".")[0] not in APPS


def test_files_and_functions_are_small() -> None:
    for name, path in modules():
        text = path.read_text(encoding="utf-8")
        assert text.count("\n") <= 400, name
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                assert (node.end_lineno or 0) - node.lineno <= 60, f"{name}: {node.name}"


def test_whoever_silences_a_rule_of_safety_says_why() -> None:
    """bandit's rules (`S` of ruff) hold for all code; an exception has a reason beside it."""
    silenced = re.compile(r"noqa:[^#\n]*\bS\d{3}\b(?P<reason>.*)")
    for path in ROOT.rglob("*.py"):
        if {".venv", "var", "migrations"} & set(path.relative_to(ROOT).parts):
            continue
        for line in path.read_text(encoding="utf-8").splitlines():
            found = silenced.search(line)
            if found and "silenced" not in line:
                assert re.match(r" - \w", found["reason"]), f"{path}: {line.strip()}"
