"""Files as if somebody wished us ill: what is too large or not what it says is not opened."""

from __future__ import annotations

import codecs
from pathlib import Path

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.exchange.faults import Fault

#: A larger file is refused before it is read; 5,000 cases with all their parts need a third of it.
MAX_BYTES = 20_000_000
#: Records of one file.
MAX_ROWS = 20_000
#: Columns of one sheet.
MAX_COLUMNS = 200

#: Libraries say in many ways that what they read is broken.
BROKEN = (
    ArithmeticError, AssertionError, AttributeError, LookupError, RuntimeError, TypeError,
    ValueError,
)  # fmt: skip

# Translators: each of these follows the words “is not a text, but”.
_SIGNATURES = (
    (b"PK\x03\x04", gettext_lazy("a zip archive or a workbook")),
    (b"PK\x05\x06", gettext_lazy("a zip archive")),
    (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        gettext_lazy("an old workbook (.xls) or one with a password"),
    ),
    (b"\x89PNG", gettext_lazy("a picture (PNG)")),
    (b"\xff\xd8\xff", gettext_lazy("a picture (JPEG)")),
    (b"GIF8", gettext_lazy("a picture (GIF)")),
    (b"%PDF", gettext_lazy("a PDF")),
    (b"{\\rtf", gettext_lazy("a document (RTF)")),
    (b"\x1f\x8b", gettext_lazy("a compressed file (gzip)")),
    (b"\x7fELF", gettext_lazy("a program")),
    (b"MZ", gettext_lazy("a program")),
)
_WORKBOOK = _SIGNATURES[0][0]


def refusal(path: Path, name: str, *, workbook: bool = False) -> Fault | None:
    """Why a file is not opened at all, or None.

    Args:
        path: where it is.
        name: what it is called.
        workbook: whether it should be one; otherwise it should be text.
    """
    if not path.is_file():
        return Fault(name, 0, "", _("is not a file"))
    size = path.stat().st_size
    if size > MAX_BYTES:
        said = _("is larger than %(number)d MB: divide it") % {"number": MAX_BYTES // 1_000_000}
        return Fault(name, 0, "", said)
    if not size:
        return Fault(name, 0, "", _("is empty"))
    with path.open("rb") as stream:
        beginning = stream.read(16)
    is_workbook = beginning.startswith(_WORKBOOK)
    found = [what for signature, what in _SIGNATURES if beginning.startswith(signature)]
    if is_workbook if workbook else not found:
        return None
    if not found:
        return Fault(name, 0, "", _("is not a workbook (.xlsx)"))
    said = (
        _("is not a workbook (.xlsx), but %(what)s")
        if workbook
        else _("is not a text, but %(what)s")
    )
    return Fault(name, 0, "", said % {"what": found[0]})


def text_of(path: Path, name: str, faults: list[Fault]) -> str | None:
    """The text of a file in UTF-8, or in UTF-16 with a byte order mark; None with a fault added.

    Lines end with a line feed, whatever the file ends them with.
    """
    refused = refusal(path, name)
    if refused:
        faults.append(refused)
        return None
    data = path.read_bytes()
    encoding = "utf-8-sig"
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        is_wide = encoding == "utf-16"
        # Of UTF-16 the places are counted after the mark at the beginning.
        place = error.start + (3 if is_wide else 1)
        line = 0 if is_wide else data[: error.start].count(b"\n") + 1
        said = _(
            "is not %(encoding)s: byte %(byte)d. Save it as “CSV UTF-8”, or as a text in UTF-8."
        )
        values = {"encoding": "UTF-16" if is_wide else "UTF-8", "byte": place}
        faults.append(Fault(name, line, "", said % values))
        return None
    if "\x00" in text:
        line = text[: text.index("\x00")].count("\n") + 1
        faults.append(Fault(name, line, "", _("holds a NUL byte: it is no text in UTF-8")))
        return None
    return text.replace("\r\n", "\n").replace("\r", "\n")
