"""What all pages for people are made of: the frame, the links, the dates and the languages. Pure functions.

Addresses inside the site are relative, so that the pages also work from a folder or behind another name. The pages
speak English where they speak for themselves; what sources say stands in its own language and direction.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime

from config.settings import Channel, Format, Site
from feeds.channel import home_of
from feeds.html import escape
from feeds.write.document import GENERATOR, LABELS, MEDIA_TYPES
from feeds.write.elsewhere import policy
from feeds.write.stylesheet import PAGE_STYLESHEET
from feeds.write.values import direction, language_tag, page_name, rfc3339

MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_LETTER = re.compile(r"[^\W\d_]")
_KANA = re.compile("[\u3041-\u30fa\u30fd-\u30ff\uff66-\uff9f]")
_HANGUL = re.compile("[\u1100-\u11ff\uac00-\ud7a3]")
_EAST = re.compile("[\u1100-\u11ff\u3041-\u30ff\u3400-\u9fff\uac00-\ud7a3\uf900-\ufaff]")
_ENOUGH = 400  # characters, to tell which way a text is written
_SUMMARY = 200  # characters of a description that search engines and messengers show


def page_address(site: Site, channel: Channel, identity: str) -> str:
    """The address of an entry's page in a channel."""
    return f"{home_of(site, channel)}entries/{page_name(identity)}.html"


def frame(
    body: Iterable[str],
    *,
    title: str,
    language: str,
    dir: str | None = None,
    root: str,
    description: str = "",
    heads: Iterable[str] = (),
    kind: str = "website",
    site: Site | None = None,
    private: bool = False,
) -> bytes:
    """A whole page. `root` leads to the site's root; `title` and `description` are plain text.

    `dir` is where the page is not written as its language is.
    """
    lines = [
        "<!DOCTYPE html>",
        f'<html lang="{escape(language)}" dir="{dir or direction(language)}">',
        "<head>",
        '<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{policy(site or Site())}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(title)}</title>",
        *_descriptions(title, description, kind),
        f'<meta name="generator" content="{GENERATOR}">',
        '<meta name="color-scheme" content="light dark">',
        f'<link rel="stylesheet" href="{root}{PAGE_STYLESHEET}">',
        # Nobody is led to a private page, or told its address by whom it leads to.
        *(['<meta name="robots" content="noindex, nofollow">'] if private else []),
        *(['<meta name="referrer" content="no-referrer">'] if private else []),
        *heads,
        "</head>",
        "<body>",
        '<a class="skip" href="#content" lang="en">Skip to the content</a>',
        *body,
        "</body>",
        "</html>\n",
    ]
    return "\n".join(lines).encode()


def crumbs(places: Sequence[tuple[str, str]], language: str) -> str:
    """The way back to the site's first page: titles, in the channel's language, and addresses."""
    steps = "".join(f'<li><a href="{escape(href)}"><bdi>{escape(title)}</bdi></a></li>' for title, href in places)
    return f'<nav class="crumbs" lang="{escape(language)}" aria-label="Where this is"><ol>{steps}</ol></nav>'


def foot(text: str = "") -> str:
    """The end of a page; `text` is HTML."""
    said = f"<p><bdi>{text}</bdi></p>\n" if text else ""
    return f'<footer class="foot" lang="en">\n{said}<p><bdi>Published with {GENERATOR}.</bdi></p>\n</footer>'


def buttons(feeds: Iterable[tuple[Format, str]]) -> str:
    """The feeds, to subscribe to."""
    links = (f'<a type="{MEDIA_TYPES[format]}" href="{escape(href)}">{LABELS[format]}</a>' for format, href in feeds)
    return f'<p class="buttons" lang="en">{"".join(links)}</p>'


def alternate(format: Format, title: str, href: str) -> str:
    """Tells readers of a feed (https://html.spec.whatwg.org/#link-type-alternate)."""
    name = escape(f"{title} ({LABELS[format]})")
    return f'<link rel="alternate" type="{MEDIA_TYPES[format]}" title="{name}" href="{escape(href)}">'


def anchor(text: str, link: str | None) -> str:
    """Plain text that leads to an address of the web or of the site, if there is one."""
    if link is None:
        return f"<bdi>{escape(text)}</bdi>"
    return f'<a href="{escape(link)}"><bdi>{escape(text)}</bdi></a>'


def web(link: str | None) -> str | None:
    """The address, if a browser can open it."""
    return link if link and link.lower().startswith(("http://", "https://")) else None


def time(when: datetime, *, year: bool = True) -> str:
    """A day, in words; UTC."""
    instant = rfc3339(when.replace(microsecond=0))  # HTML takes three digits of a fraction at most
    return f'<time datetime="{instant}" lang="en" dir="ltr">{day(when.astimezone(UTC).date(), year=year)}</time>'


def day(when: date, *, year: bool = True) -> str:
    """`24 November 2026`."""
    return f"{when.day} {MONTHS[when.month - 1]}" + (f" {when.year}" if year else "")


def month(key: str) -> str:
    """The name of a month: `November 2026` for 2026-11."""
    return f"{MONTHS[int(key[5:7]) - 1]} {int(key[:4])}"


def counted(number: int) -> str:
    """`1,234 entries`."""
    return f"{number:,} {'entry' if number == 1 else 'entries'}"


def language_of(own: str | None, around: str, text: str) -> str:
    """The attributes of a part: its language where it differs from what stands around it, and its direction."""
    own = spoken(text, language_tag(own))
    said = f' lang="{own}"' if own and own != around else ""
    return f'{said} dir="{written(text, own)}"'


def spoken(text: str, language: str | None) -> str | None:
    """The language, or what the script tells where it cannot be that: a browser chooses the fonts of Han by it."""
    letters = _LETTER.findall(text[:_ENOUGH])
    if len(_EAST.findall(text[:_ENOUGH])) * 2 <= len(letters) or (language or "")[:2].lower() in ("ja", "ko", "zh"):
        return language
    return "ja" if _KANA.search(text) else "ko" if _HANGUL.search(text) else "zh"


def written(text: str, language: str | None) -> str:
    """Which way a text goes, as HTML's `dir` says it: as most of its letters do.

    Feeds name a language that is not their entries' often enough. Where there are no letters, the language decides.
    """
    text = text[:_ENOUGH]
    if text.isascii():
        return "ltr" if _LETTER.search(text) else direction(language)
    signs = [unicodedata.bidirectional(char) for char in text]
    right = sum(sign in ("R", "AL") for sign in signs)
    left = signs.count("L")
    if right == left:
        return direction(language)
    return "rtl" if right > left else "ltr"


def _descriptions(title: str, description: str, kind: str) -> list[str]:
    """For search engines, and for those who show a card where somebody names the page (https://ogp.me/)."""
    short = description if len(description) <= _SUMMARY else description[: _SUMMARY - 1].rstrip() + "…"
    lines = [f'<meta name="description" content="{escape(short)}">'] if short else []
    lines += [f'<meta property="og:title" content="{escape(title)}">', f'<meta property="og:type" content="{kind}">']
    return lines + ([f'<meta property="og:description" content="{escape(short)}">'] if short else [])
