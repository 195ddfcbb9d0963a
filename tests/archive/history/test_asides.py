"""What stands around an entry's text and is none of it, and what only looks so."""

from __future__ import annotations

import time

import pytest
from msgspec.structs import replace

from archive.history import fingerprint
from archive.history.asides import without_asides
from feeds.model import Text
from tests.support.items import FULL

TEXT = "<p>Four hundred swallows sat along the wire.</p>"


@pytest.mark.parametrize(
    "block",
    [
        pytest.param('<div class="related">{}</div>', id="related"),
        pytest.param("<div id='jp-relatedposts' class='x'><h3>More</h3><ul><li>{}</li></ul></div>", id="Jetpack's"),
        pytest.param("<DIV CLASS='yarpp yarpp-related'><div>{}</div></DIV>", id="blocks within, capitals"),
        pytest.param('<section class="related-articles"><a href="/{}">x</a></section>', id="related articles"),
        pytest.param('<div class="sharedaddy sd-sharing-enabled"><pre>{}</pre></div>', id="share buttons"),
        pytest.param('<div class=feedflare><a href="/{}"></a></div>', id="FeedBurner's"),
        pytest.param('<div class="wp-block-ad">{}</div>', id="advertisement"),
        pytest.param('<ins class="adsbygoogle" data-ad-slot="{}"></ins>', id="Google's"),
        pytest.param('<aside class="advert">Buy {}</aside>', id="advert"),
        pytest.param('<img src="https://s.example/{}.gif" width="1" height="1" alt="">', id="a point"),
        pytest.param('<img height=1px width=0 src="https://s.example/{}"/>', id="a point, written otherwise"),
        pytest.param('<img src="https://ad.doubleclick.net/ad/{}"/>', id="an advertiser's image"),
        pytest.param('<img src="http://feeds.feedburner.com/~r/x/~4/{}" height="9">', id="FeedBurner's counter"),
    ],
)
@pytest.mark.parametrize("text", [f"{TEXT}{{}}", f"{{}}{TEXT}", f"{TEXT}{{}}{TEXT}"])
def test_what_turns_around_a_text_is_noise(text: str, block: str) -> None:
    one, other = (text.format(block.format(number)) for number in ("1", "2"))
    assert seen(one) == seen(other) == seen(text.format(""))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("<p>The related advert {}.</p>", "a paragraph that speaks of them"),
        ('<p class="text">advert {}</p>', "an ordinary class"),
        ('<div class="unrelated">{}</div>', "a word within another"),
        ('<div class="header shadow loaded">{}</div>', "other words that hold the letters"),
        ('<div title="related">{}</div>', "another attribute"),
        ('<div data-class="related">{}</div>', "an attribute with another name"),
        ('<div class="related">never closed {}', "a block without an end"),
        ('<a class="related" href="/{}">x</a>', "a link by itself"),
        ('<img src="https://s.example/{}.jpg" width="10" height="1">', "a rule"),
        ('<img src="https://s.example/{}.jpg" width="1">', "an image of unknown height"),
        ('<img src="https://notdoubleclick.net/{}">', "another host"),
        ("&lt;div class=related&gt;{}&lt;/div&gt;", "code that is shown"),
        ('</div><div class="related"></div>{}', "what follows a block"),
    ],
)
def test_what_only_looks_so_is_content(one: str, other: str) -> None:
    assert seen(TEXT + one.format(1)) != seen(TEXT + one.format(2)), other


def test_what_would_leave_nothing_is_the_text_itself() -> None:
    assert seen('<div class="related">All there is: 1</div>') != seen('<div class="related">All there is: 2</div>')


def test_an_edit_beside_a_block_is_an_edit() -> None:
    block = '<div class="related">1</div>'
    assert seen(TEXT + block) != seen(TEXT.replace("sat", "stood") + block)


@pytest.mark.parametrize(
    "scrap", ["<div class=related>", "</div>", "<div", "<img ", '<div class="', "related", "<p id=ad "]
)
def test_no_text_takes_long(scrap: str) -> None:
    start = time.process_time()
    without_asides(scrap * 40_000)
    assert time.process_time() - start < 2


def seen(value: str) -> bytes:
    return fingerprint(replace(FULL, content=Text(value)))
