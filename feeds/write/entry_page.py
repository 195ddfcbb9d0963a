"""An entry as a page of its own, in its newest version. A pure function of values."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from config.settings import Channel, Site
from feeds.channel import Item, Withdrawn
from feeds.html import escape
from feeds.model import Enclosure, Section
from feeds.write.body import page_body
from feeds.write.elsewhere import bound
from feeds.write.markup import alternate, anchor, crumbs, foot, frame, language_of, month, spoken, time, web, written
from feeds.write.ready import Ready, html, plain_text, ready
from feeds.write.values import plain

_FEW_SECTIONS = 3  # fewer need no list of their own
_ENOUGH = 1000  # characters, to tell which way a text is written
_FLUENT = 100_000  # the largest file whose size is told in kilobytes


class Neighbour(Struct, frozen=True):
    """The entry before or after: the name of its page, its title, and its language."""

    page: str
    title: str
    language: str | None = None


class Around(Struct, frozen=True):
    """Where an entry's page stands: the page of its month ("2026-11") and the entries beside it, by their dates."""

    month: str
    month_page: str
    before: Neighbour | None = None
    after: Neighbour | None = None


WITHDRAWN = "Withdrawn"  # what stands for the title of an entry that was taken back


def entry_page(item: Item, channel: Channel, site: Site, around: Around) -> bytes:
    """The page, UTF-8; it lies in the folder `entries` of its channel."""
    if item.withdrawn:
        return _withdrawn_page(item.withdrawn, channel, site, around)
    entry = ready(item)
    around_it = channel.language or site.language
    start = f"{entry.name} {plain_text(entry.body)[:_ENOUGH]}"
    language = spoken(start, entry.language) or around_it
    text = page_body(bound(html(entry.body), site))
    places = [
        (plain(site.title), "../../"),
        (plain(channel.title), "../"),
        (month(around.month), f"../archive/{around.month_page}.html"),
    ]
    body = [
        crumbs(places, around_it),
        '<main id="content">\n<article class="entry">',
        f'<header>\n<h1 dir="auto">{escape(entry.name)}</h1>\n<p class="quiet">{_byline(entry)}</p>\n</header>',
        *_edited(item, entry),
        *_sections(item.entry.sections, text),
        *_lead(entry, site),
        *([f'<div class="text">\n{text}\n</div>'] if text else []),
        *_end(entry),
        "</article>",
        *_turn(around, language),
        "</main>",
        foot(),
    ]
    title = plain(channel.title) or channel.name
    heads = [alternate(format, title, f"../feed.{format}") for format in channel.formats]
    if not item.local and (link := web(entry.link)):
        heads.append(f'<link rel="canonical" href="{escape(link)}">')
    if image := web(entry.image):
        heads.append(f'<meta property="og:image" content="{escape(image)}">')
    for rel, one in (("prev", around.before), ("next", around.after)):
        if one:
            heads.append(f'<link rel="{rel}" href="{one.page}.html">')
    heads.append(f'<meta property="article:published_time" content="{entry.published.isoformat()}">')
    return frame(
        body,
        title=f"{entry.name} · {title}",
        description=entry.excerpt,
        language=language,
        dir=written(start, entry.language),
        root="../../",
        heads=heads,
        kind="article",
        site=site,
        private=channel.private,
    )


def _byline(entry: Ready) -> str:
    facts = [anchor(one.name, web(one.url)) for one in entry.authors if one.name]
    facts.append(time(entry.published))
    if entry.source:
        facts.append(anchor(entry.source.title or "", web(entry.source.link)))
    if entry.reading_minutes:
        unit = "minute" if entry.reading_minutes == 1 else "minutes"
        facts.append(f'<bdi lang="en">{entry.reading_minutes} {unit} to read</bdi>')
    return " · ".join(facts)


def _edited(item: Item, entry: Ready) -> list[str]:
    """An edit is told, and with it that the first version was another."""
    if item.number == 1:
        return []
    return [f'<p class="note" lang="en" dir="ltr">Edited on {time(entry.updated)}: this is version {item.number}.</p>']


def _sections(sections: Sequence[Section], text: str) -> list[str]:
    found = [one for one in sections if f' id="{escape(one.anchor)}"' in text and plain(one.heading)]
    if len(found) < _FEW_SECTIONS:
        return []
    top = min(one.level for one in found)
    lines = [
        f"<li{' class=' + chr(34) + 'deep' + chr(34) if one.level > top else ''}>"
        f'<a href="#{escape(one.anchor)}"><bdi>{escape(plain(one.heading))}</bdi></a></li>'
        for one in found
    ]
    return ['<nav class="sections" aria-label="Sections">\n<ol>', *lines, "</ol>\n</nav>"]


def _lead(entry: Ready, site: Site) -> list[str]:
    """The entry's picture, where its text has none."""
    image = web(entry.image)
    if not image or "<img" in html(entry.body):
        return []
    return [bound(f'<img class="lead" src="{escape(image)}" alt="">', site)]


def _end(entry: Ready) -> list[str]:
    parts = []
    if entry.enclosures:
        parts += ['<ul class="files">', *map(_file, entry.enclosures), "</ul>"]
    if entry.categories:
        tags = "".join(f"<li><bdi>{escape(one.label or one.term)}</bdi></li>" for one in entry.categories)
        parts.append(f'<ul class="tags" aria-label="Tags">{tags}</ul>')
    if link := web(entry.link):
        parts.append(
            f'<p lang="en"><bdi>First published at <a href="{escape(link)}">{escape(_short(link))}</a></bdi></p>'
        )
    if comments := web(entry.comments):
        parts.append(f'<p lang="en"><bdi><a href="{escape(comments)}">Comments</a></bdi></p>')
    if entry.rights:
        parts.append(f'<p class="quiet" dir="auto">{escape(entry.rights)}</p>')
    return ["<footer>", *parts, "</footer>"] if parts else []


def _file(one: Enclosure) -> str:
    name = one.title or one.url.rpartition("/")[2].partition("?")[0] or one.url
    kind = (one.type or "").partition("/")[0]
    facts = [fact for fact in (one.type, _size(one.length), _duration(one.duration)) if fact]
    url = web(one.url)
    player = f'<{kind} controls preload="none" src="{escape(one.url)}"></{kind}>'
    shown = player if url and kind in ("audio", "video") else ""
    return f'<li>{anchor(name, url)} <span class="quiet">{escape(", ".join(facts))}</span>{shown}</li>'


def _size(length: int | None) -> str:
    if not length:
        return ""
    return f"{length / 1e6:.1f} MB" if length >= _FLUENT else f"{max(1, round(length / 1e3))} kB"


def _duration(seconds: int | None) -> str:
    """`1:02:05`, or `2:05`."""
    if not seconds:
        return ""
    minutes, hours = seconds // 60 % 60, seconds // 3600
    return f"{hours}:{minutes:02}:{seconds % 60:02}" if hours else f"{minutes}:{seconds % 60:02}"


def _withdrawn_page(withdrawn: Withdrawn, channel: Channel, site: Site, around: Around) -> bytes:
    """The page of an entry that was taken back: it says so, and nothing of what the entry was."""
    language = channel.language or site.language
    reason = plain(withdrawn.reason)
    places = [(plain(site.title), "../../"), (plain(channel.title), "../")]
    body = [
        crumbs(places, language),
        '<main id="content">',
        f'<article lang="en" dir="ltr">\n<h1>{WITHDRAWN}</h1>',
        f"<p>This entry was withdrawn by its publisher on {time(withdrawn.at)}.</p>",
        *([f'<p dir="auto">{escape(reason)}</p>'] if reason else []),
        "</article>",
        *_turn(around, language),
        "</main>",
        foot(),
    ]
    # The marker is what a server tells by that the answer is 410 (`backissue.web.standing`).
    heads = ['<meta name="backissue" content="withdrawn">', '<meta name="robots" content="noindex">']
    title = f"{WITHDRAWN} · {plain(channel.title) or channel.name}"
    return frame(body, title=title, language=language, root="../../", heads=heads, private=channel.private)


def _turn(around: Around, language: str) -> list[str]:
    links = [
        f'<a rel="{rel}" href="{one.page}.html"><span lang="en">{word}</span>'
        f"<bdi{language_of(one.language, language, one.title)}>{escape(one.title)}</bdi></a>"
        for rel, word, one in (("prev", "Earlier", around.before), ("next", "Later", around.after))
        if one
    ]
    return [f'<nav class="turn" aria-label="Entries beside this one">{"".join(links)}</nav>'] if links else []


def _short(link: str) -> str:
    """The host's name."""
    return link.partition("://")[2].partition("/")[0].removeprefix("www.")
