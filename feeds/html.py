"""HTML as feeds carry it, read as plain text and cut short; and plain text as HTML.

Everything here is a function of its arguments and has an answer for every string; nothing raises.
"""

from __future__ import annotations

import re
import unicodedata
from html import unescape as _unescape

from feeds.remembered import remembered


def names(text: str) -> frozenset[str]:
    """The words of a text, as names of elements."""
    return frozenset(text.split())


# Elements that are no text: they go with all they hold.
DROPPED = names("annotation annotation-xml iframe noembed noframes script select style svg template textarea title")

_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
CONTROLS = bytes(set(range(32)) - set(b"\t\n\r"))

# Whatever is no text. A quoted value may hold ">"; the bounds keep hostile markup from costing the square of its size.
TOKEN = re.compile(
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
_UNUSUAL = DROPPED | {"pre"}
_TAGS_APART = re.compile("<([^<>]*)>")

# Stand-ins while a text is being made: characters that `clean_text` has removed before, so that none is real.
_NEWLINE, _BLANK, _TAB, _BLOCK, _ROW, _BREAK = "\x01\x02\x03\x04\x05\x06"
_MARKS = (
    dict.fromkeys(
        names(
            "address article aside audio blockquote body caption center dd details dialog dir div dl dt fieldset "
            "figcaption figure footer form h1 h2 h3 h4 h5 h6 head header hgroup hr html legend main menu nav noscript "
            "ol p pre section summary table ul video"
        ),
        _BLOCK,
    )
    | dict.fromkeys(names("li option tbody tfoot thead tr"), _ROW)
    | {"br": _BREAK, "td": " ", "th": " "}
)
_PRE = re.compile(r"(<pre\b[^<>]*>)(.*?)(</pre\s*>|\Z)", re.IGNORECASE | re.DOTALL)
_PRE_TAG = re.compile(r"(<[^<>]*>)")
_PRE_NEWLINE = re.compile(r"&#(?:10|x0?a);", re.IGNORECASE)
_BREAKS = re.compile("\n{3,}")

_MOST_DIGITS = 4000
_ENDLESS = re.compile(rf"&#[0-9]{{{_MOST_DIGITS},}};?")
_PARAGRAPH_BREAK = re.compile(r"\n[ \t]*(?:\n[ \t]*)+")


def clean_text(text: str) -> str:
    """The text without characters that XML 1.0 (section 2.2) forbids, lone surrogates among them."""
    try:
        octets = text.encode()
    except UnicodeEncodeError:
        return _FORBIDDEN.sub("", text)
    # Going over the octets with what is fast finds most often that there is nothing to do.
    if len(octets.translate(None, CONTROLS)) != len(octets) or holds_last(octets):
        return _FORBIDDEN.sub("", text)
    return text


def holds_last(octets: bytes) -> bool:
    """Whether UTF-8 may hold U+FFFE or U+FFFF, which begin with EF BF: one octet is found faster than two."""
    return b"\xef" in octets and b"\xef\xbf" in octets


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


def excerpt(text: str, limit: int = 280) -> str:
    """The start of a plain text on one line, at most `limit` characters; a longer one is cut after a word, with "…"."""
    return _cut(one_line(text), limit)


def excerpt_of(html: str, limit: int = 280) -> str:
    """The excerpt of what `to_text` makes of HTML, in less time."""
    text = clean_text(html)
    marked = _marked(text) if "<" in text else text
    if marked is None:
        return excerpt(to_text(html), limit)
    for mark in (_BLOCK, _ROW, _BREAK):
        marked = marked.replace(mark, " ")
    if "&" in marked:
        return excerpt(_fold(unescape(marked)), limit)
    return _cut(_fold(marked).strip(" "), limit)


def _cut(text: str, limit: int) -> str:
    if len(text) <= limit:
        return text
    end = max(limit - 1, 0)
    while end > 0 and unicodedata.combining(text[end]):
        end -= 1
    head = text[: end + 1].rpartition(" ")[0]
    # Where spaces are rare, as in Chinese, the last one may stand too far back.
    kept = head if len(head) > end // 2 else text[:end]
    return kept.rstrip(" \u00a0\u202f,;:–—-([{«“‘") + "…"


def _marked(text: str) -> str | None:
    """The text with a mark in the place of each tag; None where a tag is not a usual one."""
    parts = _TAGS_APART.split(text)
    marks = list(map(_usual_mark, parts[1::2]))
    if None in marks or text.count("<") != len(marks):
        return None
    parts[1::2] = marks
    return "".join(parts)


@remembered
def _usual_mark(tag: str) -> str | None:
    match = _USUAL.fullmatch(tag)
    name = match[1].lower() if match else ""
    return _MARKS.get(name, "") if name and name not in _UNUSUAL else None


def _marked_slowly(text: str) -> str:
    if "<pre" in text or "<PRE" in text:
        text = _PRE.sub(_keep_space, text.replace("\r\n", "\n"))
    return TOKEN.sub(_mark, text)


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
