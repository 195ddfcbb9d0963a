"""Whose turn it is to be asked."""

from __future__ import annotations

from collections import Counter, deque
from datetime import datetime

from hypothesis import given
from hypothesis import strategies as st

from archive.schedule.line import Line
from archive.store import FeedRecord
from tests.support.items import NOON

HOSTS = st.sampled_from(["a.example", "A.example", "b.example:8080", "c.example", "[broken"])


def feed(number: int, host: str, added: datetime = NOON) -> FeedRecord:
    return FeedRecord(id=number, url=f"http://{host}/{number}", kind="remote", added=added)


@given(st.lists(HOSTS, max_size=40), st.integers(1, 3), st.randoms())
def test_all_have_their_turn_and_no_host_has_more_than_its_share(hosts: list[str], share: int, dice: object) -> None:
    line, asked, under_way = Line(share), [], deque[FeedRecord]()
    coming = deque(feed(number, host) for number, host in enumerate(hosts))
    while coming or len(line) or under_way:
        for _ in range(dice.randrange(4)):  # type: ignore[attr-defined]
            if coming:
                assert coming[0].id not in line
                line.add(coming[0])
                assert coming.popleft().id in line
        while line.ready:
            one = line.next()
            assert one is not None
            assert one.id not in line
            under_way.append(one)
            asked.append(one)
        assert line.next() is None
        assert set(line) == {one.id for one in line_of(hosts)} - {one.id for one in (*asked, *coming)}
        shares = Counter(one.url.split("/")[2].lower() for one in under_way)
        assert max(shares.values(), default=0) <= share
        if under_way:
            line.ended(under_way.popleft())
    assert sorted(one.id for one in asked) == list(range(len(hosts)))
    for host in set(hosts):
        numbers = [one.id for one in asked if one.url.split("/")[2] == host]
        assert numbers == sorted(numbers)


def line_of(hosts: list[str]) -> list[FeedRecord]:
    return [feed(number, host) for number, host in enumerate(hosts)]
