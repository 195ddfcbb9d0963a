"""What all commands share: how errors are shown, the --json option, and completion of names."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from importlib import import_module
from typing import Any, NamedTuple, NoReturn, TypeVar

import click
import msgspec
from click.shell_completion import CompletionItem

from backissue.__main__ import INTERRUPTED, STOPPED
from backissue.app import App, now
from config.errors import BackissueError
from config.problem import ConfigError
from config.words import closest

Function = TypeVar("Function", bound=Callable[..., Any])

_FAULT = 70  # sysexits.h: an internal fault of the program
_JSON = "backissue.json"
_BYTES = "backissue.bytes"
_log = logging.getLogger("backissue")

pass_app = click.make_pass_decorator(App)


class Place(NamedTuple):
    """Where a command is (a module of `backissue.cli`, a name there), and the line about it in the list of commands."""

    module: str
    name: str
    summary: str


class Commands(click.Group):
    """The group of all commands; turns every error into one line and an exit code other than 0.

    `places` tells where the commands are. Each is loaded when it is run or explained; the list of them needs none.
    """

    def __init__(self, *args: Any, places: Mapping[str, Place], **options: Any) -> None:
        super().__init__(*args, **options)
        self._places = places

    def list_commands(self, context: click.Context) -> list[str]:
        """The names of all commands."""
        return sorted(self._places)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        """The command of that name."""
        if name not in self._places:
            return None
        place = self._places[name]
        command: click.Command = getattr(import_module(f"backissue.cli.{place.module}"), place.name)
        return command

    def resolve_command(
        self, context: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that the line names."""
        if args and args[0] not in self._places and not context.resilient_parsing:
            meant = closest(args[0], self._places)
            hint = f" Did you mean '{meant}'?" if meant else ""
            raise click.UsageError(f"No such command {args[0]!r}.{hint}", context)
        return super().resolve_command(context, args)

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, self._places[name].summary) for name in self.list_commands(context)])

    def shell_complete(self, context: click.Context, incomplete: str) -> list[CompletionItem]:
        """The commands and options that begin so."""
        names = [name for name in self.list_commands(context) if name.startswith(incomplete)]
        commands = [CompletionItem(name, help=self._places[name].summary) for name in names]
        return [*commands, *click.Command.shell_complete(self, context, incomplete)]

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """Read the options that stand before the command."""
        try:
            with _in_one_line():
                context = super().make_context(info_name, list(args), parent, **extra)
        except KeyboardInterrupt:
            _say_stopped()
        # Known before the command's own options are read, as these may be what is wrong.
        context.meta[_BYTES] = any("\ud800" <= letter <= "\udfff" for arg in args for letter in arg)
        context.meta[_JSON] = "--json" in args[: args.index("--")] if "--" in args else "--json" in args
        return context

    def invoke(self, context: click.Context) -> Any:
        """Run the command that was asked for."""
        try:
            with _in_one_line():
                return super().invoke(context)
        except BackissueError as error:
            fail(error)
        except BrokenPipeError:
            _quiet_pipe()
        except (click.ClickException, click.Abort, click.exceptions.Exit):
            raise
        except KeyboardInterrupt:
            _say_stopped()
        except UnicodeEncodeError as error:
            if context.meta.get(_BYTES):
                fail(BackissueError("the line", "holds bytes that are no UTF-8 text", "type them anew"))
            _say_fault(error)
        except Exception as fault:
            _say_fault(fault)


def _say_stopped() -> NoReturn:
    click.echo(STOPPED, err=True)
    sys.exit(INTERRUPTED)


def _say_fault(fault: Exception) -> NoReturn:
    """A fault of ours is told in one line, too."""
    _log.debug("the fault in full", exc_info=fault)
    click.echo(
        f"Error: a fault of Backissue itself ({type(fault).__name__}: {fault}); nothing half-done was kept;"
        " please report it with what 'backissue -vv' says",
        err=True,
    )
    sys.exit(_FAULT)


class _Misspelt(click.UsageError):
    """What was typed is no proper command: told in one line, with where the proper form is explained."""

    def show(self, file: Any = None) -> None:
        """Say it on standard error."""
        where = self.ctx.command_path if self.ctx else "backissue"
        reason, _, meant = self.message.partition(" Did you mean ")
        reason = reason[:1].lower() + reason[1:].rstrip(".")
        reason = reason.replace("is not a valid integer range", "is not a whole number")
        error = BackissueError(where, reason, f"did you mean {meant}" if meant else f"'{where} --help' explains it")
        if wants_json(self.ctx):
            click.echo(msgspec.json.encode({"error": facts(error)}).decode(), err=True)
        else:
            click.echo(f"Error: {error}", err=True)


@contextmanager
def _in_one_line() -> Iterator[None]:
    try:
        yield
    except click.exceptions.NoArgsIsHelpError:
        raise
    except click.UsageError as error:
        raise _Misspelt(" ".join(error.format_message().split()), error.ctx) from error


def fail(error: BackissueError) -> NoReturn:
    """Say what is wrong on standard error (as JSON if the command was asked for that), and end with exit code 1."""
    context = click.get_current_context(silent=True)
    if wants_json(context):
        click.echo(msgspec.json.encode({"error": facts(error)}).decode(), err=True)
    else:
        for line in str(error).splitlines():  # a configuration has one for each of its errors
            click.echo(f"Error: {line}", err=True)
    sys.exit(1)


def facts(error: BackissueError) -> dict[str, object]:
    """An error for machines."""
    problems = {"problems": error.problems} if isinstance(error, ConfigError) else {}
    return {"subject": error.subject, "reason": error.reason, "remedy": error.remedy, "line": str(error), **problems}


def wants_json(context: click.Context | None) -> bool:
    """Whether --json was given; the group handles errors when the command's own context is gone."""
    return bool(context and context.find_root().meta.get(_JSON))


def json_option(function: Function) -> Function:
    """The option --json, as the parameter `as_json`."""

    def remember(context: click.Context, parameter: click.Parameter, value: bool) -> bool:
        context.find_root().meta[_JSON] = value
        return value

    return click.option("--json", "as_json", is_flag=True, callback=remember, help="Print JSON for machines.")(function)


class Instant(click.ParamType[datetime]):
    """A time of the past as people write it: a date, or a date and a time; in UTC unless it says otherwise."""

    name = "time"

    def convert(self, value: Any, parameter: click.Parameter | None, context: click.Context | None) -> datetime:
        """The time, aware UTC."""
        if isinstance(value, datetime):
            return value
        from feeds.dates import parse_date

        time = parse_date(value)
        if time is None:
            self.fail(f"{value!r} is no time; write it like 2024-05-01 or 2024-05-01T12:30", parameter, context)
        if time > now():
            self.fail(f"{value!r} is still to come", parameter, context)
        return time


def as_of_option(function: Function) -> Function:
    """The option --as-of, as the parameter `as_of`."""
    option = click.option("--as-of", type=Instant(), metavar="TIME", help="As it was known then, such as 2024-05-01.")
    return option(function)


def complete_feeds(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The addresses of the feeds that begin so."""
    try:
        with _app(context).store(create=False) as store:
            feeds = store.feeds()
    except BackissueError:
        return []
    return [CompletionItem(feed.url, help=feed.title) for feed in feeds if feed.url.startswith(incomplete)]


def complete_files(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Files and folders: the shell knows them."""
    return [CompletionItem(incomplete, type="file")]


def complete_channels(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The names of the channels that begin so."""
    try:
        channels = _app(context).settings.channels
    except BackissueError:
        return []
    return [CompletionItem(one.name, help=one.title) for one in channels if one.name.startswith(incomplete)]


def _app(context: click.Context) -> App:
    """The program with the configuration that the line names so far; completion runs no command, so none made it."""
    return App(context.find_root().params.get("config_path"))


def _quiet_pipe() -> NoReturn:
    """Whoever read our output has gone, as `head` does: that is no error, and nothing is left to say."""
    sys.stdout = None  # so that the interpreter does not flush it at its end
    sys.exit(0)
