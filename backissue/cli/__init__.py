"""The commands: each is a thin shell around functions that are of use without it.

start      init, check, completion          one archive, one configuration
articles   ingest                           files, folders, standard input and pages in
follow     add, remove, list, import, export
read       show, search, history
passes     archive, publish
daemon     serve, run
"""

from __future__ import annotations

import logging
import sys
from pathlib import Path

import click

from backissue import VERSION
from backissue.app import App
from backissue.cli.articles import ingest
from backissue.cli.base import Commands
from backissue.cli.daemon import run, serve
from backissue.cli.follow import add, export, import_, list_, remove
from backissue.cli.passes import archive, publish
from backissue.cli.read import history, search, show
from backissue.cli.start import check, completion, init


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(VERSION, "-V", "--version", prog_name="backissue")
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


for _command in (
    init,
    check,
    ingest,
    add,
    remove,
    list_,
    import_,
    export,
    show,
    search,
    history,
    archive,
    publish,
    serve,
    run,
    completion,
):
    main.add_command(_command)

__all__ = ["main"]
