"""Choosing reference data and records in the admin without a query for each row of each inline."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django import forms
from django.contrib.admin.widgets import AutocompleteSelect
from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.reference.catalog import catalog
from portal.reference.labels import localized
from portal.reference.models import Jurisdiction, Process, Region, Term, TreatyArticle


def is_key(text: str) -> bool:
    """Whether a text, which may come from anywhere, can be the number of a row."""
    return text.isascii() and text.isdecimal() and len(text) < 19


def choice_label(admin_site: Any, choice: Any) -> str:
    """What an object is called among choices; its admin may say it better than the object."""
    if admin_site.is_registered(type(choice)):
        admin = admin_site.get_model_admin(type(choice))
        return str(getattr(admin, "choice_label", str)(choice))
    return str(choice)


class UnderstoodInput(forms.TextInput):
    """A text input that says beside it what was understood of what stands in it.

    Args:
        understood: gives, for a value of the field or for what was typed, the words to show.
    """

    template_name = "admin/widgets/understood.html"

    def __init__(
        self, understood: Callable[[Any], str], attrs: dict[str, Any] | None = None
    ) -> None:
        self.understood = understood
        super().__init__(attrs)

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        if value not in (None, ""):
            context["widget"]["understood"] = self.understood(value)
        return context


class KnownSelect(AutocompleteSelect):
    """Autocompletion that asks the database for a label only when nobody knows it.

    Reference data are called by their names in the catalog; the form tells in `known` what its
    instance refers to.

    Choices may depend on what another box of the form holds, as laws on the jurisdiction of a
    case: `within` names its field. `static/js/limited-choices.js` sends its value along; without
    it, or while the box is empty, all choices are offered.
    """

    known: Mapping[str, str] = {}

    def __init__(self, *args: Any, within: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.within = within

    def build_attrs(self, base_attrs: Any, extra_attrs: Any = None) -> dict[str, Any]:
        attrs: dict[str, Any] = super().build_attrs(base_attrs, extra_attrs)
        return {**attrs, "data-within": self.within} if self.within else attrs

    @property
    def media(self) -> forms.Media:
        if not self.within:
            return super().media
        # Named together, so that the order stays: the one extends what the other begins.
        scripts = ["admin/js/autocomplete.js", "js/limited-choices.js"]
        return super().media + forms.Media(js=scripts)

    def optgroups(self, name: str, value: Any, attr: Any = None) -> list[Any]:
        options = [self.create_option(name, "", "", False, 0)]
        for place, key in enumerate([str(entry) for entry in value if entry], start=1):
            options.append(self.create_option(name, key, self._label(key), True, place))
        return [(None, options, 0)]

    def _label(self, key: str) -> str:
        model = self.field.remote_field.model
        if model is Jurisdiction:
            return catalog().jurisdiction_name(key)
        if model is TreatyArticle:
            return str(catalog().articles.get(key, key))
        if key in self.known:
            return self.known[key]
        # Typed by a machine, a key may be anything; the field itself refuses it later.
        found = model._default_manager.filter(pk=key).first() if is_key(key) else None
        return choice_label(self.admin_site, found) if found else key


def term_choices(vocabularies: Iterable[str]) -> list[tuple[str, Any]]:
    """Terms of vocabularies as choices, in their order."""
    known = catalog()
    return [
        (f"{vocabulary}:{code}", known.term_label(f"{vocabulary}:{code}"))
        for vocabulary in vocabularies
        for code in known.vocabularies.get(vocabulary, ())
    ]


def reference_choices(db_field: models.ForeignKey) -> list[tuple[str, Any]] | None:
    """The choices of a reference to a small table of reference data; None for another table."""
    model = db_field.remote_field.model
    if model is Term:
        choices = term_choices(getattr(db_field, "vocabularies", ()))
    elif model is Region or model is Process:
        known = catalog()
        labels = known.regions if model is Region else known.processes
        choices = [(code, localized(label)) for code, label in labels.items()]
    else:
        return None
    # A box that must be chosen from starts empty: the first entry would be a guess.
    return [("", _("Not recorded") if db_field.null else "---------"), *choices]
