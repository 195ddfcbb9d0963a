"""The publisher's side of WebSub: hubs are told that a document changed, until they have taken it.

What hubs were told is remembered by what the document was, so whoever is killed tells them again, and who tells them
twice does no harm: a hub fetches, and sees that nothing is new. How a publisher tells a hub, the Recommendation leaves
open (section 6); hubs take the form of PubSubHubbub 0.4: hub.mode=publish, with the address as hub.url and hub.topic.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
from msgspec import Struct

from archive.fetch import FetchError, Response
from archive.fetch.errors import shown
from feeds.files import read, write

Post = Callable[[str, Mapping[str, str]], Awaitable[Response]]

_TEMPORARY = (408, 425, 429)
_SOONEST, _LATEST = timedelta(seconds=30), timedelta(hours=1)  # between two tries; each waits twice as long
_log = logging.getLogger(__name__)


class Heard(Struct, frozen=True):
    """What came of telling hubs: how many took it, how many are tried again later, a line for each failure."""

    told: int = 0
    waiting: int = 0
    failures: tuple[str, ...] = ()


class _Known(Struct, frozen=True):
    """What a hub knows of a document: its state when it was told last, and how often it was tried since in vain."""

    state: str = ""
    tries: int = 0
    after: datetime | None = None


async def tell(
    live: Mapping[str, str], hubs: Sequence[str], record: Path, *, post: Post, now: Callable[[], datetime]
) -> Heard:
    """Tell the hubs of the live documents that changed: `live` has their addresses, and what each is now.

    `record` is the file that remembers; without it, hubs are told of all. A hub that cannot be reached, or is busy, is
    tried again by who calls later: after half a minute, then ever more seldom, an hour at most. One that refuses is
    told again when the document changes. Raises PublishError where the file cannot be written.
    """
    known = _read(record)
    wanted = {f"{hub} {topic}": (hub, topic, state) for hub in hubs for topic, state in live.items()}
    kept = {name: one for name, one in known.items() if name in wanted}
    told, waiting, failures = 0, 0, []
    for name, (hub, topic, state) in wanted.items():
        before = kept.get(name, _Known())
        if before.state == state:
            continue
        if before.after and before.after > now():
            waiting += 1
            continue
        problem, again = await _tell(hub, topic, post)
        if again:
            pause = min(_SOONEST * 2 ** min(before.tries, 10), _LATEST)
            kept[name] = _Known(before.state, before.tries + 1, now() + pause)
            waiting += 1
        else:
            kept[name] = _Known(state)
            told += problem is None
        if problem is not None:
            failures.append(f"{shown(hub)}: {problem}, told of {topic}")
    if kept != known:
        write(record, msgspec.json.encode(kept))
    return Heard(told, waiting, tuple(failures))


def is_due(live: Mapping[str, str], hubs: Sequence[str], record: Path, now: datetime) -> bool:
    """Whether there is a hub to tell something at this moment."""
    known = _read(record)
    found = ((known.get(f"{hub} {topic}", _Known()), state) for hub in hubs for topic, state in live.items())
    return any(one.state != state and (one.after is None or one.after <= now) for one, state in found)


async def _tell(hub: str, topic: str, post: Post) -> tuple[str | None, bool]:
    """What went wrong, and whether it is worth while to try again."""
    try:
        answer = await post(hub, {"hub.mode": "publish", "hub.url": topic, "hub.topic": topic})
    except FetchError as error:
        return error.reason, True
    if 200 <= answer.status < 300:
        _log.info("%s was told of %s", shown(hub), topic)
        return None, False
    return f"it answered {answer.status}", answer.status in _TEMPORARY or answer.status >= 500


def _read(record: Path) -> dict[str, _Known]:
    try:
        return msgspec.json.decode(read(record) or b"{}", type=dict[str, _Known])
    except msgspec.MsgspecError:
        return {}
