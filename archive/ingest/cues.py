"""The small marks by which a line of plain text tells what it is: closing punctuation, list signs, known labels.

The labels are in `words`. A line counts as a label only if it is that label and nothing else.
"""

from __future__ import annotations

import re
import unicodedata

from archive.ingest.words import CONTENTS, FURNITURE, HEADERS, POINTERS, RUBRICS

_TAIL = " \t\u00a0\u202f\"'”’»›)]}）」』】》*_"
_STOPS = ".。…।॥۔։።။།។᙮"
_ASKS = "?!？！؟‽"
_PAUSES = ",;:،؛、，；：-–—"

# Scripts whose sentences end with a blank at most.
_UNSTOPPED = re.compile("[\u0e00-\u0eff]")

_BULLET = re.compile(r"(?P<mark>[-*+•‣▪●○◦·–])[ \t\u00a0]+(?=\S)")
_NUMBER = re.compile(r"(?P<mark>\d{1,3})(?P<close>[.)])[ \t\u00a0]+(?=\S)")
_SPEECH = re.compile(r"[—―–-][ \t\u00a0]*(?=\S)")
_QUOTED = re.compile(r">[ \t]?")
_HASHES = re.compile(r"(#{1,6})[ \t]+(?=\S)(.*?)[ \t]*#*$")
_ADDRESS = re.compile(r"<?(?:https?://|www\.)\S+>?", re.IGNORECASE)
_RULE = re.compile(r"([-=~_*+#^\"·.])(?:[ \t]*\1){2,}$|[*⁂§][ \t]*$")
_NUMBERING = re.compile(
    r"""(?P<decimal>\d{1,2}(?:\.\d{1,2})+)\.?[ \t\u00a0]+(?=\S)
      | (?P<number>\d{1,2})[.)/][ \t\u00a0]+(?=\S)
      | (?P<roman>[IVXL]{1,6})[.)][ \t\u00a0]+(?=\S)
      | (?P<letter>[A-Za-zА-Яа-я])\)[ \t\u00a0]+(?=\S)
      | (?P<upper>[A-Z])\.[ \t\u00a0]+(?=[^\W\d_]{2})
      | (?P<chapter>(?:chapter|chapitre|kapitel|capítulo|capitolo|part|partie|teil|parte|глава|часть|§)[ ]
            (?:\d{1,3}|[IVXL]{1,6})\b[.:–—-]?[ ]?)
      | (?P<han>第[一二三四五六七八九十百\d]{1,4}[章節节部回話话]|[一二三四五六七八九十]{1,3}、)\s*(?=\S)""",
    re.VERBOSE | re.IGNORECASE,
)
_LEADERS = re.compile(r"(?:[ \t]*[.·…_]{2,}[ \t]*|[ \t]{2,})\d{1,4}$")
_CAPTION = re.compile(
    r"(?:©|\(c\)|(?:photo(?:graph|graphie)?|foto|fotografía|crédits?(?: photo)?|credits?|image|bild|illustration|"
    r"immagine|imagem|imagen|фото|source|sources|quelle|fuente|fonte|источник|صورة|写真|图片)\s*[:：/©])",
    re.IGNORECASE,
)


_FIELD = re.compile(r"(?P<key>[^\W\d_][^:：\d]{0,24}?)[ \u00a0]?[:：](?!//)[ \t\u00a0]*(?P<value>.*)$")


def width(text: str) -> int:
    """How many columns the text takes; ideographs take two (Unicode Standard Annex 11)."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text
    )


def stops(text: str) -> bool:
    """Whether it ends as a statement does: a full stop or ellipsis, closing quotes and brackets aside."""
    return text.rstrip(_TAIL)[-1:] in _STOPS and bool(text.rstrip(_TAIL))


def has_stops(text: str) -> bool:
    """Whether its script has signs for the end of a sentence at all, which Thai and Lao have not."""
    return not _UNSTOPPED.search(text)


def asks(text: str) -> bool:
    """Whether it ends with a question or exclamation mark."""
    return text.rstrip(_TAIL)[-1:] in _ASKS and bool(text.rstrip(_TAIL))


def pauses(text: str) -> bool:
    """Whether it ends in the middle of a sentence, with a comma, colon, semicolon or dash."""
    return text.rstrip(_TAIL)[-1:] in _PAUSES and bool(text.rstrip(_TAIL))


def ends_sentence(text: str) -> bool:
    """Whether a sentence ends with it."""
    return stops(text) or asks(text)


def starts_low(text: str) -> bool:
    """Whether its first letter is a small one, as in the middle of a sentence."""
    first = text.lstrip("\"'“‘«‹([ \u00a0\u202f")[:1]
    return first.islower()


def is_capitals(text: str) -> bool:
    """Whether it is written in capitals throughout (in scripts that have them)."""
    letters = [char for char in text if char.isalpha()]
    return len(letters) > 1 and text.isupper() and sum(char.isupper() for char in letters) * 10 >= len(letters) * 9


def is_contents_label(text: str) -> bool:
    """Whether it is the label of a table of contents, such as "Sommaire" or "Contents:"."""
    return _plain(text) in CONTENTS


def is_furniture(text: str) -> bool:
    """Whether it is a leftover of a page around the article: "Share", "Advertisement", "Lire aussi : ..."."""
    if _plain(text) in FURNITURE:
        return True
    label, colon, rest = text.replace("：", ":").partition(":")
    return bool(colon) and _plain(label) in POINTERS and width(rest) <= 150 and not stops(rest)


def is_rubric(text: str) -> bool:
    """Whether it is a known rubric or a path of rubrics, such as "World", "Monde / Asie"."""
    parts = re.split(r"\s*[/|>›»·•]\s*", text.strip(" :"))
    return all(_plain(part) in RUBRICS for part in parts)


def is_caption(text: str) -> bool:
    """Whether it credits a picture or a source."""
    return bool(_CAPTION.match(text))


def is_address(text: str) -> bool:
    """Whether it is an address of the web and nothing else."""
    return bool(_ADDRESS.fullmatch(text))


def is_rule(text: str) -> bool:
    """Whether it is a line drawn of signs."""
    return bool(_RULE.fullmatch(text))


def bullet(text: str) -> re.Match[str] | None:
    """The sign of a bulleted item and the blanks behind it."""
    return _BULLET.match(text)


def number(text: str) -> re.Match[str] | None:
    """The number of a list item ("1." or "1)") and the blanks behind it."""
    return _NUMBER.match(text)


def speech(text: str) -> re.Match[str] | None:
    """The dash before a speaker's words."""
    return _SPEECH.match(text)


def quoted(text: str) -> re.Match[str] | None:
    """The sign that e-mail puts before quoted lines."""
    return _QUOTED.match(text)


def hashes(text: str) -> re.Match[str] | None:
    """A heading marked with number signs: the signs and the heading."""
    return _HASHES.match(text)


def numbering(text: str) -> re.Match[str] | None:
    """The numbering before a heading; the name of its one group tells the style."""
    return _NUMBERING.match(text)


def header(text: str) -> tuple[str, str] | None:
    """The field and value of an e-mail-like header line ("Titre : ..."), if its name is known."""
    match = _FIELD.match(text)
    field = HEADERS.get(match["key"].strip().casefold()) if match else None
    return (field, match["value"].strip()) if match and field else None


def likeness(text: str) -> str:
    """What stays of a heading when numbering, page numbers and punctuation go: equal for a heading and its mention."""
    text = _LEADERS.sub("", text.strip())
    match = bullet(text) or numbering(text)
    return _plain(text[match.end() :] if match else text)


def _plain(text: str) -> str:
    return " ".join(text.casefold().strip(" \t\u00a0\u202f:：.…·•|-–—→»>«<[]()*_#=~▼▲").split())
