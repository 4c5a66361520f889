"""Laws applied in the admin: which law and which provisions the words of a case mean."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from caselaw.linking import judge_not_held, link_to_law, relink
from caselaw.models import Case, LawApplied, ProvisionApplied
from caselaw.suggestions import Suggestion, suggest
from caselaw.unlinked import LIKELY, HowLinked, PlaceOfCase, likely_laws
from legislation.models import Law
from portal.curation.admin import PartAdmin
from portal.records import roles
from portal.reference.admin import PartInline
from portal.reference.catalog import catalog
from portal.reference.forms import PartForm, PartFormSet

#: What decides to which provisions a law applied is linked.
LINKING = {"law", "provision_text"}
#: The form outside of the page's own that a click on a suggestion sends, without what was typed.
OUTER_FORM = "suggestion-form"


class LawAppliedForm(PartForm):
    """A law applied; that no such law is here was said of the words that stood there."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        law = self.fields.get("law")
        if law is not None and self.instance.case_id is not None:
            widget: Any = getattr(law.widget, "widget", law.widget)
            # Where the page has no box for the jurisdiction, it is that of the case.
            widget.attrs["data-within-value"] = self.instance.case.jurisdiction_id

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        renamed = "law_text" in self.changed_data and "not_held" not in self.changed_data
        if data.get("law") is not None or renamed:
            self.instance.not_held = data["not_held"] = False
        return data


class LawAppliedFormSet(PartFormSet):
    """The laws applied of a case; what is suggested for them is asked once for all rows."""

    may_see_laws = may_change = False

    def get_queryset(self) -> Any:
        rows = super().get_queryset()
        for row in rows:
            row.shown_in = self
        return rows

    def suggestion_for(self, applied: LawApplied) -> Suggestion | None:
        if not hasattr(self, "_suggested"):
            self._suggested = suggest(list(self.get_queryset())) if self.may_see_laws else {}
        return self._suggested.get(applied.pk)


class LawAppliedInline(PartInline):
    model = LawApplied
    form = LawAppliedForm
    formset = LawAppliedFormSet
    autocomplete_fields = ("law",)
    limited_by = {"law": "jurisdiction"}
    show_change_link = True
    verbose_name_plural = gettext_lazy(
        "laws applied (provisions are linked by what the source names)"
    )
    # What is suggested stands before the wide box, so that it is in sight.
    fields = ("position", "law_text", "provision_text", "likely", "law")
    readonly_fields = ("likely",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[LawApplied]:
        return super().get_queryset(request).select_related("law", "case")

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        formset: Any = super().get_formset(request, obj, **kwargs)
        formset.may_see_laws = roles.may_view(request.user, Law)
        formset.may_change = obj is not None and self.has_change_permission(request, obj)
        return formset

    @admin.display(description=gettext_lazy("likely law"))
    def likely(self, applied: LawApplied) -> SafeString | str:
        formset = getattr(applied, "shown_in", None)
        if formset is None or applied.law_id is not None:
            return "–"
        return _shown(
            applied,
            formset.suggestion_for(applied),
            may_change=formset.may_change,
            form=OUTER_FORM,
            back=reverse("admin:caselaw_case_change", args=[applied.case_id]),
        )


def _shown(
    applied: LawApplied, suggestion: Suggestion | None, *, may_change: bool, form: str, back: str
) -> SafeString:
    """What is suggested for a law applied, with its buttons."""
    query = urlencode({"next": back})
    return render_to_string(
        "admin/caselaw/lawapplied/_likely.html",
        {
            "applied": applied,
            "suggestion": suggestion,
            "may_change": may_change,
            "form": form,
            "accept": f"{_address('accept', applied)}?{query}",
            "judge": f"{_address('judge', applied)}?{query}",
        },
    )


def _address(view: str, applied: LawApplied) -> str:
    return reverse(f"admin:caselaw_lawapplied_{view}", args=[applied.pk])


def warn_of_foreign_laws(request: HttpRequest, case: Case) -> None:
    """Say which of the laws that a case is linked to are of another jurisdiction."""
    elsewhere = LawApplied.objects.filter(case=case).exclude(law=None)
    elsewhere = elsewhere.exclude(law__jurisdiction=case.jurisdiction_id)
    keys = list(elsewhere.values_list("pk", flat=True))
    if not keys:
        return
    # Of these, what courts of the jurisdiction apply as a rule is left out.
    foreign = LawApplied.objects.filter(pk__in=keys).of_foreign_laws(case.jurisdiction_id)
    for applied in foreign.select_related("law"):
        law: Any = applied.law
        said = _("“%(law)s” is a law of another jurisdiction: %(place)s. Is it the law meant?")
        place = catalog().jurisdiction_name(law.jurisdiction_id)
        messages.warning(request, said % {"law": f"{law.title} ({law.code})", "place": place})


class ProvisionAppliedFormSet(PartFormSet):
    """Provisions of the law applied, and of no other."""

    def clean(self) -> None:
        super().clean()
        for form in self.forms:
            if not form.has_changed() or not form.is_valid():
                continue
            provision = form.cleaned_data.get("provision")
            if provision is not None and provision.law_id != self.instance.law_id:
                form.add_error("provision", _("This is a provision of another law."))


class ProvisionAppliedInline(PartInline):
    model = ProvisionApplied
    formset = ProvisionAppliedFormSet
    autocomplete_fields = ("provision",)
    limited_by = {"provision": "law"}

    def get_queryset(self, request: HttpRequest) -> QuerySet[ProvisionApplied]:
        return super().get_queryset(request).select_related("provision__law")


class LawsAppliedList(ChangeList):
    """Knows of the rows on its page which law is suggested, and whether they may be changed."""

    #: What is suggested for the rows, where they are chosen by it.
    likely: dict[int, Suggestion] | None = None

    def get_queryset(
        self, request: HttpRequest, exclude_parameters: Any = None
    ) -> QuerySet[LawApplied]:
        found: Any = super().get_queryset(request, exclude_parameters)
        asked = (one.value() for one in self.filter_specs if isinstance(one, HowLinked))
        if LIKELY in asked and HowLinked.parameter_name not in (exclude_parameters or ()):
            # How many they are, and what is shown of them, is known by this and not asked again.
            self.likely = likely_laws(found)
            found = found.filter(pk__in=self.likely)
            found.known_count = len(self.likely)
        return found

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        rows: list[Any] = list(self.result_list)
        found = self.likely
        if found is None:
            found = suggest(rows) if roles.may_view(request.user, Law) else {}
        for row in rows:
            row.suggestion = found.get(row.pk)
            row.may_change = roles.may_change(request.user, row.case)
            row.listed_at = request.get_full_path()
        self.result_list = rows


@admin.register(LawApplied)
class LawAppliedAdmin(PartAdmin):
    form = LawAppliedForm
    owner_field = "case"
    fields = ("case", "position", "law_text", "provision_text", "law", "not_held")
    list_display = ("law_text", "provision_text", "likely", "linked_law", "case_page", "place")
    list_select_related = ("case", "law")
    list_filter = (HowLinked, PlaceOfCase)
    ordering = ("case__code", "position", "pk")
    search_fields = ("law_text", "provision_text", "case__code", "case__title", "law__code")
    search_help_text = gettext_lazy("Law or provision as given, case, or code of the law")
    autocomplete_fields = ("case", "law")
    limited_by = {"law": "jurisdiction"}
    inlines = (ProvisionAppliedInline,)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return LawsAppliedList

    def get_paginator(self, request: HttpRequest, queryset: Any, *args: Any, **kwargs: Any) -> Any:
        pages: Any = super().get_paginator(request, queryset, *args, **kwargs)
        if (known := getattr(queryset, "known_count", None)) is not None:
            pages.count = known
        return pages

    @admin.display(description=gettext_lazy("case"), ordering="case__code")
    def case_page(self, applied: LawApplied) -> SafeString:
        address = reverse("admin:caselaw_case_change", args=[applied.case_id])
        return format_html('<a href="{}">{}</a>', address, applied.case.code)

    @admin.display(description=gettext_lazy("jurisdiction"), ordering="case__jurisdiction_id")
    def place(self, applied: LawApplied) -> str:
        return catalog().jurisdiction_name(applied.case.jurisdiction_id)

    @admin.display(description=gettext_lazy("linked law"), ordering="law__code")
    def linked_law(self, applied: LawApplied) -> SafeString | str:
        if applied.law is None:
            return "–"
        address = reverse("admin:legislation_law_change", args=[applied.law_id])
        return format_html('<a href="{}">{}</a>', address, applied.law.code)

    @admin.display(description=gettext_lazy("likely law"))
    def likely(self, applied: Any) -> SafeString | str:
        if applied.law_id is not None:
            return "–"
        may = applied.may_change
        return _shown(applied, applied.suggestion, may_change=may, form="", back=applied.listed_at)

    def settle(self, form: Any, formsets: Any) -> None:
        # Provisions chosen by hand in the same moment win over the matching.
        if LINKING & set(form.changed_data) and not any(rows.has_changed() for rows in formsets):
            relink([form.instance])

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        warn_of_foreign_laws(request, form.instance.case)

    def get_urls(self) -> list[Any]:
        views = {"accept": self.accept, "judge": self.judge}
        own = [
            path(
                f"<int:key>/{name}/",
                self.admin_site.admin_view(view),
                name=f"caselaw_lawapplied_{name}",
            )
            for name, view in views.items()
        ]
        return [*own, *super().get_urls()]

    def accept(self, request: HttpRequest, key: int) -> HttpResponse:
        """Link to the law that was suggested, in one click; what was shown is what is linked."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        with transaction.atomic():
            applied = self._locked(request, key)
            may_see = roles.may_view(request.user, Law)
            suggestion = suggest([applied]).get(key) if may_see else None
            if suggestion is None or str(suggestion.law.pk) != request.POST.get("law"):
                messages.warning(request, _("This is no longer suggested; look at it again."))
                return self._back(request)
            link_to_law(
                applied, suggestion.law, user=request.user, why=_("Suggested link accepted")
            )
        self._say(request, applied, _("“%(text)s” is linked to %(law)s."), suggestion.law.code)
        return self._back(request)

    def judge(self, request: HttpRequest, key: int) -> HttpResponse:
        """Say that the collection has no such law, or take it back (`not_held` is empty)."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        with transaction.atomic():
            applied = self._locked(request, key)
            not_held = bool(request.POST.get("not_held"))
            if applied.law_id is not None:
                messages.warning(request, _("It is linked to a law by now."))
                return self._back(request)
            why = _("The law is not in the collection") if not_held else _("To be looked at again")
            judge_not_held(applied, not_held, user=request.user, why=why)
        said = _("“%(text)s” left the queue: no such law here.")
        back = _("“%(text)s” is in the queue again.")
        self._say(request, applied, said if not_held else back)
        return self._back(request)

    def _locked(self, request: HttpRequest, key: int) -> LawApplied:
        """A law applied, held until the end of the transaction, of a case that one may change."""
        rows = LawApplied.objects.select_for_update(of=("self",)).select_related("case")
        applied: LawApplied = get_object_or_404(rows, pk=key)
        if not roles.may_change(request.user, applied.case):
            raise PermissionDenied
        return applied

    def _say(self, request: HttpRequest, applied: LawApplied, text: str, law: str = "") -> None:
        said = text % {"text": applied, "law": law}
        self.log_change(request, applied, said)
        messages.success(request, said)

    def _back(self, request: HttpRequest) -> HttpResponse:
        wanted = request.GET.get("next", "")
        if not url_has_allowed_host_and_scheme(wanted, {request.get_host()}, request.is_secure()):
            wanted = reverse("admin:caselaw_lawapplied_changelist")
        return HttpResponseRedirect(wanted)
