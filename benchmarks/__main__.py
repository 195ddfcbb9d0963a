"""Prints the ratios. Each line: what was done, our rate, the peer and its rate, ours over theirs with its spread."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import click

from benchmarks import parse, poll, publish, scale, schedule, serve, stages, storage
from benchmarks.measure import Result, compile_ours


@click.command()
@click.argument(
    "names",
    nargs=-1,
    type=click.Choice(["parse", "publish", "poll", "limits", "scale", "schedule", "serve", "stages", "storage"]),
)
@click.option("--rounds", default=5, show_default=True, type=click.IntRange(1), help="Pairs of runs that count.")
@click.option("--feeds", default=300, show_default=True, type=click.IntRange(1), help="How many feeds are polled.")
@click.option("--folder", type=click.Path(path_type=Path, exists=True), help="Feeds to parse, instead of made ones.")
@click.option(
    "--peers", type=click.Path(path_type=Path, exists=True), help="The virtual environment that has `reader`."
)
@click.option("--versions", default=1_000_000, show_default=True, help="How many versions the larger archive has.")
@click.option(
    "--entries", default=100_000, show_default=True, type=click.IntRange(1000), help="How many entries are published."
)
@click.option("--plots", type=click.Path(path_type=Path, exists=True), help="Where `schedule` writes its plots.")
def main(
    names: tuple[str, ...],
    rounds: int,
    feeds: int,
    folder: Path | None,
    peers: Path | None,
    versions: int,
    entries: int,
    plots: Path | None,
) -> None:
    """Measure Backissue beside its peers; without names, all that takes no minutes.

    \b
    Example:
      python -m benchmarks parse --folder ../shared/feeds
    """
    compile_ours()
    wanted = names or ("parse", "publish", "poll", "serve", "storage")
    if "parse" in wanted:
        _say(parse.results(rounds, folder))
    if "publish" in wanted:
        _say(publish.results(rounds, entries))
    if "poll" in wanted:
        _say(poll.results(rounds, feeds, peers))
    if "limits" in wanted:
        _say(poll.limits(10_000))
    if "serve" in wanted:
        _say(serve.results(rounds))
    if "stages" in wanted:
        _say(stages.results(rounds, feeds))
    if "storage" in wanted:
        _say(map(str, storage.results()))
    if "scale" in wanted:
        _say(scale.results(10_000, versions))
    if "schedule" in wanted:
        _say(schedule.results(rounds, plots))


def _say(results: Iterable[Result | str]) -> None:
    for result in results:
        click.echo(str(result))


main()
