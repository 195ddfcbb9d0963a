"""A channel to look at: entries in several languages and scripts, with all that a page can hold."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from config.settings import Channel, Site
from feeds.channel import Item
from feeds.model import Category, Enclosure, Entry, Person, Section, Text
from feeds.publish import publish, publish_site
from tests.support.items import an_item
from tests.support.memory import MemoryArchive

SITE = Site(title="The Harbour Reader", author="The Reader", description="News from five coasts", images=True)
CHANNELS = (
    Channel(name="all", title="Every coast", description="All that comes in, in all its languages", entries=2),
    Channel(name="arab", title="أخبار الميناء", description="كل ما يصل إلينا", language="ar"),
)
LONG = (
    "The lamp was lit at dusk on the first of March, as it had been on each evening since the tower was built, and the"
    " keeper wrote the hour into the ledger with a steel pen, in ink that has not faded. "
)
WIDE = "".join(f"<td>column {number} of a table that is wider than a phone</td>" for number in range(9))
LEDGER = f"""<h2 id="dusk">Dusk</h2><p>{LONG * 3}<a href="https://x.example/a/{"very-long-" * 20}">a link</a></p>
<blockquote><p>“The sea keeps no accounts.”</p></blockquote><h2 id="dawn">Dawn</h2><p>{LONG}</p>
<pre><code>def ledger(nights):
    return [f"{{night:%d %B}}: lit at {{night:%H:%M}}, put out at dawn, {{'x' * 80}}" for night in nights]</code></pre>
<table><tr><th>Night</th>{WIDE}</tr></table><p>https://x.example/{"unbroken" * 30}</p>
<ul><li>oil</li><li>wicks</li></ul><h2 id="ledger">The ledger</h2><p>{LONG * 2}</p>"""
JAPANESE = (
    "三月の朝、村に残った最後の渡し船が霧の中を静かに進み、対岸の小さな桟橋に着いた。船頭は八十二歳で、この仕事を"
    "六十年続けてきた。「橋が架かれば、誰も船には乗らない」と<em>彼は</em>笑う。"
)
ARABIC = (
    "بعد سنوات من الإغلاق فتح باعة الكتب أكشاكهم من جديد على ضفة النهر، وجاء القراء منذ الصباح الباكر يبحثون عن طبعات"
    " لا تباع في مكان آخر، مثل <code>ISBN 978-3</code>، بسعر 12.50 دينارا."
)
HEBREW = "המעבורת האחרונה יצאה מהנמל בשש בבוקר, ועל סיפונה שבעה נוסעים, כלב אחד ו־40 תיבות של תפוזים."
CHINESE = (
    "老城区的最后一家照相馆开了四十年，下个月就要关门了。王小明说，不是因为生意不好，而是因为没有人愿意学这门手艺。"
)


def entries() -> list[tuple[str, Entry]]:
    """The entries by their names."""
    return [
        ("chinese", Entry(title="老城区的最后一家照相馆", content=Text(f"<p>{CHINESE * 3}</p>"))),
        ("hebrew", Entry(title="המעבורת האחרונה", content=Text(f"<p>{HEBREW * 2}</p>"), language="he")),
        (
            "podcast",
            Entry(
                title="Episode 12: Fog signals",
                summary=Text("<p>Horns, bells and what they say to each other.</p>"),
                enclosures=(Enclosure("https://x.example/12.mp3", "audio/mpeg", 48_200_000, None, 3725),),
                categories=(Category("harbour"), Category("sound")),
                authors=(Person("Ada Quill"), Person("Ben Moor")),
                language="en",
            ),
        ),
        (
            "arabic",
            Entry(
                title="سوق الكتب القديمة يعود إلى ضفة النهر",
                content=Text(f'<p>{ARABIC}</p><h2 id="a">حكاية الأكشاك الخضراء</h2><p>{ARABIC * 2}</p>'),
                authors=(Person("ليلى حداد"),),
                language="ar",
            ),
        ),
        (
            "japanese",
            Entry(
                title="最後の渡し船が川を渡る",
                content=Text(f'<p>{JAPANESE}</p><h2 id="a">橋が架かる前</h2><p>{JAPANESE * 2}</p>'),
                authors=(Person("山田花子"),),
                language="ja",
            ),
        ),
        (
            "ledger",
            Entry(
                title="The lamp keeper’s ledger, and what three winters of it say about an unbroken chain of nights",
                content=Text(LEDGER),
                authors=(Person("Ada Quill", url="https://x.example/ada"),),
                categories=(Category("lighthouses"), Category("history")),
                sections=tuple(Section(one.capitalize(), one) for one in ("dusk", "dawn", "ledger")),
                language="en-GB",
                reading_minutes=4,
                rights="© The Harbour Reader",
            ),
        ),
    ]


def items() -> list[Item]:
    """The entries, a fortnight apart, the last of them edited."""
    start = datetime(2026, 9, 1, 8, tzinfo=UTC)
    found = []
    for version, (name, entry) in enumerate(entries(), 1):
        at = start + timedelta(days=14 * version)
        facts = {"first_seen": at, "changed": at, "feed_title": "La Source", "feed_language": None}
        found.append(an_item(version, entry, id=f"tag:b.example,2026:{name}", **facts))
    again = an_item(
        len(found) + 1,
        entry,
        id=found[-1].id,
        number=2,
        first_seen=at,
        changed=at + timedelta(days=2),
        feed_language=None,
    )
    return [*found, again]


def fill(public: Path) -> None:
    """Publish it all into a folder."""
    for channel in CHANNELS:
        chosen = [item for item in items() if channel.name == "all" or item.entry.language == "ar"]
        publish(channel, SITE, MemoryArchive(chosen), public, authority="b.example,2026")
    publish_site(CHANNELS, SITE, public)
