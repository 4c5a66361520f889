"""Writing XML in which no text of a record can break anything."""

from __future__ import annotations

import re
from typing import Any

from django.utils.xmlutils import SimplerXMLGenerator

#: Characters that an XML document cannot hold, not even as references (XML 1.0, 2.2 Char).
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def clean(text: str) -> str:
    """A text with a space in the place of every character that XML cannot hold."""
    return _NOT_XML.sub(" ", text)


class Markup(SimplerXMLGenerator):
    """Writes elements and their texts; escapes what means something to XML."""

    def characters(self, content: str) -> None:
        super().characters(clean(content))

    def startElement(self, name: str, attrs: Any) -> None:  # noqa: N802 - SAX's
        cleaned: Any = {key: clean(value) for key, value in attrs.items()}
        super().startElement(name, cleaned)
