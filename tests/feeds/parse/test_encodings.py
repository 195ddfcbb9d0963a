"""Documents in the encodings of the world, declared rightly, wrongly or not at all."""

from __future__ import annotations

import pytest

from feeds.parse import parse
from tests.feeds.parse.documents import URL, read

WORDS = {
    "windows-1251": "Все новости",
    "koi8-r": "Все новости",
    "shift_jis": "日本語のニュース",
    "gb18030": "新闻与评论",
    "gb2312": "新闻与评论",
    "big5": "新聞與評論",
    "euc-kr": "새로운 소식",
    "iso-8859-2": "Zażółć gęślą jaźń",
    "windows-1252": "L’été « chaud »",
    "utf-8": "L’été 日本",
}


def document(words: str, declaration: str = "") -> str:
    item = f"<item><title>{words}</title></item>"
    return f"{declaration}<rss version='2.0'><channel><title>{words}</title>{item}</channel></rss>"


@pytest.mark.parametrize(("label", "words"), WORDS.items())
def test_the_declared_encoding_is_read(label: str, words: str) -> None:
    codec = "cp932" if label == "shift_jis" else label
    parsed = read(document(words, f'<?xml version="1.0" encoding="{label}"?>').encode(codec))
    assert (parsed.feed.title, parsed.entries[0].title) == (words, words)
    assert parsed.charset.xml == label
    assert parsed.problems == ()


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-8-sig"])
@pytest.mark.parametrize("declared", ["utf-16", None])
def test_unicode_with_and_without_a_byte_order_mark(codec: str, declared: str | None) -> None:
    declaration = f'<?xml version="1.0" encoding="{declared}"?>' if declared else ""
    parsed = read(document("L’été 日本", declaration).encode(codec))
    assert parsed.entries[0].title == "L’été 日本"
    assert parsed.charset.used.startswith(codec[:5])


def test_http_comes_before_the_declaration_and_a_disagreement_is_told() -> None:
    body = document("Новости", '<?xml version="1.0" encoding="iso-8859-1"?>').encode("windows-1251")
    parsed = parse(body, URL, content_type="text/xml; charset=windows-1251")
    assert parsed.entries[0].title == "Новости"
    assert parsed.problems == ("the XML declaration says the text is in iso-8859-1, but it is in windows-1251",)


def test_a_wrong_declaration_is_seen_through() -> None:
    parsed = read(document("L’été", '<?xml version="1.0" encoding="us-ascii"?>').encode())
    assert parsed.entries[0].title == "L’été"
    assert parsed.problems == ("the XML declaration says the text is in us-ascii, but it is in utf-8",)


def test_text_xml_without_charset_is_not_ascii() -> None:
    body = document("L’été", '<?xml version="1.0" encoding="utf-8"?>').encode()
    parsed = parse(body, URL, content_type="text/xml")
    assert (parsed.entries[0].title, parsed.problems) == ("L’été", ())


def test_bytes_that_are_no_text_lose_no_entry() -> None:
    body = document("a\udcff\udcfeb", '<?xml version="1.0" encoding="utf-8"?>').encode("utf-8", "surrogateescape")
    assert len(read(body).entries) == 1
