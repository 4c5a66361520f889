"""What a document is: by its content alone, never by its name or by what a browser says of it."""

from __future__ import annotations

import lzma
import zipfile
import zlib
from typing import IO, Any

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring
from django.conf import settings
from django.core.exceptions import ValidationError
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from portal.attachments.extracting import CHECK_SECONDS, ask
from portal.attachments.models import Kind

#: Where the mark of a PDF may begin (Adobe's readers look that far).
PDF_HEAD = 1024
#: What a DOCX may hold: members, bytes of all of them and of one, and how far it was pressed.
MAX_MEMBERS = 5_000
MAX_UNPACKED = 200 << 20
MAX_RATIO = 200
#: Below this size a high ratio does no harm: small empty parts press well.
MIN_FOR_RATIO = 10 << 20
MAX_TYPES = 1 << 20
_CHUNK = 1 << 16
#: How the members of a Word document are pressed: other ways are of no use here.
_PRESSED = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
#: What reading a damaged archive, or XML in an encoding that is none, may raise.
_DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    NotImplementedError,
    EOFError,
    OSError,
    ValueError,
    LookupError,
)
_TYPES, _MAIN = "[Content_Types].xml", "word/document.xml"
_WORD_MAIN = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"


def kind_of(stream: IO[bytes] | Any, size: int) -> Kind:
    """The kind of a document.

    Raises:
        ValidationError: it is empty, too large, damaged, encrypted or of another kind, in words
            for the one who chose it.
    """
    limit = settings.ATTACHMENT_MAX_BYTES
    if size == 0:
        raise ValidationError(_("The file is empty."), code="empty")
    if size > limit:
        raise ValidationError(
            _("The file has %(size)s; at most %(limit)s can be attached."),
            code="too_large",
            params={"size": filesizeformat(size), "limit": filesizeformat(limit)},
        )
    stream.seek(0)
    head = stream.read(PDF_HEAD + 5)
    stream.seek(0)
    if head.startswith(b"PK\x03\x04"):
        _check_docx(stream)
        return Kind.DOCX
    if b"%PDF-" in head:
        _check_pdf(stream)
        return Kind.PDF
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        raise ValidationError(
            _("This is an old Word document (DOC) or one with a password. Save it as DOCX or PDF."),
            code="ole",
        )
    raise ValidationError(
        _("This is neither a PDF nor a Word document (DOCX), whatever its name says."),
        code="kind",
    )


def _check_pdf(stream: IO[bytes] | Any) -> None:
    data = stream.read()
    stream.seek(0)
    fault = ask("check", Kind.PDF, data, CHECK_SECONDS)["fault"]
    if fault == "encrypted":
        raise ValidationError(
            _("This PDF asks for a password. Attach it without one."), code="encrypted"
        )
    if fault:
        raise ValidationError(_("This PDF is damaged: it cannot be opened."), code="broken")


def _check_docx(stream: IO[bytes] | Any) -> None:
    try:
        with zipfile.ZipFile(stream) as archive:
            names = {info.filename for info in archive.infolist()}
            if not {_TYPES, _MAIN} <= names:
                raise ValidationError(
                    _("This is a ZIP archive, but no Word document (DOCX)."), code="zip"
                )
            _check_sizes(archive)
            _check_types(archive, names)
    except _DAMAGED as error:
        raise ValidationError(
            _("This Word document is damaged: it cannot be opened."), code="broken"
        ) from error
    except RuntimeError as error:
        # What zipfile raises for a member that asks for a password.
        raise ValidationError(
            _("This Word document asks for a password. Attach it without one."), code="encrypted"
        ) from error
    finally:
        stream.seek(0)


def _check_sizes(archive: zipfile.ZipFile) -> None:
    """Refuse what would not fit once it is unpacked, by what it says and by what it does."""
    bomb = ValidationError(
        _("This Word document would be far too large once unpacked."), code="bomb"
    )
    members = archive.infolist()
    packed = sum(info.compress_size for info in members) or 1
    said = sum(info.file_size for info in members)
    if len(members) > MAX_MEMBERS or said > MAX_UNPACKED:
        raise bomb
    if said > MIN_FOR_RATIO and said / packed > MAX_RATIO:
        raise bomb
    if any(info.compress_type not in _PRESSED for info in members):
        raise zipfile.BadZipFile("pressed in another way than Word does")
    unpacked = 0
    for info in members:
        with archive.open(info) as member:
            # A member that holds more than it says fails here: its sum does not agree.
            while chunk := member.read(_CHUNK):
                unpacked += len(chunk)
                if unpacked > MAX_UNPACKED:
                    raise bomb


def _check_types(archive: zipfile.ZipFile, names: set[str]) -> None:
    """Refuse macros, and what has the parts of a Word document but is none."""
    if archive.getinfo(_TYPES).file_size > MAX_TYPES:
        raise zipfile.BadZipFile("too large a list of types")
    try:
        types = fromstring(archive.read(_TYPES))
    except (ParseError, DefusedXmlException) as error:
        raise zipfile.BadZipFile("the list of types is no XML") from error
    declared = {
        entry.get("PartName", "").lstrip("/").lower(): entry.get("ContentType", "")
        for entry in types
    }
    macros = any("macroenabled" in kind.lower() for kind in declared.values())
    if macros or any(name.lower().endswith("vbaproject.bin") for name in names):
        raise ValidationError(
            _("This Word document holds macros. Save it as DOCX without them."), code="macros"
        )
    if declared.get(_MAIN) != _WORD_MAIN:
        raise ValidationError(_("This is a ZIP archive, but no Word document (DOCX)."), code="zip")
