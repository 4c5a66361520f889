"""Labels in the six official languages of the United Nations, as one model field."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.template import loader
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

#: ISO 639-1 codes of the official languages of the United Nations, in their English order.
UN_LANGUAGES: tuple[str, ...] = ("ar", "zh", "en", "fr", "ru", "es")
LANGUAGE_NAMES: dict[str, str] = {
    "ar": "العربية",
    "zh": "中文",
    "en": "English",
    "fr": "Français",
    "ru": "Русский",
    "es": "Español",
}
FALLBACK_LANGUAGE = "en"


def active_language() -> str:
    """The two-letter code of the language that the reader has chosen (`zh-hans` gives `zh`)."""
    code = (get_language() or FALLBACK_LANGUAGE).split("-")[0]
    return code if code in UN_LANGUAGES else FALLBACK_LANGUAGE


def localized(labels: dict[str, str] | None, language: str | None = None) -> str:
    """The label in a language (default: the reader's), else in English, else any, else ''."""
    if not labels:
        return ""
    return (
        labels.get(language or active_language())
        or labels.get(FALLBACK_LANGUAGE)
        or next(iter(labels.values()))
    )


def validate_labels(value: Any) -> None:
    """Raise ValidationError unless `value` maps official languages to non-empty texts."""
    if not isinstance(value, dict):
        raise ValidationError(_("Labels are an object of language code and text."))
    unknown = sorted(set(value) - set(UN_LANGUAGES))
    if unknown:
        raise ValidationError(
            _("Unknown language: %(codes)s."), params={"codes": ", ".join(unknown)}
        )
    if any(not isinstance(text, str) or not text.strip() for text in value.values()):
        raise ValidationError(_("A label is a text that is not empty."))


class LabelsWidget(forms.MultiWidget):
    """Six text boxes, each named after its language and written in its direction."""

    template_name = "admin/widgets/labels.html"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        widgets: dict[str, forms.Widget | type[forms.Widget]] = {
            code: forms.TextInput(
                attrs={
                    "lang": code,
                    "dir": "rtl" if code == "ar" else "ltr",
                    "class": "vTextField",
                }
            )
            for code in UN_LANGUAGES
        }
        super().__init__(widgets, attrs)

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        for language, part in zip(UN_LANGUAGES, context["widget"]["subwidgets"], strict=True):
            part["language"] = LANGUAGE_NAMES[language]
        return context

    def _render(self, template_name: str, context: Any, renderer: Any = None) -> SafeString:
        # Forms look for templates inside of apps only; this one stands with all the others.
        return mark_safe(loader.render_to_string(template_name, context))  # noqa: S308 - a template escapes

    def decompress(self, value: dict[str, str] | None) -> list[str]:
        return [(value or {}).get(code, "") for code in UN_LANGUAGES]


class LabelsFormField(forms.MultiValueField):
    widget = LabelsWidget

    def __init__(self, **kwargs: Any) -> None:
        fields = [forms.CharField(required=False) for _code in UN_LANGUAGES]
        super().__init__(fields, require_all_fields=False, **kwargs)

    def compress(self, data_list: list[str]) -> dict[str, str]:
        return {code: text for code, text in zip(UN_LANGUAGES, data_list, strict=False) if text}

    def has_changed(self, initial: Any, data: Any) -> bool:
        return (initial or {}) != self.compress([text or "" for text in data or []])


class LabelsField(models.JSONField):
    """A text in up to six languages: {"en": "Sea", "fr": "Mer", …}."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("default", dict)
        super().__init__(*args, **kwargs)
        self.validators = [*self.validators, validate_labels]

    def formfield(self, **kwargs: Any) -> Any:
        # Without a hidden copy of the initial value, which stock Django adds for a default made
        # by a function: the form compares with the stored labels themselves.
        fixed = {"widget": LabelsWidget, "show_hidden_initial": False}
        return models.Field.formfield(self, form_class=LabelsFormField, **{**kwargs, **fixed})
