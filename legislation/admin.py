"""Laws in the admin."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from legislation.codes import free_provision_code
from legislation.models import Law, LawRelation, LawSource, Provision, ProvisionArticle
from portal.curation.admin import PUBLICATION, PartAdmin, RecordAdmin
from portal.records.database import following
from portal.reference.admin import PartInline, SourceInline
from portal.reference.forms import PartForm, PartFormSet, ReferenceFieldsMixin
from portal.search import index


class ProvisionForm(PartForm):
    limits = {"max_imprisonment_years": (0.01, None)}


class ProvisionFormSet(PartFormSet):
    """Provisions of a law; a new one gets its permanent code when it is saved."""

    def save_new(self, form: Any, commit: bool = True) -> Any:
        form.instance.code = free_provision_code(self.instance, form.instance.number)
        return super().save_new(form, commit)

    def save_existing(self, form: Any, obj: Any, commit: bool = True) -> Any:
        # The code of the law, and with it the provision's, may have changed since it was read.
        obj.code = provision_code_in(self.instance, obj)
        return super().save_existing(form, obj, commit)


class ProvisionInline(ReferenceFieldsMixin, admin.StackedInline):
    model = Provision
    form = ProvisionForm
    formset = ProvisionFormSet
    extra = 0
    show_change_link = True
    verbose_name_plural = _("provisions (open one for its treaty articles)")
    fields = (
        ("position", "number", "heading"),
        "summary",
        "benefit_element",
        ("max_imprisonment_years", "life", "max_fine_amount", "max_fine_currency"),
        ("text_original", "text_translation"),
    )


class LawRelationForm(PartForm):
    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if data.get("other") is not None and data["other"].pk == self.instance.law_id:
            self.add_error("other", gettext("A law cannot change itself."))
        return data


class LawRelationInline(PartInline):
    model = LawRelation
    form = LawRelationForm
    fk_name = "law"
    autocomplete_fields = ("other",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[LawRelation]:
        return super().get_queryset(request).select_related("other")


class LawSourceInline(SourceInline):
    model = LawSource


class FollowedAdmin(admin.ModelAdmin):
    """Lets other databases keep step: cases are linked to provisions by what their texts name."""

    def laws_of(self, request: HttpRequest, key: str | None) -> QuerySet[Law]:
        """The law that a request changes."""
        raise TypeError(f"{type(self).__name__} does not say which law it changes")

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        def answer() -> HttpResponse:
            return super(FollowedAdmin, self).changeform_view(
                request, object_id, form_url, extra_context
            )

        if request.method != "POST":
            return answer()
        with transaction.atomic():
            key = unquote(object_id) if object_id else None
            laws = list(self.laws_of(request, key))
            with following(Law, laws):
                response = answer()
            index.refresh(laws)
        return response


def provision_code_in(law: Law, provision: Provision) -> str:
    """The code of a provision behind the present code of its law."""
    return f"{law.code}:{provision.anchor}"


def rename_provisions(law: Law) -> None:
    """Make the codes of a law's provisions follow a change of its own code."""
    for provision in law.provisions.all():
        provision.code = provision_code_in(law, provision)
        provision.save(update_fields=["code"])


@admin.register(Law)
class LawAdmin(FollowedAdmin, RecordAdmin):
    list_display = (
        *("title", "place", "number", "adopted", "status", "state", "changed_at", "public_page"),
    )
    list_filter = ("type", "status")
    list_select_related = ("status",)
    inlines = (ProvisionInline, LawRelationInline, LawSourceInline)
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "code",
                    "title",
                    "title_original",
                    ("jurisdiction", "language"),
                    ("type", "status", "number"),
                    ("adopted", "in_force"),
                    "summary",
                    ("humanitarian_exemption", "migrants_not_liable"),
                )
            },
        ),
        PUBLICATION,
    )

    def laws_of(self, request: HttpRequest, key: str | None) -> QuerySet[Law]:
        return Law.objects.filter(pk=int(key)) if key and key.isdecimal() else Law.objects.none()

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        if change and "code" in form.changed_data:
            rename_provisions(form.instance)
        super().save_related(request, form, formsets, change)


class ProvisionArticleInline(PartInline):
    model = ProvisionArticle
    autocomplete_fields = ("article",)


@admin.register(Provision)
class ProvisionAdmin(FollowedAdmin, PartAdmin):
    form = ProvisionForm
    owner_field = "law"
    list_display = ("__str__", "law")
    list_select_related = ("law",)
    search_fields = ("number", "heading", "code", "law__title")
    autocomplete_fields = ("law",)
    readonly_fields = ("code",)
    inlines = (ProvisionArticleInline,)

    def laws_of(self, request: HttpRequest, key: str | None) -> QuerySet[Law]:
        if key and key.isdecimal():
            return Law.objects.filter(provisions=int(key))
        named = request.POST.get("law", "")
        return Law.objects.filter(pk=int(named)) if named.isdecimal() else Law.objects.none()

    def choice_label(self, provision: Provision) -> str:
        """A provision among choices: every law has an article 1."""
        return f"{provision.citation} ({provision.code})"

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if not obj.code:
            obj.code = free_provision_code(obj.law, obj.number)
        super().save_model(request, obj, form, change)
