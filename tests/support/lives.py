"""Lives of feeds: documents as served over months, in real bytes, and what an archive must know of them.

`Life` changes a feed as publishers do and serves it; meanwhile it keeps the known answer by its own means, which are
the published rules in the simplest words: each entry carries its number, and each content is what a reader sees.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta
from email.utils import format_datetime
from random import Random
from typing import Literal
from xml.sax.saxutils import escape

from msgspec import Struct
from msgspec.structs import replace

from archive.fetch import FetchError, Response
from feeds.model import Entry
from tests.support.items import NOON

Format = Literal["rss", "atom"]
Guids = Literal["tag", "permalink", "none", "same"]
Content = tuple[str, str, str, datetime | None]
"""What a reader sees: the address without its scheme, title, text, date."""

URL = "https://source.example/feed.xml"
MINUTE = timedelta(minutes=1)
_MARKED = re.compile(r"<p[^>]*>\s*\[(\d+)\]\s*(.*?)\s*</p>", re.DOTALL)
_WORDS = [
    "harbour",
    "river",
    "lamp",
    "keeper",
    "ferry",
    "swallow",
    "tide",
    "morning",
    "letter",
    "bridge",
    "station",
    "winter",
    "market",
    "school",
    "garden",
    "engine",
    "window",
    "bread",
    "rope",
    "bell",
    "island",
    "advert",
    "sponsored",
    "related",
    "été",
    "größe",
]


class Item(Struct, frozen=True):
    """An entry as a document shows it. `number` is the true entry's, which its text begins with."""

    number: int
    guid: str | None
    link: str
    title: str
    text: str
    published: datetime | None

    @property
    def content(self) -> Content:
        return self.link.partition("://")[2], self.title, self.text, self.published


class Seen(Struct):
    """When a content was served first and last."""

    first: datetime
    last: datetime


class Truth(Struct):
    """What is to be known of an entry: its contents in the order in which they came, and where it stands.

    `left` is how it went, None where it stands in the window or where the order of the window tells nothing.
    """

    contents: dict[Content, Seen]
    current: Content
    in_window: bool = True
    left: str | None = None
    deleted: str | None = None


class Step(Struct, frozen=True):
    """What came at a time: an answer, or none."""

    at: datetime
    answer: Response | FetchError


class Life:
    """A feed, its window and its known answer. Each event changes it; `serve` and the other answers give steps."""

    def __init__(self, style: Format, guids: Guids, *, dated: bool, complete: bool, seed: int) -> None:
        self.style, self.guids, self.dated, self.complete = style, guids, dated, complete
        self.dice = Random(seed)
        self.now = NOON
        self.window: list[Item] = []  # the newest first
        self.asides: list[Item] = []  # shown below the others: former contents of entries that stand above
        self.known: dict[int, Truth] = {}
        self.title = "La Source"
        self.host = "http://source.example"
        self.url = URL
        self.noise = 0
        self.tombstones: list[Item] = []
        self.shuffled = False
        self.dates_tell = True
        self.last: Response | None = None
        self._served: list[Item] = []
        self._order: list[Item] = []
        self._words = 0
        self._count = 0
        self._etag = 0

    # --- what publishers do -----------------------------------------------------------------------------------

    def publish(self, count: int = 1) -> None:
        """New entries on top."""
        for _ in range(count):
            self._count += 1
            number = self._count
            link = f"{self.host}/{self._word()}/{number}"
            guid = {"tag": f"tag:source.example,2026:{number}", "permalink": link, "none": None, "same": "x"}[
                self.guids
            ]
            published = self.now - 7 * MINUTE + timedelta(seconds=self._count) if self.dated else None
            title = f"{self._word()} {number}"
            self.window.insert(0, Item(number, guid, link, title, self._text(), published))

    def roll(self, size: int) -> None:
        """Only the newest stay."""
        del self.window[max(size, 1) :]

    def edit(self, index: int, what: Literal["title", "text", "shorter", "date", "link"]) -> None:
        """Another content, never seen before (a shorter text may be any)."""
        item = self.window[index]
        match what:
            case "title":
                item = replace(item, title=f"{item.title} {self._fresh()}")
            case "text":
                item = replace(item, text=f"{item.text} {self._fresh()} {self._word()}")
            case "shorter":
                item = replace(item, text=item.text.rpartition(" ")[0] or self._fresh())
            case "date" if item.published:
                item = replace(item, published=item.published - timedelta(minutes=self._tick()))
            case "link" if self.guids == "tag":
                item = replace(item, link=f"{item.link}-{self._fresh()}")
            case _:
                pass
        self.window[index] = item

    def edit_back(self, index: int, choice: int) -> None:
        """One of the contents that the entry had before."""
        item = self.window[index]
        before = [one for one in self.known[item.number].contents if one[0] == item.content[0]]
        if before:
            _, title, text, published = before[choice % len(before)]
            self.window[index] = replace(item, title=title, text=text, published=published)

    def reorder(self) -> None:
        self.dice.shuffle(self.window)
        self.shuffled = True

    def remove(self, index: int) -> Item:
        """Taken away from between the others."""
        return self.window.pop(index)

    def bring_back(self, item: Item) -> None:
        """On top again, as it was."""
        self.window.insert(0, item)
        self.shuffled = True

    def bury(self, index: int) -> None:
        """Taken away with a tombstone (RFC 6721)."""
        self.tombstones.append(self.window.pop(index))

    def new_guid(self, index: int) -> None:
        """Another program gives the entry another guid; its link and title stay."""
        item = self.window[index]
        self.window[index] = replace(item, guid=f"urn:moved:{item.number}:{self._tick()}")

    def to_https(self) -> None:
        self._move("https://" + self.host.partition("://")[2])

    def to_host(self, name: str) -> None:
        self._move(f"https://{name}")

    def twice(self, index: int) -> None:
        """An entry that stands twice in a document, its former content below."""
        item = self.window[index]
        self.asides.append(replace(item, text=f"{item.text} {self._fresh()}"))

    def reuse_guid(self, index: int) -> None:
        """A new entry under the guid of another one that still stands there."""
        guid = self.window[index].guid
        self.publish()
        self.window[0] = replace(self.window[0], guid=guid)

    def dates_by_the_clock(self) -> None:
        """Every entry is given the time of the visit as its date."""
        if len(self.window) >= 3 and self.dated:
            self.dates_tell = False
            shift = timedelta(minutes=self._tick())
            self.window = [replace(one, published=one.published and one.published + shift) for one in self.window]

    def replaced(self) -> None:
        """Another feed stands at the address."""
        self.title, self.window = f"Casino {self._tick()}", []
        self.host = f"https://casino{self._tick()}.example"
        self.publish(3)

    # --- what servers answer ----------------------------------------------------------------------------------

    def serve(self, noise: int = 0) -> Step:
        """The document as it stands."""
        self.noise = noise
        self._tick()
        shown = [*self.window, *self.asides]
        self._etag += 1
        step = self._answer(200, document(self, shown))
        assert isinstance(step.answer, Response)
        self.last = step.answer
        self._served = shown
        self._note(shown)
        self.asides, self.tombstones = [], []
        return step

    def serve_nothing(self) -> Step:
        """A feed without entries, for once."""
        self._tick()
        step = self._answer(200, document(self, []))
        assert isinstance(step.answer, Response)
        self.last, self._served = step.answer, []
        return step

    def not_modified(self) -> Step:
        self._tick()
        self._note(self._served)
        return self._answer(304, b"")

    def same_again(self) -> Step:
        """The same bytes."""
        self._tick()
        assert self.last
        self._note(self._served)
        return Step(self.now, replace(self.last, at=self.now, final_url=self.url))

    def page(self) -> Step:
        """A web page in the feed's place."""
        self._tick()
        return self._answer(200, f"<html><body>Parked {self._fresh()}</body></html>".encode(), "text/html")

    def failing(self, status: int) -> Step:
        """An error of the server (0: no answer at all)."""
        self._tick()
        if not status:
            return Step(self.now, FetchError(URL, "timeout", "did not answer"))
        return self._answer(status, b"<html>sorry</html>", "text/html")

    # --- the known answer -------------------------------------------------------------------------------------

    def _note(self, shown: Sequence[Item]) -> None:
        if not shown:
            return
        here: dict[int, Item] = {}
        for item in reversed(shown):
            truth = self.known.get(item.number)
            content = self._content(item, truth)
            if truth is None:
                truth = self.known[item.number] = Truth({}, content)
            truth.contents.setdefault(content, Seen(self.now, self.now)).last = self.now
            here[item.number] = item
            truth.current = content
        stood = [number for number, truth in self.known.items() if truth.in_window]
        order = list(dict.fromkeys(item.number for item in self._order))
        for number in stood:
            if number not in here:
                self.known[number].in_window = False
                self.known[number].left = self._how_it_left(number, order, here.keys())
                if self.complete:
                    self.known[number].deleted = "gone from a complete feed"
        for number in here:
            truth = self.known[number]
            truth.in_window, truth.left, truth.deleted = True, None, None
        for item in self.tombstones:
            self.known[item.number].deleted = "tombstone"
        self._order = list(shown)

    def _content(self, item: Item, truth: Truth | None) -> Content:
        """What it counts as: where dates tell nothing, one that differs in them alone is the same."""
        if truth and not self.dates_tell and item.content not in truth.contents:
            same = [one for one in (truth.current, *truth.contents) if one[:3] == item.content[:3]]
            return same[0] if same else item.content
        return item.content

    def _how_it_left(self, number: int, order: list[int], here: Collection[int]) -> str | None:
        if self.complete:
            return "gone from a complete feed"
        if self.shuffled or self.asides:
            return None
        stays = [other for other in order if other in here]
        at_the_end = not stays or order.index(number) > order.index(stays[-1])
        return "scrolled out" if at_the_end else "removed"

    # --- the rest ---------------------------------------------------------------------------------------------

    def _move(self, host: str) -> None:
        old, self.host = self.host, host
        self.window = [
            replace(
                one,
                link=one.link.replace(old, host),
                guid=one.guid and one.guid.replace(old, host),
            )
            for one in self.window
        ]

    def _answer(self, status: int, body: bytes, kind: str | None = None) -> Step:
        kind = kind or ("application/rss+xml" if self.style == "rss" else "application/atom+xml")
        headers = (("Content-Type", kind), ("ETag", f'"{self._etag}"'), ("Date", format_datetime(self.now)))
        asked = (("User-Agent", "Backissue"),)
        return Step(
            self.now,
            Response(
                url=URL,
                final_url=self.url,
                status=status,
                headers=headers,
                request_headers=asked,
                body=body,
                at=self.now,
                elapsed=0.1,
            ),
        )

    def _tick(self) -> int:
        minutes = self.dice.randrange(20, 2000)
        self.now += minutes * MINUTE
        return minutes

    def _fresh(self) -> str:
        self._words += 1
        return f"w{self._words}"

    def _word(self) -> str:
        return self.dice.choice(_WORDS)

    def _text(self) -> str:
        return " ".join(self.dice.choices(_WORDS, k=self.dice.randrange(3, 30))) + f" {self._fresh()}"


# --- bytes --------------------------------------------------------------------------------------------------------


def document(life: Life, items: Sequence[Item]) -> bytes:
    """The feed's document. The bits of `life.noise` choose how it is written, which no reader sees."""
    write = _rss if life.style == "rss" else _atom
    text = "".join(write(life, items))
    encoding = "iso-8859-1" if life.noise & 32 else "utf-8"
    return f'<?xml version="1.0" encoding="{encoding}"?>\n{text}'.encode(encoding)


def _rss(life: Life, items: Sequence[Item]) -> Iterator[str]:
    yield '<rss version="2.0" xmlns:fh="http://purl.org/syndication/history/1.0"><channel>'
    yield f"<title>{escape(life.title)}</title><link>{life.host}/</link><description>d</description>"
    if life.complete:
        yield "<fh:complete/>"
    gap = "\n    " if life.noise & 2 else ""
    for item in items:
        yield f"<item>{gap}<title>{escape(item.title)}</title>{gap}<link>{escape(_link(life, item))}</link>"
        if item.guid:
            yield f'<guid isPermaLink="false">{escape(item.guid)}</guid>'
        if item.published:
            yield f"<pubDate>{format_datetime(item.published)}</pubDate>"
        yield f"{gap}<description>{escape(html(life, item))}</description>{gap}</item>"
    yield "</channel></rss>"


def _atom(life: Life, items: Sequence[Item]) -> Iterator[str]:
    yield '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:fh="http://purl.org/syndication/history/1.0"'
    yield ' xmlns:at="http://purl.org/atompub/tombstones/1.0">'
    yield f'<id>tag:source.example,2026:feed</id><title>{escape(life.title)}</title><link href="{life.host}/"/>'
    if life.complete:
        yield "<fh:complete/>"
    gap = "\n    " if life.noise & 2 else ""
    for item in items:
        yield f'<entry>{gap}<title>{escape(item.title)}</title><link href="{escape(_link(life, item))}"/>{gap}'
        if item.guid:
            yield f"<id>{escape(item.guid)}</id>"
        if item.published:
            yield f"<published>{item.published.isoformat()}</published>"
        yield f'<content type="html">{escape(html(life, item))}</content></entry>{gap}'
    for item in life.tombstones:
        if item.guid:
            yield f'<at:deleted-entry ref="{escape(item.guid)}" when="{life.now.isoformat()}"/>'
    yield "</feed>"


def _link(life: Life, item: Item) -> str:
    return f"{item.link}?utm_source=feed&utm_campaign={life.noise}" if life.noise & 4 else item.link


def html(life: Life, item: Item) -> str:
    """The entry's text, with what rotates around it."""
    noise = life.noise
    attributes = 'id="t" class="text"' if noise & 1 else "class='text'  id=t"
    text = escape(item.text).replace(" ", "\n ") if noise & 2 else escape(item.text)
    tracked = f"?utm_medium={noise}" if noise & 4 else ""
    found = (
        f'<p {attributes}>[{item.number}] {text}</p><p><a href="{item.link.partition("://")[2]}{tracked}">on</a></p>'
    )
    if noise & 8:
        found += f"<!-- cached {life.now} -->"
    if noise & 16:
        found += f'<div class="jp-relatedposts"><h3>More</h3><ul><li>Entry {life.now}</li></ul></div>'
        found += f'<img src="https://pixel.example/{life.now:%H%M}" width="1" height="1" />'
    return found


def read_back(entry: Entry) -> tuple[int, Content]:
    """The number and the content of an entry as archived, whatever noise there was around it."""
    body = entry.content or entry.summary
    found = _MARKED.search(body.value if body else "")
    assert found, entry
    text = " ".join(found[2].split()).replace("&amp;", "&")
    link = (entry.link or "").partition("://")[2].partition("?utm_")[0]
    return int(found[1]), (link, entry.title or "", text, entry.published)
