"""/metrics for Prometheus: numbers of the whole, in front of the published files. No name and no address is in it."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from msgspec import Struct
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.types import ASGIApp, Receive, Scope, Send

from archive.store import StoreError, Totals
from archive.store.space import Space
from backissue.standing import STATES, Standing
from backissue.web.access import path_of, plain, said
from backissue.web.reply import Reply, deliver
from backissue.web.shared import Shared

PATH = b"/metrics"
_TYPE = CONTENT_TYPE_LATEST.encode()

_log = logging.getLogger(__name__)


class Passes:
    """What `run` did since it began: how many passes, and when the last one ended, which took so many seconds."""

    def __init__(self) -> None:
        self.done = 0
        self.failed = 0
        self.ended: float | None = None
        self.took = 0.0

    @contextmanager
    def under_way(self) -> Iterator[None]:
        """The block is a pass; it has failed where it raises."""
        began = time.time()
        try:
            yield
        except BaseException:
            self.failed += 1
            raise
        finally:
            self.done += 1
            self.ended = time.time()
            self.took = self.ended - began


class Snapshot(Struct, frozen=True, kw_only=True):
    """What there is to tell at a moment."""

    at: datetime
    version: str
    feeds: Sequence[Standing]
    totals: Totals
    space: Space
    passes: Passes | None = None


def with_metrics(site: ASGIApp, look: Callable[[], Snapshot], *, now: Callable[[], float] = time.time) -> ASGIApp:
    """The ASGI application with /metrics in front; `look` reads the archive, in a thread of its own."""
    shared = Shared(look)

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or path_of(scope) != PATH:
            await site(scope, receive, send)
            return
        await deliver(await _answer(scope["method"], shared), int(now()), receive, send)

    return serve


def text_of(snapshot: Snapshot) -> bytes:
    """The metrics in the text format of Prometheus."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collected(snapshot))
    return generate_latest(registry)


async def _answer(method: str, look: Shared[Snapshot]) -> Reply:
    if method not in ("GET", "HEAD"):
        return said(405, "This takes GET and HEAD.", method, [(b"allow", b"GET, HEAD")])
    try:
        return plain(200, _TYPE, text_of(await look()), method)
    except StoreError as error:
        _log.error("%s", error)
        return said(503, "The archive cannot be read; the log says why.", method, [(b"retry-after", b"60")])


class _Collected(Collector):
    """One look, as families of metrics."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot

    def collect(self) -> Iterator[Metric]:
        snapshot, feeds, totals = self._snapshot, self._snapshot.feeds, self._snapshot.totals
        yield InfoMetricFamily("backissue", "The program that runs here.", {"version": snapshot.version})
        states = Counter(one.state for one in feeds)
        family = GaugeMetricFamily("backissue_feeds", "Feeds that are followed, by how they are.", labels=["state"])
        for state in STATES:
            family.add_metric([state], states[state])
        yield family
        due = sum(one.next_due is not None and one.next_due <= snapshot.at for one in feeds)
        yield _gauge("feeds_due", "Feeds that are due now.", due)
        yield _gauge("feeds_at_risk", "Feeds that may lose entries before they are due.", sum(f.at_risk for f in feeds))
        yield _gauge("feeds_unreliable", "Feeds whose server's 304 cannot be relied on.", sum(f.lies for f in feeds))
        yield _gauge("failures", "Failures in a row, of all feeds together.", sum(f.failures for f in feeds))
        yield _count("answers", "Answers that feeds gave, of any status.", sum(f.answers for f in feeds))
        yield _count("gaps", "Gaps known, where entries passed unseen.", sum(f.gaps for f in feeds))
        yield _gauge("entries_per_day", "Entries a day, over the last 28.", round(sum(f.per_day for f in feeds), 3))
        expected = sum(f.per_day if f.expected is None else f.expected for f in feeds)
        yield _gauge("expected_entries_per_day", "Entries a day, by the rhythms of the feeds.", round(expected, 3))
        polled, answered = _last(f.last_polled for f in feeds), _last(f.last_success for f in feeds)
        yield _gauge("last_poll_timestamp_seconds", "When a feed was asked last.", polled)
        yield _gauge("last_success_timestamp_seconds", "When a feed was read last.", answered)
        yield _gauge("entries", "Entries in the archive.", totals.entries)
        yield _gauge("versions", "Versions of entries in the archive.", totals.versions)
        yield _gauge("documents", "Raw documents in the archive.", totals.documents)
        yield _gauge("archive_bytes", "The size of the archive's file.", totals.bytes)
        yield _gauge("disk_free_bytes", "Room on the archive's disk.", snapshot.space.free)
        least = snapshot.space.least
        yield _gauge("disk_least_bytes", "With less room on it no feed is asked (storage.min_free).", least)
        passes = snapshot.passes
        if passes is not None:
            yield _count("passes", "Passes made since the start.", passes.done)
            yield _count("failed_passes", "Passes of these that could not be made.", passes.failed)
            yield _gauge("last_pass_timestamp_seconds", "When the last pass ended.", passes.ended or 0)
            yield _gauge("last_pass_seconds", "How long the last pass took.", passes.took)


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(f"backissue_{name}", text, value)


def _count(name: str, text: str, value: float) -> Metric:
    return CounterMetricFamily(f"backissue_{name}", text, value)


def _last(times: Iterable[datetime | None]) -> float:
    """The latest, in seconds since 1970; 0 where there is none."""
    return max((time.timestamp() for time in times if time), default=0.0)
