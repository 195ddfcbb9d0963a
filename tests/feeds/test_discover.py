from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.discover import FoundFeed, discover, guesses

PAGE = "https://example.org/blog/post"
RSS = 'rel="alternate" type="application/rss+xml"'


def urls(html: str, url: str = PAGE) -> list[str]:
    return [feed.url for feed in discover(html.encode(), url)]


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        (f"<link {RSS} href=/feed>", ["https://example.org/feed"]),
        (f"<link {RSS} href=feed>", ["https://example.org/blog/feed"]),
        (f"<link {RSS} href=//cdn.example/f>", ["https://cdn.example/f"]),
        (f"<LINK {RSS.upper()} HREF=/feed>", ["https://example.org/feed"]),
        ("<link rel='nofollow Alternate\thome' type=application/atom+xml href=/a>", ["https://example.org/a"]),
        ("<link rel=alternate type='Application/RSS+XML; charset=utf-8' href=/r>", ["https://example.org/r"]),
        ("<link rel=alternate type=application/feed+json href=/j>", ["https://example.org/j"]),
        ("<link rel=alternate type=application/json href=/feed.json>", ["https://example.org/feed.json"]),
        ("<link rel=alternate type=application/json href=/wp-json/wp/v2/posts/1>", []),
        ("<link rel=alternate type=application/json+oembed href=/o>", []),
        ("<link rel=feed href=/f>", ["https://example.org/f"]),
        ("<link rel=alternate href=/atom.xml>", ["https://example.org/atom.xml"]),
        ("<link rel=alternate hreflang=fr href=/fr/>", []),
        ("<link rel='alternate stylesheet' type=text/xml href=/s.xml>", []),
        ("<link rel=alternative type=application/rss+xml href=/f>", []),
        ("<link rel=search type=application/opensearchdescription+xml href=/opensearch.xml>", []),
        (f"<link {RSS}>", []),
        (f"<link {RSS} href='javascript:x'><link {RSS} href='file:///f'><link {RSS} href='http://[x'>", []),
        (f"<link {RSS} href='feed://a.example/f'>", ["http://a.example/f"]),
        (f"<link {RSS} href='feed:https://a.example/f'>", ["https://a.example/f"]),
        (f"<link {RSS} href=' /f#top\n'>", ["https://example.org/f"]),
        (f"<link {RSS} href='/a b'>", ["https://example.org/a%20b"]),
        (f"<link {RSS} href='/f?a=1&amp;b=2'>", ["https://example.org/f?a=1&b=2"]),
        (f"<base href=/x/><link {RSS} href=f>", ["https://example.org/x/f"]),
        (
            f"<base target=_top><base href=https://b.example/><base href=/no/><link {RSS} href=f>",
            ["https://b.example/f"],
        ),
        (f"<base href='data:,x'><link {RSS} href=f>", ["https://example.org/blog/f"]),
        (f"<link {RSS} href=/f><link {RSS} href=/f title=again><a href=/f>", ["https://example.org/f"]),
        (f"<body><p>late</p><link {RSS} href=/f></body>", ["https://example.org/f"]),
        (f"<!-- <link {RSS} href=/no> --><script>'<link {RSS} href=/no>'</script>", []),
        (f"<svg><link {RSS} href=/f /></svg>", ["https://example.org/f"]),
    ],
)
def test_links_are_found(html: str, expected: list[str]) -> None:
    assert urls(html) == expected


FEED_LIKE = """
    /feed /feed/ /blog/feeds/ /rss /rss/ /rss2 /atom /atom/ /index.xml /index.rdf /feed.xml /rss.xml /atom.xml
    /feed.json /news.rss /news.atom /news.rdf /rss.php /feed.php /feed/atom/ /feed/rss2 /feeds/posts/default
    /feed-fr.xml /?feed=rss2 /?a=1&feed=atom /list?format=rss /index.php?format=feed&x=y /Feed /RSS.XML
    //feeds.example.net/name //feeds2.feedburner.com/name /data.xml
"""


@pytest.mark.parametrize("href", FEED_LIKE.split())
def test_anchors_that_look_like_feeds_are_found(href: str) -> None:
    assert len(urls(f"<a href='{href}'>x</a>")) == 1


OTHERS = """
    / /feedback /feedback.html /newsfeed-about /rss.html /about-rss /atomic /sitemap.xml /sitemap_index.xml
    /opensearch.xml /wp-json/x/feed mailto:feed@example.org javascript:feed #feed http://[/feed
    https://feedly.com/i/subscription/feed/x/feed https://www.inoreader.com/feed/https://example.org/feed
    //feeds.example.net/ /feed/42/comments-about-it
"""


@pytest.mark.parametrize("href", OTHERS.split())
def test_other_anchors_are_left_alone(href: str) -> None:
    assert urls(f"<a href='{href}'>feed RSS</a>") == []


def test_the_best_come_first_and_comments_last() -> None:
    html = f"""
        <a href=/map.xml>Data</a>
        <a href=https://other.example/feed>Elsewhere</a>
        <a href=/rss>RSS</a>
        <link rel=alternate type=text/xml href=/old.xml>
        <link {RSS} title="Example » Comments Feed" href=/all>
        <link {RSS} title=Example href=/main>
        <link rel=alternate type=application/atom+xml href=/main.atom>
        <link {RSS} title=Kommentare href=/k>
        <a href=/post/comments/feed>x</a>
    """
    assert [urlsplit(url).path for url in urls(html)] == [
        *("/main", "/main.atom", "/old.xml", "/rss", "/feed", "/map.xml"),
        *("/all", "/k", "/post/comments/feed"),
    ]


def test_what_is_told_of_a_feed() -> None:
    html = f"""<link {RSS} title=" L’été\n à
        Zürich " href=/f><a href=/rss><img src=x> All <b>posts</b></a>
        <a href=/atom title=T type="application/atom+xml">x</a>"""
    assert discover(html.encode(), PAGE, "text/html; charset=utf-8") == [
        FoundFeed("https://example.org/f", "L’été à Zürich", "application/rss+xml", "link"),
        FoundFeed("https://example.org/rss", "All posts", None, "anchor"),
        FoundFeed("https://example.org/atom", "T", "application/atom+xml", "anchor"),
    ]


@pytest.mark.parametrize(
    ("encoding", "content_type", "head"),
    [
        ("utf-8", "text/html; charset=UTF-8", ""),
        ("utf-8", None, "<meta charset=utf-8>"),
        ("utf-8-sig", "text/html; charset=iso-8859-1", ""),
        ("windows-1252", "text/html;charset='windows-1252'", ""),
        ("koi8-r", 'text/html; charset="koi8-r"', ""),
        ("utf-8", "text/html; charset=no-such", "<meta charset=utf-8>"),
    ],
)
def test_charsets(encoding: str, content_type: str | None, head: str) -> None:
    title = "Привет" if encoding == "koi8-r" else "été"
    html = f"{head}<link {RSS} title={title} href=/f>".encode(encoding)
    assert [feed.title for feed in discover(html, PAGE, content_type)] == [title]


@pytest.mark.parametrize(
    "html", [b"", b" ", b"\0", b"<", b"<!---->", b"\xff\xfe", b"plain", b"<?xml version='1.0'?>", b"\xef\xbb\xbf"]
)
def test_pages_without_anything(html: bytes) -> None:
    assert discover(html, PAGE) == []


@settings(max_examples=150, deadline=None)
@given(
    st.binary(max_size=60)
    | st.lists(
        st.sampled_from(
            [
                "<link ",
                RSS,
                "href=",
                "'",
                '"',
                "/feed",
                "http://",
                "[",
                ">",
                "<a ",
                "<base ",
                "é",
                "\0",
                "javascript:",
                "feed:",
                "#",
            ]
        ),
        max_size=15,
    ).map(lambda parts: "".join(parts).encode()),
    st.sampled_from([PAGE, "", "relative", "http://[", "ftp://x/"]),
    st.sampled_from([None, "", "text/html; charset=utf-16", "text/html; charset='", "charset=hex"]),
)
def test_any_bytes_give_absolute_addresses(html: bytes, url: str, content_type: str | None) -> None:
    for feed in discover(html, url, content_type):
        assert urlsplit(feed.url).scheme in {"http", "https"}
        assert urlsplit(feed.url).hostname


def test_guesses_begin_beside_the_page() -> None:
    found = guesses("https://example.org:8080/blog/post?x#y")
    assert found[0] == "https://example.org:8080/blog/feed"
    assert {"https://example.org:8080/blog/rss.xml", "https://example.org:8080/feed.json"} <= set(found)
    assert found.index("https://example.org:8080/feed") == len(found) // 2
    assert len(found) == len(set(found))


@pytest.mark.parametrize("url", ["https://example.org", "https://example.org/", "https://example.org/page"])
def test_guesses_at_the_root(url: str) -> None:
    expected = ["feed", "feed/", "rss.xml", "atom.xml", "feed.xml", "index.xml", "feed.json", "rss", "atom"]
    assert guesses(url)[: len(expected)] == [f"https://example.org/{name}" for name in expected]


@pytest.mark.parametrize("url", ["", "example.org", "ftp://example.org/", "http://[", "http://", "mailto:a@b.example"])
def test_nothing_to_guess_from(url: str) -> None:
    assert guesses(url) == []
