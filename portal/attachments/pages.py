"""Documents on the page of their record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from portal.attachments.models import Attachment, Reading
from portal.attachments.searching import public_attachments
from portal.reference.punctuation import labelled


@dataclass(frozen=True)
class ShownAttachment:
    """A document as a reader sees it; `size` in bytes, `kind` a word such as PDF."""

    title: str
    url: str
    kind: str
    size: int
    pages: int | None
    language: str
    note: str


def shown_attachments(record: Any) -> list[ShownAttachment]:
    """The documents of a record that readers get, with their addresses."""
    return [
        ShownAttachment(
            title=attachment.title,
            url=attachment.address(record.code),
            kind=str(attachment.get_kind_display()),
            size=attachment.size,
            pages=attachment.pages,
            language=attachment.language,
            note=attachment.note,
        )
        for attachment in public_attachments(record)
    ]


def text_in_words(attachment: Attachment) -> str:
    """For curators: whether words of a document find its record, and why not."""
    if attachment.reading in (Reading.DONE, Reading.CUT) and not attachment.is_public:
        return _("Not searched: for curators only")
    said = str(Reading(attachment.reading).label)
    return labelled(said, _(attachment.fault)) if attachment.fault else said
