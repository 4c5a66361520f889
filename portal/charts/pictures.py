"""A chart on a page: the addresses of its picture in each look, and the words with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag
from django.utils.translation import gettext as _

from portal.charts import kept
from portal.charts.charts import HERE, Caption, Chart, alternative, finished, job
from portal.charts.looks import FORMATS, SIZES, THEMES, Look
from portal.charts.maps import disclaimer
from portal.charts.renderer import DrawingError, is_installed, renderer

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Source:
    """One way to ask for a picture."""

    url: str
    media: str
    width: int
    height: int


@dataclass(frozen=True)
class Picture:
    """A chart as the pages show it (`templates/charts/_picture.html`, `_map.html`).

    Args:
        chart: what is drawn.
        title: what it shows.
        svg, png: the paths of its picture, without parameters.
        pairs: the filters of the page, as names and texts.
    """

    chart: Chart
    title: str
    svg: str
    png: str
    pairs: Pairs = ()
    _look: Look = field(default_factory=Look)

    def _url(self, path: str, **look: str) -> str:
        query = urlencode([*self.pairs, *look.items()])
        return f"{path}?{query}" if query else path

    @property
    def is_available(self) -> bool:
        """Whether it can be drawn, as far as is known before anybody asks for it."""
        return is_installed() and not kept.has_failed(self.name)

    @property
    def name(self) -> str:
        """The name under which failures are remembered."""
        return picture_name(self.svg, self.pairs, self._look, "svg")

    @property
    def sources(self) -> list[Source]:
        """The pictures of all looks but the first, for `<source>`."""
        found = []
        for size in reversed(SIZES):
            for theme in reversed(THEMES):
                media = ["(prefers-color-scheme: dark)"] if theme == "dark" else []
                media += ["(max-width: 40rem)"] if size == "narrow" else []
                asked = {"theme": theme} if theme != THEMES[0] else {}
                asked |= {"size": size} if size == "narrow" else {}
                if media:
                    height = self.chart.height(Look(size=size))
                    url = self._url(self.svg, **asked)
                    found.append(Source(url, " and ".join(media), SIZES[size], height))
        return found

    @property
    def url(self) -> str:
        return self._url(self.svg)

    @property
    def width(self) -> int:
        return self._look.width

    @property
    def height(self) -> int:
        return self.chart.height(self._look)

    @property
    def alternative(self) -> str:
        return alternative(self.title, self.chart)

    @property
    def download_svg(self) -> str:
        return self._url(self.svg, caption="true")

    @property
    def download_png(self) -> str:
        return self._url(self.png)

    @property
    def disclaimer(self) -> str:
        return disclaimer()


def picture_name(path: str, pairs: Pairs, look: Look, form: str) -> str:
    """The name of a picture; the path has the language in it."""
    return kept.name_of(
        path, urlencode(pairs), look.theme, look.size, str(look.caption), look.language, form
    )


def answered(
    request: HttpRequest,
    pairs: Pairs,
    look: Look,
    form: str,
    make: Callable[[], tuple[Chart, Caption]],
) -> HttpResponse:
    """The picture of a chart as an answer; 503 where it cannot be drawn.

    Args:
        pairs: the filters of the address in their plain form.
        form: `svg` or `png`.
        make: makes the chart; it is called if no picture is kept.
    """
    # The version is read before the data: a picture may be newer than its version, never older.
    at = kept.version()
    name = picture_name(request.path, pairs, look, form)
    etag = quote_etag(f"{at[:16]}{name[:16]}")
    unchanged = get_conditional_response(request, etag=etag)
    if isinstance(unchanged, HttpResponseNotModified):
        return unchanged

    def drawn() -> bytes:
        chart, caption = make()
        picture = renderer.draw(job(chart, look, caption, form))
        if form == "svg":
            told = " ".join([chart.told, *chart.notes, *caption.lines]).strip()
            picture = finished(picture, caption, told, look.language)
        return picture

    try:
        picture = kept.kept(name, at, drawn)
    except DrawingError:
        words = _("The chart cannot be drawn at the moment. The table has all its numbers.")
        failed = HttpResponse(f"{words}\n", status=503, content_type="text/plain; charset=utf-8")
        failed["Retry-After"] = str(kept.FAILED_SECONDS)
        failed["Cache-Control"] = "no-store"
        return failed
    if form == "svg":
        here = request.build_absolute_uri("/").rstrip("/")
        picture = picture.replace(HERE.encode(), here.encode())
    response = HttpResponse(picture, content_type=FORMATS[form])
    response["ETag"] = etag
    response["Cache-Control"] = "no-cache"
    return response


def origin_lines(extra: tuple[str, ...] = (), *, is_map: bool = False) -> tuple[str, ...]:
    """The lines of a caption: what is given, where the numbers come from, and what must be said."""
    source = _("Source: %(portal)s, CC BY 4.0.") % {
        "portal": _("Smuggling of Migrants Knowledge Portal")
    }
    return (*extra, source, *((disclaimer(),) if is_map else ()))
