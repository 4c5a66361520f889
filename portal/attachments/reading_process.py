"""Reads one document in a process of its own: `python reading_process.py check|read KIND < file`.

It imports nothing of the portal and is started without its environment, so that a document that
makes a parser do what its author wanted finds neither secrets nor the database. Limits of time
and memory are set before the document is touched. The answer is one JSON object:
`{"fault": "encrypted" | "broken" | "memory" | "unread" | "", "pages": …, "text": …, "cut": …}`.
"""

from __future__ import annotations

import io
import json
import re
import resource
import sys
from collections.abc import Iterator
from typing import Any

#: Bytes of memory, and of files written: none.
MEMORY = 1 << 30
MAX_PAGES = 2_000
#: Letters of text that are kept of one document.
MAX_LETTERS = 1_000_000
#: Bytes of a part of a DOCX that is no document of its own, as the footnotes.
MAX_PART = 20 << 20
WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


class EncryptedError(Exception):
    """The document asks for a password."""


def limit(seconds: int) -> None:
    """From here on the process may use so much, and no more."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


class Letters:
    """Collects pieces of text until there are enough."""

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.left = MAX_LETTERS
        self.is_cut = False

    def add(self, piece: str) -> bool:
        """Add a piece; whether there is room for more."""
        self.is_cut = self.is_cut or len(piece) > self.left
        self.pieces.append(piece[: self.left])
        self.left -= min(len(piece), self.left)
        return not self.is_cut


def opened_pdf(data: bytes) -> Any:
    """The PDF; with an empty password where its author only forbade to change it."""
    from pypdf import PdfReader

    reader = PdfReader(io.BytesIO(data))
    if reader.is_encrypted:
        try:
            if not reader.decrypt(""):
                raise EncryptedError
        except EncryptedError:
            raise
        except Exception as error:
            raise EncryptedError from error
    return reader


def pdf_text(data: bytes) -> dict[str, Any]:
    """The text of a PDF page by page; pages that cannot be read are passed over and counted."""
    reader = opened_pdf(data)
    letters, number, unread = Letters(), len(reader.pages), 0
    for place in range(min(number, MAX_PAGES)):
        try:
            text = reader.pages[place].extract_text()
        except MemoryError:
            raise
        except Exception:  # noqa: BLE001
            # Any page of a damaged file may fail in its own way; the others are still read.
            unread += 1
            continue
        if not letters.add(text + "\n\n"):
            break
    return {
        "pages": number,
        "text": "".join(letters.pieces),
        "cut": letters.is_cut or number > MAX_PAGES,
        "unread": unread,
    }


def docx_text(data: bytes) -> dict[str, Any]:
    """The paragraphs and tables of a DOCX in their order, then its footnotes and endnotes."""
    from docx import Document

    document = Document(io.BytesIO(data))
    letters = Letters()
    for piece in (*docx_blocks(document), *docx_notes(document)):
        if piece.strip() and not letters.add(piece + "\n\n"):
            break
    return {"pages": None, "text": "".join(letters.pieces), "cut": letters.is_cut, "unread": 0}


def docx_blocks(container: Any) -> Iterator[str]:
    """What stands in a body or in the cell of a table."""
    for block in container.iter_inner_content():
        if hasattr(block, "rows"):
            for row in block.rows:
                cells = {id(cell._tc): cell for cell in row.cells}
                yield " | ".join(" ".join(docx_blocks(cell)) for cell in cells.values())
        else:
            yield block.text


def docx_notes(document: Any) -> Iterator[str]:
    """Footnotes and endnotes, which python-docx hands out as bare parts."""
    from defusedxml.ElementTree import fromstring

    for relation in document.part.rels.values():
        if relation.is_external or not relation.reltype.endswith(("/footnotes", "/endnotes")):
            continue
        if len(relation.target_part.blob) <= MAX_PART:
            for note in fromstring(relation.target_part.blob):
                yield "".join(part.text or "" for part in note.iter(f"{WORD}t"))


def tidy(text: str) -> str:
    """Lines of a page made paragraphs, words divided at a line's end made whole."""
    text = re.sub(r"[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]", " ", text)
    text = re.sub(r"(?<=[^\W\d_])[-\u00ad]\n(?=[^\W\d_A-Z])", "", text)
    paragraphs = re.split(r"\n\s*\n", text)
    return "\n".join(line for part in paragraphs if (line := " ".join(part.split())))


def answer(task: str, kind: str, data: bytes) -> dict[str, Any]:
    """What a task finds in a document."""
    if task == "check":
        # The first page is looked for, so that a bare head of a PDF is no PDF.
        if kind == "pdf" and not len(opened_pdf(data).pages):
            return {"fault": "broken"}
        return {"fault": ""}
    found = pdf_text(data) if kind == "pdf" else docx_text(data)
    text = tidy(found["text"])
    # The others of its pages, if there are any, hold pictures alone.
    fault = "unread" if found["unread"] and not text else ""
    return {**found, "text": text, "fault": fault}


def main(task: str, kind: str, seconds: str) -> None:
    """Answer on standard output, whatever the document does."""
    data = sys.stdin.buffer.read()
    limit(int(seconds))
    try:
        found = answer(task, kind, data)
    except MemoryError:
        found = {"fault": "memory"}
    except EncryptedError:
        found = {"fault": "encrypted"}
    except Exception as error:  # noqa: BLE001 - whatever a document makes its parser do
        found = {"fault": "broken", "detail": f"{type(error).__name__}: {error}"[:200]}
    # Lone halves of surrogate pairs cannot be written as UTF-8: JSON in ASCII can.
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:4])
