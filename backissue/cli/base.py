"""What all commands share: how errors are shown, the --json option, and completion of names."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from typing import Any, NoReturn, TypeVar

import click
import msgspec
from click.shell_completion import CompletionItem

from backissue.app import App
from config import BackissueError
from config.problem import ConfigError

Function = TypeVar("Function", bound=Callable[..., Any])

_FAULT = 70  # sysexits.h: an internal fault of the program
_INTERRUPTED = 130  # what shells give for SIGINT
_log = logging.getLogger("backissue")

pass_app = click.make_pass_decorator(App)


class Commands(click.Group):
    """The group of all commands; turns every error into one line and an exit code other than 0."""

    def invoke(self, context: click.Context) -> Any:
        """Run the command that was asked for."""
        try:
            return super().invoke(context)
        except BackissueError as error:
            fail(error)
        except BrokenPipeError:
            _quiet_pipe()
        except (click.ClickException, click.Abort, click.exceptions.Exit):
            raise
        except KeyboardInterrupt:
            click.echo("stopped; what was done before is saved", err=True)
            sys.exit(_INTERRUPTED)
        except Exception as fault:
            _log.debug("the fault in full", exc_info=fault)
            click.echo(
                f"Error: a fault of Backissue itself ({type(fault).__name__}: {fault}); nothing half-done was kept;"
                " please report it with what 'backissue -vv' says",
                err=True,
            )
            sys.exit(_FAULT)


def fail(error: BackissueError) -> NoReturn:
    """Say what is wrong on standard error (as JSON if the command was asked for that), and end with exit code 1."""
    context = click.get_current_context(silent=True)
    if wants_json(context):
        click.echo(msgspec.json.encode({"error": facts(error)}).decode(), err=True)
    else:
        for line in str(error).splitlines():
            click.echo(f"Error: {line}", err=True)
    sys.exit(1)


def facts(error: BackissueError) -> dict[str, object]:
    """An error for machines."""
    problems = {"problems": error.problems} if isinstance(error, ConfigError) else {}
    return {"subject": error.subject, "reason": error.reason, "remedy": error.remedy, "line": str(error), **problems}


def wants_json(context: click.Context | None) -> bool:
    """Whether --json was given; the group handles errors when the command's own context is gone."""
    return bool(context and context.find_root().meta.get("backissue.json"))


def json_option(function: Function) -> Function:
    """The option --json, as the parameter `as_json`."""

    def remember(context: click.Context, parameter: click.Parameter, value: bool) -> bool:
        context.find_root().meta["backissue.json"] = value
        return value

    return click.option("--json", "as_json", is_flag=True, callback=remember, help="Print JSON for machines.")(function)


def complete_feeds(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The addresses of the feeds that begin so."""
    try:
        with App().store(create=False) as store:
            feeds = store.feeds()
    except BackissueError:
        return []
    return [CompletionItem(feed.url, help=feed.title) for feed in feeds if feed.url.startswith(incomplete)]


def complete_channels(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The names of the channels that begin so."""
    try:
        channels = App().settings.channels
    except BackissueError:
        return []
    return [CompletionItem(one.name, help=one.title) for one in channels if one.name.startswith(incomplete)]


def _quiet_pipe() -> NoReturn:
    """Whoever read our output has gone, as `head` does: that is no error, and nothing is left to say."""
    sys.stdout = None  # so that the interpreter does not flush it at its end
    sys.exit(0)
