"""A release as search engines read it: a schema.org `Dataset` in JSON-LD."""

from __future__ import annotations

import json
from typing import Any

from django.utils.safestring import SafeString, mark_safe

from portal.releases.package import LICENCE, TITLE
from portal.releases.shelf import Release
from portal.releases.texts import KEYWORDS, SUMMARY

#: What could end a script element or begin another, as JSON writes it.
_ESCAPES = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&\u2028\u2029"}


def dataset(release: Release, address: str, file_address: str) -> SafeString:
    """The data block of a page.

    Args:
        release: the release that the page tells of.
        address: its permanent address.
        file_address: that of its archive.
    """
    file = release.told["file"]
    portal = {"@type": "Organization", "name": TITLE, "url": release.origin}
    described: dict[str, Any] = {
        "@context": "https://schema.org/",
        "@type": "Dataset",
        "@id": address,
        "name": f"{TITLE}: data release {release.version}",
        "description": SUMMARY,
        "url": address,
        "identifier": address,
        "version": str(release.version),
        "datePublished": release.built.date().isoformat(),
        "license": LICENCE["path"],
        "isAccessibleForFree": True,
        "keywords": list(KEYWORDS),
        "creator": portal,
        "publisher": portal,
        "distribution": [
            {
                "@type": "DataDownload",
                "name": file["name"],
                "contentUrl": file_address,
                "encodingFormat": "application/zip",
                "contentSize": f"{file['bytes']} B",
                "sha256": file["sha256"],
            }
        ],
    }
    if release.told["as_of"]:
        described["dateModified"] = release.told["as_of"]
    text = json.dumps(described, ensure_ascii=False).translate(_ESCAPES)
    return mark_safe(text)  # noqa: S308 - nothing in it can end the element
