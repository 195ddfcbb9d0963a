"""What a file is, by what its server says and by its first bytes; and whether it may lie on a site. Pure.

Whoever opens a file of the site runs what is in it in the site's name, so what can hold scripts is not kept: HTML is
what many servers send in the place of a picture that is gone, and SVG is kept where nothing in it could run.
"""

from __future__ import annotations

import re

from lxml import etree

_SUFFIXES = {
    "application/epub+zip": ".epub", "application/pdf": ".pdf", "audio/aac": ".aac", "audio/flac": ".flac",
    "audio/mp4": ".m4a", "audio/mpeg": ".mp3", "audio/ogg": ".ogg", "audio/opus": ".opus", "audio/wav": ".wav",
    "audio/x-m4a": ".m4a", "image/avif": ".avif", "image/gif": ".gif", "image/jpeg": ".jpg", "image/jpg": ".jpg",
    "image/png": ".png", "image/svg+xml": ".svg", "image/webp": ".webp", "video/mp4": ".mp4", "video/ogg": ".ogv",
    "video/quicktime": ".mov", "video/webm": ".webm",
}  # fmt: skip
_STARTS = (
    (b"\x89PNG\r\n\x1a\n", "image/png"), (b"\xff\xd8\xff", "image/jpeg"), (b"GIF8", "image/gif"),
    (b"%PDF-", "application/pdf"), (b"ID3", "audio/mpeg"), (b"\xff\xfb", "audio/mpeg"), (b"OggS", "audio/ogg"),
    (b"fLaC", "audio/flac"), (b"\x1aE\xdf\xa3", "video/webm"),
)  # fmt: skip
_BRANDS = {b"avif": "image/avif", b"M4A ": "audio/mp4", b"M4B ": "audio/mp4", b"qt  ": "video/quicktime"}
_ANY = ("", "application/octet-stream", "binary/octet-stream")
_LARGEST_SVG = 2_000_000
_STILL = frozenset(
    re.findall(
        r"\w+",
        """
        svg g defs symbol use path rect circle ellipse line polyline polygon text tspan textPath title desc metadata
        linearGradient radialGradient stop clipPath mask pattern marker image filter feBlend feColorMatrix feComposite
        feFlood feGaussianBlur feMerge feMergeNode feOffset feTurbulence feMorphology feDropShadow switch style
        """,
    )
)


def kind_of(said: str | None, start: bytes) -> str:
    """The media type of a file that begins so; what its server says counts where the bytes do not tell."""
    for magic, kind in _STARTS:
        if start.startswith(magic):
            return kind
    if start[4:8] == b"ftyp":
        return _BRANDS.get(start[8:12], "video/mp4")
    if start[:4] == b"RIFF":
        return {b"WEBP": "image/webp", b"WAVE": "audio/wav"}.get(start[8:12], "")
    if start.lstrip()[:1] == b"<":
        return "image/svg+xml" if b"<svg" in start else "text/html"
    kind = (said or "").partition(";")[0].strip().lower()
    return "" if kind in _ANY or kind.startswith("text/") else kind


def suffix_of(kind: str) -> str | None:
    """The ending of a file of that type, or None for a type that is not kept."""
    return _SUFFIXES.get(kind)


def is_still(svg: bytes) -> bool:
    """Whether nothing in an SVG picture runs, moves, or loads from elsewhere."""
    if len(svg) > _LARGEST_SVG or b"<!DOCTYPE" in svg or b"<!ENTITY" in svg:
        return False
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        root = etree.fromstring(svg, parser)
    except (etree.XMLSyntaxError, ValueError):
        return False
    return all(_stands_still(one) for one in root.iter())


def _stands_still(one: etree._Element) -> bool:
    if not isinstance(one.tag, str):
        return one.tag is etree.Comment  # an instruction could name a stylesheet
    if one.tag.rpartition("}")[2] not in _STILL or "@import" in (one.text or "") or "url(" in (one.text or ""):
        return False
    for key, value in one.attrib.items():
        name, text = str(key).rpartition("}")[2].lower(), "".join(str(value).split()).lower()
        if name.startswith("on") or "script:" in text or ("url(" in text and "url(#" not in text):
            return False
        if name == "href" and not text.startswith(("#", "data:image/png", "data:image/jpeg", "data:image/gif")):
            return False
    return True
