"""HTTP headers, packed: the names and phrases that nearly all answers share lie in a dictionary and take no room."""

from __future__ import annotations

import threading

import msgspec
import zstandard
from zstandard import ZstdCompressionDict, ZstdCompressor, ZstdDecompressor, ZstdError

from archive.store.values import Headers

# Part of the format of archives: it is never changed. Another one gets a letter of its own in `pack`.
_COMMON = (
    b'[[["User-Agent","Backissue/0.1.0 (+https://example.org/"],["Accept","application/atom+xml, application/rss+xml, '
    b"application/feed+json, application/rdf+xml;q=0.9, application/json;q=0.8, application/xml;q=0.7, text/xml;q=0.7, "
    b'text/html;q=0.3, */*;q=0.1"],["Accept-Encoding","gzip, deflate, br, zstd"],["If-None-Match","W/\\""],'
    b'["If-Modified-Since","Tue, 24 Nov 2026 08:30:00 GMT"],["Host","www."]],'
    b'[["Date","Mon, 01 Jan 2026 00:00:00 GMT"],'
    b'["Content-Type","application/rss+xml; charset=utf-8"],["Content-Type","text/xml; charset=UTF-8"],'
    b'["Content-Type","application/atom+xml; charset=utf-8"],'
    b'["Transfer-Encoding","chunked"],["Connection","keep-alive"],'
    b'["Content-Length","'
    b'"],["Server","nginx"],["Server","Apache"],["Server","cloudflare"],["Vary","Accept-Encoding"],["Cache-Control",'
    b'"public, max-age=3600, must-revalidate"],["Cache-Control","private, no-cache, no-store"],["Expires","'
    b'"],["Last-Modified","Sun, 15 Feb 2026 10:20:40 GMT"],["ETag","\\""],["etag","W/\\""],["Content-Encoding","gzip"],'
    b'["X-Powered-By","PHP/8.2"],["Link","<https://example.org/wp-json/>; rel=\\"https://api.w.org/\\""],'
    b'["Strict-Transport-Security","max-age=31536000; includeSubDomains; preload"],'
    b'["X-Content-Type-Options","nosniff"],'
    b'["X-Frame-Options","SAMEORIGIN"],["Access-Control-Allow-Origin","*"],["X-Cache","HIT"],["Age","0"],["Via","1.1 '
    b'varnish"],["Accept-Ranges","bytes"],["CF-Cache-Status","DYNAMIC"],["CF-RAY","'
)
_DICTIONARY = ZstdCompressionDict(_COMMON, dict_type=zstandard.DICT_TYPE_RAWCONTENT)
_LARGEST = 16_000_000
_USUAL = 8_000  # so much room costs nothing


class _Own(threading.local):
    """A thread's own: neither may be used by two threads at once, which ends the process."""

    def __init__(self) -> None:
        made = ZstdCompressor(level=3, dict_data=_DICTIONARY, write_content_size=False, write_checksum=False)
        self.compress = made.compress
        self.decompress = ZstdDecompressor(dict_data=_DICTIONARY).decompress


_own = _Own()


def pack(request: Headers, response: Headers) -> bytes:
    """Both sides' headers, to the letter and in their order."""
    return _own.compress(msgspec.json.encode((request, response)))


def unpack(packed: bytes) -> tuple[Headers, Headers]:
    """What `pack` was given."""
    try:
        plain = _own.decompress(packed, max_output_size=_USUAL)
    except ZstdError:
        plain = _own.decompress(packed, max_output_size=_LARGEST)
    return msgspec.json.decode(plain, type=tuple[Headers, Headers])
