"""Content codings, undone piece by piece and within a limit."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib

import brotli
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.fetch.decode import Body, TooLargeError, UndecodableError


def gzipped(body: bytes, level: int = 9) -> bytes:
    return gzip.compress(body, level, mtime=0)


def bare_deflate(body: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return compressor.compress(body) + compressor.flush()


def zstd(body: bytes) -> bytes:
    return zstandard.ZstdCompressor().compress(body)


ENCODERS = {
    "gzip": gzipped,
    "x-gzip": gzipped,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstd,
}


def decode(wire: bytes, *codings: str, limit: int = 1_000_000, step: int = 1 << 16) -> bytes:
    body = Body(codings, limit)
    for start in range(0, len(wire), step):
        body.feed(wire[start : start + step])
    return body.finish()


@settings(max_examples=60)
@given(st.binary(max_size=3000), st.lists(st.sampled_from(sorted(ENCODERS)), max_size=3), st.integers(1, 4000))
def test_what_was_encoded_is_decoded(body: bytes, codings: list[str], step: int) -> None:
    wire = body
    for coding in codings:
        wire = ENCODERS[coding](wire)
    assert decode(wire, *codings, step=step) == body


@pytest.mark.parametrize("step", [1, 7, 1 << 16])
@pytest.mark.parametrize(
    ("wire", "coding", "body"),
    [
        (bare_deflate(b"text" * 99), "deflate", b"text" * 99),
        (gzipped(b"one, ") + gzipped(b"two"), "gzip", b"one, two"),
        (gzipped(b"text") + b"\0" * 512, "gzip", b"text"),
        (gzipped(b"text") + b"\x1fpadding", "gzip", b"text"),
        (zlib.compress(b"text") + b"padding", "deflate", b"text"),
        (b"text", "identity", b"text"),
        (b"text", "utf-8", b"text"),
        (b"text", "none", b"text"),
        (b"", "gzip", b""),
        (b"", "br", b""),
        (zstd(b"one, ") + zstd(b"two"), "zstd", b"one, two"),
        (zstd(b"text") + b"\0" * 512, "zstd", b"text"),
        (zstd(b"text") + b"\x28\xb5pad", "zstd", b"text"),
        (b"", "zstd", b""),
    ],
)
def test_what_servers_send(wire: bytes, coding: str, body: bytes, step: int) -> None:
    assert decode(wire, coding, step=step) == body


@pytest.mark.parametrize(
    ("wire", "codings", "message"),
    [
        (b"<rss/>", ["gzip"], "says it is compressed as gzip, but is not, or is damaged"),
        (
            b"<rss version='2.0'><channel/></rss>",
            ["deflate"],
            "says it is compressed as deflate, but is not, or is damaged",
        ),
        (b"<rss version='2.0'/>", ["br"], "says it is compressed as br, but is not, or is damaged"),
        (gzipped(b"text" * 99)[:-9], ["gzip"], "its gzip data breaks off"),
        (zlib.compress(b"text" * 99)[:-9], ["deflate"], "its deflate data breaks off"),
        (brotli.compress(b"text" * 99)[:-3], ["br"], "its br data breaks off"),
        (zstd(b"text" * 99)[:-3], ["zstd"], "its zstd data breaks off"),
        (b"<rss version='2.0'/>", ["zstd"], "says it is compressed as zstd, but is not, or is damaged"),
        (zstd(b"") * 1025, ["zstd"], "consists of more than 1024 zstd frames"),
        (gzipped(b"a") + gzipped(b"b")[:-2], ["gzip"], "its gzip data breaks off"),
        (gzipped(b"text")[:-6] + b"\0" * 6, ["gzip"], "says it is compressed as gzip, but is not, or is damaged"),
        (b"text", ["compress"], "is compressed as compress, which was not asked for"),
        (b"text", ["gzip"] * 4, "is compressed 4 times over"),
        (gzipped(b"") * 2000, ["gzip"], "consists of more than 1024 gzip members"),
    ],
)
def test_damage(wire: bytes, codings: list[str], message: str) -> None:
    with pytest.raises(UndecodableError, match=f"^{message}$"):
        decode(wire, *codings)


def test_the_limit_is_exact() -> None:
    for coding, encode in ENCODERS.items():
        assert len(decode(encode(b"x" * 1000), coding, limit=1000)) == 1000
        with pytest.raises(TooLargeError):
            decode(encode(b"x" * 1001), coding, limit=1000)
    assert len(decode(b"x" * 1000, limit=1000)) == 1000
    with pytest.raises(TooLargeError):
        decode(b"x" * 1001, limit=1000)


NOTHING = b"\0" * 30_000_000


@pytest.mark.parametrize(
    ("wire", "codings"),
    [
        (gzipped(NOTHING, 9), ["gzip"]),
        (zlib.compress(NOTHING, 9), ["deflate"]),
        (brotli.compress(NOTHING, quality=5), ["br"]),
        (zstd(NOTHING), ["zstd"]),
        (gzipped(gzipped(NOTHING, 9)), ["gzip", "gzip"]),
        (brotli.compress(gzipped(NOTHING, 9)), ["gzip", "br"]),
    ],
    ids=["gzip", "deflate", "br", "zstd", "gzip in gzip", "gzip in br"],
)
def test_bombs_cost_no_more_than_the_limit(wire: bytes, codings: list[str]) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(TooLargeError):
            decode(wire, *codings, limit=1_000_000)
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()


@settings(max_examples=80)
@given(st.binary(max_size=300), st.lists(st.sampled_from([*ENCODERS, "identity"]), max_size=3), st.integers(1, 300))
def test_garbage_is_told_never_raised_otherwise(wire: bytes, codings: list[str], step: int) -> None:
    try:
        decode(wire, *codings, step=step)
    except (UndecodableError, TooLargeError):
        return
