"""Laws in the admin."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from legislation.codes import free_provision_code
from legislation.models import (
    Law,
    LawAttachment,
    LawRelation,
    LawSource,
    Provision,
    ProvisionArticle,
)
from portal.attachments.admin import AttachmentInline, AttachmentsMixin
from portal.curation.admin import PASTED_SOURCES, PUBLICATION, PartAdmin, RecordAdmin
from portal.curation.sections import fieldsets_of, inlines_of
from portal.records.database import following
from portal.reference.admin import PartInline, PartRights, SourceInline
from portal.reference.article_codes import ArticleCodesField, codes_in_order
from portal.reference.catalog import catalog
from portal.reference.forms import PartForm, PartFormSet
from portal.reference.meanings import meaning
from portal.reference.widgets import is_key
from portal.search import index


class ProvisionForm(PartForm):
    limits = {"max_imprisonment_years": (0.01, None)}


class ProvisionBlockForm(ProvisionForm):
    """A provision on the law's page, with the codes of its treaty articles."""

    article_codes = ArticleCodesField(
        help_text=format_lazy("{} {}", meaning(Provision, "article_codes"), ArticleCodesField.HOW)
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk is not None:
            self.initial["article_codes"] = codes_in_order(self.instance.article_links.all())

    def save_articles(self) -> None:
        """Put the articles typed in the place of those that the provision has."""
        if "article_codes" in self.changed_data:
            self.instance.article_links.all().delete()
            ProvisionArticle.objects.bulk_create(
                ProvisionArticle(provision=self.instance, article_id=code, position=place)
                for place, code in enumerate(self.cleaned_data["article_codes"])
            )


class ProvisionFormSet(PartFormSet):
    """Provisions of a law; a new one gets its permanent code when it is saved."""

    def save_new(self, form: Any, commit: bool = True) -> Any:
        form.instance.code = free_provision_code(self.instance, form.instance.number)
        provision = super().save_new(form, commit)
        form.save_articles()
        return provision

    def save_existing(self, form: Any, obj: Any, commit: bool = True) -> Any:
        # The code of the law, and with it the provision's, may have changed since it was read.
        obj.code = provision_code_in(self.instance, obj)
        provision = super().save_existing(form, obj, commit)
        form.save_articles()
        return provision


class ProvisionInline(PartRights, admin.StackedInline):
    model = Provision
    form = ProvisionBlockForm
    formset = ProvisionFormSet
    extra = 0
    show_change_link = True
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("position", "number", "heading"),
                    "summary",
                    ("benefit_element", "max_imprisonment_years", "life"),
                    ("max_fine_amount", "max_fine_currency"),
                    "article_codes",
                )
            },
        ),
        (
            _("Wording"),
            {"classes": ("collapse",), "fields": ("text_original", "text_translation")},
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Provision]:
        return super().get_queryset(request).prefetch_related("article_links")


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


class LawAttachmentInline(AttachmentInline):
    model = LawAttachment


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


#: The fields and parts of a law, in the order of its public page.
SECTIONS = (
    (
        None,
        {
            "fields": (
                "code",
                "title",
                "title_original",
                "jurisdiction",
                ("type", "number"),
                ("adopted", "in_force"),
                ("status", "language"),
            )
        },
    ),
    (_("Summary"), {"fields": ("summary",)}),
    (_("Safeguards"), {"fields": (("humanitarian_exemption", "migrants_not_liable"),)}),
    ProvisionInline,
    LawRelationInline,
    LawAttachmentInline,
    LawSourceInline,
    PASTED_SOURCES,
    PUBLICATION,
)


@admin.register(Law)
class LawAdmin(AttachmentsMixin, FollowedAdmin, RecordAdmin):
    list_display = (
        *("title", "place", "number", "adopted", "status", "state", "changed_at", "public_page"),
    )
    list_filter = ("type", "status")
    list_select_related = ("status",)
    sections = SECTIONS
    fieldsets = fieldsets_of(SECTIONS)
    inlines = inlines_of(SECTIONS)

    def choices_within(self, laws: QuerySet[Law], within: str, term: str) -> QuerySet[Law]:
        """The laws that courts of a jurisdiction apply, and the one whose exact code was typed."""
        if within not in catalog().jurisdictions:
            return laws.none()
        usual = Law.objects.for_courts_of(within)
        return laws.filter(Q(pk__in=usual.values("pk")) | Q(code=term.lower()))

    def laws_of(self, request: HttpRequest, key: str | None) -> QuerySet[Law]:
        return Law.objects.filter(pk=int(key)) if key and is_key(key) else Law.objects.none()

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
        if key and is_key(key):
            return Law.objects.filter(provisions=int(key))
        named = request.POST.get("law", "")
        return Law.objects.filter(pk=int(named)) if is_key(named) else Law.objects.none()

    def choices_within(
        self, provisions: QuerySet[Provision], within: str, term: str
    ) -> QuerySet[Provision]:
        """The provisions of a law."""
        return provisions.filter(law=int(within)) if is_key(within) else provisions.none()

    def choice_label(self, provision: Provision) -> str:
        """A provision among choices: every law has an article 1."""
        return f"{provision.citation} ({provision.code})"

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if not obj.code:
            obj.code = free_provision_code(obj.law, obj.number)
        super().save_model(request, obj, form, change)
