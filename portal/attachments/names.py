"""The name under which a document came, made safe to show and to offer for saving."""

from __future__ import annotations

import re
import unicodedata

from portal.attachments.models import Kind

#: Letters of a name, its ending included.
MAX_NAME = 120
#: What no file system takes in a name, and what would be read as a path.
_FORBIDDEN = re.compile(r'[\\/:*?"<>|]+')
_ENDING = re.compile(r"\.[A-Za-z0-9]{1,5}$")


def clean_name(given: str, kind: Kind | str) -> str:
    """A file name without path, control characters and marks of direction, of bounded length.

    It ends as what the document is: `ruling.exe` that holds a PDF becomes `ruling.pdf`.
    """
    last = re.split(r"[\\/]", given)[-1]
    plain = "".join(
        # Cc, Cf, Cs, Co: controls, marks that turn the direction of writing, halves, private use.
        " " if unicodedata.category(letter) in ("Zl", "Zp", "Zs") else letter
        for letter in unicodedata.normalize("NFC", last)
        if unicodedata.category(letter) not in ("Cc", "Cf", "Cs", "Co", "Cn")
    )
    stem = _ENDING.sub("", _FORBIDDEN.sub("-", plain).strip())
    stem = " ".join(stem.split()).strip(" .-")
    ending = f".{Kind(kind).value}"
    return f"{stem[: MAX_NAME - len(ending)].strip(' .-') or 'document'}{ending}"
