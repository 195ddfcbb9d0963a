"""New inputs from known ones: pieces put in, taken out, repeated, swapped and crossed. Pure but for the dice."""

from __future__ import annotations

import random
from collections.abc import Sequence

LONGEST = 60_000  # bytes; what grows with the square of its input shows it well before that
_NUMBERS = (b"0", b"-1", b"255", b"65536", b"2147483648", b"9999999999", b"1e999", b"0.1", b"\xd9\xa3", b"1" * 400)
_REPEATS = (2, 3, 8, 64, 300, 1000, 5000)


def mutated(seed: bytes, pool: Sequence[bytes], tokens: Sequence[bytes], dice: random.Random) -> bytes:
    """A variant of a seed: one change or a few, with the field's own words (`tokens`) and pieces of the others."""
    data = seed
    for _ in range(dice.choice((1, 1, 2, 3, 5, 9))):
        data = _changed(data, pool, tokens, dice)[:LONGEST]
    return data


def _changed(data: bytes, pool: Sequence[bytes], tokens: Sequence[bytes], dice: random.Random) -> bytes:
    start = dice.randint(0, len(data))
    end = min(len(data), start + dice.choice((0, 1, 2, 4, 12, 40, 200)))
    piece = data[start:end]
    match dice.randrange(8):
        case 0 | 1:
            put = dice.choice(tokens)
        case 2:
            put = b""
        case 3:
            put = (piece or dice.choice(tokens)) * dice.choice(_REPEATS)
        case 4:
            put = dice.randbytes(max(1, len(piece) % 7))
        case 5:
            other = dice.choice(pool)
            at = dice.randint(0, len(other))
            put = other[at : at + dice.choice((3, 20, 120, LONGEST))]
        case 6:
            put = dice.choice(_NUMBERS)
        case _:
            return data[:start] if dice.random() < 0.3 else data[end:] + piece + data[:start]
    return data[:start] + put + data[end:]
