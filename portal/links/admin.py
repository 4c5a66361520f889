"""The addresses of sources in the admin: what curators see at once, and what they can do."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext

from portal.links.keeping import CutOffError, Keeper
from portal.links.models import Address
from portal.links.register import Naming, named_by
from portal.links.replacing import replace
from portal.links.rounds import Manners, check_all
from portal.reference.forms import CuratorForm, ReferenceFieldsMixin
from portal.reference.provenance import LinkStatus
from portal.reference.punctuation import between, clauses, labelled, listed

#: As many can be checked while a curator waits for the page, and for so long.
CHECKED_AT_ONCE = 20
WAITING = Manners(delay=1, timeout=10, retries=1, workers=10, longest=25)
#: Records that the list names of an address; its own page names all.
NAMED_IN_LIST = 3
SHOWN_LENGTH = 80
#: After so many letters an address may go on in the next line of a list.
PIECE = 20


class HowOftenFailed(admin.SimpleListFilter):
    title = gettext_lazy("failures in a row")
    parameter_name = "failed"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("0", pgettext("failures", "None")),
            ("1", _("One")),
            ("2", _("Two")),
            ("3", _("Three or more")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        value = self.value()
        if value not in (None, "0", "1", "2", "3"):
            raise IncorrectLookupParameters(f"{self.parameter_name}={value!r}")
        if value == "3":
            return queryset.filter(failures__gte=3)
        return queryset.filter(failures=value) if value else queryset


class AddressList(ChangeList):
    """Knows of the addresses on its page who names them."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        rows: list[Address] = list(self.result_list)
        found = named_by(row.url for row in rows)
        for row in rows:
            row.namings = found.get(row.url, [])  # type: ignore[attr-defined]
        self.result_list = rows


def shortened(url: str) -> str:
    return url if len(url) <= SHOWN_LENGTH else f"{url[:SHOWN_LENGTH]}…"


def breakable(url: str) -> SafeString:
    """The beginning of an address for a column of a list, which must not become too wide."""
    text = shortened(url)
    pieces = (text[start : start + PIECE] for start in range(0, len(text), PIECE))
    return format_html_join("", "{}<wbr>", ((piece,) for piece in pieces))


@admin.register(Address)
class AddressAdmin(ReferenceFieldsMixin, admin.ModelAdmin):
    form = CuratorForm
    list_display = (
        "shown",
        "status",
        "last_checked",
        "failing",
        "leads_to",
        "some_naming",
    )
    list_filter = ("status", HowOftenFailed)
    search_fields = ("url",)
    search_help_text = gettext_lazy("Part of an address, such as its host")
    ordering = ("url",)
    show_full_result_count = False
    list_per_page = 50
    actions = ("check_again", "take_over")
    results = (
        *("status", "last_checked", "message", "http_status", "moved_to", "failures"),
        *("first_failure", "all_naming"),
    )

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return AddressList

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("url", *self.results) if obj else ("url",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        # What checks found is not typed, and an address is changed in the record that names it.
        return ("url", *self.results) if obj else ()

    @admin.display(description=gettext_lazy("address"), ordering="url")
    def shown(self, address: Address) -> SafeString:
        return breakable(address.url)

    @admin.display(description=gettext_lazy("failures"), ordering="failures")
    def failing(self, address: Address) -> str:
        if address.first_failure is None:
            return "–"
        said = _("%(number)d, since %(day)s")
        return said % {"number": address.failures, "day": date_format(address.first_failure)}

    @admin.display(description=gettext_lazy("moved to"), ordering="moved_to")
    def leads_to(self, address: Address) -> SafeString | str:
        return breakable(address.moved_to) or "–"

    @admin.display(description=gettext_lazy("named by"))
    def some_naming(self, address: Address) -> SafeString | str:
        namings: list[Naming] = getattr(address, "namings", [])
        links = _links(namings[:NAMED_IN_LIST])
        left = len(namings) - NAMED_IN_LIST
        if left > 0:
            said = ngettext("and %(number)d more", "and %(number)d more", left)
            return format_html("{} {}", links, said % {"number": left})
        return links or "–"

    @admin.display(description=gettext_lazy("named by"))
    def all_naming(self, address: Address) -> SafeString | str:
        return _links(named_by([address.url]).get(address.url, [])) or "–"

    @admin.action(description=gettext_lazy("Check again now (20 at most)"), permissions=["change"])
    def check_again(self, request: HttpRequest, queryset: QuerySet[Address]) -> None:
        urls = list(queryset.values_list("url", flat=True)[: CHECKED_AT_ONCE + 1])
        if len(urls) > CHECKED_AT_ONCE:
            said = _("Choose %(number)d addresses at most; the weekly check takes all of them.")
            messages.error(request, said % {"number": CHECKED_AT_ONCE})
            return
        keeper = Keeper(timezone.localdate())
        for finding in check_all(urls, WAITING):
            keeper.add(finding)
        try:
            keeper.close()
        except CutOffError:
            said = _("Nobody answered, and nothing was kept: this machine may have no network.")
            messages.error(request, said)
            return
        found = [(status.label, keeper.counts[status]) for status in LinkStatus]
        messages.info(request, clauses(labelled(*pair) for pair in found if pair[1]))
        left = len(urls) - keeper.total
        if left:
            said = ngettext(
                "%(number)d address did not answer in time to be waited for.",
                "%(number)d addresses did not answer in time to be waited for.",
                left,
            )
            messages.warning(request, said % {"number": left})

    @admin.action(
        description=gettext_lazy("Replace the address by where it moved to"),
        permissions=["change"],
    )
    def take_over(self, request: HttpRequest, queryset: QuerySet[Address]) -> None:
        changed: dict[tuple[Any, Any], Any] = {}
        moved = list(queryset.filter(status=LinkStatus.MOVED))
        for address in moved:
            try:
                owners = replace(
                    address, user=request.user, may_change=lambda owner: self._may(request, owner)
                )
            except PermissionDenied:
                said = _("%(address)s is named by what you may not change; it was left alone.")
                messages.error(request, said % {"address": shortened(address.url)})
                continue
            changed |= {(type(owner), owner.pk): owner for owner in owners}
        for owner in changed.values():
            entry = [{"changed": {"name": _("source"), "object": str(owner), "fields": ["url"]}}]
            self._admin_of(owner).log_change(request, owner, entry)
        if changed:
            names = listed(sorted(_name(owner) for owner in changed.values()))
            messages.success(request, _("Changed: %(names)s") % {"names": names})
        if not moved:
            messages.warning(request, _("None of these addresses has moved for good."))

    def _admin_of(self, owner: Any) -> Any:
        return self.admin_site.get_model_admin(type(owner))

    def _may(self, request: HttpRequest, owner: Any) -> bool:
        return bool(self._admin_of(owner).has_change_permission(request, owner))


def _name(owner: Any) -> str:
    return str(getattr(owner, "code", "") or owner)


def _links(namings: list[Naming]) -> SafeString:
    return format_html_join(
        between(), '<a href="{}">{}</a>', ((naming.admin_path, naming.name) for naming in namings)
    )
