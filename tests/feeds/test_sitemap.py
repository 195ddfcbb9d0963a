"""Sitemaps: what they name, in each of their forms, and that nothing in them does harm."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.sitemap import Place, Sitemap, named_in_robots, read_sitemap

HEAD = '<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'
A, B = Place("https://s.example/a"), Place("https://s.example/b")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(f"{HEAD}<url><loc>https://s.example/a</loc></url></urlset>", Sitemap((A,)), id="a page"),
        pytest.param(
            f"{HEAD}<url><loc> https://s.example/a\n</loc><lastmod>2024-05-01</lastmod></url></urlset>",
            Sitemap((Place(A.url, datetime(2024, 5, 1, tzinfo=UTC)),)),
            id="with its date",
        ),
        pytest.param(
            "<sitemapindex><sitemap><loc>https://s.example/1.xml</loc></sitemap></sitemapindex>",
            Sitemap((), ("https://s.example/1.xml",)),
            id="an index",
        ),
        pytest.param(
            f"{HEAD}<url><loc>https://s.example/a</loc><image:image><image:loc>https://s.example/i</image:loc>"
            "</image:image></url>",
            Sitemap((A,)),
            id="with pictures, and broken off",
        ),
        pytest.param(f"{A.url}\r\n{B.url}\nno\n", Sitemap((A, B)), id="text"),
        pytest.param(f"{HEAD}<url><loc>/a</loc></url><url><loc>ftp://s/a</loc></url><url/>", Sitemap(), id="odd"),
        pytest.param("<html><body>not found</body></html>", Sitemap(), id="a page of the web"),
        pytest.param("", Sitemap(), id="nothing"),
    ],
)  # fmt: skip
def test_sitemaps_are_read(text: str, expected: Sitemap) -> None:
    assert read_sitemap(text.encode()) == expected


@pytest.mark.parametrize("what", ['SYSTEM "file:///etc/passwd"', '"https://s.example/x"'])
def test_entities_stand_for_nothing(what: str) -> None:
    text = (
        f"<!DOCTYPE urlset [<!ENTITY e {what}>]><urlset><url><loc>&e;</loc></url><url><loc>{A.url}</loc></url></urlset>"
    )
    assert read_sitemap(text.encode()) == Sitemap((A,))


@given(st.binary(max_size=300) | st.text(alphabet="<>/urlset locindx&;!", max_size=200).map(str.encode))
def test_anything_is_a_sitemap(body: bytes) -> None:
    assert isinstance(read_sitemap(body), Sitemap)


def test_robots_txt_names_sitemaps() -> None:
    text = f"User-agent: *\nDisallow: /x\nSitemap: {A.url}\r\nsitemap:{B.url}\nSitemap: no\n"
    assert named_in_robots(text) == [A.url, B.url]
