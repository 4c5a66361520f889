"""What a curator says of a file: which format it has, whose records it holds, and why it comes."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.exchange.formats.base import format_of_name, formats_for
from portal.exchange.formats.safety import MAX_BYTES
from portal.imports import files
from portal.imports.models import ImportRun
from portal.records.database import Database
from portal.reference.punctuation import listed

_WIDE = {"class": "vTextField"}


class UploadForm(forms.ModelForm):
    """A file for one database."""

    file = forms.FileField(label=gettext_lazy("File"))
    format = forms.ChoiceField(label=gettext_lazy("Format"), required=False)
    source_url = forms.URLField(
        label=gettext_lazy("Address of the source"),
        required=False,
        max_length=1000,
        assume_scheme="https",
        widget=forms.URLInput(attrs={"class": "vURLField"}),
    )

    field_order = ("file", "format", "source_title", "source_url", "why")

    class Meta:
        model = ImportRun
        fields = ("source_title", "source_url", "why")
        widgets = {
            "source_title": forms.TextInput(attrs=_WIDE),
            "why": forms.TextInput(attrs=_WIDE),
        }
        help_texts = {
            "source_title": gettext_lazy(
                "For records of the file that name no source: every record has one."
            ),
            "why": gettext_lazy("One sentence; the history of each record will say it."),
        }

    def __init__(
        self, database: Database, *args: Any, is_too_large: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.database, self.is_too_large = database, is_too_large
        self.formats = formats_for(database, reading=True)
        extensions = [f".{form.extension}" for form in self.formats]
        file, choice = self.fields["file"], self.fields["format"]
        file.help_text = _("%(extensions)s; %(number)d MB at most.") % {
            "extensions": listed(extensions),
            "number": MAX_BYTES // 1_000_000,
        }
        file.error_messages["empty"] = _("The file is empty.")
        if is_too_large:
            file.error_messages["required"] = _("The file is larger than %(number)d MB.") % {
                "number": MAX_BYTES // 1_000_000
            }
        file.widget.attrs["accept"] = ",".join(extensions)
        if isinstance(choice, forms.ChoiceField):
            known = [(form.key, form.label) for form in self.formats]
            choice.choices = [("", _("By the name of the file")), *known]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        upload = data.get("file")
        if upload is not None and not data.get("format") and "format" not in self.errors:
            found = format_of_name(upload.name, self.database)
            if found is None or found.read is None:
                self.add_error("format", _("The name of the file does not tell its format."))
            else:
                data["format"] = found.key
        if data.get("source_url") and not data.get("source_title"):
            self.add_error("source_title", _("A source has a title."))
        return data

    def kept(self, user: Any) -> ImportRun:
        """The run of the file, with the file kept."""
        run: ImportRun = self.instance
        upload = self.cleaned_data["file"]
        run.database, run.user = self.database.slug, user
        run.format = self.cleaned_data["format"]
        run.file_name = files.plain_name(upload.name)
        files.keep(run, upload.chunks())
        run.save()
        return run
