"""`status` and `explain`: how the feeds fare, and why each is asked when it is."""

from __future__ import annotations

from datetime import datetime

import click

from archive.schedule.due import GAP, RHYTHM, RISK
from archive.schedule.look import MOVES_AFTER
from archive.store import FeedRecord, Store
from archive.store.running import runner
from archive.store.space import Space
from backissue.app import App, UsageError, now
from backissue.cli.base import complete_feeds, json_option, pass_app
from backissue.cli.read import the_feed
from backissue.output import emit, plural, table, when
from backissue.standing import STATES, Habit, Standing, habit, standings
from config.settings import Settings


@click.command()
@click.option("--failing", is_flag=True, help="Only feeds that fail, are gone, or may lose entries.")
@json_option
@pass_app
def status(app: App, failing: bool, as_json: bool) -> None:
    """Show how each feed fares.

    When it was asked last and will be next, and what decided that; how many entries a day are to be expected, or came
    in the last four weeks while that is not known; how often in a row it failed; and how many gaps are known, where
    entries passed unseen. 'backissue explain' tells more of one.

    \b
    Example:
      backissue status
      backissue status --failing --json
    """
    with app.store(create=False) as store:
        time = now()
        all_ = standings(store, time)
        totals = store.totals()
    runs = runner(app.settings.archive_path)
    space = Space(app.settings.archive_path, app.settings.storage.min_free)
    shown = [one for one in all_ if not failing or one.state in ("failing", "gone") or one.at_risk or one.gaps]
    if as_json:
        process = {"pid": runs.pid, "host": runs.host, "since": runs.since} if runs else None
        disk = {"free": space.free, "least": space.least, "short": space.is_short()}
        emit({"at": time, "feeds": shown, "totals": totals, "runner": process, "disk": disk})
        return
    if runs:
        click.echo(f"It is run by process {runs.pid} on {runs.host} since {when(runs.since)} UTC")
    if not all_:
        click.echo("No feed is followed yet. 'backissue add URL' follows one")
        return
    if shown:
        rows = [
            (
                one.feed,
                one.title,
                _word(one),
                one.last_polled,
                one.next_due,
                one.reason,
                f"{one.per_day if one.expected is None else one.expected:.1f}",
                one.failures,
                one.gaps,
            )
            for one in shown
        ]
        head = ("feed", "title", "state", "asked (UTC)", "next (UTC)", "decided by", "a day", "failures", "gaps")
        table(head, rows, right=(0, 6, 7, 8))
    for one in shown:
        if one.error:
            click.echo(f"{one.title}: {one.error}")
    click.echo(_summary(all_, time))
    if space.is_short():
        click.echo(str(space.trouble()))


def _word(one: Standing) -> str:
    words = [one.state, *(["asked right now"] if one.leased_until else []), *(["at risk"] if one.at_risk else [])]
    return ", ".join([*words, "its 304 lies"] if one.lies else words)


def _summary(all_: list[Standing], time: datetime) -> str:
    counts = {word: sum(one.state == word for one in all_) for word in STATES}
    told = ", ".join(f"{count} {word}" for word, count in counts.items() if count)
    due = sum(one.next_due is not None and one.next_due <= time for one in all_)
    return f"{plural(len(all_), 'feed')}: {told}; {due} due now"


@click.command()
@click.argument("feed", shell_complete=complete_feeds)
@json_option
@pass_app
def explain(app: App, feed: str, as_json: bool) -> None:
    """Tell why a feed is asked when it is.

    Every rule that bears on the next poll stands there with the earliest time that it allows, and one of them decided.
    What the publisher asks for stands above all else; where entries may pass unseen for that reason, that risk is told.

    \b
    Example:
      backissue explain 3
      backissue explain https://example.org/feed.xml --json
    """
    with app.store(create=False) as store:
        record = the_feed(store, feed)
        if record.poll is None:
            raise UsageError(feed, "holds articles, and is asked by nobody", "'backissue list' shows the feeds")
        one = next((one for one in standings(store, now()) if one.feed == record.id), None)
        rhythm = habit(store, record, now())
        notes = [*_notes(record, one, store, app.settings), *(_rhythm(one, rhythm) if one and rhythm else ())]
    if as_json:
        emit({"feed": one, "removed": record.removed, "rhythm": rhythm, "notes": notes})
        return
    click.echo(f"{click.style(record.title, bold=True)} ({record.url})")
    if one is None:
        click.echo(f"Next poll: never; it was removed on {when(record.removed)} UTC")
        return
    click.echo(f"Next poll: {when(one.next_due)} UTC, by {one.reason}" if one.next_due else f"Next poll: {one.reason}")
    click.echo(f"Last poll: {_last(one)}")
    if one.rules:
        click.echo()
        rows = [("*" if each.decided else "", each.rule, each.not_before) for each in one.rules]
        table((" ", "rule (* decided)", "not before (UTC)"), [(mark or " ", *rest) for mark, *rest in rows])
    if notes:
        click.echo()
    for note in notes:
        click.echo(f"- {note}")


def _last(one: Standing) -> str:
    if one.last_polled is None:
        return "never"
    outcome = one.error or {304: "not modified (304)", 200: "a document (200)"}.get(one.last_status or 0, "answered")
    return f"{when(one.last_polled)} UTC: {outcome}"


def _notes(record: FeedRecord, one: Standing | None, store: Store, settings: Settings) -> list[str]:
    """What else bears on the next poll, a sentence each."""
    poll, notes = record.poll, []
    if poll is None or one is None:
        return ["'backissue add' takes it up again"]
    if poll.gone:
        return [f"it is gone since {when(poll.gone)} UTC; 'backissue archive {record.id}' asks once more"]
    if one.leased_until:
        notes.append(f"somebody asks it right now, and has it until {when(one.leased_until)} UTC at most")
    if poll.failures:
        notes.append(
            f"it failed {plural(poll.failures, 'time')} in a row; the wait doubles each time, up to a day"
            " (schedule.maximum), or a week where it is not found or refused"
        )
    if record.meta and (record.meta.skip_hours or record.meta.skip_days):
        hours = ", ".join(map(str, sorted(record.meta.skip_hours)))
        parts = [f"hours {hours} (GMT)" if hours else "", ", ".join(record.meta.skip_days)]
        notes.append(f"it wants no visit in {' and on '.join(filter(None, parts))}")
    if any(rule.name == RISK for rule in poll.rules):
        notes.append(
            "entries may pass unseen before the next poll: the publisher's wish and the minimum stand above that"
        )
    if any(rule.name == GAP for rule in poll.rules):
        notes.append(
            "entries may have passed unseen ('backissue gaps' tells when), so it is asked sooner: after half of the"
            " time in which its window was filled anew, and twice as long after each visit that finds none missing"
        )
    if poll.interval is not None:
        notes.append(f"its own interval of {plural(poll.interval, 'minute')} stands above schedule.minimum")
    if poll.moved_to and poll.moved_since:
        other = store.find_feed(poll.moved_to)
        if other and other.id != record.id:
            notes.append(
                f"it redirects for good to {poll.moved_to}, which feed {other.id} has already:"
                f" 'backissue remove {record.id}' if they are the same"
            )
        else:
            sure = when(poll.moved_since + MOVES_AFTER)
            notes.append(
                f"it redirects for good to {poll.moved_to}, and has that address if it still does after {sure}"
            )
    notes.append(_condition(record, settings))
    return notes


def _rhythm(one: Standing, known: Habit) -> list[str]:
    """What its rhythm is, and what it asks for."""
    told = [
        f"its rhythm, by {plural(known.entries, 'entry', 'entries')}: {known.per_day:.3g} a day are to be expected,"
        f" most around {known.busiest}:00 and fewest around {known.quietest}:00 UTC; it shows"
        f" {plural(known.window, 'entry', 'entries')} at a time"
    ]
    if known.voice == "silent" and known.silence is not None:
        told.append(
            f"it has fallen silent since {when(known.last_entry)} UTC: a feed of its rate says nothing for so long"
            f" once in {1 / max(known.silence, 1e-6):,.0f} times"
        )
    if one.reason.startswith(RHYTHM):
        told.append(
            "more than it shows might come by a later time, so that entries would be lost"
            if "window" in one.reason
            else "by then so much delay is to be expected that a request is worth it"
        )
    if len(known.visits) > 1 and one.interval is None:
        times = ", ".join(when(at) for at in known.visits[:3])
        told.append(f"as long as nothing new comes, its rhythm asks for visits at {times} UTC")
    return told


def _condition(record: FeedRecord, settings: Settings) -> str:
    """How it will be asked."""
    poll, every = record.poll, settings.http.full_fetch
    assert poll is not None
    if poll.lies:
        return "the whole document is asked for, as its server said 'not modified' of what was modified"
    if not (poll.etag or poll.last_modified):
        return "the whole document is asked for, as its server gave nothing to ask by"
    names = " and ".join(name for name, value in (("ETag", poll.etag), ("date", poll.last_modified)) if value)
    if not every:
        return f"it is asked for what changed since the {names} last received"
    left = every - 1 - poll.answers % every
    if not left:
        return f"the whole document is asked for this time, to see whether its server tells the truth (1 in {every})"
    return f"it is asked for what changed since the {names} last received; in {plural(left, 'answer')} for the whole"
