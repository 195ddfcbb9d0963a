"""The archive of a channel for people: a page that lists years and months, and pages that list a month's entries."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import groupby

from msgspec import Struct

from config.settings import Channel, Site
from feeds.write.markup import MONTHS, alternate, anchor, counted, crumbs, foot, frame, language_of, month, time
from feeds.write.values import plain


class Row(Struct, frozen=True):
    """An entry in the list of its month; `date` is UTC."""

    page: str
    title: str
    date: datetime
    language: str | None = None


class Part(Struct, frozen=True):
    """A page of a month ("2026-11"); months with many entries have several parts, from 1."""

    month: str
    number: int
    entries: int

    @property
    def page(self) -> str:
        """The name of its file: `2026-11`, then `2026-11-2`."""
        return self.month if self.number == 1 else f"{self.month}-{self.number}"


def part_page(
    part: Part, rows: Iterable[Row], channel: Channel, site: Site, before: Part | None, after: Part | None
) -> bytes:
    """A month, or a part of it, its earliest entries first; `before` and `after` are the pages beside it."""
    language = channel.language or site.language
    name = month(part.month) + (f", part {part.number}" if part.number > 1 else "")
    lines = [
        f"<li{language_of(row.language, language, row.title)}>"
        f'<span class="quiet">{_day(row.date)}</span> {anchor(row.title, f"../entries/{row.page}.html")}</li>'
        for row in rows
    ]
    turn = [
        f'<a rel="{rel}" href="{one.page}.html"><span>{word}</span><bdi>{_name(one, part)}</bdi></a>'
        for rel, word, one in (("prev", "Earlier", before), ("next", "Later", after))
        if one
    ]
    body = [
        crumbs([(plain(site.title), "../../"), (plain(channel.title), "../"), ("Archive", "./")], language),
        f'<main id="content">\n<header class="head" lang="en" dir="ltr">\n<h1>{name}</h1>'
        f'\n<p class="quiet">{counted(part.entries)}</p>\n</header>',
        '<ul class="list dated">',
        *lines,
        "</ul>",
        f'<nav class="turn" lang="en" aria-label="Pages beside this one">{"".join(turn)}</nav>' if turn else "",
        "</main>",
        foot(),
    ]
    return _framed(body, name, channel, site)


def years_page(parts: Sequence[Part], channel: Channel, site: Site) -> bytes:
    """The years and months, the newest first; `parts` are in the order of time."""
    months = [(key, list(group)) for key, group in groupby(parts, key=lambda part: part.month)]
    years = [(key, list(group)) for key, group in groupby(reversed(months), key=lambda one: one[0][:4])]
    total = sum(part.entries for part in parts)
    body = [
        crumbs([(plain(site.title), "../../"), (plain(channel.title), "../")], channel.language or site.language),
        f'<main id="content" lang="en" dir="ltr">\n<header class="head">\n<h1>Archive</h1>'
        f'\n<p class="quiet">{counted(total)}, by the day they were published</p>\n</header>',
        *(_year(year, group) for year, group in years),
        *([] if years else ['<p class="quiet">No entries yet.</p>']),
        "</main>",
        foot(),
    ]
    return _framed(body, "Archive", channel, site)


def _framed(body: Iterable[str], name: str, channel: Channel, site: Site) -> bytes:
    title = plain(channel.title) or channel.name
    heads = [alternate(format, title, f"../feed.{format}") for format in channel.formats]
    return frame(
        filter(None, body),
        title=f"{name} · {title}",
        description=plain(channel.description),
        language=channel.language or site.language,
        root="../../",
        heads=heads,
        private=channel.private,
    )


def _year(year: str, months: Iterable[tuple[str, list[Part]]]) -> str:
    lines = "\n".join(_month(key, parts) for key, parts in months)
    return f'<section class="year">\n<h2>{int(year)}</h2>\n<ul class="months">\n{lines}\n</ul>\n</section>'


def _month(key: str, parts: Sequence[Part]) -> str:
    more = "".join(f' <a href="{part.page}.html">{part.number}</a>' for part in parts[1:])
    also = f' <span class="parts">parts 1{more}</span>' if more else ""
    count = f"{sum(part.entries for part in parts):,}"
    name = MONTHS[int(key[5:7]) - 1]
    return f'<li><a href="{parts[0].page}.html">{name}</a> <span class="quiet">{count}</span>{also}</li>'


def _name(one: Part, beside: Part) -> str:
    if one.number == 1 and one.month != beside.month:
        return month(one.month)
    return f"{month(one.month)}, part {one.number}"


def _day(date: datetime) -> str:
    return time(date, year=False)
