"""What the fields of works and their parts mean; the terms are those of CSL 1.0.2."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from portal.reference.meanings import Meanings

MEANINGS: Meanings = {
    "work": {
        "type": _("A type of CSL: book, journal article, report, chapter, thesis."),
        "author": _("Authors, in the order of the title page."),
        "editor": _("Editors, in the order of the title page."),
        "contributors": _("Authors and editors, in the order of the title page."),
        "issued": _("When it was published, as precisely as it is known."),
        "date-parts": _("Year, month and day, as far as they are known."),
        "container_title": _("The journal or book that it is part of."),
        "collection_title": _("The series that it appeared in."),
        "volume": _("Of the journal or series."),
        "issue": _("Of the journal."),
        "page": _("First and last page: 112–134."),
        "publisher": _("Publishing house, organization or university."),
        "publisher_place": _("Where the publisher is."),
        "doi": _("Digital object identifier, without https://doi.org/."),
        "isbn": _("International standard book number, of 10 or 13 digits."),
        "issn": _("International standard serial number of the journal."),
        "url": _("The work’s own address, where it can be read."),
        "link": _("The work’s own address, where it can be read."),
        "annotation": _("30 to 90 words in our own: what it studies and how."),
        "countries": _("Countries that it studies (ISO 3166-1 alpha-3)."),
        "regions": _("Areas that it studies."),
        "areas": _("Areas that it studies."),
        "topics": _("What it is about."),
        "methods": _("How it came to know."),
        "cases": _("Codes of the cases that it discusses."),
        "laws": _("Codes of the laws that it discusses."),
    },
    "contributor": {
        "role": _("Author or editor."),
        "family": _("Family name of a person."),
        "given": _("Given names of a person."),
        "literal": _("Name of a body, in the place of family and given name."),
    },
    "workcountry": {"jurisdiction": _("A country that it studies (ISO 3166-1 alpha-3).")},
    "workcase": {
        "case": _("A case that it discusses."),
        "note": _("On which pages, and what it says."),
    },
    "worklaw": {
        "law": _("A law that it discusses."),
        "note": _("On which pages, and what it says."),
    },
}
