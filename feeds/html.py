"""HTML as feeds carry it: cleaned for output, read as plain text, counted and cut short.

Everything here is a function of its arguments and has an answer for every string; nothing raises.
What comes in may be hostile: `clean` is the one gate that stored markup passes before it is published.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from collections import Counter
from functools import lru_cache
from html import unescape as _unescape
from typing import Literal
from urllib.parse import urljoin, urlsplit

import nh3

from feeds.lazy import SETS, SOURCES, plain_images
from feeds.usual import is_clean

WORDS_A_MINUTE = 230


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_HEADINGS = _names("h1 h2 h3 h4 h5 h6")
_TAGS = _HEADINGS | _names(
    "a abbr acronym address article aside audio b bdi bdo big blockquote br caption center cite code col colgroup "
    "data dd del details dfn div dl dt em figcaption figure footer header hgroup hr i img ins kbd li main mark nav "
    "ol p picture pre q rp rt rtc ruby s samp section small source span strike strong sub summary sup table tbody "
    "td tfoot th thead time track tr tt u ul var video wbr"
)
# These go with all they hold; of any other element that is not allowed, the text stays.
_DROPPED = _names("annotation annotation-xml iframe noembed noframes script select style svg template textarea title")
# The other elements that HTML's parsing rules name: they shape the tree before they are dropped.
_PARSED = _names(
    "applet area base basefont bgsound body button canvas datalist dialog dir embed fieldset font form frame frameset "
    "head html image input keygen label legend link listing map marquee menu meta meter nobr object optgroup option "
    "output param plaintext progress rb search xmp"
)
_ATTRIBUTES: dict[str, set[str]] = {
    "*": {"dir", "lang", "title"},
    "a": {"href", "hreflang", "rel", "type"},
    "audio": {"preload", "src"},
    "blockquote": {"cite"},
    "code": {"class"},
    "col": {"span"},
    "colgroup": {"span"},
    "data": {"value"},
    "del": {"cite", "datetime"},
    "details": {"open"},
    "img": {"alt", "height", "sizes", "src", "srcset", "width", *SOURCES, *SETS},
    "ins": {"cite", "datetime"},
    "li": {"value"},
    "ol": {"reversed", "start", "type"},
    "pre": {"class"},
    "q": {"cite"},
    "source": {"height", "media", "sizes", "src", "srcset", "type", "width", *SETS},
    "td": {"align", "colspan", "rowspan"},
    "th": {"abbr", "align", "colspan", "rowspan", "scope"},
    "time": {"datetime"},
    "track": {"default", "kind", "label", "src", "srclang"},
    "video": {"height", "poster", "preload", "src", "width"},
} | {tag: {"id"} for tag in _HEADINGS}
_LINK_SCHEMES = _names(
    "bitcoin doi feed ftp ftps gemini geo gopher http https irc ircs magnet mailto matrix news nntp openpgp4fpr sftp "
    "sip sips sms tel urn webcal xmpp"
)
_MEDIA_SCHEMES = frozenset({"http", "https"})
_PLAIN = (_TAGS | _DROPPED | _PARSED) - {"iframe"}
_URL_ATTRIBUTES = {"href": _LINK_SCHEMES, "cite": _LINK_SCHEMES} | dict.fromkeys(
    ("src", "poster", *SOURCES), _MEDIA_SCHEMES
)
_SETS = frozenset(("srcset", *SETS))
_REL = _names("author bookmark external help license me next nofollow noopener noreferrer prev sponsored tag ugc")

_FORBIDDEN = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_CONTROLS = bytes(set(range(32)) - set(b"\t\n\r"))
_ALL_CONTROLS = _CONTROLS + b"\x7f"
# The same and the other controls, DEL and C1, save NEL.
_CONTROL = re.compile("[^\t\n\r -~\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_URL_NOISE = re.compile("[\x00-\x1f\x7f-\x9f]+")
# What other programs may take for blanks before a scheme, though browsers do not.
_HIDING = re.compile("[\x20\xa0\u2028\u2029\ufeff]|%20")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]*):")
# Firefox once ran what stood behind the name of this scheme: "feed:javascript:...".
ODD_FEED = re.compile(r"feed:(?!//|https?:)", re.IGNORECASE)
_LANGUAGE_CLASS = re.compile(r"\blang(?:uage)?-[\w+#.\-]+", re.ASCII)
_CANDIDATE = re.compile(r"([^\s,](?:\S*[^\s,])?)([^,]*)")
_DESCRIPTOR = re.compile(r"\d+(?:\.\d+)?[wxh]", re.ASCII)
_TAG = re.compile(r"</?([A-Za-z][^\s/<>]*+)[^<>]*+>")
_PRE_START = re.compile(r"(<pre(?: [^>]*)?>)\n")
_IMG = re.compile(r"<img(?: [^>]*)?>")
_HAS_SOURCE = re.compile(r' src(?:set)?="[^"]')
_ONE_PIXEL = re.compile(r'(?=.* width="[01](?:px)?")(?=.* height="[01](?:px)?")', re.DOTALL)

# Whatever is no text. A quoted value may hold ">"; the bounds keep hostile markup from costing the square of its size.
_TOKEN = re.compile(
    r"""<!--(?:-?>|.*?(?:--!?>|\Z))
      | <(?:iframe|svg)\b[^<>]*/>
      | <(?P<hidden>annotation|iframe|noembed|noframes|script|select|style|svg|template|textarea|title)\b[^>]*>
        .*?(?:</(?P=hidden)\b[^>]*>|\Z)
      | <(?P<end>/?)(?P<name>[a-z][^\s/>]*)(?:(?:[^>"']++|"[^"]*+"|'[^']*+'){0,64}+>|[^>]*(?:>|\Z))
      | <[!?/][^>]*(?:>|\Z)""",
    re.VERBOSE | re.IGNORECASE | re.DOTALL | re.ASCII,
)

# A tag as nearly all are. What hides text, is kept as it is or is no tag at all goes the long way.
_USUAL = re.compile(r"""/?([A-Za-z][A-Za-z0-9]*)(?:[\s/](?:[^"'<>]++|"[^"<>]*+"){0,64}+)?""", re.ASCII)
_UNUSUAL = _DROPPED | {"pre"}
_TAGS_APART = re.compile("<([^<>]*)>")

# Stand-ins while a text is being made: characters that `clean_text` has removed before, so that none is real.
_NEWLINE, _BLANK, _TAB, _BLOCK, _ROW, _BREAK = "\x01\x02\x03\x04\x05\x06"
_MARKS = (
    dict.fromkeys(
        _names(
            "address article aside audio blockquote body caption center dd details dialog dir div dl dt fieldset "
            "figcaption figure footer form h1 h2 h3 h4 h5 h6 head header hgroup hr html legend main menu nav noscript "
            "ol p pre section summary table ul video"
        ),
        _BLOCK,
    )
    | dict.fromkeys(_names("li option tbody tfoot thead tr"), _ROW)
    | {"br": _BREAK, "td": " ", "th": " "}
)
_PRE = re.compile(r"(<pre\b[^<>]*>)(.*?)(</pre\s*>|\Z)", re.IGNORECASE | re.DOTALL)
_PRE_TAG = re.compile(r"(<[^<>]*>)")
_PRE_NEWLINE = re.compile(r"&#(?:10|x0?a);", re.IGNORECASE)
_BREAKS = re.compile("\n{3,}")

# Scripts without spaces between words: Han, kana and Yi are counted by the character, Thai, Lao, Burmese and Khmer
# by the run, at a usual five characters a word.
_IDEOGRAPH = re.compile(
    "[\u3005-\u3007\u3041-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua48c\uf900-\ufaff\uff66-\uff9f"
    "\U0001b000-\U0001b16f\U00020000-\U000323af]"
)
_UNSPACED = re.compile("[\u0e01-\u0e3a\u0e40-\u0e4e\u0e81-\u0ece\u1000-\u103f\u1780-\u17d3]+")
_UNSPACED_WORD = 5
_WORD = re.compile(r"[^\W_][^\s\u200b—–…]*")
# Letters and digits as "a", and so is what is left of other scripts; white space as " ", the rest goes.
_ASCII = bytes(range(128))
_SHAPES = bytes(97 if octet > 127 or chr(octet).isalnum() else 32 for octet in range(256))
_SIGNS = bytes(octet for octet in range(128) if not (chr(octet).isalnum() or chr(octet).isspace()))

_MOST_DIGITS = 4000
_ENDLESS = re.compile(rf"&#[0-9]{{{_MOST_DIGITS},}};?")
_PARAGRAPH_BREAK = re.compile(r"\n[ \t]*(?:\n[ \t]*)+")
_PASSES = 5
_DEEP = 256
# Elements that end by themselves, or have no end: they cannot nest deeply.
_FLAT = _names("br col dd dt embed hr img input li link meta option p param source td th tr track wbr")


def clean_text(text: str) -> str:
    """The text without characters that XML 1.0 (section 2.2) forbids, lone surrogates among them."""
    try:
        octets = text.encode()
    except UnicodeEncodeError:
        return _FORBIDDEN.sub("", text)
    # Going over the octets with what is fast finds most often that there is nothing to do.
    if len(octets.translate(None, _CONTROLS)) != len(octets) or _holds_last(octets):
        return _FORBIDDEN.sub("", text)
    return text


def _without_controls(text: str) -> str:
    """The text without control characters, and without what XML forbids."""
    try:
        octets = text.encode()
    except UnicodeEncodeError:
        return _CONTROL.sub("", text)
    plain = octets.translate(None, _ALL_CONTROLS)
    # C1 controls begin with C2 in UTF-8, as do many signs of Latin-1.
    if len(plain) != len(octets) or b"\xc2" in octets or _holds_last(octets):
        return _CONTROL.sub("", text)
    return text


def _holds_last(octets: bytes) -> bool:
    """Whether a text may hold U+FFFE or U+FFFF, which begin with EF BF in UTF-8; one octet is found faster than two."""
    return b"\xef" in octets and b"\xef\xbf" in octets


def clean(html: str, base: str | None = None) -> str:
    """Safe HTML for output: allowed elements, attributes and URL schemes only, every tag closed, links absolute.

    Links are resolved against `base`, an http(s) URL (RFC 3986 section 5); without one they stay as they are.
    Images that scripts would load become plain ones. The text survives to the letter; control characters, scripts,
    styles, frames and tracking pixels do not. Cleaning twice gives what cleaning once gave. A no-break space is
    written as itself: `&nbsp;` is undefined in XML, and the character is right everywhere. Markup nested beyond
    reason comes out as paragraphs of its text.
    """
    html = _without_controls(html).lstrip("\ufeff")
    if "\r" in html:
        html = html.replace("\r\n", "\n").replace("\r", "\n")
    if "<" not in html and "&" not in html:
        return html.replace(">", "&gt;")
    if is_clean(html):
        return html
    base = _base(base)
    html = _unwrap(html)
    for _ in range(_PASSES):
        if not _is_shallow(html):
            break
        cleaned = _settle(_cleaner.clean(html, base))
        if cleaned == html:
            return cleaned
        html = cleaned
    return _settle(_cleaner.clean(paragraphs(to_text(html)), base))


def to_text(html: str) -> str:
    """The plain text of HTML: a blank line between blocks, a line for each list item, table row and <br>.

    White space is folded as in a browser, outside <pre>; no-break spaces stay. Scripts, styles and forms' lists go.
    """
    text = clean_text(html)
    if "<" in text:
        usual = _marked(text)
        text = _marked_slowly(text) if usual is None else usual
    if "&" in text:
        text = unescape(text)
    blocks = map(_lines, _fold(text).split(_BLOCK))
    text = "\n\n".join(filter(None, blocks))
    return text.replace(_NEWLINE, "\n").replace(_BLANK, " ").replace(_TAB, "\t")


def one_line(text: str) -> str:
    """The text on one line, its white space folded and trimmed; no-break spaces stay."""
    return _fold(clean_text(text)).strip(" ")


def unescape(text: str) -> str:
    """The text with HTML's references as the characters that they stand for."""
    # Python makes no number of so many digits; it is that of no character, whatever it is.
    return _unescape(_ENDLESS.sub("\ufffd", text) if len(text) > _MOST_DIGITS else text)


def escape(text: str) -> str:
    """The text as HTML, fit for an element's content and for an attribute in double quotes."""
    return clean_text(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")


def paragraphs(text: str) -> str:
    """Plain text as HTML: what blank lines part becomes <p> elements, single line breaks stay as they are."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    blocks = (block.strip(" \t\n") for block in _PARAGRAPH_BREAK.split(text))
    return "\n".join(f"<p>{escape(block)}</p>" for block in blocks if block)


def word_count(text: str) -> int:
    """How many words a plain text has.

    A word is a run without white space or dashes that holds a letter or digit; « » and other signs alone are none.
    Han, kana and Yi count by the character; Thai, Lao, Burmese and Khmer one word to each five characters of a run.
    """
    octets = text.encode("utf-8", "replace")
    count = 0
    if not text.isascii():
        chars = set(octets.translate(None, _ASCII).decode()) - _letters
        shapes = {char: _shape(char) for char in chars}
        if "unspaced" in shapes.values():
            return _count_slowly(text)
        for char, shape in shapes.items():
            if shape == "letter":
                _letters.add(char)
                continue
            if shape == "ideograph":
                count += text.count(char)
            text = text.replace(char, "" if shape == "sign" else " ")
        octets = text.encode("utf-8", "replace")
    octets = octets.translate(_SHAPES, _SIGNS)
    return count + octets.count(b" a") + octets.startswith(b"a")


# Those of them that were met: most characters of most texts are such.
_letters: set[str] = set()


@lru_cache(4096)
def _shape(char: str) -> Literal["letter", "blank", "sign", "ideograph", "unspaced"]:
    """What a character is to those who count words."""
    if _IDEOGRAPH.match(char):
        return "ideograph"
    if _UNSPACED.match(char):
        return "unspaced"
    if _WORD.match(char):
        return "letter"
    return "sign" if _WORD.fullmatch(f"a{char}") else "blank"


def _count_slowly(text: str) -> int:
    text, count = _IDEOGRAPH.subn(" ", text)
    count += sum(-(-len(run) // _UNSPACED_WORD) for run in _UNSPACED.findall(text))
    return count + len(_WORD.findall(_UNSPACED.sub(" ", text)))


def reading_minutes(words: int) -> int:
    """How many minutes that many words take to read, at 230 a minute, rounded; at least 1."""
    return max(1, (words + WORDS_A_MINUTE // 2) // WORDS_A_MINUTE)


def excerpt(text: str, limit: int = 280) -> str:
    """The start of a plain text on one line, at most `limit` characters; a longer one is cut after a word, with "…"."""
    text = one_line(text)
    if len(text) <= limit:
        return text
    end = max(limit - 1, 0)
    while end > 0 and unicodedata.combining(text[end]):
        end -= 1
    head = text[: end + 1].rpartition(" ")[0]
    # Where spaces are rare, as in Chinese, the last one may stand too far back.
    kept = head if len(head) > end // 2 else text[:end]
    return kept.rstrip(" \u00a0\u202f,;:–—-([{«“‘") + "…"


def _base(base: str | None) -> str | None:
    if base is None:
        return None
    base = _URL_NOISE.sub("", base).strip().partition("#")[0]
    try:
        parts = urlsplit(base)
    except ValueError:
        return None
    return base if parts.scheme in _MEDIA_SCHEMES and parts.hostname else None


class _Cleaner(threading.local):
    """The sanitiser, one a thread: to make one takes longer than to clean with it, and its filter has to know the base.

    `base` is the address that links are resolved against, for the cleaning under way.
    """

    def __init__(self) -> None:
        self.base: str | None = None
        self._cleaner = nh3.Cleaner(
            tags=_TAGS,
            clean_content_tags=_DROPPED,
            attributes=_ATTRIBUTES,
            attribute_filter=self._keep,
            link_rel=None,
            url_schemes=_LINK_SCHEMES,
            # A player without controls cannot be seen, let alone started.
            set_tag_attribute_values={"audio": {"controls": ""}, "video": {"controls": ""}},
        )

    def clean(self, html: str, base: str | None) -> str:
        self.base = base
        return self._cleaner.clean(html)

    def _keep(self, _tag: str, name: str, value: str) -> str | None:
        schemes = _URL_ATTRIBUTES.get(name)
        if schemes:
            return _absolute(value, schemes, self.base)
        if name in _SETS:
            return _srcset(value, self.base)
        if name == "rel":
            return " ".join(dict.fromkeys(token for token in value.lower().split() if token in _REL)) or None
        if name == "class":
            return " ".join(_LANGUAGE_CLASS.findall(value)) or None
        if name == "dir":
            return value.lower() if value.lower() in {"ltr", "rtl", "auto"} else None
        return value


_cleaner = _Cleaner()


def _absolute(url: str, schemes: frozenset[str], base: str | None) -> str | None:
    if url.startswith(("https://", "http://")) and url.isprintable() and " " not in url:  # as most are
        return url
    # Controls go before the scheme is read, as browsers do it: "java\nscript:" is a script.
    url = _URL_NOISE.sub("", url).strip(" ").replace(" ", "%20")
    scheme = _SCHEME.match(url)
    if scheme and (scheme[1].lower() not in schemes or ODD_FEED.match(url)):
        return None
    if scheme and url[len(scheme[0]) : len(scheme[0]) + 2] == "//":
        return url
    if not (scheme or url.isascii()):
        hidden = _SCHEME.match(_HIDING.sub("", url))
        if hidden and hidden[1].lower() not in schemes:
            return None
    if not url and schemes is _MEDIA_SCHEMES:
        return None
    if base is None or (scheme and scheme[1].lower() not in _MEDIA_SCHEMES):
        return url
    try:
        return urljoin(base, url)
    except ValueError:
        return None


def _srcset(value: str, base: str | None) -> str | None:
    kept = []
    for url, descriptor in _CANDIDATE.findall(value):
        absolute = _absolute(url, _MEDIA_SCHEMES, base)
        if absolute:
            size = descriptor.strip()
            kept.append(f"{absolute} {size}" if _DESCRIPTOR.fullmatch(size) else absolute)
    return ", ".join(kept) or None


def _unwrap(html: str) -> str:
    """The markup without the tags that are not HTML's, their content kept.

    The sanitiser would drop the names of MathML and SVG with all that follows them, be it a formula or the "<path>"
    of a careless author. Scripts do not run in what we publish, so what stands in <noscript> is the content.
    XHTML writes empty frames short, which HTML takes for a frame without end.
    """
    if {name.lower() for name in _TAG.findall(html)} <= _PLAIN:
        return html
    return _TAG.sub(_known, html)


def _known(match: re.Match[str]) -> str:
    tag, name = match[0], match[1].lower()
    if name == "iframe" and tag.endswith("/>"):
        return ""
    return tag if name in _TAGS or name in _DROPPED or name in _PARSED else ""


def _settle(html: str) -> str:
    """What the serialiser leaves undone: its one named entity, controls that were entities, a line lost from <pre>."""
    html = _CONTROL.sub("", html).replace("\r", "\n").replace("&nbsp;", "\u00a0")
    html = plain_images(html)
    if "<img" in html:
        html = _IMG.sub(_keep_image, html)
    if "<pre" in html:
        # A parser drops the first line break of <pre>: the one that is content needs another before it.
        html = _PRE_START.sub(r"\1\n\n", html)
    return html


def _keep_image(match: re.Match[str]) -> str:
    tag = match[0]
    return "" if not _HAS_SOURCE.search(tag) or _ONE_PIXEL.match(tag) else tag


def _is_shallow(html: str) -> bool:
    """Whether elements nest within reason: a parser's time and memory grow with the square of the depth."""
    if html.count("<") <= _DEEP:
        return True
    opened: Counter[str] = Counter()
    depth = 0
    for match in _TOKEN.finditer(html):
        name = (match["name"] or "br").lower()
        if name in _FLAT:
            continue
        if not match["end"]:
            opened[name] += 1
            depth += 1
            if depth > _DEEP:
                return False
        elif opened[name]:
            opened[name] -= 1
            depth -= 1
    return True


def _marked(text: str) -> str | None:
    """The text with a mark in the place of each tag; None where a tag is not a usual one."""
    parts = _TAGS_APART.split(text)
    marks = list(map(_usual_mark, parts[1::2]))
    if None in marks or text.count("<") != len(marks):
        return None
    parts[1::2] = marks
    return "".join(parts)


@lru_cache(2048)
def _usual_mark(tag: str) -> str | None:
    match = _USUAL.fullmatch(tag)
    name = match[1].lower() if match else ""
    return _MARKS.get(name, "") if name and name not in _UNUSUAL else None


def _marked_slowly(text: str) -> str:
    if "<pre" in text or "<PRE" in text:
        text = _PRE.sub(_keep_space, text.replace("\r\n", "\n"))
    return _TOKEN.sub(_mark, text)


def _mark(match: re.Match[str]) -> str:
    name = match["name"]
    return _MARKS.get(name.lower(), "") if name else ""


def _keep_space(match: re.Match[str]) -> str:
    start, content, end = match.groups()
    pieces = _PRE_TAG.split(_PRE_NEWLINE.sub("\n", content).strip("\n"))
    pieces[::2] = [piece.replace("\n", _NEWLINE).replace(" ", _BLANK).replace("\t", _TAB) for piece in pieces[::2]]
    return f"{start}{''.join(pieces)}{end}"


def _fold(text: str) -> str:
    # str.replace goes over a text ten times faster than a regular expression does.
    text = text.replace("\n", " ").replace("\t", " ").replace("\r", " ").replace("\f", " ")
    while "  " in text:
        text = text.replace("  ", " ")
    return text


def _lines(block: str) -> str:
    if _ROW not in block and _BREAK not in block:
        return block.strip(" ")
    block = block.replace(_BREAK, "\n").replace(" \n", "\n").replace("\n ", "\n")
    rows = (row.strip(" \n") for row in block.split(_ROW))
    return _BREAKS.sub("\n\n", "\n".join(filter(None, rows)))
