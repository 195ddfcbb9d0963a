"""What a delivery means for a feed: the observation that goes through the same door as a poll's."""

from __future__ import annotations

from datetime import datetime

from msgspec import structs

from archive.fetch.headers import first
from archive.readers import read_apart
from archive.reading import Document
from archive.store.values import PUSHED_BY, FeedRecord, Headers, Observation, Push, Served


def look(feed: FeedRecord, push: Push, headers: Headers, body: bytes, now: datetime) -> Observation:
    """The observation that a delivery makes; raises NotAFeed.

    A hub may leave out what it delivered before (section 7), so what is missing has not left, and the head may be the
    hub's own: what the feed says of itself is learnt by asking it. So is how it stands with its server.
    """
    parsed = read_apart(Document(body, push.topic, first(headers, "Content-Type"), whole=True))
    if feed.meta is not None:
        parsed = structs.replace(parsed, feed=feed.meta)
    served = Served(body=body, url=push.topic, request_headers=((PUSHED_BY, push.hub),), response_headers=headers)
    return Observation(feed=feed.id, at=now, served=served, parsed=parsed, windowed=False)
