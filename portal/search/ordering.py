"""The order of labels in a list, as readers of each language expect it."""

from __future__ import annotations

import re
from functools import lru_cache

from portal.reference.labels import active_language
from portal.search.analysis import fold
from portal.search.pinyin import sounds

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
        text = sounds(text)
    return [
        (int(piece), "") if piece.isdecimal() else (-1, piece)
        for piece in re.split(r"(\d+)", fold(text))
    ]
