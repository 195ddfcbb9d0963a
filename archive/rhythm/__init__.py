"""When a feed is worth asking, learnt from when its entries came. Pure arithmetic; docs/scheduling.md has the model.

arrivals ─► learn ─► Rhythm ─► next_visit(price) ─► Wish: a time, why, and the risk that entries are lost by then
"""

from archive.rhythm.learning import arrival, learn
from archive.rhythm.model import EPOCH, HOUR, Rhythm, last_arrival
from archive.rhythm.rates import Outlook, chances, outlook, silence, week
from archive.rhythm.visits import RISK, Wish, next_visit, price_for, price_of, risk

__all__ = [
    "EPOCH",
    "HOUR",
    "RISK",
    "Outlook",
    "Rhythm",
    "Wish",
    "arrival",
    "chances",
    "last_arrival",
    "learn",
    "next_visit",
    "outlook",
    "price_for",
    "price_of",
    "risk",
    "silence",
    "week",
]
