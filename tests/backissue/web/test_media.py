"""What files are, by their names."""

from __future__ import annotations

import pytest

from backissue.web.media import media


@pytest.mark.parametrize(
    ("path", "type"),
    [
        ("index.html", "text/html; charset=utf-8"),
        ("channels.opml", "text/x-opml; charset=utf-8"),
        ("all/feed.rss", "application/rss+xml; charset=utf-8"),
        ("all/feed.atom", "application/atom+xml; charset=utf-8"),
        ("all/feed.json", "application/feed+json; charset=utf-8"),
        ("all/archive/000012.json", "application/feed+json; charset=utf-8"),
        ("all/other.json", "application/json; charset=utf-8"),
        ("all/Photo.JPG", "image/jpeg"),
        ("all/episode.mp3", "audio/mpeg"),
        ("all/feed", "application/octet-stream"),
        ("all/program.exe", "application/octet-stream"),
    ],
)
def test_media_types(path: str, type: str) -> None:
    assert media(path).type == type


@pytest.mark.parametrize(
    ("path", "archive"),
    [
        ("all/archive/000001.rss", True),
        ("all/archive/000001.atom", True),
        ("all/archive/1000000.json", True),
        ("all/archive/index.html", False),
        ("all/archive/000001.html", False),
        ("all/archive/1.rss", False),
        ("archive/000001.rss", False),
        ("archive/feed.rss", False),
        ("all/feed.rss", False),
    ],
)
def test_which_documents_are_archives(path: str, archive: bool) -> None:
    assert media(path).archive is archive


@pytest.mark.parametrize(
    ("path", "text", "feed", "page"),
    [
        ("all/feed.rss", True, True, True),
        ("all/feed.json", True, True, False),
        ("channels.opml", True, True, True),
        ("all/index.html", True, False, True),
        ("all/picture.svg", True, False, True),
        ("all/other.json", True, False, False),
        ("all/episode.mp3", False, False, False),
    ],
)
def test_what_follows_from_it(path: str, text: bool, feed: bool, page: bool) -> None:
    found = media(path)

    assert (found.text, found.feed, found.page) == (text, feed, page)


def test_copies_of_what_is_from_elsewhere_are_known() -> None:
    name = f"all/media/ab/{'0' * 64}"
    assert media(f"{name}.svg").copy
    assert media(f"{name}.mp3").copy
    assert not media("all/media/ab/photo.svg").copy
