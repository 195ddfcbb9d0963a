"""`ingest`: articles in."""

from __future__ import annotations

import asyncio
import re
import sys
import threading
from collections.abc import Iterator, Sequence
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click
import msgspec

from archive.ingest import articles
from archive.intake import Article, Desk, Taken, desk_named, from_file, from_page, from_stream, take_in
from archive.store import Store
from backissue.app import App, UsageError, now
from backissue.cli.base import complete_files, facts, json_option, pass_app
from backissue.output import emit, plural, table
from backissue.progress import progress
from backissue.stopping import relay, stopping
from config.errors import BackissueError
from config.settings import Language

if TYPE_CHECKING:
    from archive.fetch import Response

_WEB = re.compile(r"https?[:/]|feed:|www\.|[^/]*://", re.IGNORECASE)


def _language(context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    try:
        return msgspec.convert(value, Language | None)
    except msgspec.ValidationError:
        raise UsageError(f"--language {value}", "is no language tag", "write for example fr or pt-BR") from None


@click.command()
@click.argument("inputs", nargs=-1, required=True, metavar="PATH|URL|- ...", shell_complete=complete_files)
@click.option("--kind", type=click.Choice(["text", "markdown", "html"]), help="What they are, where that is unclear.")
@click.option("--source", metavar="NAME", help="The name of the source they belong to.")
@click.option("--tag", "tags", multiple=True, metavar="TAG", help="A tag for each of them; may be repeated.")
@click.option("--language", metavar="TAG", callback=_language, help="The language they are in, such as fr.")
@json_option
@pass_app
def ingest(
    app: App,
    inputs: tuple[str, ...],
    kind: str | None,
    source: str | None,
    tags: tuple[str, ...],
    language: str | None,
    as_json: bool,
) -> None:
    """Take articles in.

    They are text, Markdown and HTML files, folders of them, web pages, or what comes by standard input (-). Taking
    the same in twice changes nothing; what was edited becomes a new version, and the old one stays. An article in a
    configured folder belongs to that folder. Exit code 1 means that one or more could not be taken in.

    \b
    Example:
      backissue ingest story.txt drafts/ https://example.org/news/7.html
      pandoc -t html talk.docx | backissue ingest - --kind html --source talks
    """
    desk = desk_named(source, tags, language, app.settings)
    refused: list[BackissueError] = []
    taken: list[Taken] = []
    # Before Ctrl-C is only noted: somebody who waits at a keyboard wants to be out at once.
    stream = sys.stdin.buffer.read() if "-" in inputs else b""
    with app.store() as store:
        with stopping() as stop, progress("Taking in", None, quiet=as_json) as advance:
            found = _found(app, inputs, _Given(kind, desk, stream), refused, stop)

            def done(one: Taken) -> None:
                taken.append(one)
                advance(one.name)

            take_in(store, takewhile(lambda _: not stop.is_set(), found), now(), done=done)
        failed = [*refused, *(one.error for one in taken if one.error)]
        if as_json:
            emit({"articles": [_facts(store, one) for one in taken], "errors": [facts(error) for error in refused]})
        else:
            _say(store, taken, failed)
    if stop.is_set():
        click.echo(f"stopped; {plural(_kept(taken), 'article')} saved, the same command takes in the rest", err=True)
        click.get_current_context().exit(130)
    if failed:
        click.get_current_context().exit(1)


class _Given(NamedTuple):
    """What holds for all inputs, and what came by standard input."""

    kind: str | None
    desk: Desk | None
    stream: bytes


def _found(
    app: App, inputs: Sequence[str], given: _Given, refused: list[BackissueError], stop: threading.Event
) -> Iterator[Article]:
    """The articles that the inputs stand for; those that stand for none go to `refused`."""
    kind, desk, stream = given
    for name in inputs:
        if stop.is_set():
            return
        try:
            if name == "-":
                yield from_stream(stream, app.settings, kind=kind, given=desk)
            elif _is_web(name):
                page = asyncio.run(_page(app, name, stop))
                if page is not None:
                    yield from_page(page, page.url, app.settings, kind=kind, given=desk)
            elif not _exists(name):
                raise UsageError(name, "does not exist", "check the spelling; a web address starts with https://")
            else:
                for path in articles([Path(name)]):
                    yield from_file(path, app.settings, kind=kind, given=desk)
        except BackissueError as error:
            refused.append(error)


def _is_web(given: str) -> bool:
    """Whether that is meant as an address: one that begins so, rightly or nearly so, and is no file here."""
    return bool(_WEB.match(given.strip())) and not _exists(given)


def _exists(given: str) -> bool:
    try:
        return Path(given).exists()
    except OSError:  # too long for a name
        return False


async def _page(app: App, given: str, stop: threading.Event) -> Response | None:
    """The page at an address; None if `stop` was set before it came. Raises FetchError."""
    from archive.fetch import FetchError, Request, normalise  # not needed for files, and long to load

    url = normalise(given)
    async with app.fetcher() as fetcher:
        asking = asyncio.create_task(fetcher.get(Request(url=url, accept="page", named=url)))
        stopped = asyncio.create_task(relay(stop, asyncio.Event()))
        await asyncio.wait({asking, stopped}, return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        if not asking.done():
            asking.cancel()
            return None
        response = asking.result()
    if not 200 <= response.status < 300:
        raise FetchError(url, "protocol", f"the server answered {response.status}", "check the address")
    return response


def _say(store: Store, taken: Sequence[Taken], failed: Sequence[BackissueError]) -> None:
    rows: list[tuple[object, ...]] = []
    for one in taken:
        record = store.find_entry(str(one.entry)) if one.entry else None
        if record:
            language, words = record.entry.language, record.words
            rows.append((one.outcome, record.id, record.entry.title, language, words, one.name))
        elif not one.error:
            rows.append((one.outcome, None, None, None, None, one.name))
    if rows:
        table(("what", "entry", "title", "lang", "words", "from"), rows, right=(1, 4))
    for error in failed:
        click.echo(f"Error: {error}", err=True)
    if len(taken) + len(failed) > 1:
        counts = {name: sum(one.outcome == name for one in taken) for name in ("new", "changed", "unchanged")}
        told = ", ".join(f"{count} {name}" for name, count in counts.items())
        click.echo(f"{told}, {len(failed)} failed")


def _facts(store: Store, one: Taken) -> dict[str, object]:
    record = store.find_entry(str(one.entry)) if one.entry else None
    told: dict[str, object] = {"name": one.name, "outcome": one.outcome, "entry": record}
    return told | ({"error": facts(one.error)} if one.error else {})


def _kept(taken: Sequence[Taken]) -> int:
    return sum(one.outcome in ("new", "changed") for one in taken)
