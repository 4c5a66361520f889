"""Charts and maps: they say what the tables say, and no web worker pays for them."""

from __future__ import annotations

import json
import os
import re
import struct
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree

import psutil
import pytest
from django.http import QueryDict
from django.urls import reverse

from caselaw.models import Case
from portal.charts import kept, kinds
from portal.charts import pictures as charts_pictures
from portal.charts.charts import Caption, job
from portal.charts.kinds import Group, Heading, Mark
from portal.charts.looks import SPECS, Look, cut, wrap
from portal.charts.maps import bow, points
from portal.charts.renderer import (
    BusyError,
    DrawingError,
    Renderer,
    RendererMissingError,
    renderer,
)
from portal.insights.asking import asked, insight_for
from portal.insights.declared import INSIGHTS
from portal.insights.pictures import insight_map, map_picture
from portal.insights.tables import CrossTable
from portal.records.database import databases
from portal.records.models import State
from portal.reference.models import DataVersion, Jurisdiction
from portal.search import index
from portal.search.engine import counts_of, match
from portal.search.request import parse
from tests.conftest import reader

pytestmark = pytest.mark.django_db

SVG = "{http://www.w3.org/2000/svg}"
LINK = "{http://www.w3.org/1999/xlink}href"
HOST = "http://testserver"
DRAWN = [insight.slug for insight in INSIGHTS if insight.chart]
MAPPED = [insight.slug for insight in INSIGHTS if insight.map]


@pytest.fixture(autouse=True)
def own_directory(settings: Any, tmp_path: Path) -> Path:
    settings.CHARTS_DIR = tmp_path
    return tmp_path


@pytest.fixture(scope="module", autouse=True)
def ended() -> Iterator[None]:
    yield
    renderer.stop()


@pytest.fixture
def drawings(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The jobs that the renderer is given."""
    jobs: list[dict[str, Any]] = []
    draw = renderer.draw

    def counted(job: dict[str, Any]) -> bytes:
        jobs.append(job)
        return draw(job)

    monkeypatch.setattr(renderer, "draw", counted)
    return jobs


def svg_of(path: str) -> ElementTree.Element:
    response = reader().get(path)
    assert response.status_code == 200, response.content
    assert response["Content-Type"] == "image/svg+xml"
    return ElementTree.fromstring(response.content)  # noqa: S314 - our own answer


def texts(root: ElementTree.Element) -> list[str]:
    return [text for element in root.iter(f"{SVG}text") if (text := "".join(element.itertext()))]


def links(root: ElementTree.Element) -> list[tuple[str, str]]:
    """Address and description of every part of a picture that is a link."""
    found = []
    for anchor in root.iter(f"{SVG}a"):
        for child in anchor:
            if child.get("aria-label"):
                found.append((anchor.get(LINK, ""), child.get("aria-label", "")))
    return found


def number_in(told: str) -> int:
    return int(re.sub(r"\D", "", told.rpartition(":")[2]))


def table_of(slug: str, query: str = "") -> CrossTable:
    return asked(insight_for(slug), QueryDict(query)).table


def numbers_by_url(table: CrossTable) -> dict[str, int]:
    numbers = [heading.number for heading in (*table.row_headings, *table.column_headings)]
    numbers += [number for row in table.rows for number in row.numbers if number.count]
    return {f"{HOST}{number.url}": number.count for number in numbers}


@pytest.mark.parametrize("slug", DRAWN)
def test_a_chart_has_the_numbers_of_its_table(slug: str) -> None:
    known = numbers_by_url(table_of(slug))
    colours = []
    for theme in ("light", "dark"):
        root = svg_of(f"/en/insights/{slug}/chart.svg?theme={theme}")
        found = links(root)
        assert len(found) > 5
        for url, told in found:
            assert known[url] == number_in(told), (url, told)
        assert root.find(f"{SVG}title").text == str(insight_for(slug).title)  # type: ignore[union-attr]
        colours.append(root.find(f"{SVG}rect").get("fill"))  # type: ignore[union-attr]
        assert "style" not in {name for element in root.iter() for name in element.attrib}
    assert colours == ["#fcfcf9", "#12181b"]


@pytest.mark.parametrize("slug", ["risks", "roles", "verdicts"])
def test_a_chart_that_leaves_nothing_out_has_every_number(slug: str) -> None:
    table = table_of(slug)
    drawn = {url for url, _told in links(svg_of(f"/en/insights/{slug}/chart.svg"))}
    assert drawn == {
        f"{HOST}{number.url}" for row in table.rows for number in row.numbers if number.count
    }


def test_a_chart_against_the_files(lines: dict[str, list[dict[str, Any]]]) -> None:
    by_hand = Counter(
        (case["decision_date"][:4], mode)
        for case in lines["cases"]
        if case.get("decision_date", "") >= "1997"
        for mode in case.get("modes", ())
    )
    found = {}
    for _url, told in links(svg_of("/en/insights/modes/chart.svg")):
        year, mode = told.rpartition(":")[0].split(", ")
        if mode != "Not recorded":
            found[year, mode.lower()] = number_in(told)
    assert found == dict(by_hand)


def test_a_map_against_the_files(lines: dict[str, list[dict[str, Any]]]) -> None:
    """Each jurisdiction has its number, the smallest States as points."""
    by_hand = Counter(case["jurisdiction"] for case in lines["cases"])
    root = svg_of("/en/insights/coverage-cases/map.svg")
    found = links(root)
    codes = {code: number for code, number in by_hand.items() if code in points()}
    assert places_of(found) == codes
    assert by_hand["SGP"]
    told = {element.get("aria-label", "").rpartition(":")[0] for element in root.iter()}
    for code in ("TUV", "LIE", "VAT", "XKX", "KEN", "GRL"):
        assert Jurisdiction.objects.get(pk=code).names["en"] in told
    (note,) = insight_map("coverage-cases").chart.notes  # type: ignore[union-attr]
    assert "Court of Justice of the European Union (5)" in note
    assert set(by_hand) - set(points()) == {"EUE", "XCE"}


def test_every_jurisdiction_has_a_point() -> None:
    codes = set(Jurisdiction.objects.exclude(pk__in=["EUE", "XCE"]).values_list("pk", flat=True))
    assert codes - set(points()) == set()
    assert all(-180 <= x <= 180 and -90 <= y <= 90 for x, y, _small in points().values())


def test_routes_and_their_links() -> None:
    """Bands, nodes and lines lead to the records; the filters of the page hold."""
    query = "mode=sea&decided_from=2010"
    table = table_of("routes", query)
    known = numbers_by_url(table)
    flow = links(svg_of(f"/en/insights/routes/chart.svg?{query}"))
    lines_ = links(svg_of(f"/en/insights/routes/map.svg?{query}"))
    for url, told in (*flow, *lines_):
        assert known[url] == number_in(told)
        assert "mode=sea" in url
    assert any("→" in told for _url, told in flow)
    assert lines_
    requests = []
    for url in {url for url, _told in flow}:
        parts = urlsplit(url)
        (database,) = [entry for entry in databases() if entry.search_path == parts.path]
        requests.append((known[url], match(parse(database, QueryDict(parts.query)).request)))
    assert [number for number, _request in requests] == counts_of([r for _n, r in requests])


def test_a_bent_line_goes_the_shorter_way() -> None:
    line = bow((104.0, 36.0), (-99.0, 39.0))
    assert line[0] == [104.0, 36.0]
    assert line[-1] == [-99.0, 39.0]
    assert not [x for x, _y in line if -90 < x < 100]
    assert all(-60 <= y <= 82 for _x, y in line)


@pytest.mark.parametrize("slug", ["modes", "routes"])
def test_png_has_its_caption(slug: str) -> None:
    response = reader().get(f"/en/insights/{slug}/chart.png?mode=sea")
    assert response["Content-Type"] == "image/png"
    assert response.content[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", response.content[16:24])
    assert width >= 1840
    plain = map_height(slug)
    assert height > 2 * plain


def map_height(slug: str) -> int:
    root = svg_of(f"/en/insights/{slug}/chart.svg?mode=sea")
    captioned = svg_of(f"/en/insights/{slug}/chart.svg?mode=sea&caption=true")
    said = " ".join(texts(captioned))
    assert "Source: Smuggling of Migrants Knowledge Portal" in said
    assert "Mode: Sea" in said
    assert "Source:" not in " ".join(texts(root))
    return int(float(root.get("height", 0)))


@pytest.mark.parametrize(("language", "label"), [("ar", "البحر"), ("zh", "海"), ("ru", "Мор")])
def test_labels_are_in_the_readers_language(language: str, label: str) -> None:
    root = svg_of(f"/{language}/insights/modes/chart.svg")
    assert any(label in text for text in texts(root))
    root = svg_of(f"/{language}/insights/routes/chart.svg")
    name = Jurisdiction.objects.get(pk="USA").names[language]
    (node,) = [
        element for element in root.iter(f"{SVG}text") if name in "".join(element.itertext())
    ]
    x = float(re.findall(r"translate\(([\d.]+)", node.get("transform", ""))[0])
    # Destinations stand where the reader's lines end.
    assert (x < 460) == (language == "ar")


def test_a_page_shows_its_pictures(django_assert_max_num_queries: Any) -> None:
    with django_assert_max_num_queries(10):
        page = reader().get("/en/insights/routes/?mode=sea").content.decode()
    assert page.count("<picture>") == 2
    for part in ('loading="lazy"', "theme=dark", "size=narrow", "prefers-color-scheme: dark"):
        assert part in page
    assert "do not imply official endorsement or acceptance" in page
    assert re.search(r'alt="Routes\. The largest numbers: [^"]+: \d', page)
    # The size that the page promises is that of the picture.
    sources = re.findall(r'(?:srcset|src)="(/en[^"]+)"[^>]*width="(\d+)" height="(\d+)"', page)
    assert len(sources) == 8
    for url, width, height in sources:
        root = svg_of(url.replace("&amp;", "&"))
        assert (root.get("width"), root.get("height")) == (width, height), url


def test_an_arabic_page_and_a_table_of_the_readers_own(django_assert_max_num_queries: Any) -> None:
    page = reader().get("/ar/insights/coverage-cases/").content.decode()
    assert "/ar/insights/coverage-cases/map.svg" in page
    with django_assert_max_num_queries(12):
        own = reader().get("/en/insights/table/?database=cases&rows=destination").content.decode()
    for name in ("chart", "map"):
        (url,) = set(re.findall(rf'src="([^"]+table/{name}.svg[^"]*)"', own))
        root = svg_of(url.replace("&amp;", "&"))
        known = numbers_by_url(
            asked_own("database=cases&rows=destination"),
        )
        found = links(root)
        assert found
        assert all(known[address] == number_in(told) for address, told in found)
    assert reader().get("/en/insights/table/map.svg?database=cases&rows=mode").status_code == 404


def places_of(found: list[tuple[str, str]]) -> dict[str, int]:
    """By jurisdiction, the numbers of links."""
    return {QueryDict(urlsplit(url).query)["jurisdiction"]: number_in(told) for url, told in found}


def asked_own(query: str) -> CrossTable:
    from portal.insights.asking import asked_freely

    return asked_freely(QueryDict(query)).table


@pytest.mark.parametrize(
    "query",
    ["theme=pink", "size=huge", "caption=maybe", "theme=light&theme=dark", "colour=red", "mode=x"],
)
def test_wrong_parameters_are_refused(query: str, drawings: list[dict[str, Any]]) -> None:
    for form in ("svg", "png"):
        response = reader().get(f"/en/insights/modes/chart.{form}?{query}")
        assert response.status_code == 400
        assert query.partition("=")[0] in response.content.decode()
    assert not drawings
    assert reader().get("/en/insights/modes/chart.png?caption=false").status_code == 400


def test_what_has_no_picture() -> None:
    assert reader().get("/en/insights/modes/map.svg").status_code == 404
    assert reader().get("/en/insights/nothing/chart.svg").status_code == 404
    empty = "/en/insights/modes/{}?decided_from=1700&decided_to=1701"
    assert "<picture>" not in reader().get(empty.format("")).content.decode()
    assert texts(svg_of(empty.format("chart.svg"))) == ["No record meets these filters."]


def test_a_picture_is_drawn_once(drawings: list[dict[str, Any]], own_directory: Path) -> None:
    url = "/en/insights/modes/chart.svg?mode=sea"
    first = reader().get(url)
    assert len(drawings) == 1
    assert reader().get(url).content == first.content
    assert reader().get(url, headers={"If-None-Match": first["ETag"]}).status_code == 304
    # The same filter said in another way is the same picture.
    assert reader().get("/en/insights/modes/chart.svg?mode=sea&theme=light").status_code == 200
    assert len(drawings) == 1
    reader().get(f"{url}&theme=dark")
    reader().get(url.replace("/en/", "/fr/"))
    assert len(drawings) == 3


def test_a_kept_picture_costs_three_queries(django_assert_max_num_queries: Any) -> None:
    url = "/en/insights/modes/chart.svg"
    reader().get(url)
    with django_assert_max_num_queries(3):
        reader().get(url)


def test_a_changed_record_changes_the_chart(
    lines: dict[str, list[dict[str, Any]]], drawings: list[dict[str, Any]], own_directory: Path
) -> None:
    url = "/en/insights/modes/chart.svg"
    before = dict(links(svg_of(url)))
    code = next(
        line["id"]
        for line in lines["cases"]
        if line.get("modes") == ["sea"] and line.get("decision_date", "") > "2015"
    )
    chosen = Case.objects.get(code=code)
    chosen.state = State.IN_REVIEW
    chosen.save()
    token = DataVersion.objects.get(name=DataVersion.RECORDS).token
    index.refresh([chosen])
    assert DataVersion.objects.get(name=DataVersion.RECORDS).token != token
    after = dict(links(svg_of(url)))
    assert len(drawings) == 2
    changed = {number_in(before[key]) - number_in(after[key]) for key in before if key in after}
    assert changed == {0, 1}
    # What was drawn from other data is gone.
    assert len([entry for entry in own_directory.iterdir() if len(entry.name) == 32]) == 1


def test_without_a_renderer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portal.charts.renderer.is_installed", lambda: False)
    monkeypatch.setattr(charts_pictures, "is_installed", lambda: False)
    page = reader().get("/en/insights/routes/")
    assert page.status_code == 200
    text = page.content.decode()
    assert "<picture>" not in text
    assert text.count("The chart cannot be drawn at the moment.") == 2
    assert "United States" in text
    response = reader().get("/en/insights/routes/chart.svg")
    assert response.status_code == 503
    assert response["Retry-After"]
    assert response["Cache-Control"] == "no-store"


def test_a_chart_that_fails_is_not_tried_at_once(
    monkeypatch: pytest.MonkeyPatch, own_directory: Path
) -> None:
    asked_for: list[Any] = []

    def failing(job: dict[str, Any]) -> bytes:
        asked_for.append(job)
        raise DrawingError("no")

    with monkeypatch.context() as patched:
        patched.setattr(renderer, "draw", failing)
        for _again in range(3):
            assert reader().get("/en/insights/modes/chart.svg").status_code == 503
    assert len(asked_for) == 1
    page = reader().get("/en/insights/modes/").content.decode()
    assert "The chart cannot be drawn at the moment." in page
    # Others are drawn, and so is this one after a while.
    assert reader().get("/en/insights/roles/chart.svg").status_code == 200
    for mark in (own_directory / "failed").iterdir():
        os.utime(mark, (0, 0))
    assert reader().get("/en/insights/modes/chart.svg").status_code == 200
    assert "<picture>" in reader().get("/en/insights/modes/").content.decode()


def test_a_directory_that_cannot_be_written(settings: Any, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a directory")
    settings.CHARTS_DIR = blocked / "charts"
    assert reader().get("/en/insights/modes/chart.svg").status_code == 200


def bars(number: int = 3) -> dict[str, Any]:
    chart = kinds.bars([Heading(f"Row {place}", place) for place in range(1, number + 1)], "Rows")
    return job(chart, Look(), Caption("Rows"), "svg")


def test_the_caller_never_grows() -> None:
    """The renderer is loaded elsewhere, and goes when it has drawn enough."""
    one = Renderer(charts=12)
    pids, me = set(), psutil.Process()
    one.draw(bars())
    began = me.memory_info().rss
    for place in range(24):
        pids.add(one.pid)
        assert b"<svg" in one.draw(bars(place % 8 + 1))
    assert me.memory_info().rss - began < 4 << 20
    assert "vl_convert" not in sys.modules
    assert len(pids - {None}) == 2
    last = one.pid
    one.stop()
    assert last is None or not psutil.pid_exists(last)


def test_an_idle_process_ends_and_a_killed_one_is_replaced() -> None:
    def answers(one: Renderer) -> bool:
        """Whether it says what is wrong with a job, for which it loads nothing."""
        with pytest.raises(DrawingError, match="KeyError"):
            one.draw({})
        return one.pid is not None

    one = Renderer(idle_seconds=0.4)
    assert answers(one)
    pid = one.pid
    for _turn in range(50):
        if one.pid is None:
            break
        time.sleep(0.1)
    assert one.pid is None
    assert answers(one)
    assert one.pid != pid
    psutil.Process(one.pid).kill()
    assert answers(one)
    one.stop()


def test_what_cannot_be_drawn() -> None:
    one = Renderer()
    with pytest.raises(DrawingError):
        one.draw({**bars(), "spec": {"mark": "nonsense"}})
    with pytest.raises(DrawingError, match="not allowed"):
        one.draw({**bars(), "spec": {"data": {"url": "https://example.org/a.json"}, "mark": "bar"}})
    with pytest.raises(DrawingError, match="too long"):
        one.draw(bars(20), seconds=0.001)
    assert one.pid is None
    one._command = [sys.executable, "-c", "pass"]
    with pytest.raises(RendererMissingError):
        one.draw(bars())


def test_many_ask_and_one_draws() -> None:
    drawn, got = [], []

    def slow() -> bytes:
        drawn.append(1)
        time.sleep(0.3)
        return b"picture"

    def ask() -> None:
        got.append(kept.kept("a" * 40, "v" * 32, slow))

    threads = [threading.Thread(target=ask) for _n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == [b"picture"] * 8
    assert len(drawn) == 1


def test_a_busy_renderer_is_no_failure() -> None:
    def busy() -> bytes:
        raise BusyError("others")

    with pytest.raises(BusyError):
        kept.kept("b" * 40, "v" * 32, busy)
    assert not kept.has_failed("b" * 40)


def test_old_pictures_go(own_directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "MOST_PICTURES", 9)
    for place in range(12):
        kept.kept(kept.name_of(str(place)), "v" * 32, lambda: b"x")
    assert len(list((own_directory / ("v" * 32)).iterdir())) < 10
    kept.kept(kept.name_of("new"), "w" * 32, lambda: b"x")
    assert not (own_directory / ("v" * 32)).exists()


def test_a_distribution_shows_every_value() -> None:
    values = tuple((float(value), f"/en/cases/?q={value}") for value in (6, 12, 12, 24, 60))
    chart = kinds.distribution([Group("Crew", values, 12, 12, 24)], "Crew: 5.", ["A note."])
    root = ElementTree.fromstring(renderer.draw(job(chart, Look(), Caption("Sentences"), "svg")))  # noqa: S314 - our own answer
    found = links(root)
    assert sorted(number_in(told) for _url, told in found) == [6, 12, 12, 24, 60]
    assert "Crew" in texts(root)


def test_cut_lists_say_so() -> None:
    rows = [Heading(f"Row {place}", place) for place in range(1, 41)]
    chart = kinds.bars(rows, "Rows")
    assert chart.notes == ("Rows: the 24 largest of 40 are drawn; all are in the table.",)
    marks = [Mark(row.label, "A", row.count) for row in rows]
    stacked = kinds.in_series(
        "stacked", rows, [Heading("A", 820)], marks, what=("Rows", "Columns"), total=600
    )
    assert len(stacked.notes) == 2
    assert "more than once" in stacked.notes[1]


def test_words_are_wrapped_and_stay_different() -> None:
    assert wrap("one two three four", 9, 2) == ["one two", "three four"]
    assert cut("abcdefgh", 5) == "abcd…"
    assert cut("非法入境与居留", 7) == "非法入…"
    names = Look().wrapped(["a" * 40 + "x", "a" * 40 + "y"], 10, 1)
    assert len(set(names.values())) == 2


def test_every_specification_is_small_and_used() -> None:
    kinds_ = {insight.chart for insight in INSIGHTS} - {""}
    files = {path.stem for path in SPECS.iterdir()}
    assert kinds_ <= files
    for path in SPECS.iterdir():
        assert path.stat().st_size < 4_000, path
        json.loads(path.read_text(encoding="utf-8"))


def test_maps_for_other_pages() -> None:
    picture = insight_map("implementation")
    assert picture is not None
    assert picture.svg == reverse("insights:map-svg", kwargs={"slug": "implementation"})
    insight = insight_for("modes")
    assert map_picture(table_of("modes"), insight) is None
