"""Bytes: what they are in, and the one line that tells a person when they are no text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.ingest import IngestError
from archive.ingest.decode import decode

FRENCH = "L’été à Paris fut très chaud ; les œuvres, « vues » ou non, fermaient à 20 h."


@pytest.mark.parametrize(
    ("body", "charset"),
    [
        (FRENCH.encode(), "utf-8"),
        (FRENCH.encode("utf-8-sig"), "utf-8"),
        (FRENCH.encode("utf-16"), "utf-16-le"),
        (b"\xfe\xff" + FRENCH.encode("utf-16-be"), "utf-16-be"),
        (FRENCH.encode("utf-32"), "utf-32-le"),
        (FRENCH.encode("cp1252"), "windows-1252"),
    ],
)
def test_encodings(body: bytes, charset: str) -> None:
    assert decode(body, "a.txt") == (FRENCH, charset)


def test_latin_1_without_the_signs_of_windows() -> None:
    assert decode("Où est l'été ?".encode("latin-1"), "a.txt") == ("Où est l'été ?", "iso-8859-1")


@pytest.mark.parametrize(
    ("body", "content_type", "markup", "text", "charset"),
    [
        ("Привет".encode("cp1251"), "text/plain; charset=windows-1251", False, "Привет", "cp1251"),
        (b'<meta charset="koi8-r">' + "Да".encode("koi8-r"), None, True, '<meta charset="koi8-r">Да', "koi8-r"),
        (b"<?xml version='1.0' encoding='shift_jis'?>" + "雨".encode("shift_jis"), None, True, None, "shift_jis"),
        (b'<meta charset="utf-16">' + "été".encode(), None, True, '<meta charset="utf-16">été', "utf-8"),
        (b'<meta charset="iso-8859-1">' + "été".encode(), None, True, '<meta charset="iso-8859-1">été', "utf-8"),
        (b'<meta charset="iso-8859-1">\xe9t\xe9', None, True, '<meta charset="iso-8859-1">été', "windows-1252"),
        ("été".encode(), "text/plain; charset=nonsense", False, "été", "utf-8"),
    ],
)
def test_declared_encodings(
    body: bytes, content_type: str | None, markup: bool, text: str | None, charset: str
) -> None:
    decoded, used = decode(body, "a", content_type=content_type, markup=markup)
    assert used == charset
    assert text is None or decoded == text


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "a.txt: is empty; put the article's text into it"),
        (b" \r\n\t ", "a.txt: holds only white space; put the article's text into it"),
        (b"\x89PNG\r\n\x1a\n", "a.txt: is a PNG image, not an article; give a .txt, .md or .html file"),
        (b"%PDF-1.7 ...", "a.txt: is a PDF document, not an article; save its text as .txt or .md first"),
        (
            b"PK\x03\x04",
            "a.txt: is a ZIP archive (or a DOCX, ODT or EPUB file), not an article; "
            "unpack it, or save the text as .txt, .md or .html",
        ),
        (b"\x1f\x8b\x08", "a.txt: is a gzip file, not an article; unpack it with gunzip first"),
        (b"SQLite format 3\x00", "a.txt: is a SQLite database, not an article; give a .txt, .md or .html file"),
        (b"RIFF....WEBPVP8", "a.txt: is a WebP image, not an article; give a .txt, .md or .html file"),
        (b"....ftypmp42", "a.txt: is an MP4 film or HEIF image, not an article; give a .txt, .md or .html file"),
        (b"abc\x00def", "a.txt: is a binary file (NUL byte at offset 3); give a .txt, .md or .html file"),
        (
            FRENCH.encode("utf-16-le"),
            "a.txt: looks like UTF-16 without its byte order mark; save it as UTF-8",
        ),
        (
            "Привет, это текст".encode("cp1251"),
            "a.txt: is not UTF-8 (byte 0xcf at offset 0) and its encoding is not clear; save it as UTF-8",
        ),
        (
            "été".encode() + b" \xe9t",
            "a.txt: is not UTF-8 (byte 0xe9 at offset 6) and its encoding is not clear; save it as UTF-8",
        ),
        (b"\xff\xfea", "a.txt: is not valid UTF-16-LE at byte offset 2; save it as UTF-8"),
        (b"\xef\xbb\xbfab\xff", "a.txt: is not valid UTF-8 at byte offset 5; save it as UTF-8"),
    ],
)
def test_refusals(body: bytes, message: str) -> None:
    with pytest.raises(IngestError) as caught:
        decode(body, "a.txt")
    assert str(caught.value) == message


@pytest.mark.parametrize("charset", ["base64", "hex", "big5"])
def test_a_declared_encoding_that_does_not_hold(charset: str) -> None:
    with pytest.raises(IngestError, match="declares"):
        decode("été €".encode(), "a.txt", content_type=f"text/plain; charset={charset}")


@given(st.binary(max_size=200))
def test_any_bytes_are_text_or_refused(body: bytes) -> None:
    try:
        text, charset = decode(body, "a.txt")
    except IngestError as error:
        assert "\n" not in str(error)
    else:
        assert text.encode(charset) in body
