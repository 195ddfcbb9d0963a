from __future__ import annotations

import pytest

from config.settings import Site
from feeds.clean import clean
from feeds.write.elsewhere import bound, policy

SITE = Site(base_url="https://b.example/")
CASES = {
    "picture": (
        '<img src="https://a.example/cat.png?w=9" alt="A &quot;cat&quot;">',
        '<a href="https://a.example/cat.png?w=9">[A &quot;cat&quot;]</a>',
    ),
    "picture without words": (
        '<p><img src="https://a.example/b/cat%20&amp;.png"></p>',
        '<p><a href="https://a.example/b/cat%20&amp;.png">[cat%20&amp;.png]</a></p>',
    ),
    "picture that leads away": (
        '<a href="https://a.example/"><img src="https://a.example/c.png" alt="c"></a> <img src="https://a.example/d.png">',
        '<a href="https://a.example/">[c]</a> <a href="https://a.example/d.png">[d.png]</a>',
    ),
    "our own": (
        '<img src="https://b.example/c.png" srcset="https://a.example/c.png 2x" alt="c">',
        '<img src="https://b.example/c.png" alt="c">',
    ),
    "a host whose name begins like ours": (
        '<img src="https://b.example.evil.example/c.png">',
        '<a href="https://b.example.evil.example/c.png">[c.png]</a>',
    ),
    "only a set": ('<img srcset="https://a.example/c.png 2x">', '<a href="https://a.example/c.png">[c.png]</a>'),
    "a choice of pictures": (
        '<picture><source srcset="https://a.example/c.avif"><img src="https://a.example/c.png" alt="c"></picture>',
        '<a href="https://a.example/c.png">[c]</a>',
    ),
    "film": (
        '<video src="https://a.example/f.mp4" poster="https://a.example/p.png" preload="auto" controls="">'
        '<track src="https://a.example/t.vtt"><source src="https://a.example/g.mp4"></video>',
        '<video src="https://a.example/f.mp4" preload="none" controls=""><source src="https://a.example/g.mp4"></video>',
    ),
    "sound": (
        '<audio controls=""><source src="https://a.example/s.mp3"></audio>',
        '<audio controls="" preload="none"><source src="https://a.example/s.mp3"></audio>',
    ),
    "words": ("<p>one &lt;img&gt;</p>", "<p>one &lt;img&gt;</p>"),
}


@pytest.mark.parametrize(("html", "shown"), CASES.values(), ids=CASES)
def test_nothing_is_loaded_from_elsewhere(html: str, shown: str) -> None:
    assert bound(html, SITE) == shown
    assert bound(shown, SITE) == shown
    assert "<img" in shown or clean(shown).count("<") == shown.count("<")


def test_all_stays_where_the_site_allows_it() -> None:
    every = "".join(html for html, _ in CASES.values())

    assert bound(every, Site(images=True)) == every


def test_the_policy_says_the_same() -> None:
    assert "img-src 'self';" in policy(SITE)
    assert "img-src *;" in policy(Site(images=True))
    assert "default-src 'none'" in policy(Site(images=True))
