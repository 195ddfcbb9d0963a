"""The paging habits of publishing systems: where the older entries of a feed are that says nothing of them. Pure.

A feed tells by its generator what made it. Whether that site pages is found out by asking: an answer that there is no
such page, or the first page once more, is the end of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from msgspec import Struct


class Habit(Struct, frozen=True):
    """How a system pages: `address` makes that of a page of its feed. `by_entry` counts entries, else it counts pages.

    `first` is the number of the page that the feed itself is.
    """

    system: str
    generator: re.Pattern[str]
    address: Callable[[str, int], str]
    by_entry: bool = False
    first: int = 1


def habit_of(generator: str | None) -> Habit | None:
    """The habit of the system that made a feed, if one is known."""
    return next((one for one in HABITS if generator and one.generator.search(generator)), None)


def habit_named(system: str) -> Habit | None:
    """The habit of that system."""
    return next((one for one in HABITS if one.system == system), None)


def with_query(url: str, /, **values: str) -> str:
    """The address with these values in its query, instead of those of the same names.

    >>> with_query("https://example.org/feed?paged=2&x=1", paged="3")
    'https://example.org/feed?x=1&paged=3'
    """
    parts = urlsplit(url)
    kept = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if name not in values]
    return urlunsplit((*parts[:3], urlencode([*kept, *values.items()]), ""))


def _in_path(url: str, number: int) -> str:
    """/rss/ becomes /rss/2/."""
    parts = urlsplit(url)
    return urlunsplit((*parts[:2], f"{parts.path.rstrip('/')}/{number}/", parts.query, ""))


HABITS = (
    Habit(
        "WordPress",
        re.compile(r"\bwordpress\b", re.IGNORECASE),
        lambda url, number: with_query(url, paged=str(number)),
    ),
    Habit(
        "Blogger",
        re.compile(r"^blogger\b|\bblogger\.com\b", re.IGNORECASE),
        lambda url, number: with_query(url, **{"start-index": str(number), "max-results": "100"}),
        by_entry=True,
    ),
    Habit("Ghost", re.compile(r"^ghost\b", re.IGNORECASE), _in_path),
    Habit(
        "Drupal",
        re.compile(r"\bdrupal\b", re.IGNORECASE),
        lambda url, number: with_query(url, page=str(number)),
        first=0,
    ),
    Habit(
        "Joomla",
        re.compile(r"\bjoomla\b", re.IGNORECASE),
        lambda url, number: with_query(url, start=str(number)),
        by_entry=True,
        first=0,
    ),
)
