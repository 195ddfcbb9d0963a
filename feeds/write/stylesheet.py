"""Tells browsers how to show a feed: by CSS, as they are giving up XSLT (https://www.w3.org/TR/xml-stylesheet/).

The stylesheet lies at the site's root. Its address is relative, so that the documents also show well from a folder and
under another name.
"""

from __future__ import annotations

from config.settings import Format
from feeds.write.document import Document

STYLESHEET = "feed.css"


def with_stylesheet(xml: bytes, document: Document, format: Format) -> bytes:
    """The XML document with the processing instruction after its declaration."""
    declaration, line_break, rest = xml.partition(b"\n")
    return declaration + line_break + instruction(document, format) + b"\n" + rest


def instruction(document: Document, format: Format) -> bytes:
    """The processing instruction that leads from the document's own address to the stylesheet."""
    folders = document.links[format].self.removeprefix(document.site).count("/")
    return b'<?xml-stylesheet type="text/css" href="%s%s"?>' % (b"../" * (folders + 1), STYLESHEET.encode())
