"""Which recorded provisions the law applied in a case leads to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import transaction

from caselaw.matching import match_provisions
from caselaw.models import LawApplied, ProvisionApplied
from legislation.models import Law, Provision
from portal.records.revisions import begin, take
from portal.search import index


def matches_of(law: Law, text: str) -> list[tuple[Provision, str]]:
    """The provisions of a law that the text of a source leads to, and how it names each."""
    provisions = {provision.pk: provision for provision in law.provisions.all()}
    numbers = [(key, provision.number) for key, provision in provisions.items()]
    return [(provisions[key], match) for key, match in match_provisions(text, numbers)]


def links_of(applied: LawApplied) -> dict[str, str]:
    """The codes of the provisions linked, and how the source names each."""
    return {link.provision.code: link.match for link in applied.provision_links.all()}


def follows_text(applied: LawApplied) -> bool:
    """Whether the links are those that the text leads to, and not a curator's own."""
    found = matches_of(applied.law, applied.provision_text) if applied.law is not None else []
    return links_of(applied) == {provision.code: match for provision, match in found}


def relink(applied_laws: Iterable[LawApplied]) -> None:
    """Link the provisions anew for laws applied whose law or text has changed."""
    applied_laws = list(applied_laws)
    ProvisionApplied.objects.filter(application__in=applied_laws).delete()
    ProvisionApplied.objects.bulk_create(
        ProvisionApplied(application=applied, provision=provision, match=match)
        for applied in applied_laws
        if applied.law is not None
        for provision, match in matches_of(applied.law, applied.provision_text)
    )


@contextmanager
def links_follow(laws: Sequence[Law]) -> Iterator[None]:
    """While the provisions of laws change: links that follow from a text still do afterwards.

    A curator's own links stay as they are, as far as their provisions do.
    """
    applications = LawApplied.objects.filter(law__in=laws).prefetch_related("law__provisions")
    following = [
        applied.pk
        for applied in applications.prefetch_related("provision_links__provision")
        if follows_text(applied)
    ]
    yield
    relink(applications.filter(pk__in=following))


def link_to_law(applied: LawApplied, law: Law, *, user: Any, why: str) -> None:
    """Link a law applied to a law and to the provisions that its text leads to.

    The case's history says who did it and why, and the search follows.
    """
    with _changing(applied, user=user, why=why):
        applied.law, applied.not_held = law, False
        applied.save(update_fields=["law", "not_held"])
        relink([applied])


def judge_not_held(applied: LawApplied, not_held: bool, *, user: Any, why: str) -> None:
    """Say of a law applied in words only that the collection has no such law, or that it may."""
    with _changing(applied, user=user, why=why):
        applied.not_held = not_held
        applied.save(update_fields=["not_held"])


@contextmanager
def _changing(applied: LawApplied, *, user: Any, why: str) -> Iterator[None]:
    """A change of a case by one of its laws applied, as its own page in the admin makes it."""
    case = applied.case
    with transaction.atomic():
        begin(case)
        yield
        case.save(update_fields=["changed_at"])
        take(case, user=user, why=why)
        index.refresh([case])
