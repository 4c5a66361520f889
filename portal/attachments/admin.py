"""Documents on the page of their record in the admin."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy

from portal.attachments.forms import AttachmentForm, AttachmentFormSet
from portal.attachments.models import Attachment
from portal.attachments.pages import text_in_words
from portal.attachments.storage import digests_of, discard, swept_after_failure
from portal.reference.admin import PartInline


class AttachmentInline(PartInline):
    """The documents of a record; who may change the record may add, describe and remove them."""

    form: type[AttachmentForm] = AttachmentForm
    formset: type[AttachmentFormSet] = AttachmentFormSet
    fields = ("file", "title", "language", "is_public", "note")
    verbose_name = gettext_lazy("document")
    verbose_name_plural = gettext_lazy("documents (PDF or Word)")

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        found: Any = super().get_queryset(request)
        return found.without_texts().with_stored_codes()

    @admin.display(description=gettext_lazy("document"))
    def file(self, attachment: Attachment) -> SafeString:
        """The document, for those who may only look."""
        address = attachment.address(attachment.stored_code)
        return format_html(
            '<a href="{}">{}</a> · {}', address, attachment.name, text_in_words(attachment)
        )


class AttachmentsMixin(admin.ModelAdmin):
    """For the admins of records: what is stored of documents ends as the transaction does."""

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """Records with `holds_documents`, so that the page of one without any asks no more."""
        records = super().get_queryset(request)
        field: Any = self.opts.get_field("attachments")
        held = field.related_model.objects.filter(**{field.remote_field.name: OuterRef("pk")})
        return records.annotate(holds_documents=Exists(held))

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        with swept_after_failure():
            return super().changeform_view(request, object_id, form_url, extra_context)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet) -> None:
        going = digests_of(list(queryset))
        super().delete_queryset(request, queryset)
        discard(going)
