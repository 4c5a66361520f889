"""Articles of the treaties, typed by their codes: a provision may implement many of them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.reference.catalog import catalog
from portal.reference.punctuation import TYPED_BETWEEN, clauses
from portal.reference.widgets import UnderstoodInput

#: What stands between two codes, and before one that was copied from a text. Chinese has no spaces.
_BETWEEN = re.compile(rf"[\s{TYPED_BETWEEN}和及]+")
_BEFORE = {
    *("art", "arts", "article", "articles", "and", "et", "artículo", "artículos", "y", "e"),
    *("ст", "статья", "статьи", "и", "المادة", "المواد", "و"),
}


def read_codes(text: str) -> list[str]:
    """The codes of the articles that a text names: "6(1)(a), 16" gives `6.1.a` and `16`.

    Raises ValueError, with a message for curators, for what no article is called.
    """
    known = {code.casefold(): code for code in catalog().articles}
    found: list[str] = []
    # Lawyers write 6(1)(a), also with spaces, for what the code calls 6.1.a.
    joined = re.sub(r"\s*[(（]\s*(\w+)\s*[)）]", r".\1", text)
    for word in _BETWEEN.split(joined):
        plain = word.strip(".").casefold()
        if not plain or plain in _BEFORE:
            continue
        # Arabic writes "and" as a part of the word that follows.
        plain = plain.removeprefix("و")
        if plain not in known:
            raise ValueError(
                _("“%(code)s” is no article of the Protocol or the Convention that we know.")
                % {"code": word[:40]}
            )
        if known[plain] not in found:
            found.append(known[plain])
    return found


def _understood(value: Any) -> str:
    try:
        codes = read_codes(value)
    except ValueError:
        return ""
    return clauses(catalog().articles[code] for code in codes)


class ArticleCodesField(forms.CharField):
    """Codes of treaty articles in the order of the record; its value is a list of codes."""

    #: How they are typed, for forms that say first what they mean.
    HOW = gettext_lazy("Codes with commas between: 6.1.a or 6(1)(a), 16, C5.")

    def __init__(self, **kwargs: Any) -> None:
        given = {
            "label": gettext_lazy("Treaty articles"),
            "required": False,
            "widget": UnderstoodInput(_understood, attrs={"class": "vTextField"}),
            "help_text": self.HOW,
        }
        super().__init__(**{**given, **kwargs})

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> list[str]:
        try:
            return read_codes(super().clean(value))
        except ValueError as error:
            raise ValidationError(str(error), code="invalid") from error

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return read_codes(str(data or "")) != list(initial or ())
        except ValueError:
            return True


def codes_in_order(links: Iterable[Any]) -> list[str]:
    """The codes of the articles of a provision."""
    return [link.article_id for link in sorted(links, key=lambda link: (link.position, link.pk))]
