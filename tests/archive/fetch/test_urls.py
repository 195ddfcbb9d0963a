"""What people type, and what is asked for it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from archive.fetch import FetchError, normalise
from archive.fetch.urls import keeps_credentials, redirected, target


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("example.org", "https://example.org/"),
        ("  example.org/feed\n", "https://example.org/feed"),
        ("<https://example.org/feed>", "https://example.org/feed"),
        ("HTTP://Example.ORG:80/Feed?A=b#top", "http://example.org/Feed?A=b"),
        ("https://example.org:443", "https://example.org/"),
        ("example.org:8080/feed", "https://example.org:8080/feed"),
        ("//example.org/feed", "https://example.org/feed"),
        ("feed://example.org/rss", "https://example.org/rss"),
        ("feed:https://example.org/rss", "https://example.org/rss"),
        ("feed:http://example.org/rss", "http://example.org/rss"),
        ("FEED://http://example.org/rss", "http://example.org/rss"),
        ("localhost:8000/feed", "http://localhost:8000/feed"),
        ("127.0.0.1:8000", "http://127.0.0.1:8000/"),
        ("[::1]:8000/feed", "http://[::1]:8000/feed"),
        ("https://localhost/feed", "https://localhost/feed"),
        ("192.0.2.7/feed", "https://192.0.2.7/feed"),
        ("https://[2001:DB8::1]/", "https://[2001:db8::1]/"),
        ("intranet:8080", "https://intranet:8080/"),
        ("http://intranet/feed", "http://intranet/feed"),
        ("bücher.example/größe?q=ä", "https://xn--bcher-kva.example/gr%C3%B6%C3%9Fe?q=%C3%A4"),
        ("https://例え.テスト/", "https://xn--r8jz45g.xn--zckzah/"),
        ("example.org/my feed.xml", "https://example.org/my%20feed.xml"),
        ("https://example.org/%7Ejo/a%2Fb?x=%20&y=[1]", "https://example.org/%7Ejo/a%2Fb?x=%20&y=[1]"),
        ("https://ann:p%40w@example.org/feed", "https://ann:p%40w@example.org/feed"),
        ("example.org.", "https://example.org/"),
        ("under_score.example.org", "https://under_score.example.org/"),
    ],
)
def test_normalise(typed: str, address: str) -> None:
    assert normalise(typed) == address
    assert normalise(address) == address, "an address stays what it is"
    assert target(address).url.host


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("", '"": is empty; write it like https://example.org/feed'),
        ("htp:/exam ple", '"htp:/exam ple": starts with htp:, which is no web address; start it with https://'),
        (
            "ftp://example.org/feed",
            '"ftp://example.org/feed": starts with ftp:, which is no web address; start it with',
        ),
        ("https:/example.org", '"https:/example.org": lacks the two slashes after https:; write it like'),
        ("https://exam ple/feed", '"https://exam ple/feed": has a blank in its host name; write it like'),
        ("https://a.example/\ud800", '"https://a.example/\\ud800": holds half a character; write it like'),
        ("two words", '"two words": has a blank in its host name; write it like'),
        ("hello", '"hello": is no web address; write it like'),
        ("./feed.xml", '"./feed.xml": looks like a file; write it like'),
        ("/home/ann/feed.xml", '"/home/ann/feed.xml": looks like a file; write it like'),
        ("ann@example.org", "looks like an e-mail address; start it with https:// if it is a web address"),
        ("mailto:ann@example.org", "starts with mailto:, which is no web address"),
        ("javascript:alert(1)", "starts with javascript:, which is no web address"),
        ("https://", "has no proper host name"),
        ("https:///feed", "has no proper host name"),
        ("https://a..b/", "has no proper host name"),
        ("https://-a-.org/", "has no proper host name"),
        ("https://example.org:99999/", "has no proper host name"),
        ("https://example.org:port/", "has no proper host name"),
        ("https://[::1/", "has no proper host name"),
        ("https://[v1.x]/", "has no proper host name"),
        ("http://0x7f.1/", "has no proper host name"),
        ("2130706433:80", "has no proper host name"),
        ("https://" + "a" * 64 + ".org", "has no proper host name"),
        ("https://exa\x1b[31mmple.org/", "has no proper host name"),
    ],
)
def test_nonsense_is_told_in_one_line(typed: str, message: str) -> None:
    with pytest.raises(FetchError) as caught:
        normalise(typed)
    assert caught.value.kind == "address"
    assert message in str(caught.value)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    "typed", ["ann:hunter2@example.org/feed", "ftp://ann:hunter2@example.org/", "//ann:hunter2@a b"]
)
def test_nonsense_shows_no_password(typed: str) -> None:
    with pytest.raises(FetchError) as caught:
        normalise(typed)
    assert "hunter2" not in str(caught.value)


@given(st.text(max_size=40) | st.from_regex(r"(feed:|https?:)?(//)?[a-z.:@\[\] ]{0,20}(/[^/]{0,9})?", fullmatch=True))
def test_normalise_gives_an_address_that_can_be_asked_or_refuses(text: str) -> None:
    try:
        address = normalise(text)
    except FetchError as error:
        assert str(error).isprintable()
        return
    assert address.isascii()
    assert target(address).url.raw_host
    assert normalise(address) == address


@pytest.mark.parametrize(
    ("address", "asked", "authorization"),
    [
        ("https://example.org/%7Ea?sig=a%2Bb%2f", "https://example.org/%7Ea?sig=a%2Bb%2f", None),
        ("https://example.org/a#b", "https://example.org/a", None),
        ("https://example.org/ä b", "https://example.org/%C3%A4%20b", None),
        ("http://ann:p%40w@example.org/", "http://example.org/", "Basic YW5uOnBAdw=="),
        ("http://ann@example.org/", "http://example.org/", "Basic YW5uOg=="),
    ],
)
def test_target(address: str, asked: str, authorization: str | None) -> None:
    assert str(target(address).url) == asked
    assert target(address).authorization == authorization


@pytest.mark.parametrize(
    "address", ["", "example.org", "ftp://example.org/", "http:///x", "http://0x7f.1/", "http://[/"]
)
def test_no_target(address: str) -> None:
    with pytest.raises(ValueError):
        target(address)


@pytest.mark.parametrize(
    ("location", "leads"),
    [
        ("/b", "https://example.org/b"),
        ("b?x=%2F", "https://example.org/dir/b?x=%2F"),
        (" //other.example/c#frag ", "https://other.example/c"),
        ("http://ann:pw@other.example/", "http://other.example/"),
        ("/ä b", "https://example.org/%C3%A4%20b"),
    ],
)
def test_redirected(location: str, leads: str) -> None:
    assert str(redirected(URL("https://example.org/dir/a"), location)) == leads


@pytest.mark.parametrize(
    ("old", "new", "kept"),
    [
        ("https://a.example/x", "https://a.example/y", True),
        ("http://a.example/", "https://a.example/", True),
        ("https://a.example/", "http://a.example/", False),
        ("http://a.example:8080/", "http://a.example:8081/", False),
        ("https://a.example/", "https://b.example/", False),
        ("https://a.example/", "https://www.a.example/", False),
    ],
)
def test_credentials_stay_with_their_server(old: str, new: str, kept: bool) -> None:
    assert keeps_credentials(URL(old), URL(new)) is kept
