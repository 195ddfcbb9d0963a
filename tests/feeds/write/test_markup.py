"""Languages, directions and names on the pages for people."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from feeds.write.markup import frame, language_of, spoken, time, web, written
from feeds.write.values import page_name


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("Hello", "en", "ltr"),
        ("مرحبا", "ar", "rtl"),
        ("مرحبا بالعالم", "en", "rtl"),
        ("שלום עולם", None, "rtl"),
        ("iPhone 17: مراجعة كاملة للهاتف الجديد", None, "rtl"),
        ("A word on عربي", "ar", "ltr"),
        ("2026", "he", "rtl"),
        ("2026", None, "auto"),
        ("", "fa", "rtl"),
        ("日本語", "ja", "ltr"),
    ],
)
def test_a_text_goes_as_most_of_its_letters_do(text: str, language: str | None, expected: str) -> None:
    assert written(text, language) == expected


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("最後の渡し船", None, "ja"),
        ("最後の渡し船", "en-us", "ja"),
        ("老城区的最后一家照相馆", "en", "zh"),
        ("老城区的最后一家照相馆", "zh-Hans", "zh-Hans"),
        ("東京", "ja", "ja"),
        ("마지막 나룻배", None, "ko"),
        ("A word: 渡し船", "en", "en"),
        ("A word: 渡し船", None, None),
        ("2026", "fr", "fr"),
        ("", None, None),
    ],
)
def test_the_script_tells_languages_that_are_not_said(text: str, language: str | None, expected: str | None) -> None:
    assert spoken(text, language) == expected


@pytest.mark.parametrize(
    ("own", "around", "text", "expected"),
    [
        ("fr", "en", "Bonjour", ' lang="fr" dir="ltr"'),
        ("en", "en", "Hello", ' dir="ltr"'),
        (None, "en", "مرحبا", ' dir="rtl"'),
        ('x" onclick="', "en", "a", ' dir="ltr"'),
    ],
)
def test_a_part_says_what_differs(own: str | None, around: str, text: str, expected: str) -> None:
    assert language_of(own, around, text) == expected


def test_a_page_has_the_name_of_its_entrys_id_for_good() -> None:
    assert page_name("tag:b.example,2026:1") == "72f42125ba5fb875"
    assert page_name("tag:b.example,2026:1") != page_name("tag:b.example,2026:2")


def test_days_are_utc_and_as_html_wants_them() -> None:
    when = datetime(2026, 11, 25, 1, 2, 3, 456789, timezone(timedelta(hours=2)))

    assert time(when) == '<time datetime="2026-11-24T23:02:03Z" lang="en" dir="ltr">24 November 2026</time>'
    assert ">1 January 999<" in time(datetime(999, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize("link", ["javascript:alert(1)", "mailto:a@b.example", "", None, "tag:b.example,2026:1"])
def test_only_the_web_is_linked(link: str | None) -> None:
    assert web(link) is None
    assert web("https://b.example/") == "https://b.example/"


def test_a_frame_tells_search_engines_and_messengers() -> None:
    page = frame(["<main></main>"], title='A "title"', description="word " * 90, language="ar", root="../").decode()

    assert '<html lang="ar" dir="rtl">' in page
    assert '<meta property="og:title" content="A &quot;title&quot;">' in page
    assert '<link rel="stylesheet" href="../page.css">' in page
    assert page.count("…") == 2
    assert "<script" not in page
