"""What a document tells of its feed's rhythm, and what the rhythm asks of the next due time. Pure, on values."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from archive.schedule.due import Pace
from archive.schedule.rhythm import EPOCH, HOUR, Rhythm, arrival, learn, next_visit, price_of
from config.settings import Schedule
from feeds.model import Entry

_MOST = 300  # entries of a document that are learnt from: what a feed did years ago says little
_LATEST = 1.05  # what `due` makes of a wait at most
_NAMES = {
    "rhythm": "the feed's rhythm",
    "window": "the feed's rhythm and its window",
    "minimum": "the feed's rhythm",
    "maximum": "schedule.maximum (the feed's rhythm lets it rest)",
}


def taken_in(rhythm: Rhythm, entries: Sequence[Entry], now: datetime, before: datetime | None) -> Rhythm:
    """The rhythm after a document that was not seen before, `before` being the last visit (None: this is the first).

    Entries dated after the newest that is known are new. Where dates tell nothing, being none or all the same, a
    document that changed counts for one entry (Cho and Garcia-Molina), and the first one says only how much is shown.
    """
    if not entries:
        return rhythm
    dates = [date for entry in entries if (date := entry.published or entry.updated)]
    if len(dates) < len(entries) or (len(set(dates)) == 1 and len(dates) > 1):
        came = [now] if before else []
    else:
        newest = EPOCH + rhythm.recent[-1] * HOUR if rhythm.recent else None
        came = [arrival(date, now, before) for date in sorted(dates)[-_MOST:] if newest is None or newest < date]
    return learn(rhythm, came, now, window=len(entries))


def pace(rhythm: Rhythm, now: datetime, schedule: Schedule) -> Pace | None:
    """How long the feed should be left alone by its rhythm; None before anything is known of it."""
    if rhythm.at is None:
        return None
    least, most = timedelta(minutes=schedule.minimum), timedelta(minutes=schedule.maximum)
    price = price_of(timedelta(minutes=max(schedule.interval, schedule.minimum)))
    wish = next_visit(rhythm, now, price=price, least=least, most=most)
    wait = wish.at - now
    # Feeds are asked a little later than due, so that they part ways; not so where entries might be lost by it.
    if wish.why == "window":
        wait /= _LATEST
    return Pace(wait, _NAMES[wish.why], wish.safe - now if wish.safe else None)


def read_rhythm(known: str | None) -> Rhythm:
    """The rhythm that was stored; one that cannot be read, as it is another version's, is learnt anew."""
    if known is None:
        return Rhythm()
    try:
        return Rhythm.from_json(known)
    except msgspec.DecodeError:
        return Rhythm()
