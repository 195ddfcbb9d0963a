"""Closing pages of a channel's log: their archive documents are written once, in the order of the log."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct

from config.settings import Channel, Format
from feeds.channel import ChannelState, EntrySource, Item, Page, positioned
from feeds.files import explained, settle
from feeds.pages import Measured, brief, measured, page_length
from feeds.plan import Plan
from feeds.press import Sheet, printed
from feeds.select import selector

_STEP = 200
_MANY = 5000  # items that are worth the time it takes to start processes
_TOGETHER = 16  # pages that are made durable at once


class Closed(Struct, frozen=True):
    """What closing came to: the state of the log, its open end, and the bytes written for each document."""

    state: ChannelState
    window: Sequence[Measured]
    sizes: Sequence[int]


def close_pages(plan: Plan, source: EntrySource, state: ChannelState) -> Closed:
    """Close the pages that are due. Each is recorded once its documents are written for good. Raises PublishError."""
    channel = plan.channel
    window: list[Measured] = []
    sheets = (
        (page, _sheet(plan, page, items, channel.formats)) for page, items in _due(channel, source, state, window)
    )
    sizes: list[int] = []
    pages: list[Page] = []
    for page, found in printed(sheets, many=state.length - state.closed > _MANY):
        sizes += found
        pages.append(page)
        if len(pages) == _TOGETHER:
            _record(plan, source, pages)
            pages.clear()
    _record(plan, source, pages)
    if sizes:
        state = source.channel_state(channel.name)
    return Closed(state, window, sizes)


def live_items(channel: Channel, source: EntrySource, closed: Closed) -> list[Item]:
    """What the live document shows: all that is open, and of what was closed last as much as makes a page's worth.

    There is less than that open only where large entries came, which are closed at once and shown by their start; one
    at least is shown, however little `max_bytes` allows.
    """
    window, bound = closed.window, channel.max_bytes // 2
    missing, room = channel.entries - len(window), bound - sum(one.size for one in window)
    shown = [one.item for one in window]
    if missing <= 0 or (room <= 0 and shown) or not closed.state.pages:
        return shown
    belongs = selector(channel)
    stop = closed.state.closed
    for item in reversed(list(source.channel_items(channel.name, max(0, stop - missing), stop))):
        short = brief(item) if measured(0, item).size > bound else item
        room -= measured(0, short).size
        if room < 0 and shown:
            break
        if belongs(item):
            shown.append(short)
    return shown


def restore(plan: Plan, source: EntrySource, *, everything: bool) -> list[int]:
    """Write the documents of closed pages that are missing, or all of them anew; the bytes written for each.

    Raises PublishError.
    """
    channel = plan.channel
    pages = source.channel_pages(channel.name)

    def sheets() -> Iterator[tuple[Page, Sheet]]:
        for page in pages:
            missing = [one for one in channel.formats if everything or not plan.path(one, page.number).is_file()]
            if missing:
                yield page, _sheet(plan, page, source.channel_items(channel.name, page.start, page.stop), missing)

    sizes = [size for _, found in printed(sheets(), many=pages[-1].stop > _MANY) for size in found]
    settle(plan.folder / "archive")
    return sizes


def _due(
    channel: Channel, source: EntrySource, state: ChannelState, window: list[Measured]
) -> Iterator[tuple[Page, list[Item]]]:
    """The pages to close with their items, in order; what of the log stays open is left in `window`."""
    read_to, step = state.closed, max(2 * channel.entries, _STEP)
    number, start = state.pages, state.closed
    while True:
        length = page_length(window, channel.entries, channel.max_bytes)
        if length:
            number += 1
            page = Page(number, start, window[length].position if length < len(window) else read_to)
            start = page.stop
            closed = [one.item for one in window[:length]]
            del window[:length]
            yield page, closed
        elif read_to < state.length:
            first, read_to = read_to, min(read_to + step, state.length)
            window += (measured(*one) for one in positioned(source, channel.name, first, read_to))
        else:
            return


def _sheet(plan: Plan, page: Page, items: Iterable[Item], formats: Iterable[Format]) -> Sheet:
    folder = plan.folder / "archive"
    with explained(folder):
        folder.mkdir(exist_ok=True)
    files = {format: str(plan.path(format, page.number)) for format in formats}
    return Sheet(plan.archive(items, page), files, plan.compressed)


def _record(plan: Plan, source: EntrySource, pages: Sequence[Page]) -> None:
    """Record pages as closed; their documents must outlive a power cut from then on."""
    if pages:
        settle(plan.folder / "archive")
    for page in pages:
        source.close_page(plan.channel.name, page)
