"""`init`, `check` and `completion`: before and around the daily work."""

from __future__ import annotations

import os
from pathlib import Path

import click
from click.shell_completion import BashComplete, add_completion_class, get_completion_class

from backissue.app import App, UsageError, why
from backissue.cli.base import json_option, pass_app
from backissue.output import emit, plural, size
from config.errors import BackissueError
from config.load import FILE_NAME
from config.load import problems as problems_of
from config.problem import Problem
from config.template import template


@click.command()
@click.argument("folder", required=False, default=".", type=click.Path(path_type=Path))
@click.option("--title", help="The name of the whole.")
@click.option("--base-url", metavar="URL", help="The address that readers will use; every link starts with it.")
@click.option("--author", help="Who publishes.")
@click.option("--email", help="The publisher's mail address, for readers.")
@click.option("--language", metavar="TAG", help="The language that texts are in unless they say otherwise.")
@click.option("--description", help="One sentence on what is published.")
@json_option
def init(folder: Path, as_json: bool, **site: str | None) -> None:
    """Write a commented backissue.toml.

    Every setting stands in it with its default and what it does. A file that is there already stays as it is.

    \b
    Example:
      backissue init news --title "Town news" --base-url https://news.example.org/ --language fr
    """
    text = template(**site)
    path = folder / FILE_NAME
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except (FileExistsError, NotADirectoryError):
        if not folder.is_dir():
            raise UsageError(str(folder), "is no folder", "name a folder, or one to be made") from None
        raise UsageError(str(path), "is there already", "edit it, or name another folder") from None
    except OSError as error:
        raise UsageError(str(folder), why(error), "name a folder that you may write to") from error
    if as_json:
        emit({"written": str(path)})
        return
    here = "" if folder == Path() else f"cd {folder} && "
    click.echo(f"Wrote {path}. Next: {here}backissue check")


@click.command()
@click.option("--config-only", is_flag=True, help="Leave the archive alone.")
@json_option
@pass_app
def check(app: App, config_only: bool, as_json: bool) -> None:
    """Check the configuration and the archive.

    Every problem is named with its line, its key and what to do about it. The archive is read to its end: its pages,
    its links, and each stored text against its checksum. Exit code 1 means that something is
    wrong; warnings alone are 0.

    \b
    Example:
      backissue check --config-only
    """
    problems = problems_of(app.config_path)
    errors = [problem for problem in problems if problem.severity == "error"]
    problems += [] if errors or config_only else _rights(app.settings.archive_path)
    damage, state = ([], None) if errors or config_only else _examine(app)
    if as_json:
        emit({"problems": problems, "archive": state, "damage": damage})
    else:
        _say(app, problems, errors, damage, state)
    if errors or damage:
        click.get_current_context().exit(1)


def _rights(archive: Path) -> list[Problem]:
    if os.name != "posix" or not archive.exists() or not archive.stat().st_mode & 0o044:
        return []
    reason = "others on this machine may read it, and with it the passwords in addresses and the secrets of hubs"
    return [Problem(file=str(archive), reason=reason, remedy=f"run chmod 600 {archive}", severity="warning")]


def _examine(app: App) -> tuple[list[str], dict[str, object] | None]:
    if not app.settings.archive_path.exists():
        return [], None
    try:
        with app.store(create=False) as store:
            found = store.totals()
            state = {field: getattr(found, field) for field in found.__struct_fields__}
            return list(store.examine()), {"path": str(app.settings.archive_path), **state}
    except BackissueError as error:
        return [f"{error.reason}; {error.remedy}"], {"path": str(app.settings.archive_path)}


def _say(
    app: App, problems: list[Problem], errors: list[Problem], damage: list[str], state: dict[str, object] | None
) -> None:
    for problem in problems:
        click.echo(str(problem))
    if errors:
        click.echo(f"{plural(len(errors), 'error')} in the configuration; the archive was not looked at")
        return
    settings = app.settings
    counts = (
        plural(len(settings.channels), "channel"),
        plural(len(settings.sources), "source"),
        plural(len(settings.folders), "folder"),
    )
    click.echo(f"The configuration is {'usable' if problems else 'right'}: {', '.join(counts)}")
    for line in damage:
        click.echo(f"{settings.archive_path}: {line}")
    if damage:
        click.echo("The archive is damaged: keep this file, and restore a backup beside it (docs/operations.md)")
    elif state:
        entries, versions = state["entries"], state["versions"]
        assert isinstance(entries, int) and isinstance(versions, int) and isinstance(state["bytes"], int)
        amount = f"{plural(entries, 'entry', 'entries')} in {plural(versions, 'version')}, {size(state['bytes'])}"
        click.echo(f"The archive is whole: {amount}")
    elif not settings.archive_path.exists():
        click.echo(f"There is no archive yet; the first article or feed makes it: {settings.archive_path}")


class _Bash(BashComplete):
    """Click's completion for bash, mended for addresses: bash takes a colon for the end of a word.

    The function looks at the line itself, and gives only what stands behind the last colon of the word, which is what
    readline puts in.
    """

    source_template = """\
%(complete_func)s() {
    local line="${COMP_LINE:0:COMP_POINT}" type value
    local word="${line##*[[:space:]]}"
    local -a before
    read -ra before <<< "${line%%"$word"}"
    local done="${word%%"${word##*:}"}"
    COMPREPLY=()
    while IFS=',' read -r type value; do
        case "$type" in
            dir) compopt -o dirnames ;;
            file) compopt -o default ;;
            plain) COMPREPLY+=("${value#"$done"}") ;;
        esac
    done < <(COMP_WORDS="$line" COMP_CWORD=${#before[@]} %(complete_var)s=bash_complete "$1")
}
complete -o nosort -F %(complete_func)s %(prog_name)s
"""


@click.command()
@click.argument("shell", required=False, type=click.Choice(["bash", "zsh", "fish"]))
@json_option
def completion(shell: str | None, as_json: bool) -> None:
    """Print what makes a shell complete names.

    It completes commands, options, feeds and channels.

    \b
    Example:
      backissue completion bash >> ~/.bashrc
    """
    add_completion_class(_Bash)
    name = shell or Path(os.environ.get("SHELL", "bash")).name
    kind = get_completion_class(name)
    root = click.get_current_context().find_root()
    if kind is None:
        raise UsageError(name, "is no shell that can be helped", "name bash, zsh or fish")
    script = kind(root.command, {}, "backissue", "_BACKISSUE_COMPLETE").source()
    emit({"shell": name, "script": script}) if as_json else click.echo(script)
