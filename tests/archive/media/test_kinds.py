"""What files are, and which of them may lie on a site."""

from __future__ import annotations

import pytest

from archive.media.kinds import is_still, kind_of, suffix_of
from feeds.write.copies import shown_in, with_copies


@pytest.mark.parametrize(
    ("said", "start", "kind"),
    [
        ("text/plain", b"\x89PNG\r\n\x1a\n", "image/png"),
        (None, b"\xff\xd8\xff\xe0", "image/jpeg"),
        ("image/png", b"GIF89a", "image/gif"),
        ("image/webp", b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
        (None, b"\0\0\0\x20ftypavif", "image/avif"),
        (None, b"\0\0\0\x20ftypM4A ", "audio/mp4"),
        (None, b"\0\0\0\x20ftypisom", "video/mp4"),
        ("image/png", b"\n<html>", "text/html"),
        ("image/jpeg", b"<?xml version='1.0'?><svg>", "image/svg+xml"),
        ("audio/mpeg; x=y", b"\0\0", "audio/mpeg"),
        ("text/html", b"hello", ""),
        ("application/octet-stream", b"hello", ""),
    ],
)
def test_kinds(said: str | None, start: bytes, kind: str) -> None:
    assert kind_of(said, start) == kind


def test_what_could_run_has_no_ending() -> None:
    for kind in ("text/html", "application/xhtml+xml", "text/javascript", "application/x-shockwave-flash", ""):
        assert suffix_of(kind) is None


HEAD = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'


@pytest.mark.parametrize(
    ("svg", "still"),
    [
        (f"{HEAD}><rect/></svg>", True),
        (f'{HEAD}><defs><linearGradient id="a"/></defs><path fill="url(#a)"/><use href="#a"/></svg>', True),
        (f'{HEAD}><image xlink:href="data:image/png;base64,AA"/></svg>', True),
        (f"{HEAD}><script>x()</script></svg>", False),
        (f'{HEAD} onload="x()"/>', False),
        (f'{HEAD}><a href="https://x.example/"><rect/></a></svg>', False),
        (f'{HEAD}><use xlink:href="https://x.example/#a"/></svg>', False),
        (f'{HEAD}><set attributeName="href" to="javascript:x()"/></svg>', False),
        (f"{HEAD}><foreignObject/></svg>", False),
        (f'{HEAD}><rect fill="url(https://x.example/)"/></svg>', False),
        (f"{HEAD}><style>@import 'https://x.example/'</style></svg>", False),
        (f'{HEAD}><image href="data:image/svg+xml,x"/></svg>', False),
        (f'{HEAD}><path d="java script:x"/></svg>', False),
        (f"<!DOCTYPE svg [<!ENTITY a 'b'>]>{HEAD}/>", False),
        (f"<?xml-stylesheet href='x'?>{HEAD}><?x y?></svg>", False),
        ("<svg", False),
    ],
)
def test_pictures_that_stand_still(svg: str, still: bool) -> None:
    assert is_still(svg.encode()) is still


COPIES = {"https://o.example/a.png?x=1&y=2": "https://b.example/m/1.png"}


@pytest.mark.parametrize(
    ("html", "copied"),
    [
        ('<img src="https://o.example/a.png?x=1&amp;y=2" srcset="x 2x" sizes="1px" alt="A">', '<img src="{}" alt="A">'),
        (
            '<video poster="https://o.example/a.png?x=1&amp;y=2"></video>',
            '<video poster="{}"></video>',
        ),
        ('<img src="https://o.example/b.png" srcset="x 2x">', None),
        ('<a href="https://o.example/a.png?x=1&amp;y=2">a</a>', None),
        ("<p>https://o.example/a.png?x=1&amp;y=2</p>", None),
    ],
)
def test_addresses_in_bodies(html: str, copied: str | None) -> None:
    assert with_copies(html, COPIES) == (copied or html).format("https://b.example/m/1.png")
    assert with_copies(html, {}) == html


def test_what_a_body_shows() -> None:
    html = '<img src="a&amp;b"><video poster="c"><source src="d" type="x"></video><audio src="e"></audio>'
    assert list(shown_in(html)) == [("img", "a&b"), ("img", "c"), ("source", "d"), ("audio", "e")]
