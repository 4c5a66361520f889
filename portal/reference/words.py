"""Words by language, as one model field: {"en": ["Spanish"], "es": ["español", "española"]}."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.reference.punctuation import TYPED_BETWEEN

_LINE = re.compile(r"^([a-z]{2,3})\s*[:：]\s*(\S.*)$")
_SEMICOLON, _BETWEEN = re.compile("[;؛；]"), re.compile(f"[{TYPED_BETWEEN}]")


def validate_words(value: Any) -> None:
    """Raise ValidationError unless `value` maps ISO 639 codes to lists of words."""
    is_object = isinstance(value, dict) and all(
        re.fullmatch("[a-z]{2,3}", language)
        and isinstance(found, list)
        and found
        and all(isinstance(word, str) and word.strip() for word in found)
        for language, found in value.items()
    )
    if not is_object:
        raise ValidationError(_("Words are an object of language code and list of words."))


def _typed(words: list[str]) -> str:
    """Words as they are typed: with semicolons where one of them has a comma of its own."""
    if any(_BETWEEN.search(word) for word in words):
        return "; ".join([*words, ""]).rstrip()
    return ", ".join(words)


def _read(text: str) -> list[str]:
    between = _SEMICOLON if _SEMICOLON.search(text) else _BETWEEN
    return [word.strip() for word in between.split(text) if word.strip()]


class WordsFormField(forms.Field):
    """One line a language: `es: español, española`; semicolons between words with commas."""

    widget = forms.Textarea

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, dict):
            return "\n".join(f"{code}: {_typed(found)}" for code, found in value.items())
        return value

    def to_python(self, value: Any) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for line in (value or "").splitlines():
            if not line.strip():
                continue
            match = _LINE.match(line.strip())
            if match is None:
                raise ValidationError(
                    _("“%(line)s” does not begin with the code of a language and a colon."),
                    params={"line": line},
                )
            found.setdefault(match[1], []).extend(_read(match[2]))
        return found

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return (initial or {}) != self.to_python(data)
        except ValidationError:
            return True


class WordsField(models.JSONField):
    """Words by language."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("default", dict)
        super().__init__(*args, **kwargs)
        self.validators = [*self.validators, validate_words]

    def formfield(self, **kwargs: Any) -> Any:
        fixed = {
            "widget": forms.Textarea,
            "show_hidden_initial": False,
            "help_text": gettext_lazy("One line a language: es: español, española"),
        }
        return models.Field.formfield(self, form_class=WordsFormField, **{**kwargs, **fixed})
