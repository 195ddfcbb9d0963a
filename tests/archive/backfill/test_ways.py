"""Which page comes next on the way into a feed's past: a row for each case, and no circle is gone round twice."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.backfill.habits import habit_of, with_query
from archive.backfill.ways import End, Step, around, first_step, next_step, plain
from feeds.model import Charset, Entry, Feed, Link, ParsedFeed

URL = "https://source.example/feed"


def meta(generator: str | None = None, complete: bool = False, **links: str) -> Feed:
    """What a document says of itself; `prev_archive` makes a link to an earlier archive document."""
    named = tuple(Link(href, rel.replace("_", "-")) for rel, href in links.items())
    return Feed(generator=generator, links=named, complete=complete)


def parsed(count: int = 1, **values: str) -> ParsedFeed:
    entries = tuple(Entry(id=str(number)) for number in range(count))
    return ParsedFeed(format="Atom 1.0", feed=meta(**values), entries=entries, charset=Charset(used="utf-8"))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("document", "habits", "expected"),
    [
        (meta(prev_archive="https://a.example/1"), True, Step("archive", "https://a.example/1")),
        (meta(next="https://a.example/2"), True, Step("paged", "https://a.example/2")),
        (meta(next="https://a.example/2", prev_archive="https://a.example/1"), True, Step("archive", "https://a.example/1")),
        (meta("WordPress 6.4"), True, Step("habit", f"{URL}?paged=2", "WordPress", 2)),
        (meta("https://wordpress.org/?v=6.4.2"), True, Step("habit", f"{URL}?paged=2", "WordPress", 2)),
        (meta("http://wordpress.com/"), True, Step("habit", f"{URL}?paged=2", "WordPress", 2)),
        (meta("Blogger"), True, Step("habit", f"{URL}?start-index=26&max-results=100", "Blogger", 26)),
        (meta("Ghost 5.2"), True, Step("habit", f"{URL}/2/", "Ghost", 2)),
        (meta("Drupal 10 (https://www.drupal.org)"), True, Step("habit", f"{URL}?page=1", "Drupal", 1)),
        (meta("Joomla! - Open Source Content Management"), True, Step("habit", f"{URL}?start=25", "Joomla", 25)),
        (meta("WordPress 6.4", next="https://a.example/2"), True, Step("paged", "https://a.example/2")),
        (meta("WordPress 6.4"), False, End("the feed names no earlier page")),
        (meta("Hugo"), True, End("the feed names no earlier page")),
        (meta(), True, End("the feed names no earlier page")),
        (meta(complete=True), True, End("the feed shows all there is", whole=True)),
        (meta(prev_archive="javascript:alert(1)"), True, End("the feed names no earlier page")),
        (meta(prev_archive="file:///etc/passwd"), True, End("the feed names no earlier page")),
    ],
)  # fmt: skip
def test_where_the_past_begins(document: Feed, habits: bool, expected: Step | End) -> None:
    assert first_step(document, URL, 25, habits=habits) == expected


A, B = "https://a.example/1", "https://b.example/2"


@pytest.mark.parametrize(
    ("step", "page", "seen", "expected"),
    [
        (Step("archive", A), parsed(prev_archive=B), [A], Step("archive", B)),
        (Step("archive", A), parsed(next=B), [A], End("it is the first page", whole=True)),
        (Step("archive", A), parsed(prev_archive=A), [A], End(f"it leads back to {A}")),
        (Step("archive", B), parsed(prev_archive=A), [A, B], End(f"it leads back to {A}")),
        (Step("archive", B), parsed(prev_archive="HTTPS://A.example:443/1#x"), [A], End("it leads back to HTTPS://A.example:443/1#x")),
        (Step("paged", A), parsed(next=B, prev_archive=A), [A], Step("paged", B)),
        (Step("paged", A), parsed(), [A], End("it is the first page", whole=True)),
        (Step("from the last", A), parsed(previous=B, next=A), [A], Step("from the last", B)),
        (Step("from the last", A), parsed(prev=B), [A], Step("from the last", B)),
        (Step("from the last", A), parsed(previous=B), [A, B], End(f"it leads back to {B}", whole=True)),
        (Step("habit", "x", "WordPress", 2), parsed(), [], Step("habit", f"{URL}?paged=3", "WordPress", 3)),
        (Step("habit", "x", "Joomla", 26), parsed(40), [], Step("habit", f"{URL}?start=66", "Joomla", 66)),
        (Step("habit", "x", "WordPress", 9), parsed(0), [], End("there are no more pages", whole=True)),
        (Step("habit", "x", "Forgotten", 9), parsed(), [], End("nothing is known of Forgotten any more")),
    ],
)  # fmt: skip
def test_which_page_is_next(step: Step, page: ParsedFeed, seen: list[str], expected: Step | End) -> None:
    assert next_step(step, page, URL, [plain(url) for url in seen]) == expected


def test_a_missing_page_is_gone_round_from_the_last_one() -> None:
    assert around(Step("paged", A), B, [plain(A)]) == Step("from the last", B)
    assert around(Step("paged", A), B, [plain(A), plain(B)]) is None
    assert around(Step("paged", A), None, []) is None
    assert around(Step("archive", A), B, []) is None


@given(
    st.lists(st.integers(0, 9), min_size=10, max_size=10), st.integers(0, 9), st.sampled_from(["prev-archive", "next"])
)
def test_every_page_is_asked_once_however_they_lead(leads: list[int], start: int, rel: str) -> None:
    """Ten pages on ten hosts, each of which leads to any of them."""
    address = [f"https://h{number}.example/" for number in range(10)]
    step: Step | End = first_step(Feed(links=(Link(address[start], rel),)), URL, 1, habits=True)
    seen, asked = [plain(URL)], []
    while isinstance(step, Step):
        asked.append(step.address)
        seen.append(plain(step.address))
        document = parsed(**{rel.replace("-", "_"): address[leads[address.index(step.address)]]})
        step = next_step(step, document, URL, seen)
    assert len(asked) == len(set(asked)) <= 10


@given(st.text(max_size=60))
def test_any_generator_is_one_that_is_known_or_not(generator: str) -> None:
    habit = habit_of(generator)
    assert habit is None or habit.address(URL, 2).startswith(URL)


def test_a_query_keeps_what_else_is_in_it() -> None:
    assert with_query("https://s.example/?feed=rss2&cat=3", paged="2") == "https://s.example/?feed=rss2&cat=3&paged=2"
    assert with_query("https://s.example/feed?paged=7&a=", paged="2") == "https://s.example/feed?a=&paged=2"
