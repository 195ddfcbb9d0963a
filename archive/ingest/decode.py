"""From bytes to text: what encoding a file is in, told by marks, by declaration or by unmistakable content.

UTF-8 is the rule. Anything else is taken only where nothing else fits, and the name of the encoding goes along with
the text, so that it can be recorded. Bytes that are no text at all are named for what they are.
"""

from __future__ import annotations

import codecs
import re
from contextlib import suppress

from archive.ingest.errors import IngestError

# First bytes of formats that people hand over by mistake (each format's own specification; the list is ours).
_MAGIC: tuple[tuple[bytes, str, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "a PNG image", ""),
    (b"\xff\xd8\xff", "a JPEG image", ""),
    (b"GIF87a", "a GIF image", ""),
    (b"GIF89a", "a GIF image", ""),
    (b"II*\x00", "a TIFF image", ""),
    (b"MM\x00*", "a TIFF image", ""),
    (b"%PDF-", "a PDF document", "save its text as .txt or .md first"),
    (b"%!PS", "a PostScript document", "save its text as .txt or .md first"),
    (b"{\\rtf", "an RTF document", "save it as plain text or HTML first"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office document", "save it as plain text or HTML first"),
    (b"PK\x03\x04", "a ZIP archive (or a DOCX, ODT or EPUB file)", "unpack it, or save the text as .txt, .md or .html"),
    (b"PK\x05\x06", "an empty ZIP archive", ""),
    (b"\x1f\x8b", "a gzip file", "unpack it with gunzip first"),
    (b"BZh", "a bzip2 file", "unpack it with bunzip2 first"),
    (b"\xfd7zXZ\x00", "an xz file", "unpack it with unxz first"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard file", "unpack it with unzstd first"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", "unpack it first"),
    (b"Rar!\x1a\x07", "a RAR archive", "unpack it first"),
    (b"SQLite format 3\x00", "a SQLite database", ""),
    (b"\x7fELF", "a program", ""),
    (b"ID3", "an MP3 file", ""),
    (b"OggS", "an Ogg file", ""),
    (b"fLaC", "a FLAC file", ""),
    (b"wOF", "a web font", ""),
)
_RIFF = {b"WEBP": "a WebP image", b"WAVE": "a WAV file", b"AVI ": "an AVI film"}
# Formats whose first bytes could be the start of a text; a NUL byte must confirm them.
_NEEDS_NUL = frozenset({b"BZh", b"ID3", b"OggS", b"fLaC", b"wOF"})
_CHOOSE = "give a .txt, .md or .html file"

_BOMS: tuple[tuple[bytes, str], ...] = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)

_CHARSET = re.compile(r"charset\s*=\s*[\"']?\s*([A-Za-z0-9._:-]+)", re.IGNORECASE)
_META = re.compile(rb"<meta\s[^>]*charset\s*=\s*[\"']?\s*([A-Za-z0-9._:-]+)", re.IGNORECASE)
_XML = re.compile(rb"^\s*<\?xml\s[^>]*encoding\s*=\s*[\"']([A-Za-z0-9._:-]+)", re.IGNORECASE)
_DECLARED_WITHIN = 2048

# Western European text in windows-1252: letters and the marks printers use. Other signs make it doubtful.
_WESTERN = frozenset(
    "àâäáãåæçèéêëìíîïñòóôöõøœùúûüýÿßÀÂÄÁÃÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÖÕØŒÙÚÛÜÝŸðþÐÞšžŠŽ‘’“”„‚–—…«»‹›€£§°©®·•¿¡ªº½¼¾²³\xa0\xad"
)
_MULTIBYTE = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_MOST_WESTERN = 0.25


def decode(body: bytes, name: str, *, content_type: str | None = None, markup: bool = False) -> tuple[str, str]:
    """The text of the bytes and the name of the encoding used.

    A byte order mark decides; then the charset of `content_type`, then (with `markup`) the one that the document
    declares, then UTF-8, then windows-1252 or ISO-8859-1 where the text is unmistakably so.
    Raises IngestError for empty, binary and undecodable bytes.
    """
    if not body.strip():
        reason = "holds only white space" if body else "is empty"
        raise IngestError(name, reason, "put the article's text into it")
    _refuse_binary(body, name)
    for mark, charset in _BOMS:
        if body.startswith(mark):
            return _strictly(body[len(mark) :], charset, name, len(mark)), charset
    if b"\x00" in body:
        raise IngestError(name, *_nul(body))
    declared = _declared(body, content_type, markup)
    if declared and declared != "utf-8":
        return _declaredly(body, declared, name)
    try:
        return body.decode("utf-8"), "utf-8"
    except UnicodeDecodeError as error:
        return _western(body, error, name)


def _refuse_binary(body: bytes, name: str) -> None:
    for magic, what, remedy in _MAGIC:
        if body.startswith(magic) and (magic not in _NEEDS_NUL or b"\x00" in body):
            raise IngestError(name, f"is {what}, not an article", remedy or _CHOOSE)
    if body[:4] == b"RIFF" and body[8:12] in _RIFF:
        raise IngestError(name, f"is {_RIFF[body[8:12]]}, not an article", _CHOOSE)
    if body[4:8] == b"ftyp":
        raise IngestError(name, "is an MP4 film or HEIF image, not an article", _CHOOSE)


def _nul(body: bytes) -> tuple[str, str]:
    sides = [body[start:4096:2].count(0) for start in (0, 1)]
    if max(sides) * 5 >= len(body[:4096]) and min(sides) * 20 <= max(sides):
        return "looks like UTF-16 without its byte order mark", "save it as UTF-8"
    return f"is a binary file (NUL byte at offset {body.index(0)})", _CHOOSE


def _declared(body: bytes, content_type: str | None, markup: bool) -> str | None:
    head = body[:_DECLARED_WITHIN]
    said = _CHARSET.search(content_type or "")
    within = (_XML.search(head) or _META.search(head)) if markup else None
    for label in (said and said[1], within and within[1].decode("ascii")):
        try:
            if label:
                # Browsers read both names as windows-1252 (WHATWG Encoding Standard, section 4.2).
                charset = codecs.lookup(label).name
                if charset in {"iso8859-1", "ascii"}:
                    return "cp1252"
                # A declaration that can be read in ASCII cannot be in UTF-16 (WHATWG HTML, section 13.2.3.2).
                if not charset.startswith(("utf-16", "utf-32")):
                    return charset
        except LookupError:
            continue
    return None


def _declaredly(body: bytes, charset: str, name: str) -> tuple[str, str]:
    if charset == "cp1252":
        # Templates say "iso-8859-1" of what is UTF-8 far more often than Western text happens to be valid UTF-8.
        with suppress(UnicodeDecodeError):
            return body.decode("utf-8"), "utf-8"
        return _strictly(body, charset, name, 0), "windows-1252"
    try:
        return body.decode(charset), charset
    except UnicodeDecodeError:
        raise IngestError(name, f"declares {charset} but is not in it", "save it as UTF-8 and declare that") from None
    except (LookupError, ValueError):
        raise IngestError(name, f"declares {charset}, which is no text encoding", "save it as UTF-8") from None


def _strictly(body: bytes, charset: str, name: str, skipped: int) -> str:
    try:
        return body.decode(charset)
    except UnicodeDecodeError as error:
        raise IngestError(
            name, f"is not valid {charset.upper()} at byte offset {error.start + skipped}", "save it as UTF-8"
        ) from None


def _western(body: bytes, error: UnicodeDecodeError, name: str) -> tuple[str, str]:
    high = sum(byte >= 0x80 for byte in body)
    if high <= len(body) * _MOST_WESTERN and not _MULTIBYTE.search(body):
        try:
            text = body.decode("cp1252")
        except UnicodeDecodeError:
            text = ""
        if text and all(character < "\x80" or character in _WESTERN for character in text):
            return text, "windows-1252" if any(0x80 <= byte <= 0x9F for byte in body) else "iso-8859-1"
    raise IngestError(
        name,
        f"is not UTF-8 (byte 0x{body[error.start]:02x} at offset {error.start}) and its encoding is not clear",
        "save it as UTF-8",
    )
