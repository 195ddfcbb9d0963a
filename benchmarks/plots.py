"""The plots of docs/scheduling.md, as SVG."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator
from pathlib import Path

from archive.rhythm import week
from benchmarks.visits import KINDS, YEAR, Feed, Year, adaptive, joined, time_of

_BLUE, _ORANGE, _INK, _SOFT, _GROUND = "#1f6fb2", "#c8571b", "#1d2a3f", "#5b6b84", "#f7f9fc"


class _Picture:
    """An SVG with a ground of its own, so that light and dark pages both do; nothing in it needs anything else."""

    def __init__(self, width: int, height: int, title: str, told: str) -> None:
        self._parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" aria-labelledby="t d"\n'
            "     font-family=\"system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif\" font-size=\"13\">",
            f'  <title id="t">{title}</title>\n  <desc id="d">{told}</desc>',
            f'  <rect width="{width}" height="{height}" rx="8" fill="{_GROUND}"/>',
        ]
        self.text(20, 28, title, size=16, weight=600)

    def text(self, x: float, y: float, words: str, *, fill: str = _INK, anchor: str = "start", **more: object) -> None:
        size, weight = more.get("size", 13), more.get("weight", 400)
        self._parts.append(
            f'  <text x="{x:.1f}" y="{y:.1f}" fill="{fill}" text-anchor="{anchor}" font-size="{size}"'
            f' font-weight="{weight}">{words}</text>'
        )

    def line(self, points: list[tuple[float, float]], stroke: str, width: float = 1.0, dash: str = "") -> None:
        dashed = f' stroke-dasharray="{dash}"' if dash else ""
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        self._parts.append(
            f'  <polyline points="{path}" fill="none" stroke="{stroke}" stroke-width="{width}"{dashed}/>'
        )

    def ticks(self, places: list[float], y: float, height: float, stroke: str, width: float = 1.0) -> None:
        path = "".join(f"M{x:.1f} {y:.1f}v{height:.0f}" for x in places)
        self._parts.append(f'  <path d="{path or "M0 0"}" stroke="{stroke}" stroke-width="{width}"/>')

    def dot(self, x: float, y: float, fill: str) -> None:
        self._parts.append(f'  <circle cx="{x:.1f}" cy="{y:.1f}" r="5.5" fill="{fill}"/>')

    def save(self, path: Path) -> Path:
        path.write_text("\n".join([*self._parts, "</svg>"]) + "\n", encoding="utf-8")
        return path


def plots(folder: Path, years: list[Year]) -> Iterator[Path]:
    """Write the plots; gives their files."""
    yield _delays(years).save(folder / "schedule-delay.svg")
    feeds = adaptive(KINDS, 1)
    yield _week_of(feeds).save(folder / "schedule-week.svg")
    yield _learning(feeds).save(folder / "schedule-learning.svg")


def _delays(years: list[Year]) -> _Picture:
    """Mean delays and requests of each kind, both ways."""
    picture = _Picture(
        880,
        90 + 38 * (len(KINDS) + 1),
        "Mean delay of an entry, at equal requests in all",
        "For each kind of feed the mean delay with hourly polling and with polling by rhythm, on a logarithmic scale.",
    )
    left, right, low, high = 200.0, 650.0, 5.0, 1440.0

    def x(minutes: float) -> float:
        return left + (right - left) * math.log(min(max(minutes, low), high) / low) / math.log(high / low)

    bottom = 66 + 38 * (len(KINDS) + 1)
    for minutes, name in ((7.5, "7½ min"), (15, "15 min"), (30, "30 min"), (60, "1 h"), (240, "4 h"), (720, "12 h")):
        picture.line([(x(minutes), 56), (x(minutes), bottom - 12)], "#d5dce6")
        picture.text(x(minutes), bottom + 6, name, fill=_SOFT, anchor="middle", size=12)
    picture.text(690, 50, "requests a year", fill=_SOFT, size=12)
    for number in range(len(KINDS) + 1):
        chosen = slice(number, number + 1) if number < len(KINDS) else slice(None)
        before, after = (
            joined([run for runs in side for run in runs[chosen]])
            for side in ([year.fixed for year in years], [year.together for year in years])
        )
        y = 76 + 38 * number
        name, weight = (KINDS[number].name, 400) if number < len(KINDS) else ("all entries", 600)
        picture.text(20, y + 5, name, weight=weight)
        picture.line([(x(before.mean * 60), y), (x(after.mean * 60), y)], "#b9c3d2", 2.5)
        picture.dot(x(before.mean * 60), y, _ORANGE)
        picture.dot(x(after.mean * 60), y, _BLUE)
        picture.text(690, y + 5, f"{before.requests // len(years):,}", fill=_ORANGE, size=12)
        picture.text(770, y + 5, f"{after.requests // len(years):,}", fill=_BLUE, size=12)
    picture.dot(500, 24, _ORANGE)
    picture.text(512, 28, "every hour")
    picture.dot(620, 24, _BLUE)
    picture.text(632, 28, "by rhythm")
    return picture


def _week_of(feeds: list[Feed], first: float = 40 * 168.0) -> _Picture:
    """A week of some feeds: when entries came, when they were asked, and what rate was expected."""
    chosen = [feeds[number] for number in (0, 2, 3, 4)]
    picture = _Picture(
        880,
        70 + 112 * len(chosen),
        "A week: what was expected, what came, and when was asked",
        "For four feeds the learnt rate over a week as a curve, the entries that came and the visits as ticks.",
    )
    left, right = 175.0, 860.0
    for day, name in enumerate(("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun", "")):
        x = left + (right - left) * day / 7
        picture.line([(x, 44), (x, 48 + 112 * len(chosen))], "#d5dce6")
        picture.text(x + 4, 62 + 112 * len(chosen), name, fill=_SOFT, size=12)
    for number, feed in enumerate(chosen):
        top = 50 + 112 * number
        rates = week(feed.rhythm, time_of(YEAR))
        most = max(rates)
        curve = [(left + (right - left) * hour / 168, top + 52 - 44 * rate / most) for hour, rate in enumerate(rates)]
        picture.line(curve, _SOFT, 1.2)
        for times, y, stroke, width in ((feed.times, top + 58, _ORANGE, 1.6), (feed.visits, top + 76, _BLUE, 0.8)):
            inside = [(one - first) / 168 for one in times if first <= one < first + 168]
            picture.ticks([left + (right - left) * one for one in inside], y, 14, stroke, width)
            picture.text(left - 8, y + 12, str(len(inside)), fill=stroke, anchor="end", size=12)
        picture.text(20, top + 20, feed.kind.name, weight=600)
        for words, y, fill in (("rate", top + 40, _SOFT), ("entries", top + 70, _ORANGE), ("visits", top + 88, _BLUE)):
            picture.text(20, y, words, fill=fill, size=12)
    return picture


def _learning(feeds: list[Feed]) -> _Picture:
    """The mean delay of each fortnight, as the rhythm becomes known."""
    picture = _Picture(
        880,
        330,
        "Mean delay by fortnight, as the rhythms become known",
        "The mean delay of some feeds in each fortnight of the year. Hourly polling has 30 minutes all along.",
    )
    left, right, bottom, top, most = 60.0, 700.0, 290.0, 56.0, 60.0

    def y(minutes: float) -> float:
        return bottom - (bottom - top) * min(minutes, most) / most

    for minutes in (0, 15, 30, 45, 60):
        picture.line([(left, y(minutes)), (right, y(minutes))], "#d5dce6", 1, "" if minutes != 30 else "6 4")
        picture.text(left - 8, y(minutes) + 4, f"{minutes} min", fill=_SOFT, anchor="end", size=12)
    picture.text(right + 10, y(30) + 4, "every hour", fill=_SOFT)
    shades = {0: _BLUE, 1: "#6a3d9a", 2: _ORANGE, 4: "#2b7a4b"}
    for row, (number, shade) in enumerate(shades.items()):
        found = feeds[number].run
        points = []
        for part in range(26):
            inside = [
                delay
                for delay, at in zip(found.delays, found.arrived, strict=True)
                if part <= at / (14 * 24) < part + 1
            ]
            if inside:
                points.append((left + (right - left) * (part + 0.5) / 26, y(statistics.fmean(inside) * 60)))
        picture.line(points, shade, 2)
        picture.text(right + 10, 240 + 18 * row, feeds[number].kind.name, fill=shade)
    for month in range(0, 13, 2):
        picture.text(left + (right - left) * month / 12, bottom + 20, f"month {month}", fill=_SOFT, size=12)
    return picture
