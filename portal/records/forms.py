"""Forms for records: their state and code, and many terms as one group of check boxes each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

from django import forms
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.records.database import databases
from portal.records.models import Redirect, State
from portal.records.roles import remember_state, states_for
from portal.reference.forms import CheckBoxes, CuratorForm
from portal.reference.meanings import meaning
from portal.reference.pasted import PastedSourcesField
from portal.reference.widgets import term_choices


def is_code_of_a_record(code: str) -> bool:
    """Whether any record of any database has this code, whatever its state."""
    return any(database.records.filter(code=code).exists() for database in databases())


class RecordForm(CuratorForm):
    """A form of a record: its addresses never die, and `/id/<code>` leads to one record only.

    `user` is set by the admin (`for_user`): the state moves only where they may move it.
    """

    user: Any = None
    why = forms.CharField(
        label=gettext_lazy("What changed, and why"),
        required=False,
        max_length=500,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text=gettext_lazy("One sentence; readers see it in the history of the record."),
    )

    pasted_sources = PastedSourcesField()

    @classmethod
    def for_user(cls, user: Any) -> type[Self]:
        """The form as a user has it."""
        return type(cls.__name__, (cls,), {"user": user})

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        remember_state(self.instance)
        state = self.fields.get("state")
        if isinstance(state, forms.ChoiceField) and self.user is not None:
            allowed = states_for(self.user, self.instance)
            state.choices = [(value, label) for value, label in State.choices if value in allowed]
            state.error_messages["invalid_choice"] = _(
                "You cannot bring the record to this state. What was public is withdrawn with a"
                " reason: its address stays."
            )

    def clean_code(self) -> str:
        code: str = self.cleaned_data["code"]
        if code == self.initial.get("code"):
            return code
        if is_code_of_a_record(code):
            raise forms.ValidationError(_("Another record has this code."))
        target = Redirect.objects.filter(code=code).values_list("target", flat=True).first()
        if target is not None:
            raise forms.ValidationError(
                _("This code was given up; its addresses lead to %(target)s."),
                params={"target": target},
            )
        return code

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        state = data.get("state")
        if state == State.WITHDRAWN and not data.get("withdrawal_reason"):
            self.add_error("withdrawal_reason", _("A withdrawal needs a reason."))
        if state in (State.DRAFT, State.IN_REVIEW) and self.instance.first_published_at:
            self.add_error(
                "state",
                _("A record that was public is withdrawn with a reason: its address stays."),
            )
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
        self._before = (
            chosen_terms(self.through, self.owner, self.instance) if self.instance.pk else []
        )
        for vocabulary in self.vocabularies:
            field = self.fields.get(vocabulary)
            if isinstance(field, forms.MultipleChoiceField):
                field.choices = term_choices([vocabulary])
                self.initial[vocabulary] = [key for key in self._before if _of(key, vocabulary)]

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


def chosen_terms(through: type[models.Model], owner: str, record: models.Model) -> list[str]:
    """The keys of the terms that a record carries, in their order."""
    links = through._default_manager.filter(**{owner: record})
    return list(links.order_by("position", "pk").values_list("term_id", flat=True))


def _of(key: str, vocabulary: str) -> bool:
    return key.partition(":")[0] == vocabulary


def terms_form(
    through: type[models.Model],
    owner: str,
    labels: dict[str, Any],
    limits: dict[str, tuple[float, float | None]] | None = None,
) -> type[TermsForm]:
    """A form class for the record that `through` links to terms.

    Args:
        through: the model of the links.
        owner: the name of its foreign key to the record.
        labels: what each vocabulary is called in the form, in the form's order.
        limits: the least and greatest numbers of fields (`CuratorForm`).
    """
    record: Any = through._meta.get_field(owner).related_model
    fields: dict[str, Any] = {
        name: forms.MultipleChoiceField(
            label=label, required=False, widget=CheckBoxes, help_text=meaning(record, name)
        )
        for name, label in labels.items()
    }
    members = {
        **fields,
        "vocabularies": tuple(labels),
        "through": through,
        "owner": owner,
        "limits": limits or {},
    }
    return type("RecordTermsForm", (TermsForm,), members)


class RedirectForm(CuratorForm):
    """A form of a redirect: it leads to a record, and never in a circle.

    The old code may still be a record's: the redirect serves once that record is deleted.
    """

    def clean_target(self) -> str:
        target: str = self.cleaned_data["target"]
        if not is_code_of_a_record(target):
            raise forms.ValidationError(_("No record has this code."))
        if Redirect.objects.filter(code=target).exists():
            raise forms.ValidationError(
                _("This code is redirected itself; name the record that it leads to.")
            )
        return target

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if data.get("code") and data.get("code") == data.get("target"):
            self.add_error("target", _("A redirect leads to another code."))
        return data
