"""Parsing: our one call against feedparser, and against the floor of a bare lxml tree."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import feedparser
from lxml import etree

from benchmarks.material import feed
from benchmarks.measure import Result, Side, compare
from feeds.parse import parse


def results(rounds: int, folder: Path | None) -> list[Result]:
    """The ratios over the feeds in a folder, or over made ones."""
    bodies = [path.read_bytes() for path in sorted(folder.iterdir())] if folder else [feed(n) for n in range(30)]
    what = f"parse {len(bodies)} feeds {'of the folder' if folder else 'made here'}"
    ours = Side("backissue", _over(bodies, lambda body: parse(body, "https://bench.example/feed")))
    peers = (
        Side("feedparser", _over(bodies, feedparser.parse)),
        Side("feedparser, not sanitising", _over(bodies, _unsanitised)),
        Side("a bare lxml tree (the floor)", _over(bodies, _tree)),
    )
    return [compare(what, "feeds", ours, peer, rounds) for peer in peers]


def _over(bodies: Sequence[bytes], read: Callable[[bytes], object]) -> Callable[[], float]:
    def run() -> float:
        for body in bodies:
            read(body)
        return len(bodies)

    return run


def _unsanitised(body: bytes) -> object:
    return feedparser.parse(body, sanitize_html=False, resolve_relative_uris=False)


def _tree(body: bytes) -> object:
    return etree.fromstring(body, etree.XMLParser(recover=True, resolve_entities=False, no_network=True))
