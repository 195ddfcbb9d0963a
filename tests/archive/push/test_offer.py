"""Discovery: which hub, and by which name it knows the feed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.push.offer import Offer, offer
from feeds.model import Feed, Link
from feeds.parse import parse

URL = "https://source.example/a/feed.xml"
HUB, TOPIC = "https://hub.example/", "https://source.example/feed"

HEADERS = (("Link", f'<{HUB}>; rel="hub", <{TOPIC}>; rel="self"'),)
OTHER = Feed(links=(Link("https://other.example/", "hub"), Link("https://source.example/other", "self")))


@pytest.mark.parametrize(
    ("headers", "feed", "expected"),
    [
        ((), None, None),
        ((), Feed(), None),
        (HEADERS, None, Offer(HUB, TOPIC)),
        (HEADERS, OTHER, Offer(HUB, TOPIC)),  # headers come first
        ((), OTHER, Offer("https://other.example/", "https://source.example/other")),
        ((("link", f"<{HUB}>; rel=hub"), ("LINK", f"<{TOPIC}>; rel=self")), None, Offer(HUB, TOPIC)),
        ((("Link", f'<{TOPIC}>; rel="self"'),), Feed(), None),
        ((("Link", f'<{HUB}>; rel="hub"'),), Feed(), Offer(HUB, URL)),
        ((("Link", f'<{HUB}>; rel="hub"'),), OTHER, Offer(HUB, "https://source.example/other")),
        ((("Link", f'<{TOPIC}>; rel="self"'),), Feed(links=(Link(HUB, "hub"),)), Offer(HUB, TOPIC)),
        ((("Link", '</hub>; rel="hub", <../feed>; rel="self"'),), None, Offer("https://source.example/hub", TOPIC)),
        ((("Link", f'<{HUB}>; rel="x hub"'),), None, Offer(HUB, URL)),
        ((("Link", f'<{HUB}>; rel="hub"; anchor="/b"'),), None, None),  # about something else
        ((("Link", f'<http://a.example/>; rel="hub", <{HUB}>; rel="hub"'),), None, Offer(HUB, URL)),
        ((("Link", f'<mailto:a@b.example>; rel="hub", <{HUB}>; rel="hub"'),), None, Offer(HUB, URL)),
        ((("Link", '<file:///etc/passwd>; rel="hub"'),), Feed(), None),
        ((), Feed(links=(Link("javascript:alert(1)", "hub"),)), None),
        ((), Feed(links=(Link("http://2130706433/", "hub"),)), None),
    ],
)
def test_what_is_offered(headers: tuple[tuple[str, str], ...], feed: Feed | None, expected: Offer | None) -> None:
    assert offer(URL, headers, feed) == expected


@pytest.mark.parametrize(
    "document",
    [
        f"""<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel><title>A</title>
            <atom:link rel="hub" href="{HUB}"/><atom:link rel="self" href="{TOPIC}"/>
            <item><guid>1</guid><title>One</title></item></channel></rss>""",
        f"""<feed xmlns="http://www.w3.org/2005/Atom"><title>A</title><id>a:b</id>
            <link rel="self" href="{TOPIC}"/><link rel="hub" href="{HUB}"/>
            <entry><id>1</id><title>One</title></entry></feed>""",
        f"""{{"version": "https://jsonfeed.org/version/1.1", "title": "A", "feed_url": "{TOPIC}",
            "hubs": [{{"type": "WebSub", "url": "{HUB}"}}], "items": [{{"id": "1", "content_text": "One"}}]}}""",
    ],
    ids=["rss", "atom", "json"],
)
def test_each_format_can_say_it(document: str) -> None:
    assert offer(URL, (), parse(document.encode(), URL).feed) == Offer(HUB, TOPIC)


@given(st.lists(st.tuples(st.sampled_from(["Link", "X"]), st.text())), st.text(), st.text())
def test_nothing_makes_it_fail(headers: list[tuple[str, str]], href: str, base: str) -> None:
    offer(base, headers, Feed(links=(Link(href, "hub"), Link(href, "self"))))
