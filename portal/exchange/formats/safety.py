"""Files as if somebody wished us ill: what is too large or not what it says is not opened."""

from __future__ import annotations

import codecs
from pathlib import Path

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

_SIGNATURES = (
    (b"PK\x03\x04", "a zip archive or a workbook"),
    (b"PK\x05\x06", "a zip archive"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old workbook (.xls) or one with a password"),
    (b"\x89PNG", "a picture (PNG)"),
    (b"\xff\xd8\xff", "a picture (JPEG)"),
    (b"GIF8", "a picture (GIF)"),
    (b"%PDF", "a PDF"),
    (b"{\\rtf", "a document (RTF)"),
    (b"\x1f\x8b", "a compressed file (gzip)"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
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
        return Fault(name, 0, "", "is not a file")
    size = path.stat().st_size
    if size > MAX_BYTES:
        return Fault(name, 0, "", f"is larger than {MAX_BYTES // 1_000_000} MB: divide it")
    if not size:
        return Fault(name, 0, "", "is empty")
    with path.open("rb") as stream:
        beginning = stream.read(16)
    is_workbook = beginning.startswith(_WORKBOOK)
    found = [what for signature, what in _SIGNATURES if beginning.startswith(signature)]
    if is_workbook if workbook else not found:
        return None
    wanted = "a workbook (.xlsx)" if workbook else "a text"
    return Fault(name, 0, "", f"is not {wanted}" + "".join(f", but {what}" for what in found[:1]))


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
        shown = "UTF-16" if is_wide else "UTF-8"
        # Of UTF-16 the places are counted after the mark at the beginning.
        place = f"byte {error.start + (3 if is_wide else 1)}"
        line = 0 if is_wide else data[: error.start].count(b"\n") + 1
        message = f"is not {shown}: {place}. Save it as “CSV UTF-8”, or as a text in UTF-8."
        faults.append(Fault(name, line, "", message))
        return None
    if "\x00" in text:
        line = text[: text.index("\x00")].count("\n") + 1
        faults.append(Fault(name, line, "", "holds a NUL byte: it is no text in UTF-8"))
        return None
    return text.replace("\r\n", "\n").replace("\r", "\n")
