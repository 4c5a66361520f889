"""Forms for records: many terms of a record as one group of check boxes a vocabulary."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.db import models
from django.utils.translation import gettext as _

from portal.records.models import State
from portal.reference.widgets import term_choices


class RecordForm(forms.ModelForm):
    """A form of a record; refuses a withdrawal without a reason before the database has to."""

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("state") == State.WITHDRAWN and not data.get("withdrawal_reason"):
            self.add_error("withdrawal_reason", _("A withdrawal needs a reason."))
        return data


class TermsForm(RecordForm):
    """A form of a record with a field for each vocabulary of which it may carry several terms.

    Subclasses are made by `terms_form`. The terms are written by `save_terms`, once the record
    has been saved.
    """

    vocabularies: Sequence[str] = ()
    through: type[models.Model]
    owner: str

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen: list[str] = []
        if self.instance.pk:
            links = self.through._default_manager.filter(**{self.owner: self.instance})
            chosen = list(links.order_by("position", "pk").values_list("term_id", flat=True))
        self._before = chosen
        for vocabulary in self.vocabularies:
            field = self.fields.get(vocabulary)
            if isinstance(field, forms.MultipleChoiceField):
                field.choices = term_choices([vocabulary], with_empty=False)
                self.initial[vocabulary] = [key for key in chosen if _of(key, vocabulary)]

    def save_terms(self) -> None:
        """Write the chosen terms: those that stay keep their order, new ones follow."""
        chosen = [key for name in self.vocabularies for key in self.cleaned_data.get(name, [])]
        kept = [key for key in self._before if key in chosen]
        wanted = kept + [key for key in chosen if key not in kept]
        wanted.sort(key=lambda key: self.vocabularies.index(key.partition(":")[0]))
        if wanted == self._before:
            return
        self.through._default_manager.filter(**{self.owner: self.instance}).delete()
        self.through._default_manager.bulk_create(
            self.through(**{self.owner: self.instance}, term_id=key, position=place)
            for place, key in enumerate(wanted)
        )


def _of(key: str, vocabulary: str) -> bool:
    return key.partition(":")[0] == vocabulary


def terms_form(through: type[models.Model], owner: str, labels: dict[str, Any]) -> type[TermsForm]:
    """A form class for the record that `through` links to terms.

    Args:
        through: the model of the links.
        owner: the name of its foreign key to the record.
        labels: what each vocabulary is called in the form, in the form's order.
    """
    fields: dict[str, Any] = {
        name: forms.MultipleChoiceField(
            label=label, required=False, widget=forms.CheckboxSelectMultiple
        )
        for name, label in labels.items()
    }
    members = {**fields, "vocabularies": tuple(labels), "through": through, "owner": owner}
    return type("RecordTermsForm", (TermsForm,), members)
