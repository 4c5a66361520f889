"""Authors and editors pasted into one box, a line each."""

from __future__ import annotations

import re
from typing import Any

from django.db.models import Max
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bibliography.models import Contributor, Work
from portal.reference.pasted import PastedLinesField

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


class PastedContributorsField(PastedLinesField):
    """A box for several contributors; its value is a list of them, not yet saved."""

    most_lines = 100

    def __init__(self, **kwargs: Any) -> None:
        given = {
            "label": gettext_lazy("Paste several authors or editors"),
            "help_text": gettext_lazy(
                "One a line: Family, Given; a body in braces: {Name}; behind an editor: (ed.)."
            ),
        }
        super().__init__(**{**given, **kwargs})

    def read_line(self, line: str) -> Contributor:
        contributor = read_contributor(line)
        contributor.clean_fields(exclude=["work"])
        return contributor


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
