"""Bytes to text: which character encoding a document is in, whatever it says of itself.

RFC 7303 section 3 sets the order: a byte order mark, then HTTP's charset, then the XML declaration, then UTF-8. What is
declared is believed as long as the bytes bear it out. Labels mean what the WHATWG Encoding standard (section 4.2)
says they mean on the web: iso-8859-1 is windows-1252, gb2312 is gb18030.
"""

from __future__ import annotations

import re
from contextlib import suppress

from feeds.model import Charset

_BOMS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe\x00\x00", "utf-32le"),
    (b"\x00\x00\xfe\xff", "utf-32be"),
    (b"\xff\xfe", "utf-16le"),
    (b"\xfe\xff", "utf-16be"),
)
# How "<?", "<r", "\n<" and the like look in encodings of several bytes a character (XML 1.0 appendix F).
_PATTERNS = (
    (re.compile(rb"[\t\n\r <{]\x00\x00\x00[^\x00]\x00\x00\x00"), "utf-32le"),
    (re.compile(rb"\x00\x00\x00[\t\n\r <{]\x00\x00\x00[^\x00]"), "utf-32be"),
    (re.compile(rb"[\t\n\r <{]\x00[^\x00]\x00"), "utf-16le"),
    (re.compile(rb"\x00[\t\n\r <{]\x00[^\x00]"), "utf-16be"),
)
# Two bytes of ASCII in a row: what begins so is in no encoding of several bytes.
_ONE_BYTE = re.compile(rb"[\t\n\r ]*<[!?A-Za-z]")
_HTTP = re.compile(r"""charset\s*=\s*["']?\s*([A-Za-z0-9._:+\-]+)""", re.IGNORECASE)
_XML = re.compile(r"""\s*<\?xml\s[^>]*?\bencoding\s*=\s*["']\s*([A-Za-z0-9._:+\-]+)""")

# The names we give, Python's names for them, and their other labels. Whatever is not here is not believed.
_ENCODINGS = {
    "utf-8": ("utf-8", "utf8 unicode-1-1-utf-8 x-unicode20utf8"),
    "windows-1252": (
        "cp1252",
        "iso-8859-1 iso8859-1 iso_8859-1 iso88591 latin1 latin-1 l1 ascii us-ascii ansi_x3.4-1968 cp1252 cp819 ibm819 "
        "x-cp1252",
    ),
    "windows-1250": ("cp1250", "cp1250 x-cp1250"),
    "windows-1251": ("cp1251", "cp1251 x-cp1251 win-1251 win1251"),
    "windows-1253": ("cp1253", "cp1253 x-cp1253"),
    "windows-1254": ("cp1254", "cp1254 x-cp1254 iso-8859-9 iso8859-9 latin5 l5"),
    "windows-1255": ("cp1255", "cp1255 x-cp1255"),
    "windows-1256": ("cp1256", "cp1256 x-cp1256"),
    "windows-1257": ("cp1257", "cp1257 x-cp1257"),
    "windows-1258": ("cp1258", "cp1258 x-cp1258"),
    "windows-874": ("cp874", "cp874 dos-874 tis-620 iso-8859-11 iso8859-11"),
    "iso-8859-2": ("iso8859-2", "iso8859-2 iso_8859-2 latin2 latin-2 l2"),
    "iso-8859-3": ("iso8859-3", "iso8859-3 latin3"),
    "iso-8859-4": ("iso8859-4", "iso8859-4 latin4"),
    "iso-8859-5": ("iso8859-5", "iso8859-5 cyrillic"),
    "iso-8859-6": ("iso8859-6", "iso8859-6 arabic"),
    "iso-8859-7": ("iso8859-7", "iso8859-7 greek greek8"),
    "iso-8859-8": ("iso8859-8", "iso8859-8 iso-8859-8-i hebrew logical visual"),
    "iso-8859-10": ("iso8859-10", "iso8859-10 latin6"),
    "iso-8859-13": ("iso8859-13", "iso8859-13"),
    "iso-8859-14": ("iso8859-14", "iso8859-14"),
    "iso-8859-15": ("iso8859-15", "iso8859-15 iso_8859-15 latin9 latin-9 l9"),
    "iso-8859-16": ("iso8859-16", "iso8859-16"),
    "koi8-r": ("koi8-r", "koi8 koi8r koi"),
    "koi8-u": ("koi8-u", "koi8-ru koi8u"),
    "ibm866": ("cp866", "cp866 866"),
    "macintosh": ("mac-roman", "mac x-mac-roman"),
    "x-mac-cyrillic": ("mac-cyrillic", "x-mac-ukrainian"),
    "gb18030": ("gb18030", "gb2312 gb_2312 gb_2312-80 gbk x-gbk chinese csgb2312 euc-cn cp936 ms936"),
    "big5": ("big5hkscs", "big5-hkscs x-x-big5 cn-big5 csbig5 cp950"),
    "shift_jis": ("cp932", "shift-jis sjis x-sjis ms_kanji ms932 windows-31j csshiftjis cp932"),
    "euc-jp": ("euc-jp", "eucjp x-euc-jp"),
    "iso-2022-jp": ("iso2022-jp", "csiso2022jp"),
    "euc-kr": ("cp949", "euckr ks_c_5601-1987 ks_c_5601-1989 ksc5601 ksc_5601 korean windows-949 cp949 uhc"),
    "utf-16le": ("utf-16-le", "utf-16 utf16 utf-16-le ucs-2 iso-10646-ucs-2 unicode csunicode"),
    "utf-16be": ("utf-16-be", "utf-16-be unicodefffe"),
    "utf-32le": ("utf-32-le", "utf-32 utf32 utf-32-le ucs-4 iso-10646-ucs-4"),
    "utf-32be": ("utf-32-be", "utf-32-be"),
}
_LABELS = {label: name for name, (_, labels) in _ENCODINGS.items() for label in (name, *labels.split())}
_SEVERAL_BYTES = frozenset(name for name in _ENCODINGS if name.startswith(("utf-16", "utf-32")))
_EAST_ASIAN = frozenset({"gb18030", "big5", "shift_jis", "euc-jp", "iso-2022-jp", "euc-kr"})

_ESCAPED = re.compile("[\udc80-\udcff]")
_AS_1252 = {0xDC00 + byte: bytes([byte]).decode("cp1252", "replace") for byte in range(0x80, 0x100)}
_AS_UNKNOWN = dict.fromkeys(_AS_1252, "\ufffd")
# So many characters of several bytes do not come about by chance in a text that is not UTF-8.
_NO_CHANCE = 8
# Part of the characters that may be unreadable before a declaration is taken for wrong.
_TOLERANCE = 0.05


def decode(body: bytes, content_type: str | None = None) -> tuple[str, Charset]:
    """The text of a document, without a byte order mark, and how its encoding was found. Any bytes will do.

    `content_type` is HTTP's header. `Charset.detected` is set where the bytes decided, not a mark or a declaration;
    unreadable bytes become U+FFFD, or windows-1252 characters where they stand in UTF-8.
    """
    for mark, name in _BOMS:
        if body.startswith(mark):
            text, bad = _attempt(body[len(mark) :], name)
            return _settle(text, name, bad), Charset(used=name, bom=name, http=http_label(content_type), xml=_xml(text))
    several = next((name for pattern, name in _PATTERNS if pattern.match(body)), None)
    if several:
        text, bad = _attempt(body, several)
        charset = Charset(used=several, detected=several, http=http_label(content_type), xml=_xml(text))
        return _settle(text, several, bad), charset
    http, xml = http_label(content_type), _xml(body[:1024].decode("latin-1"))
    return _decode_by_declaration(body, http, xml)


def glance(body: bytes, content_type: str | None = None) -> tuple[int, Charset] | None:
    """Where the text starts in a document that is UTF-8 by all that it says, and the answer `decode` gives if it is.

    None where the bytes have to be looked at, or are in another encoding. This costs the same for any length.
    """
    http = http_label(content_type)
    if body.startswith(_BOMS[0][0]):
        xml = _xml(body[3:4099].decode("utf-8", "replace"))
        return 3, Charset(used="utf-8", bom="utf-8", http=http, xml=xml)
    if not _ONE_BYTE.match(body):
        return None
    xml = _xml(body[:1024].decode("latin-1"))
    if next((name for label in (http, xml) if label and (name := codec(label))), "utf-8") != "utf-8":
        return None
    return 0, Charset(used="utf-8", http=http, xml=xml)


def codec(label: str) -> str | None:
    """The encoding that a label stands for on the web (WHATWG Encoding section 4.2), by our name; None if unknown."""
    return _LABELS.get(label.strip().lower())


def _decode_by_declaration(body: bytes, http: str | None, xml: str | None) -> tuple[str, Charset]:
    # What can be read byte by byte is in no encoding of several bytes, whatever it says (XML 1.0 section 4.3.3).
    named = [name for label in (http, xml) if label and (name := codec(label)) and name not in _SEVERAL_BYTES]
    declared = list(dict.fromkeys(named))
    utf8 = None
    with suppress(UnicodeError):
        utf8 = body.decode()
    if utf8 is not None and declared[:1] in ([], ["utf-8"]):
        return utf8, Charset(used="utf-8", http=http, xml=xml)
    if utf8 is not None and _wide(utf8) >= (_NO_CHANCE if _EAST_ASIAN & set(declared) else 1):
        return utf8, Charset(used="utf-8", http=http, xml=xml, detected="utf-8")
    for name in declared:
        if name == "utf-8" and utf8 is None:
            continue
        text, unreadable = _attempt(body, name)
        if not unreadable or unreadable <= _TOLERANCE * _wide(text):
            detected = name if name != declared[0] else None
            return _settle(text, name, unreadable), Charset(used=name, http=http, xml=xml, detected=detected)
    utf8, bad = _attempt(body, "utf-8")
    wide = _wide(utf8) - bad
    if not bad or wide > bad:
        detected = None if declared[:1] in ([], ["utf-8"]) else "utf-8"
        return _settle(utf8, "utf-8", bad), Charset(used="utf-8", http=http, xml=xml, detected=detected)
    text, bad = _attempt(body, "windows-1252")
    return _settle(text, "windows-1252", bad), Charset(used="windows-1252", http=http, xml=xml, detected="windows-1252")


def _attempt(body: bytes, name: str) -> tuple[str, int]:
    """The text, its unreadable bytes as lone surrogates, and how many of these there are."""
    python_name = _ENCODINGS[name][0]
    try:
        return body.decode(python_name), 0
    except UnicodeError:
        pass
    # UTF-16 and UTF-32 have no single byte to escape: what is left of a character at the end is cut off.
    text = body.decode(python_name, "replace" if name in _SEVERAL_BYTES else "surrogateescape")
    return text, len(_ESCAPED.findall(text))


def _wide(text: str) -> int:
    """How many of its characters are not ASCII."""
    return len(text) - len(text.encode("ascii", "ignore"))


def _settle(text: str, name: str, bad: int) -> str:
    if bad and name not in _SEVERAL_BYTES:
        text = text.translate(_AS_1252 if name in ("utf-8", "windows-1252") else _AS_UNKNOWN)
    return text.removeprefix("\ufeff")


def http_label(content_type: str | None) -> str | None:
    """The charset in an HTTP header, as it is called there."""
    match = _HTTP.search(content_type) if content_type else None
    return match[1].lower() if match else None


def _xml(text: str) -> str | None:
    match = _XML.match(text[:1024].removeprefix("\ufeff"))
    return match[1].lower() if match else None
