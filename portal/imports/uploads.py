"""Taking a file in: one that is too large is let pass by, without being kept."""

from __future__ import annotations

from typing import Any

from django.core.files.uploadhandler import SkipFile, TemporaryFileUploadHandler
from django.http import HttpRequest

from portal.exchange.formats.safety import MAX_BYTES


class BoundedUpload(TemporaryFileUploadHandler):
    """Writes an upload to disk as it comes, and stops keeping it where it gets too large.

    The form fields after the file are read all the same, so that the page comes back with what
    was typed and one error at the file.
    """

    def __init__(self, request: HttpRequest | None = None) -> None:
        super().__init__(request)
        self.is_too_large = False

    def receive_data_chunk(self, raw_data: bytes, start: int) -> Any:
        if start + len(raw_data) > MAX_BYTES:
            self.is_too_large = True
            raise SkipFile
        return super().receive_data_chunk(raw_data, start)


def is_too_large(request: HttpRequest) -> bool:
    """Whether a file of the request was too large to be kept."""
    return any(getattr(handler, "is_too_large", False) for handler in request.upload_handlers)
