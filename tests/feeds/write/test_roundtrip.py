"""Whatever an archive holds, its documents say it: two readers that are not ours and our own find it again."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.settings import FORMATS, Format
from feeds.channel import Item
from feeds.html import escape
from feeds.model import Category, Enclosure, Entry, Person, Text
from feeds.write import render
from feeds.write.values import plain
from tests.support.items import NOON, a_document, an_item
from tests.support.readback import differences

# Any code point at all, and what is known to do harm.
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
HARMFUL = [
    "]]>",
    "<![CDATA[",
    "&amp;",
    "&#0;",
    "<",
    "\x00",
    "\x0b",
    "\x1b",
    "\x7f",
    "\x85",
    "\ufffe",
    "\ud800",
    "\u2028",
    "\u202e",
    "🧿",
    "اب",
]
# (What would be UTF-8 if it were bytes, feedparser and our parser take for text that was decoded wrongly.)
MISTAKEN = re.compile("[\xc2-\xf4][\x00-\x1f\x7f-\x9f]*[\x80-\xbf]")
ANYTHING = (
    st.lists(st.characters(exclude_categories=()) | st.sampled_from(HARMFUL), max_size=12)
    .map("".join)
    .filter(lambda text: not MISTAKEN.search(text))
)
HARMLESS = re.compile(r"""[^<>&@()"]+""")
EDGES = re.compile(r"^[^!-~\xa1-\U0010ffff]+|[^!-~\xa1-\U0010ffff]+$")
# In a title or a name of RSS nobody can tell a text from markup, a mail address is one, and no-break spaces are spaces.
PLAIN = ANYTHING.map(lambda text: EDGES.sub("", "".join(HARMLESS.findall(text))))
HTML = st.lists(
    st.tuples(st.sampled_from(["p", "em", "pre", "blockquote", "li"]), ANYTHING).map(
        lambda pair: f"<{pair[0]}>{escape(pair[1])}</{pair[0]}>"
    )
    | ANYTHING.map(lambda text: f'<a href="https://source.example/{len(text)}?a=1&amp;b=2">{escape(text)}</a>'),
    max_size=4,
).map("".join)
BODY = st.builds(Text, HTML) | st.builds(Text, ANYTHING, st.just("text"))
NUMBER = st.integers(0, 10**12)
SINCE_1000 = st.integers(-30_610_224_000, 253_370_764_800).map(lambda second: EPOCH + timedelta(seconds=second))


def entries(names: st.SearchStrategy[str]) -> st.SearchStrategy[Entry]:
    """Entries with every field that all formats have, with such titles and names.

    No two authors have one name, as it is published: RSS tells authors by their names alone.
    """
    return st.builds(
        Entry,
        link=st.none() | NUMBER.map("https://source.example/{}?a=1&b=2".format),
        title=st.none() | names,
        summary=st.none() | BODY,
        content=st.none() | BODY,
        authors=st.lists(
            st.builds(Person, names, st.none() | st.just("ann@source.org")),
            max_size=2,
            unique_by=lambda one: plain(one.name),
        ).map(tuple),
        categories=st.lists(st.builds(Category, names), max_size=3, unique=True).map(tuple),
        enclosures=st.lists(
            st.builds(
                Enclosure,
                NUMBER.map("https://source.example/{}.mp3".format),
                st.just("audio/mpeg"),
                st.none() | NUMBER,
            ),
            max_size=2,
            unique_by=lambda one: one.url,
        ).map(tuple),
    )  # fmt: skip


def items(entry: Entry, seen: datetime) -> dict[str, Item]:
    """The entry as an item, by its id, beside another."""
    made = [an_item(1, entry, id="tag:source.example,2026:1", first_seen=seen, changed=seen), an_item(2)]
    return {one.id: one for one in made}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("documents")


@pytest.mark.parametrize("format", FORMATS)
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data(), seen=SINCE_1000)
def test_what_is_archived_comes_back(folder: Path, format: Format, data: st.DataObject, seen: datetime) -> None:
    entry = data.draw(entries(PLAIN if format == "rss" else ANYTHING))
    assert compared(folder, format, items(entry, seen)) == []


_numbers = count()


def compared(folder: Path, format: Format, known: dict[str, Item]) -> list[str]:
    """Where the document of the items, read back, differs from them."""
    path = folder / f"{next(_numbers)}.{format}"
    path.write_bytes(render(a_document(*known.values()), format))
    return differences(path, known)


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize(
    "when",
    [
        datetime(1000, 1, 1, tzinfo=UTC),
        datetime(1582, 10, 15, tzinfo=UTC),
        datetime(1899, 12, 31, 23, 59, 59, tzinfo=UTC),
        datetime(1901, 12, 13, 20, 45, 51, tzinfo=UTC),
        datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC),
        datetime(2038, 1, 19, 3, 14, 8, tzinfo=UTC),
        datetime(2106, 2, 7, 6, 28, 16, tzinfo=UTC),
        datetime(9998, 12, 31, 23, 59, 59, tzinfo=UTC),
    ],
)
def test_times_beyond_the_clocks_of_machines_come_back(folder: Path, format: Format, when: datetime) -> None:
    entry = Entry(title="Then", content=Text("<p>Long ago, or yet to come</p>"), published=when)

    assert compared(folder, format, items(entry, max(when, NOON))) == []


@pytest.mark.parametrize("format", FORMATS)
def test_a_huge_entry_comes_back(folder: Path, format: Format) -> None:
    """Two megabytes of text, of a kind that takes more room when it is escaped."""
    text = "".join(f"<p>{number}: a &lt; b &amp;&amp; ]]&gt; 本 اب 🧿</p>" for number in range(40_000))
    assert len(text.encode()) > 2_000_000

    assert (
        compared(folder, format, items(Entry(title="Huge", content=Text(text)), datetime(2026, 11, 24, tzinfo=UTC)))
        == []
    )
