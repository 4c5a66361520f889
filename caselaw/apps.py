"""Court cases: the database and its declaration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from caselaw.dictionary import MEANINGS


class CaselawConfig(AppConfig):
    name = "caselaw"
    verbose_name = _("Case law")
    meanings = MEANINGS

    def ready(self) -> None:
        from caselaw.api import CaseViewSet
        from caselaw.citations import for_style, to_csl
        from caselaw.descriptions import describe
        from caselaw.exports import export_case
        from caselaw.filters import CaseParameters
        from caselaw.imports import CaseImporter
        from caselaw.models import Case
        from caselaw.search import affected, document
        from portal.records.database import Citable, Database

        self.database = Database(
            slug="cases",
            api_slug="cases",
            order=1,
            load_order=2,
            model=Case,
            filterset=CaseParameters,
            document=document,
            title=_("Case law"),
            noun=_("case"),
            noun_plural=_("cases"),
            description=_(
                "Decisions of courts at every level, with proceedings, defendants, charges, "
                "sentences and the law applied."
            ),
            counted=lambda total: ngettext("%(number)s case", "%(number)s cases", total),
            urls="caselaw.urls",
            row_template="caselaw/_row.html",
            viewset=CaseViewSet,
            importer=CaseImporter(),
            exporter=export_case,
            date_field="decision_date",
            identified_by=(("docket", "docket"), ("citations", "citation")),
            told_apart_by=("court", "decision_date", "docket"),
            describe=describe,
            affected=affected,
            citable=Citable(to_csl, for_style),
        )
