"""How things look: the stylesheet of the pages for people, and the one that shows a feed in a browser.

Feeds name theirs in a processing instruction (https://www.w3.org/TR/xml-stylesheet/). It is CSS, as browsers are giving
up XSLT. Both lie at the site's root. Their addresses are relative, so that all shows well from a folder and under
another name, too.
"""

from __future__ import annotations

from importlib.resources import files

from config.settings import Format
from feeds.write.document import Document

FEED_STYLESHEET = "feed.css"
PAGE_STYLESHEET = "page.css"
_COLOURS = "colours.css"  # those of both


def stylesheet(name: str) -> bytes:
    """The stylesheet that goes by this name at the site's root."""
    folder = files("feeds.write")
    colours = folder.joinpath(_COLOURS).read_bytes()
    return folder.joinpath(name).read_bytes().replace(b"/* %s */\n" % _COLOURS.encode(), colours)


def with_stylesheet(xml: bytes, document: Document, format: Format) -> bytes:
    """The XML document with the processing instruction after its declaration."""
    declaration, line_break, rest = xml.partition(b"\n")
    return declaration + line_break + instruction(document, format) + b"\n" + rest


def instruction(document: Document, format: Format) -> bytes:
    """The processing instruction that leads from the document's own address to the stylesheet."""
    folders = document.links[format].self.removeprefix(document.site).count("/")
    return b'<?xml-stylesheet type="text/css" href="%s%s"?>' % (b"../" * (folders + 1), FEED_STYLESHEET.encode())
