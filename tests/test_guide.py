"""The guide to the API: each of its snippets does what the page says."""

from __future__ import annotations

import html
import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from drf_spectacular.generators import SchemaGenerator

from portal.api.guide import ANSWERED, LANGUAGES, SNIPPETS, WRITTEN_FOR, snippets
from portal.records.database import databases
from portal.reference.models import DataVersion
from portal.rest.negotiation import JSON
from tests.conftest import reader

pytestmark = pytest.mark.django_db

GUIDE = "/en/api/"
FILES = sorted(path.name for path in SNIPPETS.iterdir() if path.suffix.lstrip(".") in LANGUAGES)
COMMANDS = {"sh": ["sh", "-e"], "py": [sys.executable], "R": ["Rscript"]}


@pytest.fixture
def page() -> str:
    response = reader().get(GUIDE)
    assert response.status_code == 200
    return response.content.decode()


def codes(page: str, marked: str) -> list[str]:
    """What stands in the pieces of code that are marked so."""
    found = re.findall(rf"<pre[^>]*{marked}[^>]*><code>(.*?)</code>", page, re.DOTALL)
    return [html.unescape(text) for text in found]


def test_the_address_of_the_api_leads_to_the_guide_in_the_readers_language() -> None:
    response = reader().get("/api/", headers={"accept-language": "es"})
    assert (response.status_code, response.headers["Location"]) == (302, "/es/api/")
    assert "Accept-Language" in response.headers["Vary"]
    assert reader().get("/es/api/").status_code == 200


def test_every_snippet_is_on_the_page_with_the_portals_own_address(page: str) -> None:
    shown = codes(page, r"data-language[^>]*")
    written = [piece.text for pieces in snippets("http://testserver").values() for piece in pieces]
    assert sorted(shown) == sorted(written)
    assert len(written) == len(FILES)
    assert WRITTEN_FOR not in page


def test_what_the_page_says_that_the_api_answers_is_what_it_answers(page: str) -> None:
    shown = [json.loads(text) for text in codes(page, 'class="answer"')]
    assert len(shown) == len(ANSWERED)
    for name, told in zip(ANSWERED, shown, strict=True):
        address = next(w for w in shlex.split((SNIPPETS / f"{name}.sh").read_text()) if "://" in w)
        parts = urlsplit(address)
        assert told == reader().get(f"{parts.path}?{parts.query}").json()
        assert told.get("results") or told["status"] == 400


def test_every_address_of_the_page_answers(page: str) -> None:
    for address in set(re.findall(r'href="(/(?!static/)[^"#]*)', page)):
        assert reader().get(html.unescape(address)).status_code in (200, 302), address


def test_the_page_names_every_parameter_format_and_block(page: str) -> None:
    for database in databases():
        for name in database.filterset.parameters():
            assert f">{name}</code>" in page
        view = database.viewset()
        assert all(f">{name}</code>" in page for name in view.complete_only)
        for form in view.representations:
            assert f">{form.media_type}</code>" in page
            assert f">.{form.suffix}</code>" in page
    assert f">{JSON.key}</code>" in page


@pytest.mark.parametrize("name", FILES)
def test_a_snippet_runs(name: str, server: str, tmp_path: Path) -> None:
    text = (SNIPPETS / name).read_text(encoding="utf-8").replace(WRITTEN_FOR, server)
    program = tmp_path / name
    program.write_text(text, encoding="utf-8")
    if name.endswith(".R") and not shutil.which("Rscript"):
        pytest.skip("R is not installed: its snippets are not run")
    command = COMMANDS[name.rpartition(".")[2]]
    done = subprocess.run(
        [*command, str(program)],
        check=False,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    CHECKS.get(name, said_something)(done.stdout, tmp_path)


def said_something(out: str, place: Path) -> None:
    assert out.strip()


def counted_cases(out: str, place: Path) -> None:
    wanted = reader().get("/api/v1/cases/?mode=sea&verdict=convicted&fields=code").json()["count"]
    assert out.startswith(f"{wanted} cases")
    assert len(out.strip().splitlines()) >= 6


def walked_everything(out: str, place: Path) -> None:
    wanted = reader().get("/api/v1/cases/?fields=code").json()["count"]
    assert out.startswith(f"{wanted} cases")


def wrote_tables(out: str, place: Path) -> None:
    assert (place / "cases.csv").read_bytes().startswith(b"\xef\xbb\xbfaddress,id,")
    assert (place / "laws.xlsx").read_bytes().startswith(b"PK")
    assert (place / "works.ris").read_text(encoding="utf-8").startswith("TY  - ")


def not_changed(out: str, place: Path) -> None:
    assert out.strip() == "304"


def refused(out: str, place: Path) -> None:
    assert json.loads(out)["errors"][0]["parameter"] == "modus"


def both_forms(out: str, place: Path) -> None:
    assert '"code":"aus-migration-act-1958"' in out.replace(": ", ":").replace(", ", ",")
    assert "@" in out


def harvested(out: str, place: Path) -> None:
    wanted = reader().get("/api/v1/works/?fields=code").json()["count"]
    assert len(out.strip().splitlines()) == wanted


CHECKS: dict[str, Any] = {
    "first.py": counted_cases,
    "first.R": counted_cases,
    "walk.py": walked_everything,
    "walk.R": walked_everything,
    "table.sh": wrote_tables,
    "again.py": not_changed,
    "refused.sh": refused,
    "record.sh": both_forms,
    "harvest.py": harvested,
}


def test_the_openapi_document_is_made_once_for_a_version_of_the_data(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.PAGES_KEPT_SECONDS = 60
    made: list[str] = []
    original = SchemaGenerator.get_schema

    def counting(self: Any, *args: Any, **kwargs: Any) -> Any:
        made.append("once")
        return original(self, *args, **kwargs)

    monkeypatch.setattr(SchemaGenerator, "get_schema", counting)
    DataVersion.bump(DataVersion.RECORDS)
    first = reader().get("/api/schema/")
    again = reader().get("/api/schema/")
    assert first.content == again.content
    assert again.headers["Content-Type"] == first.headers["Content-Type"]
    assert len(made) == 1
    as_json = reader().get("/api/schema/", headers={"accept": "application/json"})
    assert as_json.json()["openapi"].startswith("3.1")
    DataVersion.bump(DataVersion.RECORDS)
    reader().get("/api/schema/")
    assert len(made) == 3
