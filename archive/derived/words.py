"""What is said of a correction and of a deletion: entries as they are published. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from archive.history import plain_link
from archive.history.diff import Piece, word_diff
from archive.store.values import Deletion
from feeds.channel import Item
from feeds.html import escape, one_line, to_text
from feeds.model import Entry, Link, Text
from feeds.write.markup import day, time

_TAGS = {"same": "{}", "added": "<ins>{}</ins>", "removed": "<del>{}</del>"}
_LEFT_OUT = "<p>[…]</p>"


def is_corrected(before: Entry, after: Entry) -> bool:
    """Whether an edit changed what a reader reads: title, texts, authors, link or files; not dates and tags."""
    return any(True for _ in _changes(before, after))


def correction(before: Item, after: Item, page: str | None) -> Entry:
    """The entry that tells of an edit: what went is in <del>, what came in <ins>, unchanged paragraphs are left out."""
    changed = list(_changes(before.entry, after.entry))
    title = one_line(after.entry.title or after.feed_title)
    names = " and ".join(filter(None, (", ".join(name for name, _, _ in changed[:-1]), changed[-1][0])))
    said = f"{names[:1].upper()}{names[1:]} changed on {{}}."
    parts = [f'<p lang="en">{escape(said).format(time(after.changed))}{_now(page)}</p>']
    for name, old, new in changed:
        parts.append(f'<h2 lang="en">{name[:1].upper()}{name[1:]}</h2>')
        parts.append(marked(word_diff(f"{old}\n", f"{new}\n")))  # the last line ends as the others do
    return Entry(
        link=after.entry.link,
        title=f"Corrected: {title}",
        summary=Text(said.format(day(after.changed.date())), "text"),
        content=Text("\n".join(parts)),
        authors=after.entry.authors,
        published=after.changed,
        updated=after.changed,
        links=_related(page),
        language=after.language,
        source=after.entry.source,
        in_reply_to=(after.id,),
    )


def deletion(one: Deletion, page: str | None, *, hidden: bool) -> Entry:
    """The entry that tells of a deletion. What was withdrawn here is not named, and nothing is said of what it said."""
    own, day_of = one.reason == "withdrawn", time(one.at)
    title = one_line(one.item.entry.title or "")
    if own:
        said = f"An entry was withdrawn by its publisher on {day_of}."
    elif hidden:
        said = f"An entry was deleted by its publisher on {day_of}."
    elif one.reason == "tombstone":
        said = f"{escape(one.item.feed_title)} deleted this entry on {day_of}.{_now(page)}"
    else:
        said = f"This entry is no longer in {escape(one.item.feed_title)}, which shows all it has.{_now(page)}"
    parts = [f'<p lang="en">{said}</p>']
    if one.comment and (own or not hidden):
        parts.append(f"<p>{escape(one.comment)}</p>")
    name = "Withdrawn" if own else "Deleted"
    return Entry(
        link=None if hidden or own else one.item.entry.link,
        title=f"{name}: {title}" if title and not hidden and not own else f"{name}: an entry of {day(one.item.date)}",
        content=Text("\n".join(parts)),
        published=one.seen,
        updated=one.seen,
        links=() if hidden or own else _related(page),
        language="en" if hidden or own else one.item.language,
        source=one.item.entry.source,
        in_reply_to=(one.item.id,),
    )


def marked(pieces: Iterable[Piece]) -> str:
    """Differences as HTML: the paragraphs that changed, with what was inserted and deleted marked."""
    found = []
    for changed, paragraphs in groupby(_paragraphs(pieces), key=_is_changed):
        found += [_paragraph(one) for one in paragraphs] if changed else [_LEFT_OUT]
    return "\n".join(found)


def _changes(before: Entry, after: Entry) -> Iterator[tuple[str, str, str]]:
    """What a reader sees another of, as plain text before and after."""
    texts = [
        ("title", one_line(before.title or ""), one_line(after.title or "")),
        ("text", _plain(before.content or before.summary), _plain(after.content or after.summary)),
    ]
    if before.content and after.content and before.summary and after.summary:
        texts.append(("summary", _plain(before.summary), _plain(after.summary)))
    texts += [
        ("authors", _names(before), _names(after)),
        ("link", plain_link(before.link or ""), plain_link(after.link or "")),
        ("files", _files(before), _files(after)),
    ]
    return ((name, old, new) for name, old, new in texts if _bare(old) != _bare(new))


def _bare(text: str) -> str:
    """Without what no reader sees: how white space is written."""
    return " ".join(text.split())


def _plain(text: Text | None) -> str:
    if text is None:
        return ""
    return to_text(text.value) if text.kind == "html" else text.value


def _names(entry: Entry) -> str:
    return ", ".join(one_line(one.name or one.email or "") for one in entry.authors)


def _files(entry: Entry) -> str:
    return "\n".join(one.url for one in entry.enclosures)


def _paragraphs(pieces: Iterable[Piece]) -> Iterator[list[Piece]]:
    """The pieces, cut where lines end; what was put in the place of the end of another line stands beside it."""
    under_way: list[Piece] = []
    ended = False
    for piece in pieces:
        if ended and piece.kind != "added" and under_way:
            yield under_way
            under_way = []
        *lines, rest = piece.text.split("\n")
        ended = piece.kind == "removed" and bool(lines) and not rest
        lines = lines[:-1] if ended and lines[-1:] == [""] else lines
        held = [lines.pop()] if ended and lines else [rest]
        for line in lines:
            under_way += [Piece(piece.kind, line)] if line else []
            yield from [under_way] if under_way else []
            under_way = []
        under_way += [Piece(piece.kind, line) for line in held if line]
    yield from [under_way] if under_way else []


def _is_changed(paragraph: Sequence[Piece]) -> bool:
    return any(piece.kind != "same" and piece.text.strip() for piece in paragraph)


def _paragraph(pieces: Iterable[Piece]) -> str:
    inner = "".join(_TAGS[piece.kind].format(escape(piece.text)) for piece in pieces)
    return f"<p>{inner}</p>"


def _now(page: str | None) -> str:
    return f' <a href="{escape(page)}">The entry as it is kept here</a>.' if page else ""


def _related(page: str | None) -> tuple[Link, ...]:
    return (Link(page, "related", "text/html", title="The entry"),) if page else ()
