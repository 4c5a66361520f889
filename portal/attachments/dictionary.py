"""What the fields of documents mean."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from portal.reference.meanings import Meanings

MEANINGS: Meanings = {
    "attachment": {
        "title": _("As readers see it: “Judgment of 3 May 2019”."),
        "kind": _("`pdf` or `docx`, by its content."),
        "size": _("Bytes."),
        "pages": _("Pages of a PDF whose text was read."),
        "sha256": _("Checksum (SHA-256) in hexadecimal digits: what was stored, unchanged."),
        "language": _("ISO 639-1 code; its words are searched by it."),
        "is_public": _("Otherwise for curators only."),
        "note": _("Shown with the document."),
    },
}
