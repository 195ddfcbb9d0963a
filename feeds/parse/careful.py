"""The careful path: any document that has a feed in it, well-formed or not, by feedparser and an lxml tree.

feedparser knows what texts mean in each of the formats. It is handed well-formed XML that holds only what it does not
confuse (`texts` says why); ids, dates, links and extensions are read off the tree, element by element. Both go through
the entries in the document's order, so each entry is there, whatever becomes of the other half.
"""

from __future__ import annotations

from config.settings import Limits
from feeds.model import Charset, ParsedFeed
from feeds.parse import markup
from feeds.parse.channel import language_of, read_feed, read_tombstones
from feeds.parse.entries import read_entry
from feeds.parse.errors import NotAFeed
from feeds.parse.limits import check_count
from feeds.parse.sniff import is_clean, start
from feeds.parse.texts import read_texts
from feeds.parse.values import Problems, tell_charset

_LIMITS = Limits()


def read(text: str, url: str, charset: Charset, limits: Limits = _LIMITS) -> ParsedFeed:
    """The feed in a decoded document that came from `url`. Raises NotAFeed if it says nothing at all, TooMuch."""
    name, at = start(text)
    document = markup.read(text, at, limits)
    if document is None or (document.problem and not markup.texts(document.root) and not document.entries):
        raise NotAFeed(url, f"begins as a feed (<{name}>), but is cut off before it says anything", "try again later")
    check_count(len(document.entries), limits)
    problems = Problems()
    tell_charset(charset, problems)
    if not is_clean(text[:at]):
        problems.add("something stands before the XML")
    if document.problem:
        problems.add(document.problem)
    if document.cut_off:
        problems.add("the document breaks off before its end")
    texts = read_texts(document, url, problems)
    is_atom, language = texts.format.startswith("Atom"), language_of(document.root)
    return ParsedFeed(
        format=texts.format,
        feed=read_feed(document.root, texts.feed, url, is_atom, problems.at("feed")),
        entries=tuple(
            read_entry(element, words, url, language, is_atom, problems.at(f"entry {number}"))
            for number, (element, words) in enumerate(zip(document.entries, texts.entries, strict=True), 1)
        ),
        tombstones=read_tombstones(document.root),
        charset=charset,
        problems=problems.told(),
        cut_off=document.cut_off,
    )
