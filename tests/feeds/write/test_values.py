"""Single values in the form that the standards ask for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.write.values import Timestamp, address, direction, language_tag, mail, media_type, plain, relation, rfc3339


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (None, None),
        ("", None),
        ("/relative", None),
        ("//host/path", None),
        ("https://", None),
        ("http://[", None),
        ("mailto:", None),
        (" https://x.example/a ", "https://x.example/a"),
        ("https://x.example/été?q=« »", "https://x.example/%C3%A9t%C3%A9?q=%C2%AB%20%C2%BB"),
        ("https://été.example:8080/", "https://xn--t-9fab.example:8080/"),
        ("https://me@é%2e.example/#é", "https://me@%C3%A9%2e.example/#%C3%A9"),
        (f"https://{'é' * 70}/", f"https://{'%C3%A9' * 70}/"),
        ("https://x.example/a?b[0]=1", "https://x.example/a?b%5B0%5D=1"),
        ("http://[2001:db8::1]:80/a", "http://[2001:db8::1]:80/a"),
        ("tag:x.example,2026:é", "tag:x.example,2026:%C3%A9"),
        ("mailto:zoë@x.example", "mailto:zo%C3%AB@x.example"),
        ("https://x.example/a\u00a0b", "https://x.example/a%C2%A0b"),
        ('https://x.example/<a>"{b}|\\^`', "https://x.example/%3Ca%3E%22%7Bb%7D%7C%5C%5E%60"),
        ("https://x.example/100%/%41%4", "https://x.example/100%25/%41%254"),
        ("https://x.example/#a#b", "https://x.example/#a%23b"),
        ("https://x.ex\nample/\x00a", "https://x.ex%20ample/a"),
        ("gemini://x.example/", "gemini://x.example/"),
        ("tag:x.example,2026:1", "tag:x.example,2026:1"),
        ("JAVASCRIPT:alert(1)", None),
        ("java\x01script:alert(1)", None),
        ("data:text/html,x", None),
        ("file:///etc/passwd", None),
    ],
)
def test_addresses(url: str | None, expected: str | None) -> None:
    assert address(url) == expected


@pytest.mark.parametrize(
    ("when", "in_atom", "in_rss"),
    [
        (datetime(2026, 11, 24, 2, 37, 13, tzinfo=UTC), "2026-11-24T02:37:13Z", "Tue, 24 Nov 2026 02:37:13 +0000"),
        (datetime(1969, 7, 20, 20, 17, tzinfo=UTC), "1969-07-20T20:17:00Z", "Sun, 20 Jul 1969 20:17:00 +0000"),
        (datetime(2038, 1, 19, 3, 14, 8, tzinfo=UTC), "2038-01-19T03:14:08Z", "Tue, 19 Jan 2038 03:14:08 +0000"),
        (datetime(9, 1, 2, tzinfo=UTC), "0009-01-02T00:00:00Z", "Fri, 02 Jan 0009 00:00:00 +0000"),
        (
            datetime(2026, 1, 1, 0, 30, 0, 5, tzinfo=timezone(timedelta(hours=1))),
            "2025-12-31T23:30:00.000005Z",
            "Wed, 31 Dec 2025 23:30:00 +0000",
        ),
    ],
)
def test_times(when: datetime, in_atom: str, in_rss: str) -> None:
    assert rfc3339(when) == in_atom
    assert Timestamp.of(when).strftime("%a, %d %b %Y %H:%M:%S %z") == in_rss


@given(st.datetimes(timezones=st.just(UTC)))
def test_times_come_back(when: datetime) -> None:
    assert datetime.fromisoformat(rfc3339(when)) == when


@pytest.mark.parametrize(
    ("kind", "url", "expected"),
    [
        ("Audio/MPEG; codecs=mp3", "", "audio/mpeg"),
        (None, "https://x.example/a.MP3?x=1.ogg#t", "audio/mpeg"),
        ("audio", "https://x.example/a.pdf", "application/pdf"),
        ("", "https://x.example/mp3", "application/octet-stream"),
        (None, "", "application/octet-stream"),
    ],
)
def test_media_types(kind: str | None, url: str, expected: str) -> None:
    assert media_type(kind, url) == expected


@pytest.mark.parametrize(
    ("language", "tag", "dir"),
    [
        ("fr", "fr", "ltr"),
        ("pt_BR", "pt-BR", "ltr"),
        ("ar-EG", "ar-EG", "rtl"),
        ("az-Arab", "az-Arab", "rtl"),
        ("he", "he", "rtl"),
        ("ur", "ur", "rtl"),
        ("arn", "arn", "ltr"),
        ("french!", None, "auto"),
        ("US", None, "auto"),
        ("eng", "eng", "ltr"),
        (None, None, "auto"),
    ],
)
def test_languages(language: str | None, tag: str | None, dir: str) -> None:
    assert language_tag(language) == tag
    assert direction(tag) == dir


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a.b+c@b.example", "a.b+c@b.example"),
        ("a@b", None),
        ("a b@c.example", None),
        ("@b", None),
        ("nobody", None),
        (None, None),
    ],
)
def test_mail(text: str | None, expected: str | None) -> None:
    assert mail(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("via", "via"), ("https://x.example/rel", "https://x.example/rel"), ("", None), ("a b", None), ("shop", None)],
)
def test_relations(text: str, expected: str | None) -> None:
    assert relation(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [(None, ""), (" a\r\n\tb ", "a b"), ("a\u00a0\u202fb", "a\u00a0\u202fb"), ("\x00\x85a\x9f", "a"), ("\u00a0", "")],
)
def test_plain_text(text: str | None, expected: str) -> None:
    assert plain(text) == expected
