"""Ill-formed XML made well-formed, with nothing lost: what cannot be markup stays as text.

XML's own recovery (libxml2's) drops characters and nests the items after an unclosed tag into each other, so one bad
entry would spoil all that follow. Here an item always starts anew, and a tag that was left open ends with its parent.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from html import unescape

from config.settings import Limits
from feeds.html import escape
from feeds.parse.limits import too_deep

# Whatever nests deeper than any feed does stays as text: libxml2 stops reading at a depth of 256.
_DEEPEST = 200
# How much the entities that a document declares may add to it.
_EXPANSION = 1 << 20
_ENTRY = frozenset({"item", "entry"})

# These never hold anything, in HTML and in feeds: one without an end would swallow what follows.
_VOID = frozenset(
    {
        "area", "base", "br", "col", "embed", "enclosure", "hr", "img", "input", "itunes:image", "media:thumbnail",
        "meta", "param", "track", "wbr",
    }
)  # fmt: skip

_NAME = r"[^\W\d][\w.\-]*(?::[^\W\d][\w.\-]*)?"
_TOKEN = re.compile(
    rf"""<!\[CDATA\[(?P<cdata>.*?)(?:\]\]>|\Z)
      | (?P<aside><!--.*?(?:-->|\Z)|<\?.*?(?:\?>|\Z))
      | </(?P<end>(?>{_NAME}))[^<>]*+>
      | <(?P<start>{_NAME})(?P<attributes>(?:[\s/](?:[^<>"']|"[^"<]*+"|'[^'<]*+')*+)?)>
      | <(?P<sloppy>{_NAME})(?P<rest>(?:[\s/][^<>]*+)?)>""",
    re.VERBOSE | re.DOTALL,
)
# Letters that no value follows are passed over in one go, rather than looked at again from each of them.
_ATTRIBUTE = re.compile(rf"""({_NAME})\s*+=\s*+(?:"([^"]*)"|'([^']*)'|([^\s"']+))|[^\W\d][\w.\-]*+""")
_REFERENCE = re.compile(r"&(?:(#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][\w.\-]{0,60});)?")
# A tag, or an id, address or date, that a document breaks off in: half an id would be that of another entry.
_CUT_OFF = re.compile(
    r"<(?:\w+:)?(?:guid|id|link|pubdate|published|updated|issued|modified|created|date)\b[^<>]*+>[^<>]*+(?:<[^<>]*+)?\Z"
    r"|<[/!?]?(?:[A-Za-z_][^<>]*+)?\Z",
    re.IGNORECASE,
)
_HEADS = frozenset({"channel", "feed"})
_PREDEFINED = frozenset({"amp", "lt", "gt", "quot", "apos"})
_LITERAL_ENTITY = re.compile(r"""<!ENTITY\s+([A-Za-z][\w.\-]{0,60})\s+(?:"([^"&%<]{0,200})"|'([^'&%<]{0,200})')\s*>""")
_CHARACTER_ENTITY = re.compile(r"""<!ENTITY\s+([A-Za-z][\w.\-]{0,60})\s+["'](&\#x?[0-9A-Fa-f]{1,6};)["']\s*>""")

# What the prefixes that feeds use stand for, whoever forgets to say so.
NAMESPACES = {
    "admin": "http://webns.net/mvcb/",
    "at": "http://purl.org/atompub/tombstones/1.0",
    "atom": "http://www.w3.org/2005/Atom",
    "atom10": "http://www.w3.org/2005/Atom",
    "cc": "http://web.resource.org/cc/",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "creativeCommons": "http://backend.userland.com/creativeCommonsRssModule",
    "dc": "http://purl.org/dc/elements/1.1/",
    "dcterms": "http://purl.org/dc/terms/",
    "feedburner": "http://rssnamespace.org/feedburner/ext/1.0",
    "fh": "http://purl.org/syndication/history/1.0",
    "geo": "http://www.w3.org/2003/01/geo/wgs84_pos#",
    "georss": "http://www.georss.org/georss",
    "itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd",
    "media": "http://search.yahoo.com/mrss/",
    "podcast": "https://podcastindex.org/namespace/1.0",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "slash": "http://purl.org/rss/1.0/modules/slash/",
    "sy": "http://purl.org/rss/1.0/modules/syndication/",
    "thr": "http://purl.org/syndication/thread/1.0",
    "wfw": "http://wellformedweb.org/CommentAPI/",
    "xhtml": "http://www.w3.org/1999/xhtml",
    "xlink": "http://www.w3.org/1999/xlink",
}


def declared_entities(head: str) -> dict[str, str]:
    """The entities that a document type declares as plain characters; no other kind is ever looked at."""
    found = {name: double or single for name, double, single in _LITERAL_ENTITY.findall(head)}
    return found | {name: unescape(value) for name, value in _CHARACTER_ENTITY.findall(head)}


def mend(text: str, entities: Mapping[str, str], limits: Limits) -> tuple[str, bool]:
    """Well-formed XML of a document that starts with its root's tag and has no document type; and if it is cut off.

    One that is cut off ends before its head or its root does. An entry that it ends in is left out: half of it is not
    what its publisher said. Takes linear time. Raises TooMuch where elements lie too deep in each other, each with its
    end; tags without end make no depth.
    """
    whole = _CUT_OFF.sub("", text, 1)
    mender = _Mender(whole, entities, limits)
    mended = mender.text()
    if mender.open_entry:
        mended = _Mender(whole[: mender.open_entry], entities, limits).text()
    return mended, not mender.has_ended


class _Mender:
    def __init__(self, source: str, entities: Mapping[str, str], limits: Limits) -> None:
        self._limits = limits
        self._deepest = min(_DEEPEST, limits.depth)
        self._source = source
        self._entities = entities
        self._budget = _EXPANSION
        # The open elements: their names, and whether their tags were written out.
        self._open: list[tuple[str, bool]] = []
        self._names: Counter[str] = Counter()
        self._entry: int | None = None
        self._entry_at = 0
        self.open_entry: int | None = None
        self.has_ended = False
        self._entry_names = _ENTRY
        self._prefixes: set[str] = set()
        self._declared = {"xml", "xmlns"}

    def text(self) -> str:
        """All of the document, with the namespaces declared at its root that it forgot to declare."""
        pieces = list(filter(None, self._pieces()))
        missing = sorted(self._prefixes - self._declared)
        declarations = "".join(f' xmlns:{one}="{NAMESPACES.get(one, f"urn:undeclared:{one}")}"' for one in missing)
        return "".join([*pieces[:1], declarations, *pieces[1:]])

    def _pieces(self) -> Iterator[str]:
        """The root's tag up to the end of its attributes, and then all others."""
        place = 0
        for token in _TOKEN.finditer(self._source):
            yield self._characters(self._source[place : token.start()])
            place = token.end()
            if token["cdata"] is not None:
                yield f"<![CDATA[{token['cdata']}]]>"
            elif token["end"]:
                yield from self._end(token["end"].lower())
            elif not token["aside"]:
                # Comments and instructions say nothing of the feed, and are often what is broken.
                yield from self._start(token)
        yield self._characters(self._source[place:])
        if self._entry is not None:
            self.open_entry = self._entry_at
        while self._open:
            yield self._close()

    def _start(self, token: re.Match[str]) -> Iterator[str]:
        name = token["start"] or token["sloppy"]
        attributes = token["attributes"] or token["rest"] or ""
        key = name.lower()
        if not self._open:
            prefix, colon, _ = key.rpartition(":")
            self._entry_names = frozenset(prefix + colon + one for one in _ENTRY) | _ENTRY
        if key in self._entry_names:
            while self._entry is not None:
                yield self._close()
            self._entry, self._entry_at = len(self._open), token.start()
        written = len(self._open) < self._deepest
        if written:
            prefix, colon, _ = name.partition(":")
            self._prefixes |= {prefix} if colon else set()
            yield f"<{name}{self._attributes(attributes)}"
            yield ">"
        else:
            yield escape(token[0])
        self._open.append((name, written))
        self._names[key] += 1
        if key in _VOID or attributes.rstrip().endswith("/"):
            closed = self._close()
            yield closed if written else ""

    def _end(self, key: str) -> Iterator[str]:
        """The end of the innermost element of that name, and of all that it holds; the root ends with the document."""
        root = self._open[0][0].lower() if self._open else ""
        self.has_ended = self.has_ended or key == root or key in _HEADS
        if self._names[key] > (key == root):
            if len(self._open) > self._limits.depth and self._open[-1][0].lower() == key:
                raise too_deep(self._limits)
            ended = ""
            while ended != key:
                ended = self._open[-1][0].lower()
                yield self._close()

    def _close(self) -> str:
        name, written = self._open.pop()
        self._names[name.lower()] -= 1
        if self._entry is not None and self._entry >= len(self._open):
            self._entry = None
        return f"</{name}>" if written else escape(f"</{name}>")

    def _attributes(self, text: str) -> str:
        found: dict[str, str] = {}
        for name, double, single, bare in _ATTRIBUTE.findall(text):
            if not name:
                continue
            found.setdefault(name, double or single or bare)
            prefix, colon, local = name.partition(":")
            if prefix == "xmlns":
                self._declared.add(local)
            elif colon:
                self._prefixes.add(prefix)
        quoted = ((name, self._characters(value).replace('"', "&quot;")) for name, value in found.items())
        return "".join(f' {name}="{value}"' for name, value in quoted)

    def _characters(self, text: str) -> str:
        if "&" in text:
            text = _REFERENCE.sub(self._reference, text)
        return text.replace("<", "&lt;").replace("]]>", "]]&gt;")

    def _reference(self, match: re.Match[str]) -> str:
        name = match[1]
        if not name:
            return "&amp;"
        if name in _PREDEFINED:
            return match[0]
        value = self._entities.get(name)
        if value is not None:
            self._budget -= len(value)
            return escape(value) if self._budget >= 0 else f"&amp;{name};"
        character = unescape(match[0])
        return f"&amp;{name};" if character == match[0] else escape(character)
