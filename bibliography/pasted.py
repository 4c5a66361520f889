"""Authors and editors pasted into one box, a line each."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Max
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from bibliography.models import Contributor, Work

MOST_LINES = 100
_EDITOR = re.compile(
    r"[(（](?:(?:eds?|hrsg|dir|coord)s?\.?|ред\.?|主?编|محرر)[)）]$", re.IGNORECASE
)
_COMMA = re.compile("[,،，、]")


def read_contributor(line: str) -> Contributor:
    """The contributor that a line names: `Family, Given`, or `{Name of a body}`; `(ed.)` behind.

    Raises ValueError, with a message for curators: which word of “Anna Maria Weber” is the family
    name, and whether a name is a body's, is not guessed.
    """
    name = _EDITOR.sub("", line.strip()).strip()
    role = Contributor.Role.EDITOR if name != line.strip() else Contributor.Role.AUTHOR
    if name.startswith("{") and name.endswith("}") and name[1:-1].strip():
        return Contributor(role=role, literal=name[1:-1].strip())
    family, comma, given = (part.strip() for part in _COMMA.sub(",", name).partition(","))
    if not comma or not family or "," in given or "{" in name:
        raise ValueError(_("write “Family, Given”, or {Name of a body} in braces"))
    return Contributor(role=role, family=family, given=given)


class PastedContributorsField(forms.CharField):
    """A box for several contributors; its value is a list of them, not yet saved."""

    def __init__(self, **kwargs: Any) -> None:
        given = {
            "label": gettext_lazy("Paste several authors or editors"),
            "required": False,
            "widget": forms.Textarea(attrs={"rows": 4, "class": "vLargeTextField"}),
            "help_text": gettext_lazy(
                "One a line: Family, Given; a body in braces: {Name}; behind an editor: (ed.)."
            ),
        }
        super().__init__(**{**given, **kwargs})

    def clean(self, value: Any) -> list[Contributor]:
        text = super().clean(value)
        lines = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
        if len(lines) > MOST_LINES:
            said = ngettext(
                "At most %(most)d line at once.", "At most %(most)d lines at once.", MOST_LINES
            )
            raise ValidationError(said, params={"most": MOST_LINES})
        found, errors = [], []
        for number, line in lines:
            try:
                contributor = read_contributor(line)
                contributor.clean_fields(exclude=["work"])
                found.append(contributor)
            except (ValueError, ValidationError) as error:
                fault = " ".join(getattr(error, "messages", [str(error)]))
                message = _("Line %(number)d: %(fault)s.") % {"number": number, "fault": fault}
                errors.append(ValidationError(message, code="invalid"))
        if errors:
            raise ValidationError(errors)
        return found


def append_contributors(work: Work, pasted: list[Contributor]) -> list[Contributor]:
    """Add contributors behind those of a work; returns those that it had already."""
    last = work.contributors.aggregate(last=Max("position"))["last"]
    position = -1 if last is None else last
    known = {_name(contributor) for contributor in work.contributors.all()}
    left_out, made = [], []
    for contributor in pasted:
        if _name(contributor) in known:
            left_out.append(contributor)
            continue
        position += 1
        known.add(_name(contributor))
        contributor.work, contributor.position = work, position
        made.append(contributor)
    Contributor.objects.bulk_create(made)
    return left_out


def _name(contributor: Contributor) -> tuple[str, ...]:
    return contributor.role, contributor.family, contributor.given, contributor.literal
