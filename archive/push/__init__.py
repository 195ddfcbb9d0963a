"""Feeds that hubs push, and hubs that are told of ours (W3C WebSub): news comes by itself, polling is the safety net.

    polled document ─offer─► Desk.tend ─form─► hub ─GET──► Desk.answer: the challenge, and the lease is written down
                                               └─POST─► Desk.accept: signed? ─queue─► Desk.take_in ─look─► record

    published document ─tell─► hubs, which push it to their subscribers

`offer`, `signature`, `callback` and `terms` are pure; `Desk` has the store, and is handed the network and the clock.
"""

from __future__ import annotations

from archive.push.desk import Desk

__all__ = ["Desk"]
