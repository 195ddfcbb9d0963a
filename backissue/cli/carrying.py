"""`export` and `import`: subscriptions and archives, to other programs and from them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click
from msgspec import Struct

from archive.store import Choice, FeedRecord
from backissue import version
from backissue.app import App, UsageError, now, why
from backissue.cli.base import Instant, complete_feeds, complete_files, json_option, pass_app
from backissue.cli.read import the_feed
from backissue.output import emit, plural, size, table
from backissue.progress import progress
from backissue.stopping import stopping
from feeds.opml import Subscription, read_opml, write_opml

if TYPE_CHECKING:
    from archive.export.tables import Table
    from archive.harvest import Harvest, New
    from archive.store import Snapshot
    from archive.warcs import Trouble

_STREAM = "-"
_TABLES = ("versions", "documents", "feeds")


class Wanted(Struct, frozen=True):
    """What is to be written where; `unit` is what is counted."""

    format: str
    target: str
    unit: tuple[str, str]


class Written(Struct, frozen=True):
    """What was written where: `count` rows, records or bytes."""

    format: str
    target: str
    count: int


def _target(name: str, metavar: str, help: str) -> Callable[[Callable[..., object]], Callable[..., object]]:
    return click.option(f"--{name}", metavar=metavar, help=help)


@click.command()
@click.argument("file", required=False, type=click.Path(path_type=Path, allow_dash=True))
@_target("warc", "FILE", "The documents as they were served, for web archives; .gz compresses.")
@_target("jsonl", "FILE", "A table as JSON, a line a row.")
@_target("csv", "FILE", "A table as CSV.")
@_target("parquet", "FILE", "A table as Parquet.")
@click.option("--table", "rows", type=click.Choice(_TABLES), default=_TABLES[0], show_default=True, help="Which table.")
@_target("sqlite", "FILE", "All tables in one plain SQLite file.")
@_target("bagit", "FOLDER", "Documents, versions and feeds as a bag for libraries (RFC 8493).")
@click.option("--feed", "names", multiple=True, shell_complete=complete_feeds, help="Only this feed; may be repeated.")
@click.option("--since", type=Instant(), metavar="TIME", help="Only what was served then or later.")
@click.option("--until", type=Instant(), metavar="TIME", help="Only what was served before.")
@json_option
@pass_app
def export(
    app: App,
    /,
    file: Path | None,
    rows: Table,
    names: tuple[str, ...],
    since: datetime | None,
    until: datetime | None,
    as_json: bool,
    **targets: str | None,
) -> None:
    """Write feeds or the archive for other programs.

    Without an option it is the followed feeds as an OPML list, to a file or to standard output. The others write what
    the archive holds at this moment, whatever comes meanwhile; - is standard output, and docs/data.md tells what each
    column means. A file appears when all of it is written.

    \b
    Example:
      backissue export > subscriptions.opml
      backissue export --warc feeds.warc.gz
      backissue export --csv versions.csv --feed https://example.org/feed.xml --since 2026-01-01
      backissue export --parquet documents.parquet --table documents
      backissue export --bagit bag/
    """
    wanted = [Wanted(name, target, _UNITS[name]) for name, target in targets.items() if target is not None]
    if not wanted:
        if names or since or until:
            raise UsageError(
                "--feed, --since and --until", "choose from the archive", "say what to write, as --jsonl -"
            )
        _export_list(app, file, as_json)
        return
    _check(file, wanted, as_json)
    with app.store(create=False) as store, stopping() as stop:
        feeds = frozenset(the_feed(store, name).id for name in names) if names else None
        choice = Choice(feeds, since, until)
        with store.snapshot() as source:
            written = []
            for one in wanted:
                steps = source.count_documents(choice) if one.format == "warc" else None
                with progress(f"Writing {one.format}", steps, quiet=as_json) as advance:

                    def done(name: str, advance: Callable[[str], None] = advance) -> None:
                        if stop.is_set():
                            raise KeyboardInterrupt
                        advance(name)

                    written.append(Written(one.format, one.target, _write(app, one, source, choice, rows, done)))
    if as_json:
        emit({"written": written})
        return
    for what, result in zip(wanted, written, strict=True):
        count = size(result.count) if what.format == "bagit" else plural(result.count, *what.unit)
        click.echo(f"{count} written to {what.target}", err=what.target == _STREAM)


_UNITS = {
    "warc": ("record", "records"),
    "jsonl": ("row", "rows"),
    "csv": ("row", "rows"),
    "parquet": ("row", "rows"),
    "sqlite": ("row", "rows"),
    "bagit": ("byte", "bytes"),
}


def _check(file: Path | None, wanted: Sequence[Wanted], as_json: bool) -> None:
    """Raises UsageError for what cannot be meant."""
    if file is not None:
        raise UsageError(str(file), "names a file besides", "give each format its own file")
    streams = [one.format for one in wanted if one.target == _STREAM]
    if len(streams) > 1 or (streams and as_json):
        raise UsageError(_STREAM, "is asked for twice", "only one thing can go to standard output")
    for one in wanted:
        if one.target == _STREAM and one.format in ("sqlite", "bagit"):
            raise UsageError(f"--{one.format}", "is no stream", "name a place of its own")
        if one.target == _STREAM and one.format == "parquet" and sys.stdout.isatty():
            raise UsageError("--parquet", "is nothing to read on a terminal", "name a file")


def _write(app: App, one: Wanted, source: Snapshot, choice: Choice, table: Table, done: Callable[[str], None]) -> int:
    from archive.export import tables
    from archive.export.output import writing

    software = f"Backissue/{version()}"
    match one.format:
        case "warc":
            from archive.export.warc import write_warc

            packed = one.target.endswith(".gz")
            with writing(one.target) as file:
                return write_warc(file, source, choice, now=now(), software=software, compressed=packed, done=done)
        case "sqlite":
            from archive.export.sqlite import write_sqlite

            return write_sqlite(Path(one.target), source, choice, done=done)
        case "bagit":
            from archive.export.bagit import write_bag

            owner = app.settings.site.author or app.settings.site.title
            place = Path(one.target)
            return write_bag(place, source, choice, now=now(), software=software, organisation=owner, done=done)
    write = {"jsonl": tables.write_jsonl, "csv": tables.write_csv, "parquet": tables.write_parquet}[one.format]
    with writing(one.target) as file:
        return write(file, table, tables.rows(source, table, choice, done))


def _export_list(app: App, file: Path | None, as_json: bool) -> None:
    """Write the followed feeds as an OPML list."""
    with app.store(create=False) as store:
        followed = [_subscription(feed) for feed in store.feeds() if feed.kind == "remote"]
    if as_json:
        emit({"subscriptions": followed})
        return
    document = write_opml(app.settings.site.title, followed, owner=app.settings.site.author or None)
    if file is None or str(file) == "-":
        click.echo(document, nl=False)
        return
    try:
        file.write_bytes(document)
    except OSError as error:
        reason = "lies in a folder that does not exist" if isinstance(error, FileNotFoundError) else why(error)
        raise UsageError(str(file), reason, "name a file that you may write to") from error
    click.echo(f"{plural(len(followed), 'feed')} written to {file}")


def _subscription(feed: FeedRecord) -> Subscription:
    meta = feed.meta
    return Subscription(
        feed_url=feed.url,
        title=feed.title,
        site_url=meta.link if meta else None,
        tags=feed.tags,
        language=meta.language if meta else None,
        description=meta.subtitle if meta else None,
    )


@click.command("import")
@click.argument("files", nargs=-1, required=True, metavar="FILE|- ...", shell_complete=complete_files)
@click.option("--warc", is_flag=True, help="The files are web archives (WARC or ARC, gzip or not).")
@click.option(
    "--new",
    type=click.Choice(("skip", "archive", "follow")),
    help="What to do with feeds of a web archive that are not known here: pass over (the default), keep, or follow.",
)
@json_option
@pass_app
def import_(app: App, files: tuple[str, ...], warc: bool, new: New | None, as_json: bool) -> None:
    """Take in feeds of an OPML list, or of web archives.

    Other readers export such lists; - is standard input. Folders become tags. The feeds are asked at the next pass.
    With --warc, every answer in the files that is a feed is taken in as if it had been served then: to the feed with
    its address, by the time of its record. What is newer in the archive stays current.

    \b
    Example:
      backissue import subscriptions.opml
      backissue import --warc crawl-1.warc.gz crawl-2.warc.gz
      backissue import --warc old.warc --new archive
    """
    if warc:
        _import_archives(app, files, new or "skip", as_json)
        return
    if new:
        raise UsageError("--new", "is about web archives", "a list's feeds are followed; give --warc for web archives")
    if len(files) > 1:
        raise UsageError(files[1], "is one list too many", "take in one after the other")
    _import_list(app, files[0], as_json)


def _import_archives(app: App, files: Sequence[str], new: New, as_json: bool) -> None:
    from archive.harvest import Harvest

    settings = app.settings
    told: list[dict[str, object]] = []

    def troubled(path: Path, trouble: Trouble) -> None:
        if as_json:
            told.append({"file": str(path), "offset": trouble.offset, "reason": trouble.reason})
        else:
            click.echo(f"Passed over: {path}, at byte {trouble.offset:,}: {trouble.reason}", err=True)

    with app.store() as store, stopping() as stop:
        harvest = Harvest(
            store,
            new=new,
            now=now,
            limit=settings.http.max_bytes,
            limits=settings.limits,
            troubled=troubled,
            stop=stop.is_set,
        )
        with progress("Taking in", len(files), quiet=as_json) as advance:
            for name in files:
                harvest.take_in(Path(name))
                advance(name)
                if stop.is_set():
                    break
    if as_json:
        emit(
            {
                "feeds": harvest.feeds,
                "unknown": harvest.unknown,
                "articles": harvest.articles,
                "others": harvest.others,
                "troubles": told,
            }
        )
    else:
        _say_harvest(harvest)
    if stop.is_set():
        click.echo("stopped; what came is saved, and to take the files in again is safe", err=True)
        click.get_current_context().exit(130)
    if harvest.troubles and not harvest.feeds:
        click.get_current_context().exit(1)


def _say_harvest(harvest: Harvest) -> None:
    if harvest.feeds:
        head = ("feed", "address", "answers", "from (UTC)", "to (UTC)", "new", "edited")
        rows = [
            (one.feed, url, one.copies, one.first, one.last, one.new, one.edited) for url, one in harvest.feeds.items()
        ]
        table(head, rows, right=(0, 2, 5, 6))
    if harvest.unknown:
        shown = ", ".join(url for url, _ in harvest.unknown.most_common(3))
        more = ", ..." if len(harvest.unknown) > 3 else ""
        count = plural(len(harvest.unknown), "feed")
        click.echo(
            f"{count} not known here passed over ({shown}{more}); --new archive keeps them, --new follow asks them"
        )
    if harvest.articles:
        count = plural(harvest.articles, "article")
        click.echo(f"{count} passed over: 'ingest' and 'backfill --sitemap' take such in, 'restore' a whole archive")
    if not harvest.feeds and not harvest.unknown:
        click.echo("No feed in it")


def _import_list(app: App, file: str, as_json: bool) -> None:
    """Follow the feeds of an OPML list."""
    from archive.fetch import FetchError, normalise

    try:
        body = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise UsageError(file, why(error), "name an OPML file, or - for standard input") from error
    added: list[str] = []
    known: list[str] = []
    refused: list[str] = []
    with app.store() as store:
        followed = {feed.url for feed in store.feeds()}
        for one in read_opml(body, file):
            try:
                url = normalise(one.feed_url)
            except FetchError as error:
                refused.append(str(error))
                continue
            if url in followed:
                known.append(url)
                continue
            store.subscribe(url, kind="remote", now=now(), title=_own_title(one), tags=one.tags)
            followed.add(url)
            added.append(url)
    if as_json:
        emit({"added": added, "known": known, "refused": refused})
        return
    for line in refused:
        click.echo(f"Passed over: {line}", err=True)
    click.echo(
        f"{plural(len(added), 'feed')} added, {len(known)} followed already, {len(refused)} passed over;"
        " 'backissue archive' asks them"
    )


def _own_title(one: Subscription) -> str | None:
    return one.title if one.title != one.feed_url else None
