"""Which content coding an answer goes out in (RFC 9110 section 12.5.3). Pure."""

from __future__ import annotations

import re
from collections.abc import Collection

# From best to worst for one who named them all: brotli makes feeds a tenth smaller than gzip does.
PREFERENCE = ("br", "gzip", "identity")
# From best to worst where only a * covers them: what named nothing may understand little.
_CAUTION = ("identity", "gzip", "br")
# Possessive quantifiers (++, *+): no value makes these patterns go back and try again.
_MEMBER = re.compile(
    r"[ \t]*+([\w!#$%&'*+.^`|~-]++)(?:[ \t]*+;[ \t]*+[qQ]=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?))?+[ \t]*+",
    re.ASCII,
)
_ALIASES = {"x-gzip": "gzip"}  # RFC 9110 section 8.4.1.3
_LAST = 0.0001  # below the least weight that can be written


def coding(accept: str | None, available: Collection[str]) -> str | None:
    """The best of the available codings for an Accept-Encoding field; None if the client takes none of them.

    Without the field the answer goes out as it is; so it does where nothing else fits, unless the client refuses that
    in so many words (identity;q=0, or *;q=0 alone). Members that make no sense count as not given.
    """
    if accept is None:
        return "identity" if "identity" in available else None
    weights = _weights(accept)
    rest = weights.get("*")
    best, rank = None, (0.0, False, 0)
    for name in available:
        named = name in weights
        if named:
            weight = weights[name]
        elif rest is not None:
            weight = rest
        else:
            weight = _LAST if name == "identity" else 0.0
        this = (weight, named, -(PREFERENCE if named else _CAUTION).index(name))
        if weight and (best is None or this > rank):
            best, rank = name, this
    return best


def _weights(accept: str) -> dict[str, float]:
    """What each coding named is worth, 0 to 1; of a coding named twice, the first counts."""
    found: dict[str, float] = {}
    for member in accept.split(","):
        match = _MEMBER.fullmatch(member)
        if match:
            name = match[1].lower()
            found.setdefault(_ALIASES.get(name, name), float(match[2] or 1))
    return found
