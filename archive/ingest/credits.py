"""Bylines and datelines: the lines above an article that tell who wrote it, where and when."""

from __future__ import annotations

import re
from datetime import datetime

from msgspec import Struct

from archive.ingest.cues import is_capitals, width
from archive.ingest.dateline import dates

_LONGEST = 160
_BY = re.compile(
    r"""(?: (?:(?:written|reported|text|words|story|reporting|posted)\ )?by
      | (?:(?:écrit|publié|rédigé|traduit)\ )?par | propos\ recueillis\ par | un\ article\ de
      | (?:ein\ beitrag\ )?von | por | escrito\ por | di | a\ cura\ di | door | av
      | автор | текст | بقلم | كتب | كتبه )(?:\s*[:：]\s*|\s+)
      | (?:authors?|auteure?s?|autor(?:en|es|in|a)?|autore|autori|texte?|texto|testo|text
      | автор|текст|文|作者|著者|取材|記者) \s*[:：/／]\s*""",
    re.VERBOSE | re.IGNORECASE,
)
_SMALL = frozenset(
    {"de", "du", "des", "la", "le", "van", "von", "der", "den", "ter", "ten", "da", "dos", "das", "di", "del", "della",
     "el", "al", "bin", "ibn", "ben", "zu", "y", "e", "af", "av"}
)  # fmt: skip
_ROLE = re.compile(r"\s+(?:à|in|en|em|a|в|aus)\s+(?=[A-ZÀ-ÞА-Я])|\s*[(（].*")
_AND = re.compile(r"\s*(?:[,;&/、，|]|\s(?:et|and|und|y|e|и|en|og|och)\s)\s*", re.IGNORECASE)
_UPDATED = re.compile(
    r"\b(?:last\s+)?(?:updated|modified)|mise?\s+à\s+jour|modifié|aktualisiert|stand\b|actualizad[oa]|atualizad[oa]"
    r"|aggiornat[oa]|modificat[oa]|bijgewerkt|обновлен[оа]?|تحديث|更新",
    re.IGNORECASE,
)
_AROUND = re.compile(
    r"""(?:\b(?: published | posted | first | last | updated | modified | date | on | at
      | publiée? | mise? | jour | modifiée? | le | la | paru | à
      | veröffentlicht | aktualisiert | erschienen | stand | am | vom | um | uhr | den
      | publicad[oa] | actualizad[oa] | atualizad[oa] | fecha | data | datum | el | em | en | a | às | las | los
      | pubblicat[oa] | aggiornat[oa] | il | alle | ore
      | опубликовано | обновлено | дата | в | года | г
      | نشر | في | تحديث | التاريخ | بتاريخ
      | (?:mon|tues|wednes|thurs|fri|satur|sun)day | mon | tue | wed | thu | fri | sat | sun
      | lundi | mardi | mercredi | jeudi | vendredi | samedi | dimanche
      | montag | dienstag | mittwoch | donnerstag | freitag | samstag | sonntag
      | lunes | martes | miércoles | jueves | viernes | sábado | domingo
      | (?:segunda|terça|quarta|quinta|sexta)(?:-feira)?
      | lunedì | martedì | mercoledì | giovedì | venerdì | sabato | domenica
      | понедельник | вторник | среда | четверг | пятница | суббота | воскресенье
      | الاثنين | الثلاثاء | الأربعاء | الخميس | الجمعة | السبت | الأحد )\b
      | [月火水木金土日]曜日? | 星期[一二三四五六日天] | 公開 | 发布 | 发表 | 更新 | 日期 | 日付
      | [\s\u00a0.,:;،؛|·•/()（）、，：—–-] )""",
    re.VERBOSE | re.IGNORECASE,
)
_EDGES = re.compile(rf"^{_AROUND.pattern}+|{_AROUND.pattern}+$", re.VERBOSE | re.IGNORECASE)

_OPENING = re.compile(r"(?P<line>[^–—]{4,80}?)\s*(?P<agency>[(（][^()（）]{2,30}[)）])?\s+(?:[–—]|--?)\s+(?=\S)")


class Credits(Struct, frozen=True):
    """What a line above an article tells: names as written, times as aware UTC."""

    authors: tuple[str, ...] = ()
    published: datetime | None = None
    updated: datetime | None = None


def credits(line: str) -> Credits | None:
    """The byline or dateline that this line is and nothing else; None for any other line."""
    if not line or width(line) > _LONGEST:
        return None
    found = list(dates(line))
    if not found:
        authors = byline(line)
        return Credits(authors) if authors else None
    authors, published, updated, start = (), None, None, 0
    gaps = [*((date.start, date.stop, date) for date in found), (len(line), len(line), None)]
    for stop, following, date in gaps:
        words = line[start:stop]
        rest = _EDGES.sub("", words)
        if rest and not (names := byline(rest)) and not (start == 0 and _is_place(words, rest)):
            return None
        authors += names if rest else ()
        if date and _UPDATED.search(words):
            updated = updated or date.when
        elif date:
            published = published or date.when
        start = following
    return Credits(authors, published, updated)


def opening(text: str) -> datetime | None:
    """The date in the dateline that a paragraph opens with: "PARIS, 3 mars 2024 – ", "Oslo, 3 March 2024 (NTB) - ".

    A place and a date before a dash are a dateline only if the place is in capitals or an agency is named; else it
    may be history that is told.
    """
    match = _OPENING.match(text)
    found = credits(match["line"]) if match else None
    if not match or not found or found.authors:
        return None
    place = match["line"].partition(",")[0]
    return found.published if is_name(place, single=True) and (match["agency"] or is_capitals(place)) else None


def byline(line: str) -> tuple[str, ...]:
    """The names in a line such as "Par Jeanne Martin et Luc Petit, à Moscou"; none if it is no byline."""
    match = _BY.match(line)
    if not match:
        return ()
    said = match[0].rstrip()[-1] in ":：/／"
    first, *others = (_ROLE.split(part)[0] for part in _AND.split(line[match.end() :].rstrip(" .|–—-,")))
    if not is_name(first, single=said):
        return ()
    return (first, *(other for other in others if is_name(other)))


def is_name(text: str, *, single: bool = False) -> bool:
    """Whether it is shaped like a person's name: two to five words with capitals, or an agency's in capitals.

    A `single` word is enough where a label before it has said that a name follows.
    """
    words = text.split()
    if not words or len(words) > 5 or len(text) > 60 or not re.fullmatch(r"[^\W\d_]+(?:[\s.'’‐-]+[^\W\d_]+)*\.?", text):
        return False
    proper = [word for word in words if word[0].isupper() or not (word[0].isupper() or word[0].islower())]
    if len(proper) + sum(word in _SMALL for word in words) < len(words) or not proper:
        return False
    return single or len(proper) > 1 or text.isupper()


def _is_place(words: str, rest: str) -> bool:
    around = words.strip()
    # "Paris, le 12 mars": a place stands first, is written as a name and is set off from the date.
    set_off = around.startswith("(") or re.match(rf"{re.escape(rest)}\s*(?:[,،，(（–—-]|$)", around)
    return bool(set_off) and is_name(rest, single=True) and len(rest.split()) <= 3
