"""`serve` and `run`: what goes on until it is told to stop."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterable
from contextlib import nullcontext

import click
import msgspec
from starlette.types import ASGIApp

from archive.allocator import keep_together
from archive.push import Desk
from archive.push.hub import Hub
from archive.schedule.ticker import Ticker
from archive.store import Store
from archive.store.running import running
from archive.store.space import Space
from backissue import version
from backissue.app import App, UsageError
from backissue.cli.base import json_option, pass_app
from backissue.cli.passes import facts
from backissue.cli.publishing import subscription
from backissue.cli.read import the_feed
from backissue.courier import Courier
from backissue.drips import Drips
from backissue.errands import Errands
from backissue.memory import Memory
from backissue.output import plural, warn
from backissue.outward import own_hub
from backissue.reporter import Reporter, did_something
from backissue.standing import standings
from backissue.web import app as web_app
from backissue.web import freshness
from backissue.web import serve as serve_web
from backissue.web.access import with_token
from backissue.web.control import Refresh, UnknownError, status_of, with_control
from backissue.web.drip import with_drips
from backissue.web.hub import with_hub
from backissue.web.memento import links, with_memory
from backissue.web.metrics import Passes, Snapshot, with_metrics
from backissue.web.private import Guard
from backissue.web.push import with_push
from backissue.web.server import listen
from backissue.work import Worker, subscribe_sources
from config.redact import HIDDEN
from config.settings import Settings

_SETTLE = 2.0  # seconds that an article's file must lie still before it is read, as it may be written to right now
_READY = 2.0  # seconds that a pass waits for the web server, which hubs need
_GRACE = 3.5  # seconds that the pass under way may take to end

_host = click.option("--host", help="The address to listen on, instead of serve.host.")
_port = click.option("--port", type=click.IntRange(0, 65535), help="The port; 0 takes a free one.")


@click.command()
@_host
@_port
@json_option
@pass_app
def serve(app: App, host: str | None, port: int | None, as_json: bool) -> None:
    """Serve the published files over HTTP.

    It goes on until Ctrl-C or SIGTERM; with -v it prints a line for each request.

    \b
    Example:
      backissue serve --port 9000
    """
    folder = str(app.settings.public_path)

    def ready(address: str) -> None:
        if as_json:
            _line({"serving": folder, "address": address})
        else:
            click.echo(f"Serving {folder} on {address}")

    _serve(app, host, port, ready)


@click.command()
@_host
@_port
@json_option
@pass_app
def run(app: App, host: str | None, port: int | None, as_json: bool) -> None:
    """Do all of it, until told to stop.

    Asks, takes in, publishes and serves, again and again, until Ctrl-C or SIGTERM. Feeds are asked when they are
    due, wherever the last run left off. With -v, it prints a line for each pass that did something; with --json,
    one of JSON.

    \b
    Example:
      backissue run
    """
    settings = app.settings
    keep_together()
    with running(settings.archive_path, app.now()):
        others = bool(settings.http.token)
        for one in listen(
            *_place(app, host, port), open_to_others=others
        ):  # before anybody is asked for a server that cannot be
            one.close()
        with app.store() as store:
            last_resort = _run(app, store, host, port, as_json)
        last_resort.cancel()
    _say_stopped(as_json)


def _run(app: App, store: Store, host: str | None, port: int | None, as_json: bool) -> threading.Timer:
    """Run the archive until told to stop; gives what ends the program if the rest takes too long."""
    settings, stop, reporter = app.settings, threading.Event(), Reporter()
    sources = subscribe_sources(settings, store, app.now())
    worker = Worker(
        settings, store, fetcher=app.fetcher, now=app.now, stop=stop, settle=_SETTLE, spare=settings.schedule.tick / 10
    )
    desk, hub = _desk(app, store), own_hub(settings, app.now)
    serving = threading.Event()
    passes, errands = Passes(), Errands()

    def one_pass(feeds: list[int] | None = None) -> None:
        with passes.under_way():
            done = worker.one_pass(feeds=feeds)
        reporter.passed(done)
        if as_json and did_something(done):
            _line(facts(done))

    def tick() -> None:
        asked = True
        while asked and not stop.is_set():
            if wanted := errands.take():
                one_pass(wanted)
            if not stop.is_set():
                one_pass()
            asked = errands.waiting()
        # Hubs that are asked may come back at once.
        if desk and serving.wait(_READY) and not stop.is_set():
            worker.tend(desk)
        if hub and serving.wait(_READY) and not stop.is_set():
            worker.push(hub)

    def delivered() -> None:
        assert desk
        done = worker.delivered(desk)
        reporter.delivered(done)
        if as_json and done.polled:
            _line(facts(done) | {"delivered": len(done.polled)})

    def ready(address: str) -> None:
        serving.set()
        followed = sum(feed.kind == "remote" for feed in store.feeds())
        if as_json:
            _line({"serving": str(settings.public_path), "address": address, "feeds": followed})
            return
        click.echo(
            f"Running: {plural(followed, 'feed')} ({len(sources)} from the configuration),"
            f" {plural(len(settings.folders), 'folder')}, {plural(len(settings.channels), 'channel')};"
            f" serving {address}; subscribe to {subscription(settings)}"
        )

    def refresh(names: Iterable[str]) -> list[int]:
        feeds = [_to_ask(store, name) for name in names]
        errands.leave(feeds)
        ticker.now()
        return feeds

    with (
        Ticker(tick, settings.schedule.tick, failed=reporter.failed) as ticker,
        Courier(desk, delivered, stop, failed=reporter.failed) if desk else nullcontext(),
    ):
        try:
            _serve(app, host, port, ready, desk, passes, refresh, hub)
        finally:
            stop.set()
        last_resort = threading.Timer(_GRACE, _leave, (as_json,))
        last_resort.daemon = True
        last_resort.start()
    return last_resort


def _leave(as_json: bool) -> None:
    """End the program though a pass is still under way, in a look-up of a name perhaps, which nothing can break off.

    It may be ended anywhere: what is not written down by now is done again by the next run.
    """
    _say_stopped(as_json)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def _say_stopped(as_json: bool) -> None:
    if as_json:
        _line({"stopped": True})
    else:
        click.echo("Stopped; all that came is saved, and the next run goes on from here")


def _desk(app: App, store: Store) -> Desk | None:
    """What deals with hubs, if they are to push."""
    settings = app.settings
    if not settings.push.enabled:
        return None
    return Desk(
        store,
        base=settings.push_address,
        now=app.now,
        schedule=settings.schedule,
        limit=settings.http.max_bytes,
        short=Space(settings.archive_path, settings.storage.min_free).is_short,
    )


def _serve(
    app: App,
    host: str | None,
    port: int | None,
    ready: Callable[[str], None],
    desk: Desk | None = None,
    passes: Passes | None = None,
    refresh: Refresh | None = None,
    hub: Hub | None = None,
) -> None:
    settings: Settings = app.settings
    site: ASGIApp
    base = settings.site.base_url
    memory = Memory(settings, lambda: app.store(create=False)) if settings.serve.memento else None
    guard = Guard(settings.channels)
    site = pages = web_app(
        settings.public_path,
        max_age=freshness(settings.schedule),
        links=lambda path: links(base, path) if memory and memory.remembers(path) else b"",
        guard=guard,
    )
    if any(channel.drip for channel in settings.channels):
        drips = Drips(settings, lambda: app.store(create=False))
        site = with_drips(site, drips, guard, freshness(settings.schedule))
    if memory:
        site = with_memory(site, memory, base)
    if settings.serve.metrics:
        site = with_metrics(site, lambda: _snapshot(app, passes))
    if token := settings.http.token:
        site = with_control(site, lambda: status_of(_snapshot(app, passes)), refresh)
        site = with_token(site, token, base)
    if desk:
        site = with_push(site, desk)
    if hub:
        site = with_hub(site, hub)
    log = _masking(settings) if app.verbose else None
    place, limits, others = _place(app, host, port), settings.serve, bool(settings.http.token)
    serve_web(site, *place, ready=ready, log=log, at_once=pages.at_once, limits=limits, open_to_others=others)


def _to_ask(store: Store, name: str) -> int:
    """The feed of that name, to be asked. Raises UnknownError."""
    try:
        feed = the_feed(store, name)
    except UsageError as error:
        raise UnknownError(str(error)) from None
    if feed.removed or feed.poll is None:
        why = "was removed" if feed.removed else "holds articles"
        raise UnknownError(f"{name}: {why}, and is asked by nobody; 'backissue list' shows the feeds")
    return feed.id


def _masking(settings: Settings) -> Callable[[str], None]:
    """Prints lines without the secret parts of addresses."""
    tokens = [channel.token for channel in settings.channels if channel.token]

    def log(line: str) -> None:
        for token in tokens:
            line = line.replace(token, HIDDEN)
        warn(line)

    return log


def _snapshot(app: App, passes: Passes | None) -> Snapshot:
    """What /metrics and /-/status tell, over a connection of its own: no pass is waited for. Raises StoreError."""
    at, settings = app.now(), app.settings
    space = Space(settings.archive_path, settings.storage.min_free)
    with app.store(create=False) as store:
        feeds, totals = standings(store, at), store.totals()
        return Snapshot(at=at, version=version(), feeds=feeds, totals=totals, space=space, passes=passes)


def _place(app: App, host: str | None, port: int | None) -> tuple[str, int]:
    """The host and port to listen on: as the line says, else as the configuration does."""
    serve = app.settings.serve
    return host or serve.host, port if port is not None else serve.port


def _line(value: object) -> None:
    """A line of JSON, at once, for whoever reads along."""
    click.echo(msgspec.json.encode(value).decode())
    sys.stdout.flush()
