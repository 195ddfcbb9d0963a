"""Range requests (RFC 9110 section 14): which bytes of a file are asked for. Pure."""

from __future__ import annotations

import re
from typing import Literal

from msgspec import Struct

_ONE = re.compile(r"bytes=[ \t,]*+(?:([0-9]++)-([0-9]*+)|-([0-9]++))[ \t,]*+", re.ASCII | re.IGNORECASE)
_DIGITS = 18  # a number with more of them lies beyond the end of every file


class Slice(Struct, frozen=True):
    """Bytes from `start` up to but not including `stop`."""

    start: int
    stop: int


def requested(value: str, size: int) -> Slice | Literal["all", "none"]:
    """What a Range field asks of so many bytes: a part, "all" if the field is to be ignored, "none" beyond the end.

    Ignored are other units, fields that make no sense, and several ranges at once, as a server may (section 14.2).
    """
    match = _ONE.fullmatch(value.strip(" \t"))
    if match is None or not size:
        return "all"
    first, last, suffix = match.groups()
    if suffix is not None:
        length = _number(suffix)
        return Slice(max(0, size - length), size) if length else "none"
    start = _number(first)
    if last and _number(last) < start:
        return "all"
    if start >= size:
        return "none"
    return Slice(start, min(_number(last) + 1, size) if last else size)


def _number(digits: str) -> int:
    digits = digits.lstrip("0")
    return int(digits or 0) if len(digits) <= _DIGITS else 10**_DIGITS
