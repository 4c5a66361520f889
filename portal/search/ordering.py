"""The order of labels in a list, as readers of each language expect it."""

from __future__ import annotations

import re
from functools import lru_cache

from portal.reference.labels import active_language
from portal.search.analysis import fold

Key = list[tuple[int, str]]


def in_order(text: str) -> Key:
    """A label as it is sorted in the reader's language.

    Case and accents do not matter, numbers go by their value; Spanish has ñ after n, Chinese goes
    by the sounds of its characters (Hanyu Pinyin, the order of the Xinhua dictionary).
    """
    return _key(text, active_language())


@lru_cache(maxsize=8192)
def _key(text: str, language: str) -> Key:
    if language == "es":
        # After nz, before o.
        text = re.sub("ñ", "n~", text, flags=re.IGNORECASE)
    elif language == "zh":
        text = _sounds(text)
    return [
        (int(piece), "") if piece.isdecimal() else (-1, piece)
        for piece in re.split(r"(\d+)", fold(text))
    ]


def _sounds(text: str) -> str:
    """Chinese characters as their sounds; all else stays."""
    # Its dictionary is read when the first label is sorted, not by processes that sort none.
    from pypinyin import Style, lazy_pinyin

    # Letters for the tones, as numbers are sorted by their value.
    sounds = lazy_pinyin(text, style=Style.TONE3, neutral_tone_with_five=True)
    tones = str.maketrans("12345", "abcde")
    return " ".join(
        sound.translate(tones) if sound != piece else piece
        for sound, piece in zip(sounds, _pieces(text, sounds), strict=True)
    )


def _pieces(text: str, sounds: list[str]) -> list[str]:
    """The parts of a text that became the sounds: a character each, or what is no Chinese."""
    pieces, rest = [], text
    for sound in sounds:
        size = len(sound) if rest.startswith(sound) else 1
        pieces.append(rest[:size])
        rest = rest[size:]
    return pieces
