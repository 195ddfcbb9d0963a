"""What is known of hosts beyond one pass: until when they want no visit, and what their robots.txt says."""

from __future__ import annotations

from datetime import datetime, timedelta

from msgspec import Struct
from protego import Protego

PRODUCT = "Backissue"  # the name that robots.txt files know it by (RFC 9309 section 2.2.1)

_LONGEST_REST = timedelta(days=7)
_KEPT = timedelta(hours=24)  # RFC 9309 section 2.4
_KEPT_FAILURE = timedelta(hours=1)
_LARGEST = 512_000  # bytes; RFC 9309 section 2.5 wants 500 KiB at least
_TIDY_ABOVE = 10_000


class Robots(Struct, frozen=True):
    """What a host's robots.txt allows: by its rules, all (None), or nothing; and until when that is taken to hold."""

    until: datetime
    rules: Protego | None = None
    nothing: bool = False

    def allows(self, url: str) -> bool:
        """Whether that address may be asked."""
        return not self.nothing and (self.rules is None or bool(self.rules.can_fetch(url, PRODUCT)))


def read_robots(status: int, body: bytes, at: datetime) -> Robots:
    """What an answer for robots.txt means (RFC 9309 section 2.3.1): no file allows all, a broken server nothing."""
    if 200 <= status < 300:
        return Robots(at + _KEPT, Protego.parse(body[:_LARGEST].decode(errors="replace")))
    if 400 <= status < 500 and status != 429:
        return Robots(at + _KEPT)
    return Robots(at + _KEPT_FAILURE, nothing=True)


class Hosts:
    """The memory; hosts are named with their port, times are aware UTC. It may outlive a `Fetcher` and its loop."""

    def __init__(self) -> None:
        self._rests: dict[str, datetime] = {}
        self._robots: dict[str, Robots] = {}

    def rest(self, host: str, until: datetime, now: datetime) -> None:
        """Remember that a host wants no visit before that time; a week is the most that is heeded."""
        self._rests = {name: end for name, end in self._rests.items() if end > now}
        self._rests[host] = max(min(until, now + _LONGEST_REST), self._rests.get(host, now))

    def resting(self, host: str, now: datetime) -> datetime | None:
        """Until when a host wants no visit, if it does not now."""
        until = self._rests.get(host)
        return until if until and until > now else None

    def keep(self, origin: str, robots: Robots) -> None:
        """Remember what the robots.txt of an origin (scheme, host, port) says."""
        if len(self._robots) > _TIDY_ABOVE:
            self._robots.clear()
        self._robots[origin] = robots

    def robots(self, origin: str, now: datetime) -> Robots | None:
        """What the robots.txt of an origin said, while that holds."""
        known = self._robots.get(origin)
        return known if known and known.until > now else None
