"""The coverage of feeds as a picture (SVG): a line for each feed, its time proven, and the holes in it."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from datetime import timedelta
from io import BytesIO
from typing import Any

from archive.coverage import Coverage, proven
from config.errors import BackissueError

_PROVEN, _HOLE, _INK = "#3b6ea5", "#c8442b", "#333333"
_ROW, _FRAME = 0.32, 1.1  # inches: a feed's line, and what stands around all of them
_TITLE = 38  # letters of a title


class PlotError(BackissueError):
    """A picture that cannot be drawn."""


def coverage_plot(coverages: Sequence[Coverage]) -> bytes:
    """The picture; the same coverages always make the same bytes. Raises PlotError without matplotlib."""
    try:
        import matplotlib
        from matplotlib.backends.backend_svg import FigureCanvasSVG
        from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
        from matplotlib.figure import Figure
        from matplotlib.patches import Patch
    except ImportError as error:
        raise PlotError("--plot", "needs matplotlib", "install backissue[plot]") from error
    plain: Any = {"svg.hashsalt": "backissue", "svg.fonttype": "none", "font.family": ["sans-serif"], "timezone": "UTC"}
    with matplotlib.rc_context(plain), warnings.catch_warnings():
        figure = Figure(figsize=(9, _FRAME + _ROW * max(1, len(coverages))), layout="constrained")
        FigureCanvasSVG(figure)
        axes = figure.add_subplot()
        for row, one in enumerate(coverages):
            _draw(axes, row, one)
        axes.set_yticks(range(len(coverages)), [_label(one) for one in coverages], color=_INK)
        axes.set_ylim(len(coverages) - 0.4, -0.6)
        locator = AutoDateLocator()  # type: ignore[no-untyped-call]
        axes.xaxis.set_major_locator(locator)
        axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]
        axes.xaxis.grid(True, color="#dddddd", linewidth=0.6)
        axes.set_axisbelow(True)
        axes.tick_params(length=0, colors=_INK)
        for side in axes.spines.values():
            side.set_visible(False)
        keys = [Patch(color=_PROVEN, label="proven"), Patch(color=_HOLE, label="entries may be missing")]
        figure.legend(handles=keys, loc="outside upper right", ncols=2, frameon=False, fontsize="small")
        out = BytesIO()
        # matplotlib's own font lacks letters that whoever looks at the picture has: they stay text in it.
        warnings.filterwarnings("ignore", "Glyph .* missing", UserWarning)
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    return out.getvalue()


def _draw(axes: Any, row: int, one: Coverage) -> None:
    """A feed's line: what is proven as a broad bar, holes as full ones, so that short ones can be seen."""
    least = max((one.end - one.start) * 0.004, timedelta(minutes=1))
    for spans, colour, height, z in ((proven(one), _PROVEN, 0.42, 2), (one.holes, _HOLE, 0.62, 3)):
        bars = [(start, max(end - start, least)) for start, end in spans]
        axes.broken_barh(bars, (row - height / 2, height), color=colour, linewidth=0, zorder=z)


def _label(one: Coverage) -> str:
    title = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in one.title)
    title = title if len(title) <= _TITLE else f"{title[: _TITLE - 1]}…"
    return f"{title}  {one.proven:.1%}".replace("$", r"\$")
