"""How much text there is, in any script."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal

WORDS_A_MINUTE = 230

# Scripts without spaces between words: Han, kana and Yi are counted by the character, Thai, Lao, Burmese and Khmer
# by the run, at a usual five characters a word.
_IDEOGRAPH = re.compile(
    "[\u3005-\u3007\u3041-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua48c\uf900-\ufaff\uff66-\uff9f"
    "\U0001b000-\U0001b16f\U00020000-\U000323af]"
)
_UNSPACED = re.compile("[\u0e01-\u0e3a\u0e40-\u0e4e\u0e81-\u0ece\u1000-\u103f\u1780-\u17d3]+")
_UNSPACED_WORD = 5
_WORD = re.compile(r"[^\W_][^\s\u200b—–…]*")
# Letters and digits as "a", and so is what is left of other scripts; white space as " ", the rest goes.
_ASCII = bytes(range(128))
_SHAPES = bytes(97 if octet > 127 or chr(octet).isalnum() else 32 for octet in range(256))
_SIGNS = bytes(octet for octet in range(128) if not (chr(octet).isalnum() or chr(octet).isspace()))


def word_count(text: str) -> int:
    """How many words a plain text has.

    A word is a run without white space or dashes that holds a letter or digit; « » and other signs alone are none.
    Han, kana and Yi count by the character; Thai, Lao, Burmese and Khmer one word to each five characters of a run.
    """
    octets = text.encode("utf-8", "replace")
    count = 0
    if not text.isascii():
        chars = set(octets.translate(None, _ASCII).decode()) - _letters
        shapes = {char: _shape(char) for char in chars}
        if "unspaced" in shapes.values():
            return _count_slowly(text)
        for char, shape in shapes.items():
            if shape == "letter":
                _letters.add(char)
                continue
            if shape == "ideograph":
                count += text.count(char)
            text = text.replace(char, "" if shape == "sign" else " ")
        octets = text.encode("utf-8", "replace")
    octets = octets.translate(_SHAPES, _SIGNS)
    return count + octets.count(b" a") + octets.startswith(b"a")


# Those of them that were met: most characters of most texts are such.
_letters: set[str] = set()


@lru_cache(4096)
def _shape(char: str) -> Literal["letter", "blank", "sign", "ideograph", "unspaced"]:
    """What a character is to those who count words."""
    if _IDEOGRAPH.match(char):
        return "ideograph"
    if _UNSPACED.match(char):
        return "unspaced"
    if _WORD.match(char):
        return "letter"
    return "sign" if _WORD.fullmatch(f"a{char}") else "blank"


def _count_slowly(text: str) -> int:
    text, count = _IDEOGRAPH.subn(" ", text)
    count += sum(-(-len(run) // _UNSPACED_WORD) for run in _UNSPACED.findall(text))
    return count + len(_WORD.findall(_UNSPACED.sub(" ", text)))


def reading_minutes(words: int) -> int:
    """How many minutes that many words take to read, at 230 a minute, rounded; at least 1."""
    return max(1, (words + WORDS_A_MINUTE // 2) // WORDS_A_MINUTE)
