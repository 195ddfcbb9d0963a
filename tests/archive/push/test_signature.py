"""Signatures: what is right, and each way to be wrong."""

from __future__ import annotations

import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.push.signature import METHODS, Method, fault, sign

SECRET, BODY = "Geheimnis", "<rss>é</rss>".encode()
RIGHT = sign("sha256", SECRET, BODY)
UNSIGNED, OURS, KIND = (
    "it is not signed",
    "its signature is not by our secret",
    "its signature is of a kind that nobody registered",
)


@pytest.mark.parametrize("method", METHODS)
def test_signatures_are_those_of_another_program(method: Method) -> None:
    done = subprocess.run(
        ["openssl", "dgst", f"-{method}", "-hmac", SECRET, "-r"], input=BODY, capture_output=True, check=True
    )
    signature = f"{method}={done.stdout.decode().split()[0]}"

    assert sign(method, SECRET, BODY) == signature
    assert fault(signature, SECRET, BODY) is None
    assert fault(signature, SECRET, BODY + b" ") == OURS
    assert fault(signature, SECRET + " ", BODY) == OURS


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, UNSIGNED),
        ("", UNSIGNED),
        ("  ", UNSIGNED),
        (RIGHT.upper(), None),
        (f"  {RIGHT} ", None),
        (RIGHT.replace("=", " = "), None),
        (RIGHT[:-1], OURS),
        (RIGHT + "0", OURS),
        (RIGHT.replace("sha256", "sha512"), OURS),
        (RIGHT.replace("sha256", "sha1"), OURS),
        ("sha256=", OURS),
        ("sha256", OURS),
        ("sha256=é", OURS),
        ("sha256=\udcff", OURS),
        (RIGHT.partition("=")[2], KIND),
        ("md5=" + "0" * 32, KIND),
        ("sha224=" + "0" * 56, KIND),
        ("none=", KIND),
        ("=", KIND),
        (f"{RIGHT}, {RIGHT}", OURS),
    ],
)
def test_faults(value: str | None, expected: str | None) -> None:
    assert fault(value, SECRET, BODY) == expected


@given(st.text(), st.binary())
def test_nothing_makes_it_fail_or_pass(value: str, body: bytes) -> None:
    assert fault(value, SECRET, body) is not None
    assert fault(f"sha256={value}", SECRET, body) is not None
