"""A curator's browser for the tests: reads the forms of admin pages as they are rendered."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from django.db import models
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from caselaw.models import Case

Data = dict[str, list[str]]

#: The code of the case that the tests enter.
CODE = "fra-2031-test-crossing"


@dataclass
class Page(HTMLParser):
    """What a browser would send for the form of a page, and the rows that can be added."""

    form_id: str
    data: Data = field(default_factory=dict)
    blank: Data = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__init__()
        self._inside = False
        self._select: tuple[str, bool] | None = None
        self._options: list[tuple[str, bool]] = []
        self._area: str | None = None
        self._text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._inside = given.get("id") == self.form_id
        if not self._inside:
            return
        if tag == "input":
            self._input(given, checked="checked" in given)
        elif tag == "select":
            self._select, self._options = (given["name"], "multiple" in given), []
        elif tag == "option" and self._select:
            self._options.append((given.get("value", ""), "selected" in given))
        elif tag == "textarea":
            self._area, self._text = given["name"], ""

    def handle_data(self, data: str) -> None:
        if self._area is not None:
            self._text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False
        elif tag == "select" and self._select:
            name, several = self._select
            chosen = [value for value, selected in self._options if selected]
            if not chosen and not several and self._options:
                chosen = [self._options[0][0]]
            self._keep(name, chosen)
            self._select = None
        elif tag == "textarea" and self._area is not None:
            # Browsers leave the first line end out and send all others as two characters.
            text = self._text.removeprefix("\n")
            self._keep(self._area, [text.replace("\n", "\r\n")])
            self._area = None

    def _input(self, given: dict[str, str], *, checked: bool) -> None:
        kind, name = given.get("type", "text"), given.get("name", "")
        if not name or kind in ("submit", "button", "file"):
            return
        if kind not in ("checkbox", "radio"):
            self._keep(name, [given.get("value", "")])
        elif checked:
            self._keep(name, [given.get("value", "on")])

    def _keep(self, name: str, values: list[str]) -> None:
        kept = self.blank if "__prefix__" in name else self.data
        kept[name] = [*kept.get(name, []), *values]

    def fill(self, **values: Any) -> None:
        """Type into fields, or choose: a list for several, a text for one, None to uncheck."""
        for name, value in values.items():
            several = value if isinstance(value, list) else [] if value is None else [value]
            self.data[name] = [str(entry) for entry in several]

    def add_row(self, prefix: str, **values: Any) -> int:
        """Add a row to an inline, as its “Add another” does; returns its number."""
        number = int(self.data[f"{prefix}-TOTAL_FORMS"][0])
        for name, initial in list(self.blank.items()):
            if name.startswith(f"{prefix}-__prefix__"):
                # What the copy has a place-holder in is a row that can be added to it in turn.
                copied = name.replace("__prefix__", str(number), 1)
                kept = self.blank if "__prefix__" in copied else self.data
                kept[copied] = list(initial)
        self.data[f"{prefix}-TOTAL_FORMS"] = [str(number + 1)]
        self.fill(**{f"{prefix}-{number}-{name}": value for name, value in values.items()})
        return number


def address(model: type[models.Model], view: str, *args: Any) -> str:
    """The admin address of a model: `changelist`, `add`, `change`, `delete`, `history`."""
    meta = model._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_{view}", args=args)


def open_page(client: Client, model: type[models.Model], key: Any = None) -> Page:
    """Open the page of an object, or the one to add an object."""
    url = address(model, "change", key) if key is not None else address(model, "add")
    response = client.get(url)
    assert response.status_code == 200
    return read(response, model)


def read(response: HttpResponse, model: type[models.Model]) -> Page:
    """The form on a page, whether it was opened or came back with errors."""
    page = Page(f"{model._meta.model_name}_form")
    page.feed(response.content.decode())
    assert page.data, "the page has no form"
    return page


def send(client: Client, model: type[models.Model], page: Page, key: Any = None) -> HttpResponse:
    """Press “Save”; returns the answer, whatever it is."""
    url = address(model, "change", key) if key is not None else address(model, "add")
    return client.post(url, {**page.data, "_save": "Save"})


def errors(response: HttpResponse) -> dict[str, Any]:
    """Of an answer with errors: those of the form, and of the inlines under their prefixes."""
    found: dict[str, Any] = dict(response.context["adminform"].form.errors)
    for inline in response.context["inline_admin_formsets"]:
        faults = [dict(row) for row in inline.formset.errors if row]
        if faults or inline.formset.non_form_errors():
            found[inline.formset.prefix] = faults or inline.formset.non_form_errors()
    return found


def save(client: Client, model: type[models.Model], key: Any = None, **values: Any) -> HttpResponse:
    """Open a page, type into it and save it without an error."""
    page = open_page(client, model, key)
    page.fill(**values)
    response = send(client, model, page, key)
    assert response.status_code == 302, errors(response)
    return response


def count(client: Client, slug: str = "cases", **parameters: str) -> int:
    """How many records the world finds."""
    return client.get(f"/api/v1/{slug}/", {**parameters, "page_size": 1}).json()["count"]


def facet(client: Client, name: str, value: str, slug: str = "cases") -> int:
    """How many of them carry a value, as the facet says."""
    answer = client.get(f"/api/v1/{slug}/", {"facets": name, "page_size": 1}).json()
    return {entry["value"]: entry["count"] for entry in answer["facets"][name]}.get(value, 0)


def add_case(client: Client, **values: Any) -> Case:
    """Enter a case: a draft, unless told otherwise."""
    page = open_page(client, Case)
    given = {"code": CODE, "title": "Zwetschgen crossing", "jurisdiction": "FRA"}
    page.fill(**{**given, **values})
    response = send(client, Case, page)
    assert response.status_code == 302, errors(response)
    return Case.objects.get(code=page.data["code"][0])


def public_case(**filters: Any) -> Case:
    """The first case that the world sees and that meets the filters."""
    case = Case.objects.public().filter(**filters).order_by("code").first()
    assert case is not None
    return case
