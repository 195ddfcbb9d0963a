"""Browsers are led from each feed to the stylesheet that shows it."""

from __future__ import annotations

from urllib.parse import urljoin

import pytest
from lxml import etree

from config.settings import Format
from feeds.write import Links, render
from tests.support.items import HOME, a_document, an_item


@pytest.mark.parametrize("format", ["rss", "atom"])
@pytest.mark.parametrize("name", ["feed", "archive/000001", "archive/000002"])
def test_each_document_leads_to_the_stylesheet(format: Format, name: str) -> None:
    address = f"{HOME}{name}.{format}"
    data = render(a_document(an_item(), links={format: Links(self=address)}), format)
    instruction = etree.fromstring(data).getprevious()

    assert data.startswith(b"<?xml ")
    assert instruction is not None
    assert instruction.tag is etree.PI
    assert instruction.target == "xml-stylesheet"
    assert instruction.get("type") == "text/css"
    assert urljoin(address, instruction.get("href")) == "https://b.example/feed.css"
