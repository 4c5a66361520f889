"""Documents among the parts of a record: chosen once, described as long as they are there."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.attachments.models import Attachment
from portal.attachments.names import clean_name
from portal.attachments.pages import text_in_words
from portal.attachments.sniffing import kind_of
from portal.attachments.storage import checksum, discard, keep
from portal.reference.forms import PartForm, PartFormSet


class DocumentInput(forms.FileInput):
    """Chooses a document; of one that is there, says what it is and leads to it."""

    template_name = "admin/widgets/document.html"

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        # No browser sends a file again by itself where a page came back with errors.
        context["chosen"] = getattr(value, "name", "")
        return context


class HeldDocument(forms.Widget):
    """A document that is there: what it is never changes."""

    template_name = "admin/widgets/document.html"
    #: Django asks the first row alone how the page is sent, and rows that follow choose files.
    needs_multipart_form = True

    def __init__(self, attachment: Attachment) -> None:
        super().__init__()
        self.attachment = attachment

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        held = self.attachment
        # The form may hold another code by now, which is not saved or is none.
        address = held.address(held.stored_code)
        said = text_in_words(held)
        return {**context, "attachment": held, "address": address, "said": said}


class DocumentField(forms.FileField):
    """A document whose kind is read from its content.

    Its value has the attributes `kind` and `sha256` besides those of an uploaded file.
    """

    widget = DocumentInput

    def __init__(self, **kwargs: Any) -> None:
        # How long a name may be is a matter of storing it, not of refusing it.
        super().__init__(**{"allow_empty_file": True, **kwargs})

    def bound_data(self, data: Any, initial: Any) -> Any:
        # Django forgets here what was chosen; the widget tells its name.
        return data

    def to_python(self, data: Any) -> Any:
        found: Any = super().to_python(data)
        if found is not None:
            found.kind = kind_of(found, found.size)
            found.sha256 = checksum(found)
        return found


class AttachmentForm(PartForm):
    """A document of a record."""

    file = DocumentField(
        label=gettext_lazy("document"),
        widget=DocumentInput(attrs={"accept": ".pdf,.docx"}),
        help_text=gettext_lazy("PDF or Word (DOCX)."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk is not None:
            # Disabled: whatever is sent for it is not looked at.
            self.fields["file"] = forms.Field(
                label=self.fields["file"].label,
                required=False,
                disabled=True,
                widget=HeldDocument(self.instance),
            )

    def save(self, commit: bool = True) -> Any:
        chosen = self.cleaned_data.get("file")
        if self.instance.pk is None and chosen:
            held = self.instance
            held.kind, held.size, held.sha256 = chosen.kind, chosen.size, chosen.sha256
            held.name = clean_name(chosen.name, chosen.kind)
            keep(chosen, chosen.sha256)
        return super().save(commit)


class AttachmentFormSet(PartFormSet):
    """The documents of a record, each once; one that nothing holds any more is taken away."""

    def clean(self) -> None:
        super().clean()
        held = {
            form.instance.sha256: form.instance.title
            for form in self.initial_forms
            if not self._goes(form)
        }
        for form in self.extra_forms:
            chosen = getattr(form, "cleaned_data", {}).get("file")
            if not chosen or self._goes(form):
                continue
            if chosen.sha256 in held:
                form.add_error(
                    "file",
                    ValidationError(
                        _("This document is already attached: “%(title)s”."),
                        code="twice",
                        params={"title": held[chosen.sha256]},
                    ),
                )
            held.setdefault(chosen.sha256, form.cleaned_data.get("title", ""))

    def get_queryset(self) -> Any:
        # Most records hold none; their admin says so in the query that reads them.
        if not getattr(self.instance, "holds_documents", True):
            model: Any = self.model
            return model._default_manager.none()
        return super().get_queryset()

    def _goes(self, form: Any) -> bool:
        """Whether a row is to be removed, said also where other rows have faults."""
        return bool(getattr(form, "cleaned_data", {}).get("DELETE"))

    def _construct_form(self, i: int, **kwargs: Any) -> Any:
        form = super()._construct_form(i, **kwargs)
        if form.instance.pk is not None:
            # Its address names the record: known here, and else a query for each.
            setattr(form.instance, form.instance.owner_field, self.instance)
        return form

    def delete_existing(self, obj: Any, commit: bool = True) -> None:
        super().delete_existing(obj, commit)
        discard([obj.sha256])
