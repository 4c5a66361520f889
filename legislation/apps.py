"""National laws and their provisions: the database and its declaration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from legislation.dictionary import MEANINGS


class LegislationConfig(AppConfig):
    name = "legislation"
    verbose_name = _("Legislation")
    meanings = MEANINGS

    def ready(self) -> None:
        from legislation.api import LawViewSet, ProvisionViewSet
        from legislation.citations import for_style, to_csl
        from legislation.descriptions import describe
        from legislation.exports import export_law
        from legislation.filters import LawParameters
        from legislation.imports import LawImporter
        from legislation.models import Law
        from legislation.search import affected, document
        from portal.records.database import Citable, Database

        self.database = Database(
            slug="legislation",
            api_slug="laws",
            order=2,
            load_order=1,
            model=Law,
            filterset=LawParameters,
            document=document,
            title=_("Legislation"),
            noun=_("law"),
            noun_plural=_("laws"),
            description=_(
                "National laws and the provisions that implement the Protocol and the Convention, "
                "with penalties and the element of benefit."
            ),
            counted=lambda total: ngettext("%(number)s law", "%(number)s laws", total),
            urls="legislation.urls",
            row_template="legislation/_row.html",
            viewset=LawViewSet,
            resources=(("provisions", ProvisionViewSet),),
            importer=LawImporter(),
            exporter=export_law,
            date_field="adopted",
            identified_by=(("number", "number"),),
            told_apart_by=("type", "number", "adopted"),
            describe=describe,
            affected=affected,
            citable=Citable(to_csl, for_style),
        )
