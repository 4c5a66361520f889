"""How Chinese labels sound (Hanyu Pinyin), which is the order of Chinese lists."""

from __future__ import annotations

import os
from functools import cache
from typing import Any

#: Words of our labels that sound otherwise than their characters do alone, from pypinyin's
#: dictionary. That one holds 47,000 more and 45 MB of each process; tests/test_pinyin.py says when
#: a label needs another of them.
WORDS = {
    "不正常": "bú zhèng cháng",
    "中暑": "zhòng shǔ",
    "乌拉圭": "wū la guī",
    "作为": "zuò wéi",
    "分子": "fèn zǐ",
    "勒索": "lè suǒ",
    "卷宗": "juàn zōng",
    "参与": "cān yù",
    "处女": "chǔ nǚ",
    "处罚": "chǔ fá",
    "少年": "shào nián",
    "巴勒斯坦": "bā lè sī tǎn",
    "应对": "yìng duì",
    "应用": "yìng yòng",
    "强迫": "qiǎng pò",
    "所得": "suǒ de",
    "沉没": "chén mò",
    "没收": "mò shōu",
    "海难": "hǎi nàn",
    "目的": "mù dì",
    "相似": "xiāng sì",
    "相貌": "xiàng mào",
    "秘鲁": "bì lǔ",
    "船只": "chuán zhī",
    "藏人": "zàng rén",
    "行为": "xíng wéi",
    "角色": "jué sè",
    "豁免": "huò miǎn",
    "返还": "fǎn huán",
    "逮捕": "dài bǔ",
    "遇难": "yù nàn",
    "避难": "bì nàn",
    "重审": "chóng shěn",
    "重新": "chóng xīn",
    "银行": "yín háng",
    "难民": "nàn mín",
    "青少年": "qīng shào nián",
}


def sounds(text: str) -> str:
    """Chinese characters as their sounds, each with a letter for its tone; all else stays."""
    found = _pinyin().lazy_pinyin(text, style=_pinyin().Style.TONE3, neutral_tone_with_five=True)
    # Letters for the tones, as numbers are sorted by their value.
    tones = str.maketrans("12345", "abcde")
    return " ".join(
        sound.translate(tones) if sound != piece else piece
        for sound, piece in zip(found, _pieces(text, found), strict=True)
    )


@cache
def _pinyin() -> Any:
    """The library with the words above, read when the first label is sorted."""
    os.environ["PYPINYIN_NO_PHRASES"] = "true"
    import pypinyin

    pypinyin.load_phrases_dict(
        {word: [[sound] for sound in sounds.split()] for word, sounds in WORDS.items()}
    )
    return pypinyin


def _pieces(text: str, sounds: list[str]) -> list[str]:
    """The parts of a text that became the sounds: a character each, or what is no Chinese."""
    pieces, rest = [], text
    for sound in sounds:
        size = len(sound) if rest.startswith(sound) else 1
        pieces.append(rest[:size])
        rest = rest[size:]
    return pieces
