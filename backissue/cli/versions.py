"""`history`, `merge`, `split`, `withdraw`: what an entry said over time, which are one, and which are taken back."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import datetime

import click

from archive.history.diff import Piece, word_diff
from archive.store import Alias, EntryRecord, Joining, VersionRecord
from backissue.app import App, now
from backissue.cli.base import as_of_option, json_option, pass_app
from backissue.cli.read import bodies, the_entry, told
from backissue.history_page import history_page
from backissue.output import emit, plural, table, when

_AROUND = 60  # characters of unchanged text that are shown on each side of a change


@click.command()
@click.argument("entry")
@click.option("--html", "as_html", is_flag=True, help="Print a page with all versions and their differences.")
@click.option("--no-diff", is_flag=True, help="Leave the texts out.")
@as_of_option
@json_option
@pass_app
def history(app: App, entry: str, as_html: bool, no_diff: bool, as_of: datetime | None, as_json: bool) -> None:
    """Show every version of an entry.

    Each is told with when it was first and last seen, and which fields changed; then come the changes, word by word.

    \b
    Example:
      backissue history 12
      backissue history 12 --html > twelve.html
    """
    with app.store(create=False) as store:
        record = the_entry(store, entry)
        versions = store.history(record.id, as_of=as_of)
        aliases, joinings = store.aliases(record.id), store.joinings(record.id)
    if as_json:
        facts = {"entry": record.id, "public_id": record.public_id, "versions": versions}
        emit({**facts, "aliases": aliases, "joinings": joinings, "changes": _changes(versions)})
    elif as_html:
        click.echo(history_page(record, versions), nl=False)
    else:
        _say(record, versions, aliases, joinings)
        if not no_diff:
            _say_changes(versions)


def _say(
    record: EntryRecord, versions: Sequence[VersionRecord], aliases: Sequence[Alias], joinings: Sequence[Joining]
) -> None:
    click.echo(click.style(record.entry.title or "(no title)", bold=True))
    rows = []
    for number, version in enumerate(versions):
        changed = changed_fields(versions[number - 1], version) if number else ["first"]
        mark = "*" if version.current else ""
        came = version.copy.how if version.copy else ""
        seen = (version.first_seen, version.last_seen)
        rows.append((version.number, mark, *seen, version.words, came, ", ".join(changed)))
    head = ("version", "now", "first seen (UTC)", "last seen (UTC)", "words", "came", "what changed")
    table(head, rows, right=(0, 4))
    for version in versions:
        if version.copy and version.copy.how not in ("polled", "taken in"):
            click.echo(f"Version {version.number}: {told(version.copy)}")
    if len(aliases) > 1:
        click.echo()
        known = [(one.value, one.rule, f"{one.confidence:.2f}", one.since) for one in aliases]
        table(("known as", "by the rule", "confidence", "since (UTC)"), known, right=(2,))
    for one in joinings:
        verb = f"{one.entry} was merged into {one.other}" if one.action == "merge" else f"{one.other} was split off"
        click.echo(f"{when(one.at)} UTC: {verb} by hand")


def _say_changes(versions: Sequence[VersionRecord]) -> None:
    for before, after in itertools.pairwise(versions):
        click.echo(f"\n{click.style(f'Version {after.number}, {when(after.first_seen)} UTC', bold=True)}")
        for label, pieces in differences(before, after):
            click.echo(f"{label}: {_marked(pieces)}")


def _changes(versions: Sequence[VersionRecord]) -> list[dict[str, object]]:
    """The differences between each version and the one before, for machines."""
    return [
        {
            "from": before.number,
            "to": after.number,
            "fields": changed_fields(before, after),
            "texts": dict(differences(before, after)),
        }
        for before, after in itertools.pairwise(versions)
    ]


def changed_fields(before: VersionRecord, after: VersionRecord) -> list[str]:
    """The fields that differ between two versions."""
    return [
        field.replace("_", " ")
        for field in before.entry.__struct_fields__
        if field != "origins" and getattr(before.entry, field) != getattr(after.entry, field)
    ]


def differences(before: VersionRecord, after: VersionRecord) -> list[tuple[str, list[Piece]]]:
    """What changed word by word in the title and the text; nothing for one that did not change."""
    pairs = (
        ("title", before.entry.title or "", after.entry.title or ""),
        ("text", bodies(before.entry)[1], bodies(after.entry)[1]),
    )
    return [(label, word_diff(old, new)) for label, old, new in pairs if old != new]


def _marked(pieces: Sequence[Piece]) -> str:
    """The pieces on a terminal in colours, in a pipe as [-removed-] and {+added+}; long stretches alike are cut."""
    text = ""
    for number, piece in enumerate(pieces):
        if piece.kind == "same":
            text += _shortened(piece.text, first=number == 0, last=number == len(pieces) - 1)
        elif piece.kind == "removed":
            text += click.style(f"[-{piece.text}-]", fg="red")
        else:
            text += click.style(f"{{+{piece.text}+}}", fg="green")
    return text


def _shortened(text: str, *, first: bool, last: bool) -> str:
    if len(text) <= 2 * _AROUND:
        return text
    start = "" if first else text[:_AROUND]
    end = "" if last else text[-_AROUND:]
    return f"{start} … {end}"


@click.command()
@click.argument("entry")
@click.option("--reason", help="Why, for subscribers to read.")
@click.option("--undo", is_flag=True, help="Give it back.")
@json_option
@pass_app
def withdraw(app: App, entry: str, reason: str | None, undo: bool, as_json: bool) -> None:
    """Take an entry back, and tell subscribers so.

    At the next publication it leaves the live documents, Atom says that it is deleted (RFC 6721), and its page says
    that it was withdrawn. Its versions stay in the archive, and in documents that were closed before.

    \b
    Example:
      backissue withdraw 12 --reason "Published by mistake."
      backissue withdraw 12 --undo
    """
    if undo and reason:
        raise click.UsageError("--undo takes no --reason.")
    with app.store(create=False) as store:
        record = the_entry(store, entry)
        if undo:
            store.restore(record.id, now())
        else:
            store.withdraw(record.id, now(), reason)
        record = the_entry(store, str(record.id))
    if as_json:
        emit({"entry": record})
        return
    click.echo(f"Entry {record.id} is {'published again' if undo else 'withdrawn'} once 'backissue publish' has run")


@click.command()
@click.argument("entry")
@click.argument("into", metavar="INTO")
@json_option
@pass_app
def merge(app: App, entry: str, into: str, as_json: bool) -> None:
    """Make an entry part of another.

    For two entries of one feed that are the same article under different guids. Both histories are one from then on,
    and `backissue split` undoes it. Nothing that was published changes.

    \b
    Example:
      backissue merge 12 7
    """
    with app.store(create=False) as store:
        one, other = the_entry(store, entry), the_entry(store, into)
        store.merge(one.id, other.id, now())
        record = the_entry(store, str(other.id))
    if as_json:
        emit({"entry": record})
        return
    click.echo(f"Entry {one.id} is part of entry {other.id} now ({plural(record.versions, 'version')})")


@click.command()
@click.argument("entry")
@click.argument("key")
@json_option
@pass_app
def split(app: App, entry: str, key: str, as_json: bool) -> None:
    """Part what came under one key from an entry.

    The key is one of those that `backissue history` lists: a guid or link under which another article was taken for
    this one. What came under it is an entry of its own from then on.

    \b
    Example:
      backissue split 7 guid:https://example.org/?p=12
    """
    with app.store(create=False) as store:
        record = the_entry(store, entry)
        number = store.split(record.id, key, now())
        other = the_entry(store, str(number))
    if as_json:
        emit({"entry": other})
        return
    click.echo(f"Entry {other.id} is an entry of its own now ({plural(other.versions, 'version')})")
