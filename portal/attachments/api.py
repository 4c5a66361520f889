"""Documents in the API: those that readers get."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from portal.attachments.models import Attachment
from portal.attachments.searching import public_attachments
from portal.reference.meanings import DescribedMixin
from portal.rest.output import OutputSerializer


class AttachmentSerializer(DescribedMixin, OutputSerializer):
    """A document kept with a record."""

    describes = Attachment

    title = serializers.CharField()
    kind = serializers.CharField()
    size = serializers.IntegerField()
    pages = serializers.IntegerField(allow_null=True)
    sha256 = serializers.CharField()
    language = serializers.CharField()
    note = serializers.CharField()
    url = serializers.SerializerMethodField(help_text="Where it is downloaded; permanent.")

    def get_url(self, attachment: Any) -> str:
        path = attachment.address(self.context["code"])
        request = self.context.get("request")
        return request.build_absolute_uri(path) if request else path


@extend_schema_field(AttachmentSerializer(many=True))
class AttachmentsField(serializers.Field):
    """The public documents of a record."""

    reads = ("code", "attachments")

    def __init__(self, **kwargs: Any) -> None:
        text = "Documents kept with the record, as PDF or DOCX."
        super().__init__(source="*", read_only=True, help_text=text, **kwargs)

    def to_representation(self, record: Any) -> Any:
        found = public_attachments(record)
        if not found:
            return []
        context = {**self.context, "code": record.code}
        return AttachmentSerializer(found, many=True, context=context).data
