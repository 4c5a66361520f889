"""What a deployment is made of: every setting explained, every file sound, every name known."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml
from django.core.management import get_commands

ROOT = Path(__file__).resolve().parent.parent
DEPLOY = ROOT / "deploy"
EXAMPLE = ROOT / ".env.example"
#: Where settings are read.
READERS = (ROOT / "portal" / "settings.py", DEPLOY / "gunicorn.conf.py")
READ = re.compile(r"\benv\.\w+\(\s*[\"']([A-Z][A-Z0-9_]*)[\"']")
EXPLAINED = re.compile(r"^#?([A-Z][A-Z0-9_]*)=(.*)$", re.MULTILINE)
UNITS = sorted(path for kind in ("service", "socket", "timer") for path in DEPLOY.glob(f"*.{kind}"))
#: Of PostgreSQL's and Redis' images; explained in passwords.example where a value is wanted.
OF_IMAGES = {"POSTGRES_PASSWORD", "REPLICATION_PASSWORD", "PORTAL_PASSWORD", "PRIMARY", "PGDATA"}


def read_names() -> set[str]:
    return {name for path in READERS for name in READ.findall(path.read_text(encoding="utf-8"))}


def explained() -> dict[str, str]:
    return dict(EXPLAINED.findall(EXAMPLE.read_text(encoding="utf-8")))


def test_every_setting_is_explained_and_every_explained_one_is_read() -> None:
    assert read_names() - explained().keys() == set(), "not in .env.example"
    assert explained().keys() - read_names() == set(), "in .env.example, but read by nothing"
    has_words = False
    for line in EXAMPLE.read_text(encoding="utf-8").splitlines():
        if EXPLAINED.match(line):
            assert has_words, line
        elif not line or line.startswith("# ---"):
            has_words = False
        else:
            has_words = has_words or re.match(r"# [\w`/]", line) is not None


def test_what_is_told_as_default_is_the_default() -> None:
    """The settings are the same with all of the optional lines taken in, and with none."""
    told = dict(re.findall(r"^#([A-Z][A-Z0-9_]*)=(.+)$", EXAMPLE.read_text(), re.MULTILINE))
    # What goes with others, or is a place on the disk.
    told = {k: v for k, v in told.items() if not k.endswith("_DIR") and k != "LOG_REQUESTS"}
    code = """if True:
        import json, runpy, portal.settings

        def told(names, wanted):
            found = {}
            for name, value in names.items():
                if wanted(name):
                    try:
                        found[name] = json.loads(json.dumps(value))
                    except TypeError:
                        pass
            return found

        server = runpy.run_path("deploy/gunicorn.conf.py")
        print(json.dumps([told(vars(portal.settings), str.isupper), told(server, str.islower)]))
    """
    base = {"PATH": os.environ["PATH"], "SECRET_KEY": "x" * 50, "PYTHONPATH": str(ROOT)}
    base |= {"DATABASE_URL": "postgresql://a@b/c"}

    def values(**given: str) -> Any:
        done = subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT, env={**base, **given}, capture_output=True, text=True, check=True,
        )  # fmt: skip
        return json.loads(done.stdout)

    without, with_all = values(), values(**told)
    assert without[0]["API_REQUESTS_PER_MINUTE"] == 600
    assert without[1]["threads"] == 4
    assert without == with_all


def test_an_example_that_is_filled_in_is_a_safe_deployment() -> None:
    filled = EXAMPLE.read_text()
    for name, value in {
        "SECRET_KEY": "k3y-" + "aZ9_" * 15,
        "DATABASE_URL": "postgresql://portal:x@db.example.org/portal?sslmode=verify-full",
        "ALLOWED_HOSTS": "portal.example.org",
        "PORTAL_ADDRESS": "https://portal.example.org",
        "OAI_DOMAIN": "portal.example.org",
    }.items():
        filled, number = re.subn(rf"^{name}=$", f"{name}={value}", filled, flags=re.MULTILINE)
        assert number == 1, name
    given = dict(re.findall(r"^([A-Z0-9_]+)=(.*)$", filled, re.MULTILINE))
    done = subprocess.run(
        [sys.executable, "-m", "portal.watching.preflight"],
        cwd=ROOT,
        env={
            "PATH": os.environ["PATH"],
            "DJANGO_SETTINGS_MODULE": "tests.served_settings",
            **given,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.fixture(scope="module")
def compose() -> Any:
    return yaml.safe_load((DEPLOY / "compose.yaml").read_text())


def test_the_compose_file_keeps_to_the_specification(compose: Any) -> None:
    schema = json.loads(
        (files("check_jsonschema") / "builtin_schemas" / "vendor" / "compose-spec.json").read_text()
    )
    errors = [str(error) for error in jsonschema_rs.validator_for(schema).iter_errors(compose)]
    assert errors == []
    assert set(compose["services"]) == {"prepare", "web", "primary", "standby", "redis"}


def test_names_and_paths_of_the_compose_file_are_known(compose: Any) -> None:
    text = (DEPLOY / "compose.yaml").read_text()
    for name, service in compose["services"].items():
        for variable in service.get("environment", {}):
            known = explained() if "build" in service else OF_IMAGES
            assert variable in known, f"{name}: {variable}"
        for place in service.get("volumes", ()):
            source = place.split(":")[0]
            if source.startswith("."):
                assert (DEPLOY / source).is_file(), place
            else:
                assert source in compose["volumes"], place
        for other in service.get("depends_on", {}):
            assert other in compose["services"]
    assert (DEPLOY / compose["services"]["web"]["build"]["context"]).resolve() == ROOT
    assert (ROOT / compose["services"]["web"]["build"]["dockerfile"]).is_file()
    wanted = set(re.findall(r"\$\{([A-Z_]+):\?\}", text))
    given = set(EXPLAINED.findall((DEPLOY / "compose" / "passwords.example").read_text()))
    assert wanted == {name for name, _value in given}
    assert not re.search(r"\$\{?[A-Z_]+\}?", re.sub(r"\$\{[A-Z_]+:\?\}", "", text))


def test_the_image_is_made_of_what_is_there() -> None:
    text = (DEPLOY / "Dockerfile").read_text()
    for source in re.findall(r"^COPY (\S+) ", text, re.MULTILINE):
        assert (ROOT / source).exists()
    for variable in re.findall(r"\b([A-Z_]+)=/?\S+", text.partition("ENV BIND")[2]):
        assert variable in explained(), variable
    ignored = (ROOT / ".dockerignore").read_text().split()
    assert {".env", "var", ".venv", ".git"} <= set(ignored)
    assert commands_in(text) == {"prepare"}


def commands_in(text: str) -> set[str]:
    return set(re.findall(r"manage\.py (\w+)", text))


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_units_are_sound(path: Path, tmp_path: Path) -> None:
    text = path.read_text()
    assert commands_in(text) <= set(get_commands())
    for wanted in re.findall(r"/srv/portal/current/(\S+)", text):
        assert wanted.startswith(".venv/") or (ROOT / wanted).exists(), wanted
    if not shutil.which("systemd-analyze"):
        pytest.skip("THERE IS NO systemd-analyze HERE: units are not verified.")
    # All of them, because they name one another.
    for unit in UNITS:
        told = unit.read_text().replace("/srv/portal/current/.venv/bin/python", sys.executable)
        (tmp_path / unit.name).write_text(told)
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(tmp_path / path.name)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    ours = [line for line in done.stderr.splitlines() if "portal" in line]
    assert (done.returncode, ours) == (0, []), done.stderr


@pytest.mark.parametrize("path", sorted(DEPLOY.glob("*.service")), ids=lambda path: path.name)
def test_services_are_hardened(path: Path) -> None:
    if not shutil.which("systemd-analyze"):
        pytest.skip("THERE IS NO systemd-analyze HERE: units are not judged.")
    # The worst is 100.
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=1", "--threshold=20", "--no-pager", str(path)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if "unrecognized option" in done.stderr:
        pytest.skip("THIS systemd-analyze CANNOT JUDGE FILES: units are not judged.")
    assert done.returncode == 0, done.stdout[-300:]


@pytest.mark.parametrize("name", ["operations.md"])
def test_the_handbook_names_what_there_is(name: str) -> None:
    text = (ROOT / "docs" / name).read_text()
    assert commands_in(text) <= set(get_commands())
    for setting in set(re.findall(r"`([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)(?:=[^`]*)?`", text)):
        assert setting in explained(), setting
    for target in re.findall(r"\]\(((?!https?:|#)[^)#]+)", text):
        assert (ROOT / "docs" / target).exists(), target
    for path in re.findall(r"`(deploy/[^`\s*]+|benchmarks/[^`\s*]+)`", text):
        assert (ROOT / path).exists(), path
