"""Servers that mean harm, all on one port of 127.0.0.1: each path is an attack on whoever asks for it.

An attack writes to the socket until the other side has enough, or `Zoo.calm` is set. `ATTACKS` tells for each path what
it does and what should be said of its feed.
"""

from __future__ import annotations

import gzip
import socketserver
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import chain, repeat

import brotli
import zstandard

from tests.support.loopback import Loopback

LARGE = 19_000_000  # bytes: just within what is taken in
OK = b"HTTP/1.1 200 OK\r\nConnection: close\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
RSS = b"<rss version='2.0'><channel><title>t</title>"
ATOM = b"<feed xmlns='http://www.w3.org/2005/Atom'><title>t</title>"
JSON = b'{"version": "https://jsonfeed.org/version/1.1", "items": ['
GOOD = RSS + b"<item><guid>1</guid><title>News</title></item></channel></rss>"
_ZEROS = bytes(1 << 20)

_TOMBSTONES = ATOM[:5] + b" xmlns:x='http://purl.org/atompub/tombstones/1.0'" + ATOM[5:]
_INCLUDE = b'<x:include xmlns:x="http://www.w3.org/2001/XInclude" href="{url}hit" parse="text"/>'

Attack = Callable[[], Iterator[bytes]]


def _whole(body: bytes, *fields: bytes) -> Attack:
    return lambda: iter([OK, *(field + b"\r\n" for field in fields), b"\r\n", body])


def _filled(unit: bytes, before: bytes = RSS + b"<item>", after: bytes = b"</item></channel></rss>") -> Attack:
    return lambda: iter([OK + b"\r\n", before, unit * ((LARGE - len(before)) // len(unit)), after])


def _numbered(text: str, count: int, before: bytes, after: bytes) -> Attack:
    return lambda: iter([OK + b"\r\n", before, "".join(map(text.format, range(count))).encode(), after])


def _without_end(piece: bytes, before: bytes) -> Attack:
    return lambda: chain([before], repeat(piece))


def _gzipped(times: int) -> Attack:
    def send() -> Iterator[bytes]:
        body = b"".join(_deflated(repeat(_ZEROS, 100)))
        for _ in range(times - 1):
            body = gzip.compress(body)
        yield OK + b"Content-Encoding: " + b", ".join([b"gzip"] * times) + b"\r\n\r\n" + body

    return send


def _deflated(parts: Iterator[bytes]) -> Iterator[bytes]:
    packer = zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    yield from map(packer.compress, parts)
    yield packer.flush()


def _brotli() -> Iterator[bytes]:
    packer = brotli.Compressor(quality=5)
    body = b"".join([*(packer.process(_ZEROS) for _ in range(100)), packer.finish()])
    yield OK + b"Content-Encoding: br\r\n\r\n" + body


def _zstd() -> Iterator[bytes]:
    packer = zstandard.ZstdCompressor().compressobj()
    body = b"".join([*(packer.compress(_ZEROS) for _ in range(100)), packer.flush()])
    yield OK + b"Content-Encoding: zstd\r\n\r\n" + body


def _entities(text: str) -> Attack:
    doctype = f"<!DOCTYPE rss [{text}]>".encode()
    return _whole(doctype + RSS + b"<item><guid>1</guid><title>&a;&b;&z;%p;</title></item></channel></rss>")


_DEEP = b"<a>" * 100_000 + b"</a>" * 100_000
_LAUGHS = '<!ENTITY a "ha">' + "".join(f'<!ENTITY {chr(n + 1)} "{f"&{chr(n)};" * 10}">' for n in range(97, 122))
_TAGS = "has more than 500,000 tags"
_LARGE = "is larger than 20,000,000 bytes"
_HEAD = "the head of its answer is larger than 65,536 bytes, or has more than 128 lines"
_MEMORY = "bytes of memory to read"
_LATE = "took longer than 3 s"

# What is said; "" is a document that can be read, as it holds nothing that is expanded, fetched or run.
ATTACKS: dict[str, tuple[str, Attack]] = {
    "gzip": (_LARGE, _gzipped(1)),
    "gzip-in-gzip": (_LARGE, _gzipped(2)),
    "gzip-in-gzip-in-gzip": (_LARGE, _gzipped(3)),
    "br": (_LARGE, _brotli),
    "zstd": (_LARGE, _zstd),
    "members": ("more than 1024 gzip members", _whole(gzip.compress(b"") * 100_000, b"Content-Encoding: gzip")),
    "codings": ("is compressed 40 times over", _whole(GOOD, b"Content-Encoding: " + b"gzip, " * 40)),
    "body-without-end": (_LARGE, _without_end(_ZEROS, OK + b"\r\n")),
    "chunks-without-end": (_LARGE, _without_end(b"10000\r\n" + bytes(0x10000) + b"\r\n", CHUNKED)),
    "chunk-of-terabytes": (_LARGE, _without_end(_ZEROS, CHUNKED + b"fffffffffff\r\n")),
    "chunk-garbage": ("no proper HTTP answer", _whole(b"zz\r\nyy\r\n" * 1000, b"Transfer-Encoding: chunked")),
    "trailers": (_HEAD, _without_end(b"X: y\r\n" * 1000, CHUNKED + b"1\r\n<\r\n0\r\n")),
    "length-of-terabytes": (_LARGE, _whole(b"x", b"Content-Length: 99999999999999")),
    "two-lengths": ("no proper HTTP answer", _whole(GOOD, b"Content-Length: 5", b"Content-Length: 6")),
    "header-without-end": (_HEAD, _without_end(b"y" * 65_536, OK + b"X: ")),
    "headers-without-end": (_HEAD, _without_end(b"X: y\r\n" * 1000, OK)),
    "status-without-end": (_HEAD, _without_end(b"O" * 65_536, b"HTTP/1.1 200 ")),
    "noise": ("no proper HTTP answer", _without_end(b"\xff" * 65_536, b"")),
    "round": ("redirects in a circle", lambda: iter([b"HTTP/1.1 302 Found\r\nLocation: /round\r\n\r\n"])),
    "local": ("not on the public internet", lambda: iter([b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.9/\r\n\r\n"])),
    "file": ("is no web address", lambda: iter([b"HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\n\r\n"])),
    "depth": ("more than 256 deep", _whole(RSS + _DEEP + b"</channel></rss>")),
    "depth-mended": ("more than 256 deep", _whole(RSS + b"&x;" + _DEEP)),
    "items": (_TAGS, _filled(b"<item/>", RSS)),
    "ten-thousand-items": ("has 20,000 entries", _whole(RSS + b"<item/>" * 20_000 + b"</channel></rss>")),
    "an-item": ("", _filled(b"x" * 100, RSS + b"<item><title>")),
    "an-item-well-formed": (
        "has an entry (number 1) of more than 5,000,000 bytes",
        _filled(b"x" * 100, RSS + b"<item><guid>", b"</guid></item></channel></rss>"),
    ),
    "elements": (_TAGS, _filled(b"<a/>")),
    "attributes": ("", _numbered("a{}='' ", 1_000_000, RSS + b"<item ", b"/></channel></rss>")),
    "attributes-of-the-root": ("", _numbered("a{}='' ", 600_000, b"<rss version='2.0' ", b"><channel/></rss>")),
    "namespaces": ("", _numbered("xmlns:a{0}='u{0}' ", 600_000, b"<rss version='2.0' ", b"><channel/></rss>")),
    "tombstones": (
        "",
        _filled(b"<x:deleted-entry ref='a' when='2026-01-01T00:00:00Z'/>", _TOMBSTONES, b"</feed>"),
    ),
    "references": (_MEMORY, _whole(RSS + b"<item><title>" + b"&" * 9_000_000 + b"</title></item></channel></rss>")),
    "quotes": (_TAGS, _filled(b'<a b="')),
    "sections": (_TAGS, _filled(b"<![CDATA[")),
    "utf-16": (_TAGS, _whole(("<rss><channel>" + "<item/>" * 1_000_000).encode("utf-16"))),
    "utf-32": (_TAGS, _whole(("<rss><channel>" + "<item/>" * 600_000).encode("utf-32"))),
    "billion-laughs": ("", _entities(_LAUGHS)),
    "quadratic": (
        "",
        _whole(b'<!DOCTYPE r [<!ENTITY a "' + b"x" * 100_000 + b'">]>' + RSS + b"<item><title>" + b"&a;" * 100_000),
    ),
    "external": ("", _entities('<!ENTITY a SYSTEM "file:///etc/passwd"><!ENTITY b SYSTEM "{url}hit">')),
    "parameters": (
        "",
        _entities('<!ENTITY % p SYSTEM "{url}hit">%p;<!ENTITY % q "<!ENTITY a SYSTEM \'{url}hit\'>">%q;'),
    ),
    "doctype": ("", _whole(b'<!DOCTYPE rss SYSTEM "{url}hit"><?xml-stylesheet href="{url}hit"?>' + GOOD)),
    "xinclude": (
        "",
        _whole(RSS + b"<item><title>" + _INCLUDE + b"</title></item></channel></rss>"),
    ),
    "json-depth": ("has more than 500,000 lists and objects", _filled(b"[", JSON, b"")),
    "json-deep": ("is JSON nested beyond reason", _whole(JSON + b"[" * 100_000)),
    "json-objects": ("has more than 500,000 lists and objects", _filled(b"{},", JSON, b"{}]}")),
    "json-numbers": ("", _filled(b"1.5,", JSON, b"1]}")),
    "json-number": ("is not valid JSON", _filled(b"9", JSON, b"]}")),
    "json-texts": ("", _filled(b'"abc",', JSON, b'""]}')),
    "json-keys": ("", _numbered('"key{}":1,', 1_000_000, b'{"items":[],', b'"a":1}')),
}  # fmt: skip
# What never comes to the body goes on until time runs out.
FLOODS: dict[str, tuple[str, Attack]] = {
    "chunk-extension": (_LATE, _without_end(b";a=b" * 1000, CHUNKED + b"5")),
    "informations-without-end": (_LATE, _without_end(b"HTTP/1.1 100 Continue\r\n\r\n" * 1000, b"")),
}
# They say nothing more, or next to nothing, for as long as nobody lets them go.
SLOW: dict[str, bytes] = {"silence": b"", "slow-head": OK + b"X: ", "slow-body": CHUNKED + b"ffff\r\n" + RSS}


class Zoo(Loopback):
    """The server, a context manager. `calm` lets the slow ones go; `asked` are the paths that were asked for."""

    def __init__(self) -> None:
        self.calm = threading.Event()
        self.asked: list[str] = []
        server = _Server(("127.0.0.1", 0), _Handler)
        server.zoo = self
        super().__init__(server, "zoo")

    def url(self, path: str = "", host: str | None = None) -> str:
        """The address of an attack, on a host of its own; any other path is that of a good feed."""
        return f"http://{host or f'{path}.test'}:{self.port}/{path}"

    def _let_go(self) -> None:
        self.calm.set()


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 256
    zoo: Zoo


class _Handler(socketserver.BaseRequestHandler):
    server: _Server

    def handle(self) -> None:
        head = b""
        while b"\r\n\r\n" not in head and (more := self.request.recv(65_536)):
            head += more
        if not head:
            return
        path = head.split()[1].decode()[1:]
        self.server.zoo.asked.append(path)
        with suppress(OSError):
            if path in SLOW:
                self._drip(SLOW[path])
                return
            _, attack = (ATTACKS | FLOODS).get(path, ("", _whole(GOOD.replace(b">t<", f">{path}<".encode()))))
            url = self.server.zoo.url(host="127.0.0.1").encode()
            for piece in attack():
                self.request.sendall(piece.replace(b"{url}", url) if len(piece) < 5000 else piece)
                if self.server.zoo.calm.is_set():
                    return

    def _drip(self, start: bytes) -> None:
        self.request.sendall(start)
        while not self.server.zoo.calm.wait(0.05):
            if start:
                self.request.sendall(b"x")
