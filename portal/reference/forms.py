"""What all forms of the admin share: texts and lists as they are stored, rows of parts."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from django import forms
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.reference.labels import LANGUAGE_NAMES
from portal.reference.meanings import meanings_of
from portal.reference.models import Jurisdiction
from portal.reference.widgets import KnownSelect, choice_label, reference_choices

#: Signs that no file may hold either: a record with one could not be taken along and read again.
NO_CONTROL_SIGNS = RegexValidator(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]",
    gettext_lazy("It holds a sign that cannot be seen (a control character): type it again."),
    inverse_match=True,
)
#: The name of the buttons that ask for one more row; their value is the prefix of the rows.
MORE = "_more"


class PlainTextField(forms.CharField):
    """A text of several lines; browsers send other line ends than the ones that are stored."""

    def to_python(self, value: Any) -> Any:
        return super().to_python(value.replace("\r\n", "\n") if isinstance(value, str) else value)


class LinesField(forms.CharField):
    """A list of short texts, one a line: a citation may well hold a comma."""

    def __init__(self, *, line_length: int | None = None, **kwargs: Any) -> None:
        self.line_length = line_length
        super().__init__(**{"widget": forms.Textarea(attrs={"rows": 3}), **kwargs})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        lines = (super().to_python(value) or "").splitlines()
        return [line.strip() for line in lines if line.strip()]

    def validate(self, value: Any) -> None:
        super().validate(value)
        for place, line in enumerate(value, start=1):
            if self.line_length and len(line) > self.line_length:
                raise ValidationError(
                    _("Line %(place)d is longer than %(limit)d characters."),
                    code="max_length",
                    params={"place": place, "limit": self.line_length},
                )

    def run_validators(self, value: Any) -> None:
        for line in value:
            super().run_validators(line)


class CheckBoxes(forms.CheckboxSelectMultiple):
    """Several choices, all of them in sight, in columns (static/css/admin.css)."""

    def __init__(self, attrs: dict[str, Any] | None = None, choices: Any = ()) -> None:
        super().__init__({"class": "check-boxes", **(attrs or {})}, choices)


def array_formfield(db_field: ArrayField, **kwargs: Any) -> forms.Field:
    """The form field of a list: check boxes where its values are known, lines otherwise."""
    kwargs = {
        "label": capfirst(db_field.verbose_name),
        "help_text": db_field.help_text,
        "required": not db_field.blank,
        **kwargs,
    }
    base: models.Field = db_field.base_field
    if base.choices:
        return forms.MultipleChoiceField(
            choices=[(code, LANGUAGE_NAMES.get(code, label)) for code, label in base.choices],
            widget=CheckBoxes,
            **kwargs,
        )
    return LinesField(line_length=base.max_length, **kwargs)


class CuratorForm(forms.ModelForm):
    """A form whose faults are told at the field, before a constraint has to refuse them.

    Subclasses name in `limits` the least and the greatest number that a field may hold.
    """

    limits: ClassVar[dict[str, tuple[float, float | None]]] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, (least, greatest) in self.limits.items():
            if name not in self.fields:
                continue
            field = self.fields[name]
            field.validators = [*field.validators, MinValueValidator(least)]
            if greatest is not None:
                field.validators = [*field.validators, MaxValueValidator(greatest)]
        for name, field in self.fields.items():
            widget = getattr(field.widget, "widget", field.widget)
            chosen = self.instance._state.fields_cache.get(name)
            if isinstance(widget, KnownSelect) and chosen is not None:
                widget.known = {str(chosen.pk): choice_label(widget.admin_site, chosen)}

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for name, field in self.fields.items():
            if isinstance(field, forms.MultipleChoiceField) and name not in self.changed_data:
                # Boxes come back in their own order; what nobody changed keeps the stored one.
                data[name] = self.initial.get(name, [])
        for name in [name for name in data if name.endswith("_amount")]:
            self._check_money(name, f"{name.removesuffix('_amount')}_currency", data)
        return data

    def _check_money(self, amount: str, currency: str, data: dict[str, Any]) -> None:
        if data[amount] is not None and data[amount] <= 0:
            self.add_error(amount, _("An amount is above zero."))
        elif data[amount] is not None and data.get(currency) == "":
            self.add_error(currency, _("An amount needs its currency."))
        elif data[amount] is None and data.get(currency):
            self.add_error(amount, _("A currency needs an amount."))


class PartForm(CuratorForm):
    """One part of a record in a table of its parts."""

    def full_clean(self) -> None:
        super().full_clean()
        if self.is_bound and not self.instance._state.adding and not self.has_changed():
            # New rows are compared with this one, so that nothing stands twice.
            self.cleaned_data = dict(self.initial)

    def _get_validation_exclusions(self) -> set[str]:
        # The formset numbers its rows itself once they are valid.
        return super()._get_validation_exclusions() | {"position"}  # type: ignore[misc]


class PartFormSet(forms.BaseInlineFormSet):
    """The parts of a record: untouched rows are left alone, positions are made to follow."""

    def _construct_form(self, i: int, **kwargs: Any) -> Any:
        is_asked_for = self.is_bound and self.data.get(MORE) == self.prefix
        if is_asked_for and i == self.total_form_count() - 1:
            # The row that a button asked for was not sent: it begins with what new rows begin with.
            # Without `files` as well: to Django a form that is given an empty list of them is sent.
            kwargs |= {"data": None, "files": None}
        form = super()._construct_form(i, **kwargs)  # type: ignore[misc]
        # What was valid when it was saved needs no check: each would cost several queries.
        form.empty_permitted = True
        if self.is_bound and not form.is_bound:
            # Django asks each row of a page that was sent whether it is to be deleted.
            form.cleaned_data = {}
        return form

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        if "position" in form.fields:
            form.fields["position"].required = False
            form.fields["position"].help_text = gettext_lazy("Empty: at the end.")
            if form.instance.pk is None:
                form.initial["position"] = None

    def total_form_count(self) -> int:
        # No more rows than were sent: whoever says that there are 10,000 gets none of them made.
        total: int = super().total_form_count()
        return min(total, self._rows_sent()) if self.is_bound else total

    def _rows_sent(self) -> int:
        """How many rows a form that was sent has, by the names of its fields."""
        if not hasattr(self, "_sent"):
            row = re.compile(rf"{re.escape(str(self.prefix))}-([0-9]{{1,4}})-")
            found = (row.match(name) for name in self.data)
            self._sent = max((int(match[1]) + 1 for match in found if match), default=0)
        return self._sent

    def clean(self) -> None:
        super().clean()
        if super().total_form_count() != self._rows_sent():
            raise ValidationError(
                _("Some rows of this table did not arrive. Nothing was saved: send it again.")
            )
        staying = [form for form in self.initial_forms if not self._is_going(form)]
        # Django would leave such a row out in silence, with what was typed into it; and one that is
        # there but told to be new it would add once more.
        if any(form.instance._state.adding for form in staying) or self._adds_what_is_there():
            raise ValidationError(
                _(
                    "A row is not of this record, or somebody deleted it meanwhile. Nothing was"
                    " saved: open the page again."
                )
            )

    def _adds_what_is_there(self) -> bool:
        """Whether a row behind those that are said to be there brings the key of one that is."""
        model: Any = self.model
        key = model._meta.pk.name
        beyond = range(max(0, self.initial_form_count()), self._rows_sent())
        return any(self.data.get(f"{self.prefix}-{number}-{key}") for number in beyond)

    def save(self, commit: bool = True) -> Any:
        rows = [form for form in self.forms if self._stays(form)]
        if any("position" in form.changed_data or form.instance.pk is None for form in rows):
            self._number([form for form in rows if "position" in form.fields])
        return super().save(commit)

    def _is_going(self, form: Any) -> bool:
        return bool(self.can_delete and self._should_delete_form(form))  # type: ignore[attr-defined]

    def _stays(self, form: Any) -> bool:
        return form not in self.deleted_forms and (
            form.instance.pk is not None or form.has_changed()
        )

    def _number(self, rows: list[Any]) -> None:
        """Number the rows by the positions asked for; a moved one goes before the one there."""

        def wanted(form: Any) -> tuple[float, bool]:
            position = form.cleaned_data.get("position", form.initial.get("position"))
            return (
                float("inf") if position is None else position,
                "position" not in form.changed_data,
            )

        for place, form in enumerate(sorted(rows, key=wanted)):
            part = form.instance
            moved, part.position = part.position != place, place
            if moved and not form.has_changed():
                part.save(update_fields=["position"])


def _without_shortcuts(wrapper: RelatedFieldWidgetWrapper) -> None:
    """Keep curators from changing a country for all records while they describe one of them."""
    is_reference = wrapper.rel.model._meta.app_label == Jurisdiction._meta.app_label
    wrapper.can_delete_related = False
    if is_reference:
        wrapper.can_add_related = wrapper.can_change_related = wrapper.can_view_related = False


class ReferenceFieldsMixin:
    """For model admins and inlines: small tables from memory, large ones by autocompletion."""

    admin_site: Any
    model: type[models.Model]
    #: Of choices that depend on another field of the form, the name of that field.
    limited_by: ClassVar[dict[str, str]] = {}

    def get_form(self, request: Any, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """The form of a page; what its fields mean, the dictionary says, also of those shown."""
        given = {"help_texts": meanings_of(self.model), **kwargs}
        return super().get_form(request, obj, change, **given)  # type: ignore[misc]

    def formfield_for_dbfield(self, db_field: models.Field, request: Any, **kwargs: Any) -> Any:
        if isinstance(db_field, ArrayField):
            return array_formfield(db_field, **kwargs)
        if isinstance(db_field, models.TextField) and not db_field.choices:
            kwargs["form_class"] = PlainTextField
        if isinstance(db_field, models.URLField):
            kwargs["assume_scheme"] = "https"
        field = super().formfield_for_dbfield(  # type: ignore[misc]
            db_field, request, **kwargs
        )
        if field is not None and isinstance(field.widget, RelatedFieldWidgetWrapper):
            _without_shortcuts(field.widget)
        if isinstance(field, forms.CharField):
            field.validators.append(NO_CONTROL_SIGNS)
        return field

    def formfield_for_foreignkey(
        self, db_field: models.ForeignKey, request: Any, **kwargs: Any
    ) -> Any:
        completed = self.get_autocomplete_fields(request)  # type: ignore[attr-defined]
        if db_field.remote_field.model is Jurisdiction or db_field.name in completed:
            within = self.limited_by.get(db_field.name, "")
            kwargs["widget"] = KnownSelect(db_field, self.admin_site, within=within)
        field = super().formfield_for_foreignkey(  # type: ignore[misc]
            db_field, request, **kwargs
        )
        choices = reference_choices(db_field)
        if field is not None and choices is not None:
            # A list made once serves every row; the stock field would ask for it row by row.
            field.choices = choices
        return field
