"""Literature: the database and its declaration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from bibliography.dictionary import MEANINGS


class BibliographyConfig(AppConfig):
    name = "bibliography"
    verbose_name = _("Bibliography")
    meanings = MEANINGS

    def ready(self) -> None:
        from bibliography.api import WorkViewSet
        from bibliography.citations import from_csl, to_csl
        from bibliography.descriptions import describe
        from bibliography.exports import export_work
        from bibliography.filters import WorkParameters
        from bibliography.imports import WorkImporter
        from bibliography.models import Work
        from bibliography.search import affected, document
        from bibliography.styled import for_style
        from portal.records.database import Citable, Database

        self.database = Database(
            slug="bibliography",
            api_slug="works",
            order=3,
            load_order=3,
            model=Work,
            filterset=WorkParameters,
            document=document,
            title=_("Bibliography"),
            noun=_("work"),
            noun_plural=_("works"),
            description=_(
                "Books, articles, reports and theses, each with an annotation that says what it "
                "studies and how."
            ),
            counted=lambda total: ngettext("%(number)s work", "%(number)s works", total),
            urls="bibliography.urls",
            row_template="bibliography/_row.html",
            viewset=WorkViewSet,
            importer=WorkImporter(),
            exporter=export_work,
            date_field="issued",
            identified_by=(("doi", "doi"), ("isbn", "isbn")),
            told_apart_by=("type", "container_title", "volume", "issue", "publisher", "issued"),
            describe=describe,
            affected=affected,
            citable=Citable(to_csl, for_style, from_csl),
        )
