"""Choosing reference data in the admin without a query for each row of each inline."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.admin.widgets import AutocompleteSelect
from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.reference.catalog import catalog
from portal.reference.models import Jurisdiction, Term


class JurisdictionSelect(AutocompleteSelect):
    """Autocompletion of jurisdictions whose chosen name comes from the catalog."""

    def optgroups(self, name: str, value: Any, attr: Any = None) -> list[Any]:
        chosen = [str(entry) for entry in value if entry]
        options: list[Any] = [] if self.allow_multiple_selected else [self._empty(name)]
        for place, code in enumerate(chosen, start=1):
            label = catalog().jurisdiction_name(code)
            options.append(self.create_option(name, code, label, True, place))
        return [(None, options, 0)]

    def _empty(self, name: str) -> Any:
        return self.create_option(name, "", "", False, 0)


def term_choices(vocabularies: Iterable[str], *, with_empty: bool) -> list[tuple[str, Any]]:
    """Terms of vocabularies as choices of a select box, in their order."""
    known = catalog()
    choices: list[tuple[str, Any]] = [("", _("Not recorded"))] if with_empty else []
    for vocabulary in vocabularies:
        for code in known.vocabularies.get(vocabulary, ()):
            key = f"{vocabulary}:{code}"
            choices.append((key, known.term_label(key)))
    return choices


class ReferenceFieldsMixin:
    """For model admins and inlines: terms from memory, jurisdictions by autocompletion."""

    admin_site: Any

    def formfield_for_foreignkey(
        self, db_field: models.ForeignKey, request: Any, **kwargs: Any
    ) -> Any:
        if db_field.remote_field.model is Jurisdiction:
            kwargs["widget"] = JurisdictionSelect(db_field, self.admin_site)
        field = super().formfield_for_foreignkey(  # type: ignore[misc]
            db_field, request, **kwargs
        )
        if field is not None and db_field.remote_field.model is Term:
            # A list made once serves every row; the stock field would ask for it row by row.
            vocabularies = getattr(db_field, "vocabularies", ())
            field.choices = term_choices(vocabularies, with_empty=db_field.null)
        return field
