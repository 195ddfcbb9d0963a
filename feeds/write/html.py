"""The pages for people: one for the site, one for each channel. Plain HTML that needs no script.

Addresses inside the site are relative, so that the pages also work from a folder or behind another name. Each page
tells browsers and readers of its feeds (https://html.spec.whatwg.org/#link-type-alternate).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from msgspec import Struct

from config.settings import Channel, Format, Site
from feeds.html import escape, one_line
from feeds.model import Enclosure
from feeds.write.document import GENERATOR, LABELS, MEDIA_TYPES, Document
from feeds.write.ready import Ready, html, plain_text, ready, tidy
from feeds.write.values import direction, language_tag, plain, rfc3339

_STYLE = """
:root { color-scheme: light dark; --text: #1d1d1f; --quiet: #5f6368; --back: #fdfdfc; --line: #dcdcd8; --link: #0b57a4 }
@media (prefers-color-scheme: dark) {
  :root { --text: #e6e4df; --quiet: #a09d96; --back: #17181a; --line: #35373b; --link: #8ab8f0 }
}
* { box-sizing: border-box }
body {
  margin: 0 auto; padding: 1.5rem 1.1rem 3rem; max-width: 42rem; overflow-wrap: break-word;
  background: var(--back); color: var(--text); font: 1.0625rem/1.55 system-ui, sans-serif;
}
h1 { margin: 0 0 .4rem; font-size: 1.75rem; line-height: 1.2 }
h2 { margin: 0 0 .25rem; font-size: 1.15rem; line-height: 1.35 }
p { margin: .25rem 0 }
a { color: var(--link); text-underline-offset: .15em }
h1 a, h2 a { text-decoration: none }
h1 a:hover, h2 a:hover { text-decoration: underline }
header { margin-bottom: 1.75rem }
section, article { padding: 1.1rem 0; border-top: 1px solid var(--line) }
ul { margin: .6rem 0 0; padding: 0; list-style: none }
li { margin: .4rem 0; line-height: 1.4 }
.quiet, footer { color: var(--quiet); font-size: .9rem }
.feeds a {
  display: inline-block; margin-block: .5rem .25rem; margin-inline-end: .5rem; padding: .3rem .8rem;
  border: 1px solid var(--line); border-radius: 1rem; font-size: .9rem; text-decoration: none;
}
.feeds a:hover { border-color: var(--link) }
summary { margin: .4rem 0; color: var(--link); font-size: .9rem; cursor: pointer }
details > :not(summary) { margin-block: .8rem }
details :is(h1, h2, h3, h4) { margin-top: 1.3rem; font-size: 1.0625rem }
details :is(img, video) { max-width: 100%; height: auto }
details :is(pre, table) { display: block; overflow-x: auto }
footer { padding-top: 1.1rem; border-top: 1px solid var(--line) }
""".strip()


class Line(Struct, frozen=True):
    """An entry in a list: `date` is UTC."""

    title: str
    date: datetime
    link: str | None = None
    language: str | None = None


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


def channel_page(document: Document, home: str) -> bytes:
    """A live document as a page that stands beside its feeds; `home` is the site's title."""
    document = tidy(document)
    entries = [ready(item) for item in document.entries]
    feeds = [(format, _name(links.self)) for format, links in document.links.items()]
    description = document.description and f"\n<p>{escape(document.description)}</p>"
    body = [
        f'<header>\n<p class="quiet"><a href="../">{escape(plain(home))}</a></p>'
        f'\n<h1 dir="auto">{escape(document.title)}</h1>{description}\n{_buttons(feeds)}'
        '\n<p class="quiet" lang="en"><bdi>To subscribe, give your feed reader the address of this page, or of one of'
        " these feeds.</bdi></p>\n</header>",
        "<main>",
        *(_article(entry, document.language) for entry in entries),
        *([] if entries else ['<p class="quiet" lang="en">No entries yet.</p>']),
        "</main>",
        _footer(_earlier(document)),
    ]
    heads = [_alternate(format, document.title, href) for format, href in feeds]
    return _page(document.title, document.description, document.language, heads, body)


def index_page(site: Site, channels: Sequence[tuple[Channel, Digest]]) -> bytes:
    """The site's page: every channel with its feeds and its newest entries."""
    title, description = plain(site.title), plain(site.description)
    heads = [
        _alternate(format, plain(channel.title), f"{channel.name}/feed.{format}")
        for channel, _ in channels
        for format in channel.formats
    ]
    body = [
        f'<header>\n<h1 dir="auto">{escape(title)}</h1>\n<p dir="auto">{escape(description)}</p>\n</header>',
        "<main>",
        *(_section(channel, shown, channel.language or site.language) for channel, shown in channels),
        *([] if channels else ['<p class="quiet" lang="en">No channels yet.</p>']),
        "</main>",
        _footer('<a href="channels.opml">All channels as OPML</a>, to subscribe to them at once.'),
    ]
    return _page(title, description, site.language, heads, body)


def _page(title: str, description: str, language: str, heads: Iterable[str], body: Iterable[str]) -> bytes:
    meta = f'<meta name="description" content="{escape(description)}">\n' if description else ""
    lines = [
        "<!DOCTYPE html>",
        f'<html lang="{escape(language)}" dir="{direction(language)}">',
        "<head>",
        '<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f'<title>{escape(title)}</title>\n{meta}<meta name="generator" content="{GENERATOR}">',
        *heads,
        f"<style>\n{_STYLE}\n</style>",
        "</head>",
        "<body>",
        *body,
        "</body>",
        "</html>\n",
    ]
    return "\n".join(lines).encode()


def _article(entry: Ready, language: str) -> str:
    facts = [_time(entry.published)]
    facts += [f"<bdi>{escape(person.name)}</bdi>" for person in entry.authors if person.name]
    if entry.source:
        facts.append(_anchor(entry.source.title or "", entry.source.link))
    facts += [f'<a href="{escape(one.url)}">{_file(one)}</a>' for one in entry.enclosures if _web(one.url)]
    text = "" if entry.excerpt in ("", entry.name) else f"\n<p>{escape(entry.excerpt)}</p>"
    return (
        f"<article{_language(entry.language, language)}>\n<h2>{_anchor(entry.name, entry.link)}</h2>"
        f'\n<p class="quiet">{" · ".join(facts)}</p>{text}{_full_text(entry)}\n</article>'
    )


def _full_text(entry: Ready) -> str:
    """The text of an entry that has no page of its own, to unfold: there is nowhere else to read it."""
    if _web(entry.link) or entry.body is None or one_line(plain_text(entry.body)) == entry.excerpt:
        return ""
    return f'\n<details>\n<summary lang="en">Full text</summary>\n{html(entry.body)}\n</details>'


def _file(one: Enclosure) -> str:
    """What kind of file, and how large: `audio, 12.3 MB`."""
    kind, _, detail = (one.type or "").partition("/")
    name = kind if kind in ("audio", "video", "image") else one.type if detail not in ("", "octet-stream") else "file"
    size = f", {one.length / 1e6:.1f} MB" if one.length and one.length >= 50_000 else ""
    return escape(f"{name}{size}")


def _section(channel: Channel, shown: Digest, language: str) -> str:
    lines = [
        f"<li{_language(one.language, language)}>{_anchor(one.title, one.link)} "
        f'<span class="quiet">{_time(one.date)}</span></li>'
        for one in shown.newest
    ]
    count = f"{shown.items} {'entry' if shown.items == 1 else 'entries'} in the feed"
    since = f", last changed {_time(shown.updated)}" if shown.updated else ""
    parts = [
        f'<section lang="{escape(language)}" dir="{direction(language)}">',
        f'<h2><a href="{channel.name}/">{escape(plain(channel.title))}</a></h2>',
        *([f"<p>{escape(plain(channel.description))}</p>"] if channel.description else []),
        f'<p class="quiet" lang="en"><bdi>{count}{since}</bdi></p>',
        _buttons((format, f"{channel.name}/feed.{format}") for format in channel.formats),
        *(["<ul>", *lines, "</ul>"] if lines else []),
        "</section>",
    ]
    return "\n".join(parts)


def _earlier(document: Document) -> str:
    older = next((links.prev_archive for links in document.links.values() if links.prev_archive), None)
    if older is None:
        return "These are all entries of this channel."
    return f'Earlier entries are kept in archive documents: <a href="archive/{_name(older)}">the newest of them</a>.'


def _footer(text: str) -> str:
    return f'<footer lang="en">\n<p><bdi>{text}</bdi></p>\n<p><bdi>Published with {GENERATOR}.</bdi></p>\n</footer>'


def _buttons(feeds: Iterable[tuple[Format, str]]) -> str:
    links = (f'<a type="{MEDIA_TYPES[format]}" href="{escape(href)}">{LABELS[format]}</a>' for format, href in feeds)
    return f'<p class="feeds">{"".join(links)}</p>'


def _alternate(format: Format, title: str, href: str) -> str:
    name = escape(f"{title} ({LABELS[format]})")
    return f'<link rel="alternate" type="{MEDIA_TYPES[format]}" title="{name}" href="{escape(href)}">'


def _anchor(text: str, link: str | None) -> str:
    if not _web(link):
        return f"<bdi>{escape(text)}</bdi>"
    return f'<a href="{escape(link or "")}"><bdi>{escape(text)}</bdi></a>'


def _web(link: str | None) -> bool:
    return link is not None and link.lower().startswith(("http://", "https://"))


def _language(own: str | None, around: str) -> str:
    """Language and direction of a part, where they may differ from what stands around it."""
    own = language_tag(own)
    if own is None:
        return ' dir="auto"'
    return "" if own == around else f' lang="{own}" dir="{direction(own)}"'


def _time(when: datetime) -> str:
    return f'<time datetime="{rfc3339(when)}">{when.astimezone(UTC).date().isoformat()}</time>'


def _line(entry: Ready) -> Line:
    return Line(entry.name, entry.published, entry.link, entry.language)


def _name(address: str) -> str:
    """The file's name at the end of an address."""
    return address.rpartition("/")[2]
