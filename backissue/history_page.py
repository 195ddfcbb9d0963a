"""The history of an entry as a page: its versions, the newest first, with what each changed. A pure function."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from html import escape
from itertools import pairwise

from archive.history.diff import Piece, word_diff
from archive.store import EntryRecord, VersionRecord
from backissue.cli.read import bodies
from feeds.write.values import direction, language_tag

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{title}: every version</title>
<style>
:root {{ color-scheme: light dark }}
body {{ margin: 0 auto; padding: 2rem 1.1rem; max-width: 44rem; font: 1.0625rem/1.6 system-ui, sans-serif }}
h1 {{ line-height: 1.25 }}
h2 {{ margin-top: 2.5rem; font-size: 1.15rem }}
.text {{ white-space: pre-wrap; overflow-wrap: anywhere }}
ins {{ background: light-dark(#d3f3d3, #14471d); text-decoration-thickness: 2px }}
del {{ background: light-dark(#fbdcdc, #5c1d1d) }}
.when {{ color: light-dark(#555, #aaa) }}
</style>
</head>
<body>
<h1 lang="{language}" dir="{direction}">{title}</h1>
<p class="when">{count}, from {feed}. Identity: {identity}</p>
{versions}</body>
</html>
"""
_VERSION = """<section>
<h2>Version {number}{current}</h2>
<p class="when">Seen from {first} to {last}</p>
{texts}</section>
"""


def history_page(record: EntryRecord, versions: Sequence[VersionRecord]) -> bytes:
    """An HTML page, UTF-8, that loads nothing from anywhere."""
    language = language_tag(record.entry.language) or "und"
    parts = [_version(after, _changes(before, after), language) for before, after in pairwise(versions)]
    first = _version(versions[0], [("", [Piece("same", bodies(versions[0].entry)[1])])], language)
    page = _PAGE.format(
        title=escape(record.entry.title or "(no title)"),
        language=language,
        direction=direction(record.entry.language),
        count="1 version" if len(versions) == 1 else f"{len(versions)} versions",
        feed=escape(record.feed_title),
        identity=escape(record.public_id),
        versions="".join([*reversed(parts), first]),
    )
    return page.encode("utf-8", "replace")


def _changes(before: VersionRecord, after: VersionRecord) -> list[tuple[str, list[Piece]]]:
    pairs = (
        ("Title", before.entry.title or "", after.entry.title or ""),
        ("", bodies(before.entry)[1], bodies(after.entry)[1]),
    )
    return [(label, word_diff(old, new)) for label, old, new in pairs if old != new]


def _version(version: VersionRecord, texts: Sequence[tuple[str, Sequence[Piece]]], language: str) -> str:
    return _VERSION.format(
        number=version.number,
        current=", the current one" if version.current else "",
        first=_time(version.first_seen),
        last=_time(version.last_seen),
        texts="".join(_text(label, pieces, language) for label, pieces in texts)
        or "<p>Neither title nor text changed.</p>\n",
    )


def _text(label: str, pieces: Sequence[Piece], language: str) -> str:
    tags = {"same": "{}", "added": "<ins>{}</ins>", "removed": "<del>{}</del>"}
    text = "".join(tags[piece.kind].format(escape(piece.text)) for piece in pieces)
    heading = f"<strong>{label}:</strong> " if label else ""
    return f'<p class="text" lang="{language}" dir="{direction(language)}">{heading}{text}</p>\n'


def _time(time: datetime) -> str:
    return f'<time datetime="{time:%Y-%m-%dT%H:%M:%SZ}">{time:%Y-%m-%d %H:%M} UTC</time>'
