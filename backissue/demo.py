"""`make demo`: the main job on the examples, from nothing: three articles and two feeds in, archive and feeds out.

The feeds are served by this very process on 127.0.0.1, so nothing is fetched from elsewhere. What an earlier demo left
in demo-output is removed first: the port, and with it the feeds' addresses, differ each time.
"""

from __future__ import annotations

import shutil
import sys
import threading
import time
from pathlib import Path

import click

from archive.store import Store
from backissue.app import App, now
from backissue.cli.base import fail
from backissue.cli.passes import say
from backissue.cli.publishing import say_published
from backissue.output import plural, size, table
from backissue.web import app as web_app
from backissue.web import running
from backissue.work import Worker
from config.errors import BackissueError

ROOT = Path(__file__).resolve().parent.parent
_EXAMPLES = ROOT / "examples"


def main() -> None:
    """Run the demo; ends with exit code 1 if something is in its way."""
    begun = time.perf_counter()
    try:
        whole = _demo(App(_EXAMPLES / "backissue.toml"))
    except BackissueError as error:
        fail(error)
    if not whole:
        sys.exit(1)
    click.echo(f"\nDone in {time.perf_counter() - begun:.1f} s.")


def _demo(app: App) -> bool:
    """Whether all of the examples were taken in; what was not is told on standard error."""
    settings = app.settings
    shutil.rmtree(settings.archive_path.parent, ignore_errors=True)
    settings.archive_path.resolve().parent.mkdir(parents=True)
    with app.store() as store, running(web_app(_EXAMPLES / "feeds"), "127.0.0.1", 0) as address:
        for file in sorted((_EXAMPLES / "feeds").iterdir()):
            store.subscribe(f"{address}{file.name}", kind="remote", now=now())
        _heading("One pass: feeds asked (this process serves them), articles in, channels out")
        worker = Worker(settings, store, fetcher=app.fetcher, now=now, stop=threading.Event())
        result = worker.one_pass()
        say(result, settings)
        _heading("Stored")
        _say_stored(app, store)
        _heading("Published")
        say_published(result.release.channels if result.release else (), settings)
    _say_onward(app)
    outcomes = [one.outcome for one in result.polled] + [one.outcome for one in result.taken]
    return "failed" not in outcomes


def _say_stored(app: App, store: Store) -> None:
    totals = store.totals()
    click.echo(
        f"{plural(totals.entries, 'entry', 'entries')} in {plural(totals.versions, 'version')},"
        f" {plural(totals.documents, 'raw document')}, {size(totals.bytes)}: {_short(app.settings.archive_path)}"
    )
    for feed in store.feeds():
        click.echo(f"{plural(feed.entries, 'entry', 'entries')} of {feed.title}")
    click.echo()
    rows = [
        (one.id, one.entry.title, one.entry.language, len(one.entry.sections), one.words)
        for one in store.entries(limit=1000)
        if one.feed_url.startswith("local:")
    ]
    table(("entry", "article", "lang", "sections", "words"), rows, right=(0, 3, 4))


def _say_onward(app: App) -> None:
    settings = app.settings
    command = f"{_short(Path(sys.executable).with_name('backissue'))} --config {_short(_EXAMPLES / 'backissue.toml')}"
    channel = settings.channels[0]
    feed = f"{settings.site.base_url}{channel.name}/feed.{channel.formats[0]}"
    _heading("Next")
    click.echo(f"Look:       {_short(settings.public_path / 'index.html')} in a browser")
    click.echo(f"Search:     {command} search brume")
    click.echo(f"Serve:      {command} serve")
    click.echo(f"Subscribe:  {feed} in any feed reader, while that serves")


def _heading(text: str) -> None:
    click.echo()
    click.echo(click.style(text, bold=True))


def _short(path: Path) -> str:
    """A path as it is reached from here; links are not followed, as that would leave the virtual environment."""
    path = Path(path.parent.resolve(), path.name)
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


if __name__ == "__main__":
    main()
