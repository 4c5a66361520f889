"""A curator's week in a real browser: from the first sign-in to a record that was withdrawn.

The portal runs in a process of its own, on a copy of the test database, with the second factor on.
With `PICTURES=docs/pictures` in the environment the pictures of `docs/curating.md` are taken anew.
"""

from __future__ import annotations

import base64
import csv
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django_otp.oath import totp

from bibliography.models import Work
from tests.admin_forms import address
from tests.conftest import database_copy
from tests.documents import pdf
from tests.test_browser import CHROMIUM, browser  # noqa: F401

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine"),
]

PASSWORD = "forty pages of minutes"
USERS = {"ada": "Contributors", "ben": "Publishers", "cleo": "Publishers", "dora": "Publishers"}
PICTURES = os.environ.get("PICTURES", "test-results/journeys/curator")
MAKE_USERS = """
from django.contrib.auth.models import Group
from portal.accounts.models import User
for name, group in {users!r}.items():
    user = User.objects.create_user(name, password={password!r}, is_staff=True)
    user.groups.add(Group.objects.get(name=group))
"""
#: What Ada enters: it is made up, and lives in a database that is dropped afterwards.
CODE = "fra-2031-a-made-up-crossing"
SECOND = "fra-2031-made-up-crossing-again"
WORDS_ONLY = "fra-2032-made-up-words-only"
TITLE = "A made-up crossing of the Zwetschgen river"
DOCKET = "31/004711"
JUDGMENT = pdf("The judgment of the court of Zwetschgen")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def copied_database(django_db_setup: None, django_db_blocker: Any) -> Iterator[str]:
    """What the curators write is seen by no other test."""
    with database_copy(django_db_blocker) as copy:
        yield copy


@pytest.fixture(scope="module")
def portal(copied_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a portal that runs on the copy."""
    files = tmp_path_factory.mktemp("files")
    environment = {
        **os.environ,
        "DATABASE_URL": copied_database,
        "DEBUG": "true",
        "SECOND_FACTOR_REQUIRED": "true",
        "ATTACHMENTS_DIR": str(files / "attachments"),
        "IMPORTS_DIR": str(files / "imports"),
    }
    manage = [sys.executable, str(Path(settings.BASE_DIR) / "manage.py")]
    made = MAKE_USERS.format(users=USERS, password=PASSWORD)
    for command in (["shell", "-v", "0", "-c", made], ["find_duplicates", "-v", "0"]):
        subprocess.run([*manage, *command], env=environment, check=True)
    port = free_port()
    log = files / "log"
    with log.open("w") as out:
        process = subprocess.Popen(
            [*manage, "runserver", f"127.0.0.1:{port}", "--noreload"],
            env=environment,
            stdout=out,
            stderr=out,
        )
    try:
        wait_for(port, process, log)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=30)


def wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    for _attempt in range(300):
        assert process.poll() is None, log.read_text()
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.2)
    raise AssertionError(log.read_text())


@dataclass
class Curator:
    """Somebody at a browser of their own."""

    page: Any
    portal: str
    name: str
    secret: str = ""

    def goes(self, path: str) -> int:
        response = self.page.goto(path if path.startswith("http") else self.portal + path)
        return int(response.status)

    def reads(self, selector: str = "#content") -> str:
        return str(self.page.inner_text(selector))

    def picture(self, name: str, at: str = "") -> None:
        """Take a picture of the window, from `at` on."""
        folder = Path(settings.BASE_DIR) / PICTURES
        folder.mkdir(parents=True, exist_ok=True)
        if at:
            self.page.eval_on_selector(at, "found => found.scrollIntoView()")
        self.page.screenshot(path=str(folder / f"{name}.png"))

    def gives_the_password(self) -> None:
        self.goes("/admin/")
        self.page.fill("#id_username", self.name)
        self.page.fill("#id_password", PASSWORD)
        self.page.click("input[type=submit]")

    def gives_the_code(self, code: str) -> None:
        self.page.fill("#code-form input[type=text]", code)
        self.page.click("#code-form input[type=submit]")
        self.page.wait_for_load_state()

    def signs_in(self) -> list[str]:
        """With the password and a code of an authenticator set up now; the recovery codes."""
        self.gives_the_password()
        secret = self.reads(".secret").replace(" ", "")
        self.picture("second-factor")
        key = base64.b32decode(secret + "=" * (-len(secret) % 8))
        self.gives_the_code(f"{totp(key):06d}")
        codes = re.findall(r"^[a-z0-9]{4,}(?:[- ][a-z0-9]{4,})*$", self.reads(), re.M)
        assert len(codes) == 10, self.reads()
        assert self.goes("/admin/") == 200
        assert self.name.upper() in self.reads("#user-tools").upper()
        return codes

    def signs_out(self) -> None:
        self.page.click("#logout-form button")
        self.page.wait_for_load_state()

    def adds_to(self, prefix: str, **values: str) -> str:
        """Add a row to a table or a block of the form; returns its prefix."""
        row = self.page.locator(f"[id=id_{prefix}-TOTAL_FORMS]").input_value()
        self.page.click(f"#{prefix}-group .add-row a")
        for name, value in values.items():
            self.page.fill(f"[name={prefix}-{row}-{name}]", value)
        return f"{prefix}-{row}"

    def adds_a_charge(self, defendant: str, row: int, verdict: str, **values: str) -> None:
        """Fill the next charge of a defendant; the first one stands there already."""
        if row:
            self.page.click(f"#{defendant} .inner-add")
        for name, value in values.items():
            self.page.fill(f"[name={defendant}-charges-{row}-{name}]", value)
        self.page.select_option(f"[name={defendant}-charges-{row}-verdict]", f"verdicts:{verdict}")

    def offered(self, field: str, words: str) -> list[str]:
        """What a box that is searched offers for words; it stays open."""
        box = self.page.locator(f"[name={field}] + .select2")
        box.locator(".select2-selection").click()
        with self.page.expect_response(lambda answer: f"term={words}&" in answer.url):
            self.page.fill(".select2-search__field", words)
        # What was offered before stays until the answer has been read.
        self.page.locator(".loading-results").wait_for(state="detached")
        results = self.page.locator(".select2-results__option").all_inner_texts()
        return [text.strip() for text in results]

    def chooses(self, field: str, words: str, option: str) -> None:
        assert any(option in text for text in self.offered(field, words)), words
        self.page.locator(".select2-results__option", has_text=option).first.click()

    def saves(self, button: str = "_continue") -> str:
        """Save the form; returns what the page that follows says of it."""
        with self.page.expect_navigation():
            self.page.click(f"input[name={button}]")
        errors = self.page.locator(".errornote, .errorlist").all_inner_texts()
        assert not errors, errors
        return self.reads(".messagelist")

    def follows(self, text: str) -> None:
        with self.page.expect_navigation():
            self.page.click(f"#content a:has-text('{text}')")


@pytest.fixture
def opened(portal: str, browser: Any) -> Iterator[Callable[[str], Curator]]:  # noqa: F811
    """Gives somebody a browser of their own, in which they are not signed in."""
    contexts = []

    def of(name: str) -> Curator:
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        return Curator(page, portal, name)

    yield of
    for context in contexts:
        context.close()


def enters_the_case(ada: Curator) -> None:
    """The heading and parts of a case, as far as they are typed and chosen by hand."""
    page = ada.page
    page.fill("#id_code", CODE)
    page.fill("#id_title", TITLE)
    ada.chooses("jurisdiction", "Franc", "France")
    page.fill("#id_court", "Tribunal judiciaire de Zwetschgen")
    page.fill("#id_decision_date", "12 March 2031")
    page.fill("#id_docket", DOCKET)
    page.check("[name=modes] >> nth=1")
    page.fill("#id_facts", "It is alleged that the defendants took six persons over a river.")
    first = ada.adds_to("defendants", label="Defendant 1")
    page.select_option(f"[name={first}-role]", "roles:organizer")
    ada.adds_a_charge(
        first,
        0,
        "convicted",
        offence="Assistance to irregular entry",
        imprisonment_months="4 years 6 months",
    )
    ada.adds_a_charge(first, 1, "acquitted", offence="Forgery")
    second = ada.adds_to("defendants", label="Defendant 2")
    ada.adds_a_charge(
        second,
        0,
        "convicted",
        offence="Assistance to irregular stay",
        imprisonment_months="18",
    )
    law = ada.adds_to("laws_applied", law_text="CESEDA", provision_text="Art. L. 823-1")
    offered = ada.offered(f"{law}-law", "Code")
    assert offered
    assert all("(fra-" in text or "(eue-" in text for text in offered), offered
    page.locator(".select2-results__option", has_text="(fra-").first.click()
    document = ada.adds_to("attachments", title="The judgment in full")
    judgment = {"name": "judgment.pdf", "mimeType": "application/pdf", "buffer": JUDGMENT}
    page.set_input_files(f"[name={document}-file]", judgment)
    page.check(f"[name={document}-is_public]")
    page.click("summary:has-text('Paste several sources')")
    page.fill(
        "[name=pasted_sources]",
        "The judgment https://example.org/judgment\nA report | https://example.org/report | 2031",
    )


def is_warned_of_it(ada: Curator) -> None:
    """The same case is entered again: the box warns while it is typed; she saves all the same."""
    page = ada.page
    assert ada.goes("/admin/caselaw/case/add/") == 200
    page.fill("#id_code", SECOND)
    ada.chooses("jurisdiction", "Franc", "France")
    page.fill("#id_docket", DOCKET)
    page.fill("#id_title", "Another made-up title")
    page.locator("#alike", has_text=TITLE).wait_for()
    warning = ada.reads("#alike")
    assert CODE in warning
    assert "docket" in warning.lower()
    ada.picture("duplicate-warning")
    page.check("[name=another_one]")
    ada.adds_to("sources", title="The judgment", url="https://example.org/other")
    ada.saves()


def sends_it_to_review(ada: Curator, case: str) -> None:
    assert ada.goes(case) == 200
    states = ada.page.locator("#id_state option").all_inner_texts()
    assert [state for state in states if state in ("Published", "Withdrawn")] == []
    ada.page.select_option("#id_state", label="In review")
    ada.page.fill("#id_why", "Both judgments are read")
    assert "changed successfully" in ada.saves()


def publishes_it(ben: Curator, reader: Curator) -> str:
    """From the queue on the first page, by way of the preview; returns its address."""
    page = ben.page
    assert ben.goes("/admin/") == 200
    ben.picture("first-page")
    ben.follows("To review")
    ben.picture("to-review")
    ben.follows(TITLE)
    case = str(page.url).partition("?")[0]
    ben.picture("case-sections")
    ben.picture("defendants", at="#defendants-group")
    assert reader.goes(f"/en/cases/{CODE}/") == 404
    with page.expect_navigation():
        page.click(".viewsitelink")
    preview = ben.reads("body")
    assert TITLE in preview
    assert "Defendant 2" in preview
    ben.goes(case)
    page.select_option("#id_state", label="Published")
    assert "changed successfully" in ben.saves()
    return case


def is_found_at_once(reader: Curator, ben: Curator, case: str) -> None:
    assert reader.goes("/en/cases/?q=Zwetschgen") == 200
    assert TITLE in reader.reads("main")
    assert reader.goes(f"/en/cases/{CODE}/") == 200
    shown = reader.reads("main")
    for said in ("Defendant 1", "Defendant 2", "4 years 6 months", "12 March 2031", "A report"):
        assert said in shown
    found = reader.page.request.get(f"{reader.portal}/api/v1/cases/?q=Zwetschgen").json()
    assert [each["code"] for each in found["results"]] == [CODE]
    line = reader.page.request.get(f"{reader.portal}/api/v1/cases/{CODE}/").json()
    charges = [charge for each in line["defendants"] for charge in each["charges"]]
    assert [charge["imprisonment_months"] for charge in charges] == [54, None, 18]
    with reader.page.expect_download() as download:
        reader.page.click("a:has-text('The judgment in full')")
    assert Path(download.value.path()).read_bytes() == JUDGMENT
    assert "/change/" not in reader.page.content()
    ben.goes(f"/en/cases/{CODE}/")
    assert ben.page.locator(f"a[href='{urlsplit(case).path}']").count() == 1


def corrects_compares_and_brings_back(ben: Curator, reader: Curator, case: str) -> None:
    page = ben.page
    ben.goes(case)
    page.select_option("[name=defendants-1-charges-0-verdict]", "verdicts:acquitted")
    page.fill("[name=defendants-1-charges-0-imprisonment_months]", "")
    page.fill("#id_why", "Defendant 2 was acquitted on appeal")
    ben.saves()
    reader.goes(f"/en/cases/{CODE}/")
    assert "Defendant 2 was acquitted on appeal" in reader.reads("#record")
    with page.expect_navigation():
        page.click(".historylink")
    assert "ada" in ben.reads()
    with page.expect_navigation():
        page.click("input[value=Compare]")
    compared = ben.reads("section")
    assert re.search(r"Defendants › 2 › Charges › 1 › Verdict\s+Guilty\s+Acquitted", compared)
    assert re.search(r"Imprisonment months\s+18\s", compared)
    ben.picture("history")
    before = page.locator("a:has-text('Bring back')").first.inner_text()
    ben.follows(before)
    assert re.search(r"Verdict\s+Acquitted\s+Guilty", ben.reads(".differences"))
    page.fill("#id_why", "The appeal is in another case")
    with page.expect_navigation():
        page.click("input[value='Bring back']")
    assert "It says again" in ben.reads(".messagelist")
    reader.goes(f"/en/cases/{CODE}/")
    assert "1 year 6 months" in reader.reads("main")
    assert "The appeal is in another case" in reader.reads("#record")


def merges_the_second(ben: Curator, reader: Curator) -> None:
    page = ben.page
    ben.goes("/admin/caselaw/case/?q=fra-2031")
    for box in page.locator("#result_list tbody input.action-select").all():
        box.check()
    page.select_option("select[name=action]", "merge_two")
    with page.expect_navigation():
        page.click("button[name=index]")
    assert "Where they differ" in ben.reads()
    ben.picture("merge")
    page.fill("#id_why", "It was entered twice")
    with page.expect_navigation():
        page.click("input[name=_merge]")
    assert f"{SECOND} is part of {CODE} now" in ben.reads(".messagelist").lower()
    answer = reader.page.request.get(f"{reader.portal}/id/{SECOND}", max_redirects=0)
    assert answer.status == 301
    assert reader.goes(f"/id/{SECOND}") == 200
    assert reader.page.url == f"{reader.portal}/en/cases/{CODE}/"


def withdraws_it(ben: Curator, reader: Curator, case: str) -> None:
    ben.goes(case)
    ben.page.select_option("#id_state", label="Withdrawn")
    ben.page.fill("#id_withdrawal_reason", "The court has ordered that it not be published.")
    ben.saves()
    assert reader.goes(f"/en/cases/{CODE}/") == 410
    assert "The court has ordered that it not be published." in reader.reads("main")
    answer = reader.page.request.get(f"{reader.portal}/api/v1/cases/{CODE}/")
    assert answer.status == 410
    assert "The court has ordered" in answer.json()["detail"]
    found = reader.page.request.get(f"{reader.portal}/api/v1/cases/?q=Zwetschgen").json()
    assert found["count"] == 0
    with ben.page.expect_navigation():
        ben.page.click(".historylink")
    told = ben.reads()
    for said in ("ada", "ben", "It was entered twice", "Both judgments are read", "Withdrawn"):
        assert said in told


def test_a_curators_week(opened: Callable[[str], Curator]) -> None:
    """Entered by one, published by another, corrected, compared, reverted, merged, withdrawn."""
    ada, ben, reader = opened("ada"), opened("ben"), opened("reader")
    codes = ada.signs_in()
    ada.signs_out()
    ada.gives_the_password()
    closed = ada.page.request.get(f"{ada.portal}/admin/caselaw/case/", max_redirects=0)
    assert closed.status == 302, "the password alone opens nothing"
    ada.gives_the_code(codes[0])
    assert ada.goes("/admin/caselaw/case/add/") == 200
    enters_the_case(ada)
    assert "added successfully" in ada.saves()
    case = str(ada.page.url)
    is_warned_of_it(ada)
    sends_it_to_review(ada, case)
    ben.signs_in()
    assert publishes_it(ben, reader) == case
    is_found_at_once(reader, ben, case)
    corrects_compares_and_brings_back(ben, reader, case)
    merges_the_second(ben, reader)
    withdraws_it(ben, reader, case)


def brings(curator: Curator, file: Path) -> dict[str, int]:
    """Upload a file for works and wait until it is rehearsed; what the rehearsal counts."""
    page = curator.page
    curator.goes(address(Work, "changelist"))
    curator.follows("Import")
    page.set_input_files("[name=file]", str(file))
    page.fill("[name=why]", "The annotation was corrected")
    page.click("input[value=Rehearse]")
    page.locator(".import-numbers").wait_for()
    told = [text.split(" ", 1) for text in page.locator(".import-numbers a").all_inner_texts()]
    counted = {label.strip(): int(number) for number, label in told if number.isdigit()}
    return {label: number for label, number in counted.items() if number}


def test_a_list_goes_out_is_changed_and_comes_back(
    opened: Callable[[str], Curator], tmp_path: Path
) -> None:
    """What an export gives is imported: as it is, then with a change and a fault."""
    cleo = opened("cleo")
    page = cleo.page
    cleo.signs_in()
    assert cleo.goes(f"{address(Work, 'changelist')}?q=Libya&missing=doi") == 200
    page.click(".exports summary")
    cleo.picture("export")
    with page.expect_download() as download:
        page.click(".exports a:has-text('CSV')")
    exported = tmp_path / "works.csv"
    download.value.save_as(exported)
    with exported.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) > 3
    assert brings(cleo, exported) == {"Unchanged": len(rows)}
    rows[0]["annotation"] = "What the curator has corrected."
    rows[1]["type"] = "scroll"
    with exported.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    counted = brings(cleo, exported)
    assert counted == {"Changed": 1, "Unchanged": len(rows) - 2, "Faulty": 1}
    assert "scroll" in cleo.reads(".import-faults")
    cleo.picture("import")
    page.check("[name=only_sound]")
    with page.expect_navigation():
        page.click(".import-decide input.default")
    page.locator(".import-row .kind:has-text('Written')").first.wait_for()
    record = cleo.page.request.get(f"{cleo.portal}/api/v1/works/{rows[0]['id']}/").json()
    assert record["annotation"] == "What the curator has corrected."
    assert "The annotation was corrected" in cleo.page.request.get(record["url"]).text()


def test_what_waits_is_a_click_away(opened: Callable[[str], Curator]) -> None:
    """Suspected pairs are told apart, and a law named in words only is linked with one click."""
    dora = opened("dora")
    page = dora.page
    dora.signs_in()
    dora.goes("/admin/security/")
    assert "Chrom" in dora.reads(), "the session list names the browser"
    dora.picture("security")
    dora.goes("/admin/")
    waiting = dora.page.locator(".queues li:has-text('Possible duplicates')").all_inner_texts()
    dora.follows("Possible duplicates")
    dora.picture("suspected-pairs")
    page.locator("#result_list tbody input.action-select").first.check()
    page.select_option("select[name=action]", "they_are_two")
    page.fill("[name=why]", "One is a chapter of the other")
    with page.expect_navigation():
        page.click("button[name=index]")
    dora.goes("/admin/")
    assert page.locator(".queues li:has-text('Possible duplicates')").all_inner_texts() != waiting
    dora.goes("/admin/caselaw/case/add/")
    page.fill("#id_code", WORDS_ONLY)
    page.fill("#id_title", "A made-up decision that names its law in words")
    dora.chooses("jurisdiction", "Franc", "France")
    dora.adds_to("laws_applied", law_text="CESEDA", provision_text="Art. L. 823-1")
    dora.adds_to("sources", title="The decision", url="https://example.org/decision")
    page.select_option("#id_state", "published")
    dora.saves()
    dora.goes("/admin/caselaw/lawapplied/?link=likely")
    row = page.locator(f"#result_list tbody tr:has-text('{WORDS_ONLY}')")
    dora.picture("likely-law")
    with page.expect_navigation():
        row.locator("button:has-text('Link to it')").click()
    assert row.count() == 0
    line = page.request.get(f"{dora.portal}/api/v1/cases/{WORDS_ONLY}/").json()
    (applied,) = line["laws_applied"]
    assert applied["law_code"] == "fra-ceseda"
    assert [each["code"] for each in applied["provisions"]] == ["fra-ceseda:art-l823-1"]
