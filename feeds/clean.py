"""The one gate that stored markup passes before it is published or shown: what comes in may be hostile.

Everything here is a function of its arguments and has an answer for every string; nothing raises.
"""

from __future__ import annotations

import re
import threading
from collections import Counter
from urllib.parse import urljoin, urlsplit

import nh3

from feeds.html import CONTROLS, DROPPED, TOKEN, holds_last, names, paragraphs, to_text
from feeds.lazy import SETS, SOURCES, plain_images
from feeds.usual import is_clean

_HEADINGS = names("h1 h2 h3 h4 h5 h6")
_TAGS = _HEADINGS | names(
    "a abbr acronym address article aside audio b bdi bdo big blockquote br caption center cite code col colgroup "
    "data dd del details dfn div dl dt em figcaption figure footer header hgroup hr i img ins kbd li main mark nav "
    "ol p picture pre q rp rt rtc ruby s samp section small source span strike strong sub summary sup table tbody "
    "td tfoot th thead time track tr tt u ul var video wbr"
)
# The other elements that HTML's parsing rules name: they shape the tree before they are dropped.
_PARSED = names(
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
_LINK_SCHEMES = names(
    "bitcoin doi feed ftp ftps gemini geo gopher http https irc ircs magnet mailto matrix news nntp openpgp4fpr sftp "
    "sip sips sms tel urn webcal xmpp"
)
_MEDIA_SCHEMES = frozenset({"http", "https"})
_PLAIN = (_TAGS | DROPPED | _PARSED) - {"iframe"}
_URL_ATTRIBUTES = {"href": _LINK_SCHEMES, "cite": _LINK_SCHEMES} | dict.fromkeys(
    ("src", "poster", *SOURCES), _MEDIA_SCHEMES
)
_SETS = frozenset(("srcset", *SETS))
_REL = names("author bookmark external help license me next nofollow noopener noreferrer prev sponsored tag ugc")

_ALL_CONTROLS = CONTROLS + b"\x7f"
# The same and the other controls, DEL and C1, save NEL.
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
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

_PASSES = 5
_DEEP = 256
# Elements that end by themselves, or have no end: they cannot nest deeply.
_FLAT = names("br col dd dt embed hr img input li link meta option p param source td th tr track wbr")


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


def _without_controls(text: str) -> str:
    """The text without control characters, and without what XML forbids."""
    try:
        octets = text.encode()
    except UnicodeEncodeError:
        return _CONTROL.sub("", text)
    plain = octets.translate(None, _ALL_CONTROLS)
    # C1 controls begin with C2 in UTF-8, as do many signs of Latin-1.
    if len(plain) != len(octets) or b"\xc2" in octets or holds_last(octets):
        return _CONTROL.sub("", text)
    return text


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
            clean_content_tags=DROPPED,
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
    return tag if name in _TAGS or name in DROPPED or name in _PARSED else ""


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
    for match in TOKEN.finditer(html):
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
