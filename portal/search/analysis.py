"""From a text to its lexemes: one analysis for what is indexed, asked for and marked in a snippet.

PostgreSQL's own parser reads `C-61/11` as a file name and knows no Chinese words, and its
configurations can be told one language a text. So texts are cut and folded here, by rules that
are the same on both sides, and stored as ready lexemes; matching and ranking are PostgreSQL's.

- Case, accents and width do not matter; `U.S.C.` and `USC` are one word.
- Words are reduced to their stems by the language of the text (Snowball). A text that is not in
  English is found by its full words, too, as a reader's query does not say its language.
- Scripts written without spaces between words, and Korean, are cut into overlapping pairs of
  characters; the last character of a run stands alone, so that one character can be looked for.
- Arabic: the forms of alef, ya and ta marbuta are one, marks of vowels are dropped.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import Stemmer

from portal.search.stopwords import STOP_WORDS

#: Snowball's name of each language that has a stemmer, by ISO 639-1 code.
STEMMERS = {
    "ar": "arabic", "ca": "catalan", "cs": "czech", "da": "danish", "de": "german", "el": "greek",
    "en": "english", "es": "spanish", "et": "estonian", "eu": "basque", "fa": "persian",
    "fi": "finnish", "fr": "french", "ga": "irish", "hi": "hindi", "hu": "hungarian",
    "hy": "armenian", "id": "indonesian", "it": "italian", "lt": "lithuanian", "nb": "norwegian",
    "ne": "nepali", "nl": "dutch", "nn": "norwegian", "no": "norwegian", "pl": "polish",
    "pt": "portuguese", "ro": "romanian", "ru": "russian", "sr": "serbian", "sv": "swedish",
    "ta": "tamil", "tr": "turkish", "yi": "yiddish",
}  # fmt: skip

#: Longer words are cut: they are no words, and PostgreSQL takes no lexeme above 2 kB.
MAX_WORD = 64

# Thai, Lao, Burmese, Khmer; kana; Han with its extensions; Hangul.
_UNSPACED = (
    "\u0e01-\u0e4e\u0e81-\u0ece\u1000-\u103f\u1780-\u17d3\u3005\u3041-\u30ff\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af\uac00-\ud7a3"
)
# Marks that stand on the letters of a word and are not letters to Python's `\w`.
_MARKS = (
    "\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf\u05c1\u05c2\u0610-\u061a\u064b-\u065f\u0670"
    "\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed\u0900-\u0903\u093a-\u094f\u0981-\u0983"
    "\u09bc-\u09cd\u0a01-\u0a4d\u0b82-\u0bcd\u0c00-\u0ccd\u0d00-\u0d4d\u200c\u200d"
)
_WORD = re.compile(
    rf"(?P<unspaced>[{_UNSPACED}]+)"
    r"|(?P<initials>(?<!\w)(?:[^\W\d_]\.){2,}(?:[^\W\d_](?![\w.]))?)"
    rf"|(?:[^\W_{_UNSPACED}][{_MARKS}]*)+"
)
_RAW_WORD = re.compile(re.sub(r"\(\?P<\w+>", "(?:", _WORD.pattern))
_ASCII_WORD = re.compile(r"[a-z0-9]+")
_ASCII_INITIALS = re.compile(r"(?<![A-Za-z0-9_])[A-Za-z]\.[A-Za-z]\.")
_FOLDED = {
    "ё": "е", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "ł": "l", "ı": "i", "þ": "th",
    "أ": "ا", "إ": "ا", "آ": "ا", "ٱ": "ا", "ى": "ي", "ی": "ي", "ک": "ك", "ة": "ه", "ـ": "",
    "\u200c": "", "\u200d": "",
    **{chr(0x660 + digit): str(digit) for digit in range(10)},
    **{chr(0x6F0 + digit): str(digit) for digit in range(10)},
}  # fmt: skip
_lock = threading.Lock()
_stemmers: dict[str, Stemmer.Stemmer] = {}


class Word(NamedTuple):
    """A word of a text as it is looked for; a tuple, as a page of results reads thousands.

    Attributes:
        text: the folded word, or a pair of characters of a script without spaces.
        start, end: where it stands in the text.
        position: its number in the text, from 1; pairs of characters count each.
    """

    text: str
    start: int
    end: int
    position: int


@dataclass(frozen=True)
class Text:
    """A text and the languages that it is read in (ISO 639-1); `""` reads full words only."""

    text: str
    languages: tuple[str, ...] = ("en",)


@lru_cache(maxsize=1 << 16)
def fold(word: str) -> str:
    """A word without case, accents, width, vowel marks and dots."""
    # First to plain letters: casefolding leaves the capitals of mathematical alphabets alone.
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", word).casefold())
    plain = plain.replace(".", "")
    if plain.isascii():
        return plain[:MAX_WORD]
    letters = []
    for letter in plain:
        if letter in _FOLDED:
            letters.append(_FOLDED[letter])
        elif unicodedata.combining(letter):
            continue
        elif "\u00c0" <= letter < "\u0400" or "\u1e00" <= letter < "\u2000":
            # Latin and Greek: the bare letter. In other scripts a mark makes another letter (й).
            bare = unicodedata.normalize("NFD", letter)[0]
            letters.append(_FOLDED.get(bare, bare))
        else:
            letters.append(letter)
    return "".join(letters)[:MAX_WORD]


def _is_plain(text: str) -> bool:
    """Whether letters and digits are all there is to a text's words, as in most English lines."""
    return text.isascii() and not _ASCII_INITIALS.search(text)


def words(text: str) -> Iterator[Word]:
    """The words of a text in their order."""
    if _is_plain(text):
        # Four times as fast as what follows, which gives the same.
        for place, plain in enumerate(_ASCII_WORD.finditer(text.lower()), start=1):
            yield Word(plain[0][:MAX_WORD], plain.start(), plain.end(), place)
        return
    position = 0
    for found in _WORD.finditer(text):
        start, end = found.span()
        if found.lastgroup == "unspaced":
            run = unicodedata.normalize("NFKC", found.group())
            if len(run) != end - start:
                run = found.group()
            for place in range(len(run)):
                position += 1
                stop = min(place + 2, len(run))
                yield Word(run[place:stop], start + place, start + stop, position)
            continue
        folded = fold(found.group())
        if folded:
            position += 1
            yield Word(folded, start, end, position)


def raw_words(text: str) -> set[str]:
    """The words of a text as they are written, each once, runs of unspaced scripts uncut.

    Many times faster than `words`, for looking whether a text is worth reading.
    """
    return set(_ASCII_WORD.findall(text.lower()) if _is_plain(text) else _RAW_WORD.findall(text))


def is_unspaced(text: str) -> bool:
    """Whether a word is of a script that is cut into pairs of characters."""
    found = _WORD.match(text)
    return found is not None and found.lastgroup == "unspaced"


def is_stop_word(word: str, languages: Iterable[str]) -> bool:
    """Whether a folded word is not looked for in one of some languages."""
    return any(word in STOP_WORDS.get(language, ()) for language in languages)


@lru_cache(maxsize=1 << 17)
def stem(word: str, language: str) -> str:
    """The stem of a folded word; the word itself in a language without a stemmer."""
    name = STEMMERS.get(language)
    if name is None or not word.isalpha():
        return word
    # Snowball's objects are not made for several threads at once.
    with _lock:
        stemmer = _stemmers.get(name)
        if stemmer is None:
            stemmer = _stemmers[name] = Stemmer.Stemmer(name, 0)
        return stemmer.stemWord(word) or word


@lru_cache(maxsize=1 << 17)
def lexemes(word: str, languages: tuple[str, ...]) -> tuple[str, ...]:
    """What a folded word of a text in some languages is indexed by; nothing for a stop word."""
    found = []
    for language in languages:
        if word in STOP_WORDS.get(language, ()):
            continue
        found.append(stem(word, language))
        if language != "en":
            found.append(word)
    return tuple(dict.fromkeys(found))


def read(text: Text) -> list[tuple[Word, tuple[str, ...]]]:
    """The words of a text in their order, each with what it is indexed by."""
    return [(word, lexemes(word.text, text.languages)) for word in words(text.text)]


def query_languages(word: str, interface: str) -> tuple[str, ...]:
    """The languages in which a word of a query is read: by its script and the reader's language."""
    first = word[:1]
    if "\u0400" <= first < "\u0530":
        return ("ru", "sr") if interface == "sr" else ("ru",)
    if "\u0600" <= first < "\u0780":
        return ("ar", "fa")
    if "\u0370" <= first < "\u0400":
        return ("el",)
    if "\u0900" <= first < "\u0980":
        return ("hi", "ne")
    # No more of them: the French stem of “carrier” is the English one of “carry”.
    return tuple(dict.fromkeys(("en", interface if interface in ("fr", "es") else "en")))
