"""What the tests of pages for every reader ask of a page in Chromium."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

#: A page of each kind; `{}` is the language.
PAGES = [
    "/{}/",
    "/{}/search/?q=boat",
    "/{}/cases/?q=boat&mode=sea",
    "/{}/cases/?q=boat&modus=1&decided_from=x",
    "/{}/cases/?q=zzzzzz",
    "/{}/legislation/?article=6.1.a",
    "/{}/cases/facets/jurisdiction/",
    "/{}/cases/facets/region/?q=boat",
    "/{}/cases/gbr-2021-old-bailey-39-vietnamese/",
    "/{}/cases/gbr-2021-old-bailey-39-vietnamese/cite/",
    "/{}/legislation/aus-migration-act-1958/",
    "/{}/bibliography/ab-wahab-2013-smuggling-migrants-its-implications/",
    "/{}/protocol/",
    "/{}/protocol/6.1.a/",
    "/{}/protocol/compare/?jurisdiction=AUS,CAN&article=6.1.a,5",
    "/{}/countries/",
    "/{}/countries/ITA/",
    "/{}/insights/",
    "/{}/insights/modes/?modus=1&mode=sea",
    "/{}/insights/implementation/?region=150",
    "/{}/insights/routes/",
    "/{}/insights/sentences/",
    "/{}/insights/women-as-offenders/",
    "/{}/insights/comparable-sentences/?mode=sea&role=crew",
    "/{}/insights/fees/",
    "/{}/insights/coverage/",
    "/{}/insights/table/?database=cases&rows=gender&columns=verdict",
    "/{}/data/",
    "/{}/api/",
    "/{}/about/",
    "/{}/nothing/",
    "/admin/login/",
]

#: Says of every text that is not wholly to be read: cut by its box, or beyond the window where
#: nothing can be moved. What is only for screen readers is clipped on purpose.
CUT_TEXTS = """() => {
  const found = [];
  const named = (e) => `${e.tagName}.${e.className}: ${e.textContent.trim().slice(0, 40)}`;
  const styles = new Map();
  const style = (e) => styles.get(e) ?? styles.set(e, getComputedStyle(e)).get(e);
  const above = (e) => (e ? [e, ...above(e.parentElement)] : []);
  const isHidden = (e) => style(e).clipPath !== "none" || style(e).clip !== "auto";
  const isClipped = (e) => e.tagName === "svg" || isHidden(e);
  const isMeant = (e) => above(e).some(isClipped);
  const scrolls = (e) => /auto|scroll/.test(style(e).overflowX);
  const isMoved = (e) => above(e).slice(0, -2).some(scrolls);
  for (const e of document.body.querySelectorAll("*")) {
    if (!e.checkVisibility() || isMeant(e) || !e.clientWidth) continue;
    const isWider = e.scrollWidth > e.clientWidth + 1;
    const isMore = isWider || e.scrollHeight > e.clientHeight + 1;
    if (/hidden|clip/.test(style(e).overflow) && isMore) found.push(`cut: ${named(e)}`);
    if (e.matches("button, .button") && isWider) found.push(`spills: ${named(e)}`);
  }
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let text; (text = texts.nextNode()); ) {
    const e = text.parentElement;
    if (!text.data.trim() || !e.checkVisibility() || isMeant(e) || isMoved(e)) continue;
    const range = document.createRange();
    range.selectNodeContents(text);
    const box = range.getBoundingClientRect();
    const isOutside = box.left < -1 || box.right > innerWidth + 1;
    if (box.width && isOutside) found.push(`outside: ${named(e)}`);
  }
  return [...new Set(found)].slice(0, 8);
}"""

#: Lets the browser load what it would load only when it comes into sight.
ALL_PICTURES = """() => Promise.all([...document.images].filter((image) => image.checkVisibility())
  .map((image) => { image.loading = "eager"; return image.decode(); }))"""

#: The levels of the headings that are to be seen.
LEVELS = """() => [...document.querySelectorAll("h1, h2, h3, h4, h5, h6")]
  .filter((heading) => heading.checkVisibility()).map((heading) => Number(heading.tagName[1]))"""

#: Of what has the focus: whether it can be seen that it has, and whether anything lies over it.
FOCUS = """() => {
  const e = document.activeElement;
  const {outlineStyle, outlineWidth, outlineColor} = getComputedStyle(e);
  const [box] = [...e.getClientRects()].filter((one) => one.width);
  const middle = box && [box.left + box.width / 2, box.top + Math.min(box.height / 2, 8)];
  const at = box && document.elementFromPoint(...middle);
  // An automatic outline is the browser's own ring, which has its own width.
  const isWide = outlineStyle === "auto" || parseFloat(outlineWidth) >= 2;
  const isDrawn = outlineStyle !== "none" && isWide;
  const isInHeight = box && box.top >= -1 && box.top < innerHeight;
  return {
    name: `${e.tagName.toLowerCase()} ${e.getAttribute("href") ?? e.name ?? ""}`,
    isBody: e === document.body,
    outlined: isDrawn && !/, 0\\)$/.test(outlineColor),
    inWindow: !!isInHeight && box.left < innerWidth && box.right > 0,
    free: !!at && (e.contains(at) || at.contains(e) || !!at.closest("label")?.contains(e)),
  };
}"""

_LISTEN = """document.addEventListener("securitypolicyviolation", (event) =>
  console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`));"""


#: A window on a desk; without smooth scrolling, in the midst of which nothing can be measured.
_LOOK = {"viewport": {"width": 1280, "height": 900}, "reduced_motion": "reduce"}


def axe() -> str:
    """The source of axe-core."""
    import axe_playwright_python

    return (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()


#: Where pictures of pages are left for people to look at; no commit holds them.
PICTURES = Path(__file__).resolve().parent.parent / "test-results"


@dataclass
class Visit:
    """A page in a browser, with all that the browser complained of."""

    page: Any
    server: str
    path: str = ""
    status: int = 0
    wrong: list[str] = field(default_factory=list)

    def goes(self, path: str) -> None:
        self.path, self.status = path, 0
        self.status = self.page.goto(self.server + path).status

    def note(self, message: str) -> None:
        self.wrong.append(f"{self.path}: {message}")

    def hears(self, message: Any) -> None:
        """A message of the console; that a page is not there is what some pages say."""
        is_own = message.location.get("url", "").endswith(self.path) and self.path
        if not (is_own and self.status in (0, 404, 410) and "Failed to load" in message.text):
            self.note(f"{message.type}: {message.text}")

    def has_no_violation(self, axe_source: str, where: str = "") -> None:
        """Notes what axe finds. It comes through the debugging protocol, which no policy stops."""
        if not self.page.evaluate("typeof axe === 'object'"):
            self.page.evaluate(axe_source)
        found = self.page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        for violation in found["violations"]:
            targets = [node["target"] for node in violation["nodes"][:3]]
            self.note(f"{where}: {violation['id']} {targets}")

    def is_kept(self, name: str) -> None:
        """A picture of the whole page among what a run of the tests leaves behind."""
        path = PICTURES / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        self.page.evaluate(ALL_PICTURES)
        self.page.screenshot(path=path, full_page=True)

    def fits(self, where: str = "") -> None:
        wide, window = self.page.evaluate(
            "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
        )
        if wide > window:
            self.note(f"{where}: {wide} pixels wide in a window of {window}")

    def headings_are_in_order(self) -> None:
        levels = self.page.evaluate(LEVELS)
        if levels.count(1) != 1 or levels[0] != 1:
            self.note(f"begins with headings of levels {levels[:4]}")
        for before, after in pairwise(levels):
            if after > before + 1:
                self.note(f"a heading of level {after} after one of level {before}")

    def texts_are_whole(self, where: str = "") -> None:
        for text in self.page.evaluate(CUT_TEXTS):
            self.note(f"{where}: {text}")

    def tabs_to(self, selector: str, most: int = 250, key: str = "Tab") -> None:
        """Goes by the keyboard to what is meant; on the way every focus must be seen."""
        for _step in range(most):
            self.page.keyboard.press(key)
            self.focus_is_seen()
            if self.page.evaluate("(s) => document.activeElement.matches(s)", selector):
                return
        raise AssertionError(f"{self.path}: the keyboard does not reach {selector}")

    def focus_is_seen(self) -> None:
        at = self.page.evaluate(FOCUS)
        if at["isBody"]:
            return
        lacking = [name for name in ("outlined", "inWindow", "free") if not at[name]]
        if lacking:
            self.note(f"the focus on {at['name']} is not {lacking}")

    def presses(self, key: str) -> None:
        """A key that leads to another page."""
        with self.page.expect_navigation():
            self.page.keyboard.press(key)
        self.path = self.page.url.removeprefix(self.server)


@contextmanager
def visiting(browser: Any, server: str, **look: Any) -> Iterator[Visit]:
    """A page of its own in a browser; leaving it asserts that nothing was wrong.

    Args:
        look: what `browser.new_context` takes: the window, the language, the colours.
    """
    context = browser.new_context(**_LOOK | look)
    context.add_init_script(_LISTEN)
    page = context.new_page()
    page.set_default_timeout(20_000)
    visit = Visit(page, server)
    page.on("console", visit.hears)
    page.on("pageerror", lambda error: visit.note(f"script: {error}"))
    try:
        yield visit
    finally:
        context.close()
    assert not visit.wrong, "\n".join(visit.wrong)
