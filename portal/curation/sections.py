"""The form of a record in the order of its public page: fields and parts in one list."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from django.contrib import admin
from django.forms.utils import ErrorDict
from django.http import HttpRequest, HttpResponse
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from portal.reference.forms import MORE


def fieldsets_of(sections: Iterable[Any]) -> tuple[Any, ...]:
    """The fieldsets among the sections of a form."""
    return tuple(section for section in sections if isinstance(section, tuple))


def inlines_of(sections: Iterable[Any]) -> tuple[type[Any], ...]:
    """The inlines among the sections of a form."""
    return tuple(section for section in sections if isinstance(section, type))


class _Unfinished:
    """A form that was sent for one more row: nothing of it is checked or saved yet."""

    @property
    def errors(self) -> ErrorDict:
        return ErrorDict()

    def is_valid(self) -> bool:
        return False


class SectionsAdmin(admin.ModelAdmin):
    """Draws fieldsets and inlines in the order of `sections`, with links to each at the top.

    What `sections` does not name stands before the last of them, which says where the record
    stands. Without JavaScript a button in each table sends the form for one more row.
    """

    model: Any
    change_form_template = "admin/record_change_form.html"
    #: Fieldsets (as in `fieldsets`) and classes of inlines, in the order of the public page.
    sections: ClassVar[tuple[Any, ...]] = ()

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        context["sections"] = self._sections(context)
        return super().render_change_form(request, context, *args, **kwargs)

    def _sections(self, context: dict[str, Any]) -> list[dict[str, Any]]:
        """What the template draws: label, anchor, whether something is wrong, and the thing."""
        drawn = [_fieldset(fieldset) for fieldset in context["adminform"]]
        drawn += [_inline(inline) for inline in context["inline_admin_formsets"]]
        ranks = {_key(section): rank for rank, section in enumerate(self.sections)}
        elsewhere = len(ranks) - 1.5
        drawn.sort(key=lambda section: ranks.get(section["key"], elsewhere))
        for number, section in enumerate(drawn):
            section["number"] = number
        return drawn

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form: Any = super().get_form(request, obj, change, **kwargs)
        is_unfinished = request.method == "POST" and MORE in request.POST
        return type(form)(form.__name__, (_Unfinished, form), {}) if is_unfinished else form

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method == "POST" and MORE in request.POST:
            data = request.POST.copy()
            total = f"{data[MORE]}-TOTAL_FORMS"
            rows = str(data.get(total, ""))
            if rows.isascii() and rows.isdecimal() and len(rows) < 5:
                data[f"{data[MORE]}-{rows}-id"] = ""
                data[total] = str(int(rows) + 1)
            request.POST = data  # type: ignore[assignment]
        return super().changeform_view(request, *args, **kwargs)


def _key(section: Any) -> Any:
    """What tells a section from the others: an inline's class, or a fieldset's first field."""
    return section if isinstance(section, type) else _first(section[1]["fields"])


def _first(fields: Any) -> str:
    first = fields[0]
    return first if isinstance(first, str) else str(first[0])


def _fieldset(fieldset: Any) -> dict[str, Any]:
    names = [
        field for line in fieldset.fields for field in ([line] if isinstance(line, str) else line)
    ]
    return {
        "key": _first(fieldset.fields),
        "label": fieldset.name or _("Heading"),
        "is_faulty": any(name in fieldset.form.errors for name in names),
        "fieldset": fieldset,
    }


def _inline(inline: Any) -> dict[str, Any]:
    return {
        "key": type(inline.opts),
        "label": capfirst(inline.opts.verbose_name_plural),
        "is_faulty": bool(inline.non_form_errors() or any(inline.formset.errors)),
        "inline": inline,
    }
