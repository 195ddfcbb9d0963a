"""The commands: each is a thin shell around functions that are of use without it.

start      init, check, completion          one archive, one configuration
articles   ingest                           files, folders, standard input and pages in
follow     add, remove
carrying   import, export                   subscriptions and archives, from and to other programs
read       list, show, search              as it is, or as it was
versions   history, merge, split, withdraw what an entry said over time
copies     replay, reparse                 old copies in, raw documents read again
passes     archive                          one pass over all that is due
publishing publish                          feeds and pages
backfill   backfill                         what feeds showed before
gaps       gaps, coverage                   where entries may be missing, and how much is whole
health     status, explain                 how the feeds fare, and why each is asked when it is
proof      verify, checkpoint, prove        that nothing was altered
backup     backup, restore
daemon     serve, run
"""

from __future__ import annotations

import logging
import sys
from pathlib import Path

import click

from backissue import version
from backissue.app import App
from backissue.cli.base import Commands, Place

# Where each command is, and what the list of them says of it: the first sentence of its own help.
_PLACES = {
    "add": Place("follow", "add", "Follow a feed, by its address or its site's."),
    "archive": Place("passes", "archive", "Make one pass over all that is due."),
    "backfill": Place("backfill", "backfill", "Fetch what a feed showed before."),
    "backup": Place("backup", "backup", "Make a copy of the archive while it is used."),
    "check": Place("start", "check", "Check the configuration and the archive."),
    "checkpoint": Place("proof", "checkpoint", "Sign how the archive is now."),
    "completion": Place("start", "completion", "Print what makes a shell complete names."),
    "coverage": Place("gaps", "coverage", "Show for how much of the time a feed is whole."),
    "explain": Place("health", "explain", "Tell why a feed is asked when it is."),
    "export": Place("carrying", "export", "Write feeds or the archive for other programs."),
    "gaps": Place("gaps", "gaps", "List where entries may be missing."),
    "history": Place("versions", "history", "Show every version of an entry."),
    "import": Place("carrying", "import_", "Take in feeds of an OPML list, or of web archives."),
    "ingest": Place("articles", "ingest", "Take articles in."),
    "init": Place("start", "init", "Write a commented backissue.toml."),
    "list": Place("read", "list_", "List the feeds, or the entries of one."),
    "merge": Place("versions", "merge", "Make an entry part of another."),
    "prove": Place("proof", "prove", "Prove that an entry or document was stored."),
    "publish": Place("publishing", "publish", "Write the channels as feeds and pages."),
    "remove": Place("follow", "remove", "Stop following a feed, and keep its past."),
    "reparse": Place("copies", "reparse_", "Read all raw documents again."),
    "replay": Place("copies", "replay_", "Take in old copies of a feed."),
    "restore": Place("backup", "restore", "Put a copy in the archive's place."),
    "run": Place("daemon", "run", "Do all of it, until told to stop."),
    "search": Place("read", "search", "Find entries by their words."),
    "serve": Place("daemon", "serve", "Serve the published files over HTTP."),
    "show": Place("read", "show", "Show an entry or a feed."),
    "split": Place("versions", "split", "Part what came under one key from an entry."),
    "status": Place("health", "status", "Show how each feed fares."),
    "verify": Place("proof", "verify", "Prove that nothing stored was altered."),
    "withdraw": Place("versions", "withdraw", "Take an entry back, and tell subscribers so."),
}


def _say_version(context: click.Context, parameter: click.Parameter, wanted: bool) -> None:
    if wanted and not context.resilient_parsing:
        click.echo(f"backissue, version {version()}")
        context.exit()


@click.group(
    cls=Commands,
    places=_PLACES,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option(
    "-V",
    "--version",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=_say_version,
    help="Show the version and exit.",
)
@click.option(
    "-c",
    "--config",
    "config_path",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The configuration; else BACKISSUE_CONFIG, else backissue.toml here or in a folder above.",
)
@click.option("-v", "--verbose", count=True, help="Say more on standard error; twice for everything.")
@click.pass_context
def main(context: click.Context, config_path: Path | None, verbose: int) -> None:
    """Backissue publishes feeds and keeps every back issue.

    Articles and other people's feeds go in; an archive keeps every version of every entry; RSS, Atom and JSON feeds
    come out, complete back to the first.

    \b
    Begin with:
      backissue init                     write a backissue.toml here
      backissue add https://example.org  follow a site's feed
      backissue archive                  ask all feeds, take in articles, publish
      backissue run                      do so until told to stop
    """
    level = (logging.WARNING, logging.INFO, logging.DEBUG)[min(verbose, 2)]
    logging.basicConfig(level=level, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s")
    context.obj = App(config_path, verbose)


__all__ = ["main"]
