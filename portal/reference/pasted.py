"""Sources pasted into one box, a line each, as people keep them in their notes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from portal.reference.provenance import Source
from portal.reference.punctuation import TYPED_BETWEEN

#: Longer than title, address and note together may be.
LONGEST_LINE = 2_500
#: Marks of other scripts that no address holds: they are of the text around it.
_NEVER_INSIDE = "|｜，；、。،؛"
_BAR = re.compile("[|｜]")
_LINK = re.compile(r"\[(?P<title>[^\[\]]*)\]\(\s*<?(?P<url>(?:[^\s()<>]|\([^\s()]*\))+)>?\s*\)")
_URL = re.compile(rf"<?(?P<url>https?://[^\s<>{_NEVER_INSIDE}]+)>?", re.IGNORECASE)
_DOI = re.compile(rf"(?:doi:\s*)?(?P<url>10\.\d{{4,9}}/[^\s<>{_NEVER_INSIDE}]+)", re.IGNORECASE)
_BULLET = re.compile(r"^\s*(?:[-*•–]|\d{1,2}[.)])\s+")
_AROUND = f" \t{TYPED_BETWEEN}:：|｜–—-"
_check_url = URLValidator(schemes=["http", "https"])


@dataclass(frozen=True, slots=True)
class PastedSource:
    """A source that a line gives."""

    title: str
    url: str = ""
    note: str = ""


def read_source(line: str) -> PastedSource:
    """The source that a line means: title and address in either order, then perhaps a note.

    Read are `Title https://…`, `https://… Title`, `Title | https://… | note`, a link of Markdown
    and, in the place of an address, a DOI.

    Raises ValueError, with a message for curators, for a line without a title or an address.
    """
    if len(line) > LONGEST_LINE:
        raise ValueError(_("it has more than %(most)d characters") % {"most": LONGEST_LINE})
    text = _BULLET.sub("", line).strip()
    match = _LINK.search(text) or _URL.search(text) or _DOI.search(text)
    if match is None:
        raise ValueError(_("there is no address (https://…) and no DOI"))
    url = match["url"] if match.re is _LINK else _without_stop(match["url"])
    before, after = (
        text[: match.start()].rstrip().removesuffix("("),
        text[match.start() :].replace(match[0], "", 1),
    )
    if match.re is not _LINK:
        after = match["url"][len(url) :] + after
    if re.match(r"10\.\d", url):
        url = f"https://doi.org/{url}"
    others = [part.strip(_AROUND) for part in (before, *_BAR.split(after))]
    parts = [part for part in others if part not in ("", ".", "。", ")", "(", "()")]
    if match.re is _LINK and match["title"].strip():
        parts.insert(0, match["title"].strip())
    if not parts:
        raise ValueError(_("the address has no title"))
    return PastedSource(parts[0], _checked(url), "; ".join(parts[1:]))


def _without_stop(url: str) -> str:
    """An address without the stop or bracket of the sentence around it."""
    url = url.rstrip(".,;:!?'\"”»")
    while url.endswith(")") and url.count(")") > url.count("("):
        url = url[:-1]
    return url


def _checked(url: str) -> str:
    try:
        _check_url(url)
    except ValidationError as error:
        raise ValueError(_("“%(url)s” is no address") % {"url": url[:80]}) from error
    return url


class PastedLinesField(forms.CharField):
    """A box for several things, one a line; its value is a list of them.

    Attributes:
        most_lines: how many lines are read at once; more are refused.
    """

    most_lines = 50

    def __init__(self, **kwargs: Any) -> None:
        box = forms.Textarea(attrs={"rows": 4, "class": "vLargeTextField"})
        super().__init__(**{"required": False, "widget": box, **kwargs})

    def read_line(self, line: str) -> Any:
        """What a line gives; raises ValueError or ValidationError with words for curators."""
        raise NotImplementedError

    def clean(self, value: Any) -> list[Any]:
        text = super().clean(value)
        lines = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
        if len(lines) > self.most_lines:
            said = ngettext(
                "At most %(most)d line at once.", "At most %(most)d lines at once.", self.most_lines
            )
            raise ValidationError(said, params={"most": self.most_lines})
        found, errors = [], []
        for number, line in lines:
            try:
                found.append(self.read_line(line))
            except (ValueError, ValidationError) as error:
                fault = " ".join(getattr(error, "messages", [str(error)]))
                message = _("Line %(number)d: %(fault)s.") % {"number": number, "fault": fault}
                errors.append(ValidationError(message, code="invalid"))
        if errors:
            raise ValidationError(errors)
        return found


class PastedSourcesField(PastedLinesField):
    """A box for several sources; its value is a list of PastedSource."""

    def __init__(self, **kwargs: Any) -> None:
        given = {
            "label": gettext_lazy("Paste several sources"),
            "help_text": gettext_lazy(
                "One a line: Title https://…, or Title | https://… | note. They follow the others."
            ),
        }
        super().__init__(**{**given, **kwargs})

    def read_line(self, line: str) -> PastedSource:
        return _fitting(read_source(line))


def _fitting(source: PastedSource) -> PastedSource:
    for name in ("title", "url", "note"):
        field: Any = Source._meta.get_field(name)
        most = field.max_length
        if len(getattr(source, name)) > most:
            raise ValueError(
                _("“%(text)s” is longer than %(most)d characters")
                % {"text": f"{getattr(source, name)[:40]}…", "most": most}
            )
    return source


def append_sources(record: Any, pasted: Sequence[PastedSource]) -> list[PastedSource]:
    """Add pasted sources behind those of a record; returns those whose address it had already."""
    present = list(record.sources.values_list("url", "position"))
    known, position = {url for url, _position in present}, -1
    position = max((place for _url, place in present), default=-1)
    left_out, made = [], []
    model: type[models.Model] = record.sources.model
    owner = record.sources.field.name
    for source in pasted:
        if source.url in known:
            left_out.append(source)
            continue
        position += 1
        known.add(source.url)
        values = {"title": source.title, "url": source.url, "note": source.note}
        made.append(model(**{owner: record}, **values, position=position))
    model._default_manager.bulk_create(made)
    return left_out
