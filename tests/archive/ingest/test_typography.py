"""Articles from the file to the feed: what people typed comes out byte for byte, in all three formats."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from lxml import etree

from archive.ingest import ingest
from config.settings import FORMATS, Format
from feeds.html import to_text
from feeds.write import render
from tests.support.items import a_document, an_item

DATA = Path(__file__).parents[2] / "data" / "articles"
ATOM = "{http://www.w3.org/2005/Atom}"
ENCODED = "{http://purl.org/rss/1.0/modules/content/}encoded"
# A line for each paragraph, so that the lines of the file are those of the feed.
FILES = ["fr_label", "fr_news_credits", "fr_dateline", "ar_plain", "ja_plain", "ru_plain", "th_plain", "zh_numbered"]
SPACED = (
    "« Ils l’ont fait\u00a0! » : l’œuvre d’une vie\n\n"
    "«\u202fÀ bientôt\u202f», dit-elle — 3\u202f000\u00a0€ plus tard… L’été, ça ‘passe’ : “vite”.\n\n"
    "Où ? Là-bas\u202f; ‑ et non “ailleurs” ‑ à l’Île-d’Aix : n°\u00a05, c’est-à-dire « loin ».\n"
)


def read_back(document: bytes, format: Format) -> tuple[str, str]:
    """The title and the content of the only item."""
    if format == "json":
        [item] = json.loads(document)["items"]
        return item["title"], item["content_html"]
    root = etree.fromstring(document)
    title, content = ("item/title", f"item/{ENCODED}") if format == "rss" else (f"{ATOM}title", f"{ATOM}content")
    [entry] = root.findall("channel") if format == "rss" else root.findall(f"{ATOM}entry")
    return entry.findtext(title) or "", entry.findtext(content) or ""


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("text", [SPACED, *((DATA / f"{name}.txt").read_text("utf-8") for name in FILES)])
def test_typography_survives(text: str, format: Format) -> None:
    entry = ingest(text.encode(), "a.txt")
    document = render(a_document(an_item(entry=entry)), format)
    title, content = read_back(document, format)
    left_out = entry.extra.get("left_out", "").splitlines()
    kept = [line for line in text.splitlines() if line and line not in left_out]

    assert [title, *to_text(content).split("\n\n")] == kept
    for line in kept:
        assert line.encode() in document
