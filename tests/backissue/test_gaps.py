"""`gaps` and `coverage`: what may be missing, told, counted, drawn."""

from __future__ import annotations

import re
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from lxml import etree
from msgspec.structs import replace

from archive.schedule import learn
from config.settings import Schedule
from tests.support.archive import an_entry, asked, not_modified, open_archive, shown, told
from tests.support.home import Home, rss
from tests.support.items import NOON
from tests.support.server import FeedServer

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
START = datetime(2024, 1, 1, tzinfo=UTC)
TIDE = "https://tide.example/feed.xml"


def tide(first: int, last: int, title: str = "The Tide") -> bytes:
    """A feed that shows these entries, an hour from one to the next."""
    items = "".join(
        f'<item><guid isPermaLink="false">{number}</guid><title>Tide {number}</title>'
        f"<pubDate>{START + number * HOUR:%a, %d %b %Y %H:%M:%S} GMT</pubDate></item>"
        for number in range(last, first - 1, -1)
    )
    return f'<rss version="2.0"><channel><title>{escape(title)}</title><link>https://t.example/</link>{items}</channel></rss>'.encode()


def keep(home: Home, *ends: int, title: str = "The Tide") -> None:
    """Copies of a feed that shows five entries, at these hours."""
    for end in ends:
        home.write(f"{title}/{START + end * HOUR:%Y-%m-%dT%H-%M-%SZ}.xml", tide(end - 4, end, title))


@pytest.fixture
def tides(home: Home) -> Home:
    """A home with two feeds, one of which has two gaps."""
    keep(home, 10, 13, 16, 40, 43, 90, 93)
    keep(home, *range(10, 94, 4), title="$The_Ebb & <Flow> in a title that is far too long for a picture")
    home("replay", "The Tide", TIDE)
    home("replay", next(one for one in Path.cwd().iterdir() if one.name.startswith("$")), "https://ebb.example/")
    return home


def test_gaps_are_listed(tides: Home) -> None:
    lines = tides("gaps").stdout.splitlines()
    assert lines[0].split("  ")[0] == "feed"
    assert [re.split(r" {2,}", line.strip())[:4] for line in lines[1:3]] == [
        ["1", "The Tide", "2024-01-01 16:00", "2024-01-02 16:00"],
        ["1", "The Tide", "2024-01-02 19:00", "2024-01-04 18:00"],
    ]
    assert lines[-1] == "2 possible gaps, 2 not filled"
    assert tides("gaps", "https://ebb.example/").stdout == "No gap is known\n"
    assert len(tides("gaps", TIDE, "--since", "2024-01-03").stdout.splitlines()) == 3


def test_gaps_for_machines(tides: Home) -> None:
    one, other = tides.json("gaps")["gaps"]
    assert (one["feed"], one["since"], one["until"], one["shared"], one["filled"]) == (
        1,
        "2024-01-01T16:00:00Z",
        "2024-01-02T16:00:00Z",
        0,
        None,
    )
    assert 0 < one["low"] <= one["likely"] <= one["high"]
    assert other["likely"] > one["likely"]
    assert tides.json("gaps", "1", "--since", "2024-01-03", "--open")["gaps"] == [other]
    assert tides.json("show", "feed:1")["events"][0]["gap"] == one


def test_how_much_is_proven(tides: Home) -> None:
    lines = tides("coverage").stdout.splitlines()
    assert re.split(r" {2,}", lines[1].strip())[1:] == [
        "The Tide",
        "2024-01-01 10:00",
        "2024-01-04 21:00",
        "14.46%",
        "2",
        "47.0 h",
        "unknown",
    ]
    assert "100 %" in lines[2]
    told = tides.json("coverage", TIDE)["feeds"]
    assert [one["proven"] for one in told] == [pytest.approx(12 / 83)]
    assert told[0]["holes"][0] == ["2024-01-01T16:00:00Z", "2024-01-02T16:00:00Z"]


def test_the_picture_is_an_svg_that_is_always_the_same(tides: Home) -> None:
    tides("coverage", "--plot", "a.svg")
    again = [sys.executable, "-m", "backissue", "coverage", "--plot", "b.svg"]
    subprocess.run(again, check=True, capture_output=True, env=None)
    picture = Path("a.svg").read_bytes()
    assert picture == Path("b.svg").read_bytes()
    tree = etree.fromstring(picture)
    assert tree.tag == "{http://www.w3.org/2000/svg}svg"
    texts = [text for text in tree.itertext() if text.strip()]
    assert any(text.startswith("The Tide") and text.endswith("14.5%") for text in texts)
    assert any("$The_Ebb & <Flow> in a title" in text and "…" in text for text in texts)
    assert str(datetime.now(UTC).year).encode() not in picture.split(b"<metadata>")[1].split(b"</metadata>")[0]


def test_titles_in_any_script_are_drawn_without_a_word(home: Home) -> None:
    keep(home, 10, 13, title="جوار بھاٹا 潮")
    home("replay", "جوار بھاٹا 潮", TIDE)

    drawn = home("coverage", "--plot", "a.svg")

    assert drawn.stderr == ""
    assert "جوار بھاٹا 潮" in Path("a.svg").read_text(encoding="utf-8")


def test_a_picture_that_cannot_be_written_is_told_in_a_line(tides: Home) -> None:
    error = tides("coverage", "--plot", "nowhere/a.svg", code=1).stderr
    assert error == ("Error: nowhere/a.svg: lies in a folder that does not exist; name a file that you may write to\n")


def test_without_matplotlib_a_line_tells_how_to_get_it(tides: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    error = tides("coverage", "--plot", "a.svg", code=1).stderr
    assert error == "Error: --plot: needs matplotlib; install backissue[plot]\n"
    assert not Path("a.svg").exists()


def test_before_anything_was_read(home: Home) -> None:
    home.write("ferry.txt", "The ferry is back")
    home("ingest", "ferry.txt")
    assert home("coverage").stdout == "No feed was read yet. 'backissue add URL' follows one\n"
    assert home("gaps").stdout == "No gap is known\n"
    home("coverage", "--plot", "empty.svg")
    assert etree.parse("empty.svg").getroot() is not None
    assert "is no feed of this archive" in home("gaps", "nothing", code=1).stderr


def test_explain_names_a_gap(home: Home, feed_server: FeedServer) -> None:
    feed_server.put("/feed", rss("News", *"abc"))
    home("add", feed_server.url("/feed"))
    feed_server.put("/feed", rss("News", *"xyz"))
    home("archive", "1")
    text = home("explain", "1").stdout
    assert "a gap: entries passed between two visits" in text
    assert "entries may have passed unseen" in text
    [feed] = home.json("status")["feeds"]
    assert feed["gaps"] == len(home.json("gaps")["gaps"]) == 1
    assert [rule["decided"] for rule in feed["rules"] if rule["rule"].startswith("a gap")] == [False]
    assert feed["reason"] == "schedule.minimum"


def test_explain_tells_a_feed_that_has_fallen_silent(home: Home) -> None:
    with closing(open_archive(home.folder / "backissue.sqlite")) as store:
        for number, hours in enumerate((1, 900), 1):
            feed = store.subscribe(f"https://s.example/{number}", kind="remote", now=NOON - 90 * DAY)
            entries = [an_entry(n, id=f"{number} {n}", published=NOON - 90 * DAY - n * DAY) for n in range(1, 31)]
            read = {"last_success": NOON - 90 * DAY, "last_changed": NOON - 90 * DAY, "last_polled": NOON - 90 * DAY}
            told(store, shown(feed, NOON - 90 * DAY, *entries, poll=asked(NOON - 90 * DAY, **read)))
            answered = NOON - 90 * DAY + hours * HOUR
            poll = asked(answered, **{**read, "last_success": answered, "last_polled": answered})
            told(store, replace(not_modified(feed, answered), poll=poll))
        assert learn(store, Schedule(), NOON, lambda: False)
    assert "fallen silent" not in home("explain", "1").stdout
    assert "it has fallen silent since 2026-08-25 12:00 UTC: a feed of its rate" in home("explain", "2").stdout
    assert [one["voice"] for one in home.json("coverage")["feeds"]] == ["quiet", "silent"]
    assert home.json("explain", "2")["rhythm"]["voice"] == "silent"
