"""Answers made small: Brotli for what everybody may read, gzip for all the rest.

Compression tells a secret to who can have a guess put beside it and sees the length of the answer
(BREACH, https://breachattack.com). What a visitor without a cookie or a token gets holds no secret;
it goes as Brotli (RFC 7932), which is a tenth smaller. All other answers keep Django's gzip, which
makes their length uncertain ("Heal the BREACH"); so do answers that are streamed.
"""

from __future__ import annotations

import re
from typing import Any

import brotli  # type: ignore[import-untyped]
from django.http import HttpRequest, HttpResponse
from django.middleware.gzip import GZipMiddleware
from django.utils.cache import patch_vary_headers

#: Of 11; as fast as gzip at its usual level. The next ones take several times as long.
QUALITY = 5
#: As for gzip: below it nothing is gained.
MIN_BYTES = 200
#: Texts and what is written as one; pictures and archives are compressed already.
TEXTS = re.compile(
    r"text/|application/([\w.-]+\+)?(json|xml|x-ndjson|yaml|vnd\.oai\.openapi)\b|image/svg\+xml"
)
#: As Django's own gzip asks for it.
GZIP = re.compile(r"\bgzip\b")
#: A coding with its weight, of which 0 means "not this one" (RFC 9110, section 12.4.2).
CODING = re.compile(r"\s*([\w*-]+)\s*(?:;\s*q\s*=\s*([\d.]+)\s*)?$", re.IGNORECASE)


class CompressionMiddleware(GZipMiddleware):
    """Brotli where it is understood and safe, otherwise what Django does."""

    def process_response(self, request: HttpRequest, response: Any) -> Any:
        if not (_is_for_everybody(request, response) and _is_worth_it(response)):
            return super().process_response(request, response)
        patch_vary_headers(response, ("Accept-Encoding",))
        if not accepts_brotli(request.headers.get("Accept-Encoding", "")):
            return super().process_response(request, response)
        small = brotli.compress(response.content, mode=brotli.MODE_TEXT, quality=QUALITY)
        if len(small) >= len(response.content):
            return response
        response.content = small
        response["Content-Length"] = str(len(small))
        response["Content-Encoding"] = "br"
        etag = response.get("ETag", "")
        if etag.startswith('"'):
            # The same answer in another coding is not the same bytes (RFC 9110, section 8.8.1).
            response["ETag"] = f"W/{etag}"
        return response


def accepts_brotli(accepted: str) -> bool:
    """Whether an `Accept-Encoding` names `br`, and not in order to refuse it."""
    for part in accepted.split(","):
        found = CODING.match(part)
        if found and found[1].lower() == "br":
            return (found[2] or "1").strip("0.") != ""
    return False


def coding_of(request: HttpRequest) -> str:
    """The coding in which an answer to a request would go: `br`, `gzip` or none."""
    accepted = request.headers.get("Accept-Encoding", "")
    if accepts_brotli(accepted) and not request.COOKIES:
        return "br"
    return "gzip" if GZIP.search(accepted) else ""


def _is_for_everybody(request: HttpRequest, response: HttpResponse) -> bool:
    """Whether nobody in particular asks, so that the answer holds nothing that is theirs."""
    return not (request.COOKIES or response.cookies or "Authorization" in request.headers)


def _is_worth_it(response: Any) -> bool:
    if response.streaming or response.has_header("Content-Encoding"):
        return False
    return len(response.content) >= MIN_BYTES and bool(
        TEXTS.match(response.get("Content-Type", ""))
    )
