"""Parts of parts on the page of a record: the charges of each defendant inside its block.

A formset of parts carries, for each of its rows, a formset of that row's own parts. They are
checked and saved together with the row; `static/js/nested.js` adds and removes their rows.
"""

from __future__ import annotations

from typing import Any

from django.contrib.admin import StackedInline
from django.contrib.admin.helpers import InlineAdminFormSet
from django.core.exceptions import ValidationError
from django.forms import BoundField
from django.forms.widgets import Script
from django.http import HttpRequest
from django.utils.translation import gettext as _

from portal.reference.admin import PartInline, PartRights
from portal.reference.forms import PartForm, PartFormSet

#: What one record may hold, far above any real one: a form can be made to ask for more.
MOST_ROWS = 200
MOST_INNER_ROWS = 500


class _InnerField(BoundField):
    """A field in a row of parts: what it means stands once above the rows, and not in each."""

    @property
    def aria_describedby(self) -> str | None:
        said = super().aria_describedby
        rows = str(self.form.prefix).rpartition("-")[0]
        return said and said.replace(f"{self.auto_id}_helptext", f"{rows}-help-{self.name}")


class InnerFormSet(PartFormSet):
    """The parts of one row, read from the database together with those of all other rows."""

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        form.bound_field_class = _InnerField

    def get_queryset(self) -> Any:
        if not hasattr(self, "_queryset"):
            owner = self.instance
            parts = getattr(owner, self.fk.remote_field.get_accessor_name())
            self._queryset = list(parts.all()) if owner.pk is not None else []
        return self._queryset


class NestingForm(PartForm):
    """A row with parts of its own, in `parts`: it is changed, and right, only with them."""

    parts: Any

    def has_changed(self) -> bool:
        return super().has_changed() or (self.parts.is_bound and self.parts.has_changed())

    def full_clean(self) -> None:
        super().full_clean()
        if self.is_bound and self.parts.is_bound and not self.parts.is_valid():
            name = self.parts.model._meta.verbose_name_plural
            said = _("Please correct what is wrong below: %(parts)s.")
            self.add_error(None, said % {"parts": name})


class NestingFormSet(PartFormSet):
    """Rows that have parts of their own (`NestingInline` makes the classes)."""

    #: The inline of a row's parts, its fieldsets, and the formset class that it made.
    inner_inline: PartInline
    inner_fieldsets: Any
    inner_class: Any

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        is_sent = form.is_bound and self._inner_rows_asked() <= MOST_INNER_ROWS
        form.parts = self.inner_class(
            data=form.data if is_sent else None,
            instance=form.instance,
            prefix=f"{form.prefix}-{self.inner_class.get_default_prefix()}",
        )

    def _inner_rows_asked(self) -> int:
        """How many parts of parts the form that was sent says it has."""
        if not hasattr(self, "_asked"):
            inner = self.inner_class.get_default_prefix()
            totals = (
                str(self.data.get(f"{self.add_prefix(row)}-{inner}-TOTAL_FORMS", ""))
                for row in range(self.total_form_count())
            )
            # Four digits are far too many rows; a number of a million digits is not even read.
            self._asked = sum(int(total[:4]) for total in totals if total.isdecimal())
        return self._asked

    def clean(self) -> None:
        super().clean()
        if self._inner_rows_asked() > MOST_INNER_ROWS:
            raise ValidationError(
                _("Too many rows in one record (%(parts)s). At most: %(most)d."),
                params={
                    "most": MOST_INNER_ROWS,
                    "parts": self.inner_class.model._meta.verbose_name_plural,
                },
            )

    def save_new(self, form: Any, commit: bool = True) -> Any:
        owner = super().save_new(form, commit)
        form.parts.save(commit)
        return owner

    def save_existing(self, form: Any, obj: Any, commit: bool = True) -> Any:
        owner = super().save_existing(form, obj, commit)
        form.parts.save(commit)
        return owner


class NestingInline(PartRights, StackedInline):
    """A block for each part of a record, with the table of its own parts inside.

    `nested` is the inline of those parts; its queryset has to bring them along (`get_queryset`
    with `prefetch_related`), or each block would ask for its own.
    """

    form: type[NestingForm] = NestingForm
    formset: type[NestingFormSet] = NestingFormSet
    nested: type[PartInline]
    template = "admin/edit_inline/nesting.html"
    max_num = MOST_ROWS
    extra = 0

    class Media:
        # Named together with those of all inlines, which a class of its own would leave out.
        js = (*PartRights.Media.js, Script("js/nested.js", type="module"))

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        inner = self.nested(self.model, self.admin_site)
        # Who may change the record may change the parts of its parts.
        inner.outer = self
        may = self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
        rows = {"extra": 1 if may else 0, "max_num": MOST_INNER_ROWS}
        made: Any = super().get_formset(request, obj, absolute_max=MOST_ROWS, **kwargs)
        made.inner_inline = inner
        made.inner_fieldsets = list(inner.get_fieldsets(request, obj))
        made.inner_class = inner.get_formset(
            request, obj, formset=InnerFormSet, absolute_max=MOST_INNER_ROWS, **rows
        )
        return made


def inner_rows(outer: InlineAdminFormSet, form: Any) -> InlineAdminFormSet:
    """What a template needs to draw the parts of one row of an inline."""
    made = outer.formset
    inline = made.inner_inline
    return InlineAdminFormSet(
        inline,
        form.parts,
        made.inner_fieldsets,
        readonly_fields=list(inline.readonly_fields),
        model_admin=outer.model_admin,
        has_add_permission=outer.has_add_permission,
        has_change_permission=outer.has_change_permission,
        has_delete_permission=outer.has_delete_permission,
        has_view_permission=outer.has_view_permission,
    )
