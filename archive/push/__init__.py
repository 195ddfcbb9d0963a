"""Feeds that hubs push (W3C WebSub, the subscriber's side): what is new comes by itself, and polling is the safety net.

    polled document ─offer─► Desk.tend ─form─► hub ─GET──► Desk.answer: the challenge, and the lease is written down
                                               └─POST─► Desk.accept: signed? ─queue─► Desk.take_in ─look─► record

`offer`, `signature`, `callback` and `terms` are pure; `Desk` has the store, and is handed the network and the clock.
"""

from __future__ import annotations

from archive.push.desk import Desk

__all__ = ["Desk"]
