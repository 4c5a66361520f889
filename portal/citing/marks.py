"""What stands in a citation beside its letters: italics, small capitals, and hints to the styles.

The citation processor is given this module as its formatter. Marks are code points of Unicode's
private use area, which no text of a record holds; so the whole citation can be escaped at once,
and no text of a record is ever taken for mark-up.
"""

from __future__ import annotations

import re
from html import escape

from django.utils.safestring import SafeString, mark_safe

_ITALIC, _SMALL, _BOLD = ("\ue000", "\ue001"), ("\ue002", "\ue003"), ("\ue004", "\ue005")
_UPRIGHT = ("\ue006", "\ue007")
_STOP, _JOIN = "\ue008", "\ue009"
_HTML = {
    _ITALIC: ("<i>", "</i>"),
    _SMALL: ('<span class="smallcaps">', "</span>"),
    _BOLD: ("<b>", "</b>"),
}
#: Words written from right to left: each run stands for itself among what is around it.
_LETTERS = "\\u0590-\\u08ff\\ufb1d-\\ufdff\\ufe70-\\ufefc"
_RIGHT_TO_LEFT = re.compile(f"[{_LETTERS}](?:[{_LETTERS}\\u200c ]*[{_LETTERS}])?")
_PRIVATE = re.compile("[\ue000-\ue00f]")


def preformat(text: object) -> str:
    """A text as it is: it is escaped when the citation is complete."""
    return str(text)


class _Marked(str):
    """A text between two marks."""

    marks: tuple[str, str] = ("", "")

    def __new__(cls, text: object) -> _Marked:
        begin, end = cls.marks
        return super().__new__(cls, f"{begin}{text}{end}")


class Italic(_Marked):
    marks = _ITALIC


class Oblique(Italic):
    pass


class Bold(_Marked):
    marks = _BOLD


class SmallCaps(_Marked):
    marks = _SMALL


class Light(_Marked):
    pass


class Underline(_Marked):
    pass


class Superscript(_Marked):
    pass


class Subscript(_Marked):
    pass


def without_marks(text: str) -> str:
    """A text of a record, in which none of our marks can stand."""
    return _PRIVATE.sub("", text)


def with_stops(text: str, pattern: str = r"\.") -> str:
    """A text whose full stops no style takes away.

    Args:
        text: the text.
        pattern: which of them, as a regular expression; all where none is given.
    """
    return re.sub(pattern, lambda match: match[0].replace(".", _STOP), text)


def joined(text: str) -> str:
    """A text before which no comma stands, whatever the style puts there."""
    return f"{_JOIN}{text}"


def upright(text: str) -> str:
    """What stands before a name in italics and is no part of it."""
    return "".join((_UPRIGHT[0], text, _UPRIGHT[1]))


def settled(text: str) -> str:
    """A citation in which the hints to the styles are heeded and gone."""
    text = re.sub(f",? ?{_JOIN}", " ", text)
    text = re.sub(f"({_ITALIC[0]}?){_UPRIGHT[0]}([^{_UPRIGHT[1]}]*){_UPRIGHT[1]}", r"\2\1", text)
    return text.replace(_STOP, ".")


def plain(text: str) -> str:
    """A citation without its marks."""
    return _PRIVATE.sub("", text)


def html(text: str) -> SafeString:
    """A citation as HTML."""
    found = _RIGHT_TO_LEFT.sub(r"<bdi>\g<0></bdi>", escape(text))
    for marks, tags in _HTML.items():
        for mark, tag in zip(marks, tags, strict=True):
            found = found.replace(mark, tag)
    return mark_safe(_PRIVATE.sub("", found))  # noqa: S308 - escaped; only our own tags are added
