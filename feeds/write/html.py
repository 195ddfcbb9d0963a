"""The first pages for people: the site's, with all its channels, and each channel's, with its newest entries."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from msgspec import Struct

from config.settings import Channel, Site
from feeds.html import escape, one_line
from feeds.model import Enclosure
from feeds.write.body import page_body
from feeds.write.document import Document
from feeds.write.elsewhere import bound
from feeds.write.markup import alternate, anchor, buttons, crumbs, foot, frame, language_of, time, web
from feeds.write.ready import Ready, html, plain_text, ready, tidy
from feeds.write.values import direction, page_name, plain

_ARCHIVE = '\n<p lang="en"><bdi><a href="archive/">All entries by year and month</a></bdi></p>'


class Line(Struct, frozen=True):
    """An entry in a list: `date` is UTC, `link` its source's page, `page` the name of ours."""

    title: str
    date: datetime
    link: str | None = None
    language: str | None = None
    page: str | None = None


class Digest(Struct, frozen=True):
    """What the site's page shows of a channel: how many entries are live, when it last changed (UTC), the newest."""

    items: int = 0
    updated: datetime | None = None
    newest: tuple[Line, ...] = ()


def digest(document: Document, lines: int = 5) -> Digest:
    """The short form of a live document."""
    entries = document.entries
    newest = tuple(_line(ready(item)) for item in entries[:lines])
    return Digest(len(entries), document.updated if entries else None, newest)


def channel_page(
    document: Document, site: Site, entries: Sequence[Ready] | None = None, *, pages: bool = False
) -> bytes:
    """A live document as a page that stands beside its feeds; `entries` are its own, where they are ready already.

    `pages` tells that the entries have pages of their own, and the channel an archive by year and month.
    """
    document = tidy(document)
    if entries is None:
        entries = [ready(item, document.pages) for item in document.entries]
    feeds = [(format, _name(links.self)) for format, links in document.links.items()]
    description = document.description and f'\n<p dir="auto">{escape(document.description)}</p>'
    body = [
        crumbs([(plain(site.title), "../")], document.language),
        f'<header class="head">\n<h1 dir="auto">{escape(document.title)}</h1>{description}\n{buttons(feeds)}'
        '\n<p class="quiet" lang="en"><bdi>To subscribe, give your feed reader the address of this page, or of one of'
        f" these feeds.</bdi></p>{_ARCHIVE if pages else ''}\n</header>",
        '<main id="content">',
        *(_article(entry, document.language, site, pages=pages) for entry in entries),
        *([] if entries else ['<p class="quiet" lang="en">No entries yet.</p>']),
        "</main>",
        foot(_earlier(document, pages=pages)),
    ]
    heads = [alternate(format, document.title, href) for format, href in feeds]
    return frame(
        body,
        title=document.title,
        description=document.description,
        language=document.language,
        heads=heads,
        root="../",
        site=site,
        private=document.private,
    )


def index_page(site: Site, channels: Sequence[tuple[Channel, Digest]]) -> bytes:
    """The site's page: every channel with its feeds and its newest entries."""
    title, description = plain(site.title), plain(site.description)
    heads = [
        alternate(format, plain(channel.title), f"{channel.name}/feed.{format}")
        for channel, _ in channels
        for format in channel.formats
    ]
    about = f'\n<p dir="auto">{escape(description)}</p>' if description else ""
    body = [
        f'<header class="head">\n<h1 dir="auto">{escape(title)}</h1>{about}\n</header>',
        '<main id="content">',
        *(_section(channel, shown, channel.language or site.language) for channel, shown in channels),
        *([] if channels else ['<p class="quiet" lang="en">No channels yet.</p>']),
        "</main>",
        foot('<a href="channels.opml">All channels as OPML</a>, to subscribe to them at once.'),
    ]
    return frame(body, title=title, description=description, language=site.language, heads=heads, root="")


def _article(entry: Ready, language: str, site: Site, *, pages: bool) -> str:
    facts = [time(entry.published)]
    facts += [f"<bdi>{escape(person.name)}</bdi>" for person in entry.authors if person.name]
    if entry.source:
        facts.append(anchor(entry.source.title or "", web(entry.source.link)))
    facts += [f'<a href="{escape(one.url)}">{_file(one)}</a>' for one in entry.enclosures if web(one.url)]
    link = f"entries/{page_name(entry.id)}.html" if pages else web(entry.link)
    text = "" if entry.excerpt in ("", entry.name) else f"\n<p>{escape(entry.excerpt)}</p>"
    own = language_of(entry.language, language, entry.name)
    return (
        f'<article class="item"{own}>\n<h2>{anchor(entry.name, link)}</h2>'
        f'\n<p class="quiet">{" · ".join(facts)}</p>{text}{"" if pages else _full_text(entry, site)}\n</article>'
    )


def _full_text(entry: Ready, site: Site) -> str:
    """The text of an entry that has no page of its own, to unfold: there is nowhere else to read it."""
    if web(entry.link) or entry.body is None or one_line(plain_text(entry.body)) == entry.excerpt:
        return ""
    text = page_body(bound(html(entry.body), site), level=3)
    return f'\n<details>\n<summary lang="en">Full text</summary>\n<div class="text">{text}</div>\n</details>'


def _file(one: Enclosure) -> str:
    """What kind of file, and how large: `audio, 12.3 MB`."""
    kind, _, detail = (one.type or "").partition("/")
    name = kind if kind in ("audio", "video", "image") else one.type if detail not in ("", "octet-stream") else "file"
    size = f", {one.length / 1e6:.1f} MB" if one.length and one.length >= 50_000 else ""
    return escape(f"{name}{size}")


def _section(channel: Channel, shown: Digest, language: str) -> str:
    count = f"{shown.items} {'entry' if shown.items == 1 else 'entries'} in the feed"
    since = f", last changed {time(shown.updated)}" if shown.updated else ""
    parts = [
        f'<section class="item" lang="{escape(language)}" dir="{direction(language)}">',
        f'<h2 dir="auto"><a href="{channel.name}/">{escape(plain(channel.title))}</a></h2>',
        *([f'<p dir="auto">{escape(plain(channel.description))}</p>'] if channel.description else []),
        f'<p class="quiet" lang="en"><bdi>{count}{since}</bdi></p>',
        buttons((format, f"{channel.name}/feed.{format}") for format in channel.formats),
        *_newest(channel, shown.newest, language),
        "</section>",
    ]
    return "\n".join(parts)


def _newest(channel: Channel, lines: Iterable[Line], language: str) -> list[str]:
    rows = []
    for one in lines:
        link = f"{channel.name}/entries/{one.page}.html" if channel.pages and one.page else web(one.link)
        rows.append(
            f"<li{language_of(one.language, language, one.title)}>{anchor(one.title, link)} "
            f'<span class="quiet">{time(one.date)}</span></li>'
        )
    return ['<ul class="list">', *rows, "</ul>"] if rows else []


def _earlier(document: Document, *, pages: bool) -> str:
    if pages:
        return '<a href="archive/">All entries by year and month</a>.'
    older = next((links.prev_archive for links in document.links.values() if links.prev_archive), None)
    if older is None:
        return "These are all entries of this channel."
    return f'Earlier entries are kept in archive documents: <a href="archive/{_name(older)}">the newest of them</a>.'


def _line(entry: Ready) -> Line:
    return Line(entry.name, entry.published, entry.link, entry.language, page_name(entry.id))


def _name(address: str) -> str:
    """The file's name at the end of an address."""
    return address.rpartition("/")[2]
