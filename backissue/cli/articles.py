"""`ingest`: articles in."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from archive.fetch import FetchError, Request, Response, normalise
from archive.ingest import IngestError, articles
from archive.intake import Article, Desk, Taken, desk_named, from_file, from_page, from_stream, take_in
from archive.store import Store
from backissue.app import App, now
from backissue.cli.base import facts, json_option, pass_app
from backissue.output import emit, plural, table
from backissue.progress import progress
from config import BackissueError

_WEB = ("http:", "https:", "feed:", "www.")


@click.command()
@click.argument("inputs", nargs=-1, required=True, metavar="PATH|URL|- ...")
@click.option("--kind", type=click.Choice(["text", "markdown", "html"]), help="What they are, where that is unclear.")
@click.option("--source", metavar="NAME", help="The name of the source they belong to.")
@click.option("--tag", "tags", multiple=True, metavar="TAG", help="A tag for each of them; may be repeated.")
@click.option("--language", metavar="TAG", help="The language they are in, such as fr.")
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
    with app.store() as store, progress("Taking in", None, quiet=as_json) as advance:
        found = _found(app, inputs, kind, desk, refused)

        def done(one: Taken) -> None:
            taken.append(one)
            advance(one.name)

        try:
            take_in(store, found, now(), done=done)
        except KeyboardInterrupt:
            click.echo(f"stopped; {plural(_kept(taken), 'article')} saved", err=True)
            raise
        failed = [*refused, *(one.error for one in taken if one.error)]
        if as_json:
            emit({"articles": [_facts(store, one) for one in taken], "errors": [facts(error) for error in refused]})
        else:
            _say(store, taken, failed)
    if failed:
        click.get_current_context().exit(1)


def _found(
    app: App, inputs: Sequence[str], kind: str | None, desk: Desk | None, refused: list[BackissueError]
) -> Iterator[Article]:
    """The articles that the inputs stand for; those that stand for none go to `refused`."""
    for given in inputs:
        try:
            if given == "-":
                yield from_stream(sys.stdin.buffer.read(), app.settings, kind=kind, given=desk)
            elif _is_web(given):
                url = normalise(given)
                yield from_page(asyncio.run(_page(app, url)), url, app.settings, kind=kind, given=desk)
            else:
                for path in articles([Path(given)]):
                    yield from_file(path, app.settings, kind=kind, given=desk)
        except (IngestError, FetchError) as error:
            refused.append(error)


def _is_web(given: str) -> bool:
    """Whether that is meant as an address: one that begins so and is no file here."""
    return ("://" in given or given.lower().startswith(_WEB)) and not Path(given).exists()


async def _page(app: App, url: str) -> Response:
    async with app.fetcher() as fetcher:
        response = await fetcher.get(Request(url=url, accept="page"))
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
