"""Which recorded provisions the law applied in a case leads to."""

from __future__ import annotations

from collections.abc import Iterable

from caselaw.matching import match_provisions
from caselaw.models import LawApplied, ProvisionApplied
from legislation.models import Law, Provision


def matches_of(law: Law, text: str) -> list[tuple[Provision, str]]:
    """The provisions of a law that the text of a source leads to, and how it names each."""
    provisions = {provision.pk: provision for provision in law.provisions.all()}
    numbers = [(key, provision.number) for key, provision in provisions.items()]
    return [(provisions[key], match) for key, match in match_provisions(text, numbers)]


def relink(applied_laws: Iterable[LawApplied]) -> None:
    """Link the provisions anew for laws applied whose law or text has changed."""
    for applied in applied_laws:
        applied.provision_links.all().delete()
        if applied.law is not None:
            ProvisionApplied.objects.bulk_create(
                ProvisionApplied(application=applied, provision=provision, match=match)
                for provision, match in matches_of(applied.law, applied.provision_text)
            )
