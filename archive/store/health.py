"""How feeds fare, beyond what their own rows tell: how much comes, what was missed, and who asks them right now."""

from __future__ import annotations

from datetime import datetime, timedelta

from archive.store import gaps
from archive.store.database import Database
from archive.store.times import from_text, to_text
from archive.store.values import Health

_LATELY = timedelta(days=28)  # whole weeks, as feeds rest at weekends


def health(db: Database, now: datetime) -> list[Health]:
    """All feeds, in the order of their numbers."""
    recent = dict(
        db.execute(
            "SELECT feed, count(*) FROM entry INDEXED BY entry_date"
            " WHERE date > ? AND date <= ? AND merged IS NULL GROUP BY feed",
            (to_text(now - _LATELY), to_text(now)),
        ).fetchall()
    )
    missing = gaps.numbers(db.conn)
    rows = db.execute(
        "SELECT id, lease_until, expected FROM feed LEFT JOIN poll ON poll.feed = feed.id"
        " LEFT JOIN rhythm ON rhythm.feed = feed.id ORDER BY id"
    ).fetchall()
    return [
        Health(
            feed=feed,
            per_day=round(recent.get(feed, 0) / _LATELY.days, 3),
            expected=expected,
            gaps=missing.get(feed, 0),
            leased_until=from_text(lease) if lease and lease > to_text(now) else None,
        )
        for feed, lease, expected in rows
    ]
