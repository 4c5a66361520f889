"""What the fields that all records share mean."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from portal.reference.meanings import Meanings

MEANINGS: Meanings = {
    "record": {
        "code": _(
            "Permanent: it is part of every address of the record. Lower-case letters and digits,"
            " joined by hyphens."
        ),
        "title": _("As published. The only place where the name of a private person may stand."),
        "title_original": _("Where the title above is a translation."),
        "language": _("ISO 639-1 code of the language of the original: en, fr, ar."),
        "state": _(
            "Draft, in review, published or withdrawn. The world sees what is published, and of"
            " what was withdrawn the reason."
        ),
        "withdrawal_reason": _("Shown to the public in the place of the record."),
        "review_note": _("What a curator still has to check; shown to curators only."),
        "created_by": _("Nobody where the collection brought it."),
        "first_published_at": _("When the world saw it first."),
        "changed_at": _("When anything of it was last changed."),
        "sources": _("The pages or documents that support what the record says; at least one."),
    },
}
