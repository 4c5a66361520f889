"""Documents as downloads: for readers where document and record are public, else for curators."""

from __future__ import annotations

import logging
import os
from typing import Any

from django.contrib import admin
from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponsePermanentRedirect,
)
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import get_conditional_response
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from portal.attachments.models import Attachment, Kind, attachment_models
from portal.attachments.storage import path_of
from portal.records.models import State
from portal.records.roles import may_view
from portal.records.views import redirect_target

logger = logging.getLogger(__name__)

#: A document that a browser opens all the same may do nothing.
POLICY = "default-src 'none'; frame-ancestors 'none'; sandbox"


@require_safe
def download(request: HttpRequest, code: str, digest: str, name: str) -> HttpResponseBase:
    """`/files/<code>/<checksum>/<name>`: a document of the record of that code.

    404 where there is none or the reader may not have it, 410 where the record was withdrawn, 301
    to the record it was merged with and to the right name, 503 where the file is not there.
    """
    found = _found(code, digest)
    if found is None:
        target = redirect_target(code)
        if target is None or _found(target, digest) is None:
            raise _absent()
        return HttpResponsePermanentRedirect(_address(target, digest, name))
    for_all = found.is_public and found.record.is_public
    if not for_all and not _is_curator(request, found):
        if found.is_public and found.record.state == State.WITHDRAWN:
            reason = found.record.withdrawal_reason
            return render(request, "410.html", {"reason": reason}, status=410)
        raise _absent()
    if name != found.address_name:
        return HttpResponsePermanentRedirect(_address(code, digest, found.address_name))
    return _sent(request, found, for_all=for_all)


def _absent() -> Http404:
    return Http404(_("There is no such document."))


def _address(code: str, digest: str, name: str) -> str:
    return reverse("attachment", kwargs={"code": code, "digest": digest, "name": name})


def _found(code: str, digest: str) -> Attachment | None:
    for model in attachment_models():
        owner = model.owner_field
        held = model.objects.without_texts().select_related(owner)
        found = held.filter(**{f"{owner}__code": code, "sha256__startswith": digest}).first()
        if found is not None:
            return found
    return None


def _is_curator(request: HttpRequest, attachment: Attachment) -> bool:
    """Whether somebody at work in the admin asks, who may see the record there."""
    return admin.site.has_permission(request) and may_view(request.user, type(attachment.record))


def _sent(request: HttpRequest, attachment: Attachment, *, for_all: bool) -> HttpResponseBase:
    try:
        stream = path_of(attachment.sha256).open("rb")
    except OSError:
        return _missing(request, attachment, "is missing or cannot be read")
    if os.fstat(stream.fileno()).st_size != attachment.size:
        stream.close()
        return _missing(request, attachment, "has another size than was stored")
    etag = f'"{attachment.sha256}"'
    unchanged = get_conditional_response(request, etag=etag)
    if unchanged is not None and unchanged.status_code == 304:
        stream.close()
        return _guarded(unchanged, etag, for_all=for_all)
    # A PDF or DOCX is pressed already; the middleware would press it again and lose its length.
    request.META.pop("HTTP_ACCEPT_ENCODING", None)
    response = FileResponse(
        stream,
        as_attachment=True,
        filename=attachment.name,
        content_type=Kind(attachment.kind).media_type,
    )
    response["Content-Length"] = str(attachment.size)
    return _guarded(response, etag, for_all=for_all)


def _guarded(response: Any, etag: str, *, for_all: bool) -> Any:
    response["ETag"] = etag
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = POLICY
    # Asked again each time: a record may be withdrawn, a document kept for curators.
    response["Cache-Control"] = "no-cache" if for_all else "private, no-store"
    return response


def _missing(request: HttpRequest, attachment: Attachment, what: str) -> HttpResponse:
    logger.error("Document %s of %s %s", attachment.sha256, attachment.record.code, what)
    response = render(request, "attachments/missing.html", status=503)
    response["Cache-Control"] = "no-store"
    return response
