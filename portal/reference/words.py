"""Words by language, as one model field: {"en": ["Spanish"], "es": ["español", "española"]}."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

_LINE = re.compile(r"^([a-z]{2,3})\s*:\s*(\S.*)$")


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


class WordsFormField(forms.Field):
    """One line a language: `es: español, española`."""

    widget = forms.Textarea

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, dict):
            return "\n".join(f"{code}: {', '.join(found)}" for code, found in value.items())
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
            words = [word.strip() for word in match[2].split(",") if word.strip()]
            found.setdefault(match[1], []).extend(words)
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
