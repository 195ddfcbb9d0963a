"""Undoes content codings while a body streams in, and stops as soon as it grows too large.

Both the bytes on the wire and those after every coding count against the same limit, so that no bomb, nor a bomb
within a bomb, ever costs more memory than a large document would.
"""

from __future__ import annotations

import zlib

import brotli
import zstandard

OFFERED = "gzip, br, zstd"

_GZIP_MAGIC = b"\x1f\x8b"
_MOST_CODINGS = 3
_MOST_MEMBERS = 1024
_BROTLI_STEP = 1 << 16
_ZSTD_STEP = 32  # bytes; four of them can stand for 128 KiB
_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
_ZSTD_WINDOW = 8 << 20  # bytes; RFC 9659 section 3: no content coding needs a larger one
# Names that are codings, but not ours. Any other ("utf-8", "none", "binary") is a mistake and means nothing.
_FOREIGN = {"compress", "x-compress", "dcb", "dcz", "exi", "aes128gcm", "pack200-gzip"}


class TooLargeError(Exception):
    """The body exceeds the limit."""


class UndecodableError(Exception):
    """The body is not what its Content-Encoding says; the text tells how, for a person."""


class Body:
    """Collects a body of at most `limit` bytes; `codings` are in the order they were applied."""

    def __init__(self, codings: tuple[str, ...], limit: int) -> None:
        named = [name for name in codings if name in _STAGES or name in _FOREIGN]
        foreign = next((name for name in named if name in _FOREIGN), None)
        if foreign is not None:
            raise UndecodableError(f"is compressed as {foreign}, which was not asked for")
        if len(named) > _MOST_CODINGS:
            raise UndecodableError(f"is compressed {len(named)} times over")
        self._stages = [(name, _STAGES[name]()) for name in reversed(named)]
        self._totals = [0] * (len(named) + 1)
        self._parts: list[bytes] = []
        self._limit = limit

    def feed(self, data: bytes) -> None:
        """Take the next bytes from the wire; raises `TooLargeError` or `UndecodableError`."""
        self._count(0, data)
        for number, (name, stage) in enumerate(self._stages, start=1):
            try:
                data = stage.feed(data, self._limit - self._totals[number])
            except (zlib.error, brotli.error, zstandard.ZstdError) as error:
                raise UndecodableError(f"says it is compressed as {name}, but is not, or is damaged") from error
            self._count(number, data)
        self._parts.append(data)

    @property
    def is_coded(self) -> bool:
        """Whether more can come out than goes in."""
        return bool(self._stages)

    @property
    def size(self) -> int:
        """How many bytes are held."""
        return self._totals[-1]

    def finish(self) -> bytes:
        """The whole body; raises `UndecodableError` if a coding lacks its end."""
        for (name, stage), arrived in zip(self._stages, self._totals, strict=False):
            if arrived and not stage.ended:
                raise UndecodableError(f"its {name} data breaks off")
        return b"".join(self._parts)

    def _count(self, stage: int, data: bytes) -> None:
        self._totals[stage] += len(data)
        if self._totals[stage] > self._limit:
            raise TooLargeError


class _Gzip:
    """RFC 1952: one or more members; what follows the last is padding."""

    def __init__(self) -> None:
        self._member = zlib.decompressobj(16 + zlib.MAX_WBITS)
        self._members = 1
        self._after = b""

    @property
    def ended(self) -> bool:
        return self._member.eof

    def feed(self, data: bytes, room: int) -> bytes:
        out = bytearray()
        while data and len(out) <= room:
            if self._member.eof:
                data = self._after + data
                if not data.startswith(_GZIP_MAGIC):
                    # A magic number may be cut in two by the network; anything else is padding.
                    self._after = data[:1] if len(data) == 1 else b"\0"
                    break
                self._next_member()
            out += self._member.decompress(data, room + 1 - len(out))
            data = self._member.unused_data
        return bytes(out)

    def _next_member(self) -> None:
        self._members += 1
        if self._members > _MOST_MEMBERS:
            raise UndecodableError(f"consists of more than {_MOST_MEMBERS} gzip members")
        self._member = zlib.decompressobj(16 + zlib.MAX_WBITS)
        self._after = b""


class _Deflate:
    """RFC 9110 section 8.4.1.2 wants the zlib format; many servers send bare deflate data."""

    def __init__(self) -> None:
        self._stream: zlib._Decompress | None = None

    @property
    def ended(self) -> bool:
        return self._stream is not None and self._stream.eof

    def feed(self, data: bytes, room: int) -> bytes:
        if self.ended or not data:
            return b""
        if self._stream is None:
            # RFC 1950 section 2.2: the low four bits name the method, 8 is deflate.
            self._stream = zlib.decompressobj(zlib.MAX_WBITS if data[0] & 15 == 8 else -zlib.MAX_WBITS)
        return self._stream.decompress(data, room + 1)


class _Brotli:
    """RFC 7932."""

    def __init__(self) -> None:
        self._stream = brotli.Decompressor()

    @property
    def ended(self) -> bool:
        return bool(self._stream.is_finished())

    def feed(self, data: bytes, room: int) -> bytes:
        if self.ended or not data:
            return b""
        out = bytearray(self._stream.process(data, output_buffer_limit=_BROTLI_STEP))
        while len(out) <= room and not self._stream.can_accept_more_data() and not self.ended:
            out += self._stream.process(b"", output_buffer_limit=_BROTLI_STEP)
        return bytes(out)


class _Zstd:
    """RFC 8878: one or more frames; what follows the last is padding."""

    def __init__(self) -> None:
        self._frame = self._new()
        self._frames = 1
        self._after = b""

    @property
    def ended(self) -> bool:
        return bool(self._frame.eof)

    def feed(self, data: bytes, room: int) -> bytes:
        out, start = bytearray(), 0
        while start < len(data) and len(out) <= room:
            if self._frame.eof:
                data, start = self._after + data[start:], 0
                if not data.startswith(_ZSTD_MAGIC):
                    self._after = data[: len(_ZSTD_MAGIC)]  # the beginning of a magic number, or padding
                    break
                self._next_frame()
            # The library knows no limit to what it gives, so it gets little at a time.
            out += self._frame.decompress(data[start : start + _ZSTD_STEP])
            start = min(start + _ZSTD_STEP, len(data)) - len(self._frame.unused_data)
        return bytes(out)

    def _next_frame(self) -> None:
        self._frames += 1
        if self._frames > _MOST_MEMBERS:
            raise UndecodableError(f"consists of more than {_MOST_MEMBERS} zstd frames")
        self._frame, self._after = self._new(), b""

    @staticmethod
    def _new() -> zstandard.ZstdDecompressionObj:
        return zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW).decompressobj()


_STAGES: dict[str, type[_Gzip] | type[_Deflate] | type[_Brotli] | type[_Zstd]] = {
    "gzip": _Gzip,
    "x-gzip": _Gzip,
    "deflate": _Deflate,
    "br": _Brotli,
    "zstd": _Zstd,
}
