"""The outline of an article's HTML: headings on levels 2 to 6, each with an anchor, and the list of them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator

from archive.ingest.cues import ends_sentence
from feeds.html import excerpt, to_text
from feeds.model import Section

_LONGEST_ANCHOR = 80
_LEAD = 60
_ABBREVIATED = re.compile(r"\w|[^\W\d_a-z]\w|\d{1,3}")
_HEADING = re.compile(r"<h([1-6])(?P<attributes>[^>]*)>(?P<inner>.*?)</h\1>", re.DOTALL)
_TO_ANCHOR = re.compile(r'href="#([^"]*)"')
_ID = re.compile(r'\sid="([^"]*)"')
_PARAGRAPH = re.compile(r"<p(?:\s[^>]*)?>(.*?)</p>", re.DOTALL)


def outline(html: str) -> tuple[str, tuple[Section, ...]]:
    """The HTML with an anchor on every heading, and its sections in order.

    `html` has passed `feeds.clean`, so tags are closed and attributes quoted. Headings keep their order
    of rank; the highest becomes <h2>, for <h1> is the title. Links to an anchor that a heading had before lead to its
    new one. Headings without text are no sections and lose their tags.
    """
    ranks = sorted({int(match[1]) for match in _HEADING.finditer(html) if to_text(match["inner"])})
    level = {rank: min(2 + place, 6) for place, rank in enumerate(ranks)}
    names = anchors(to_text(match["inner"]) for match in _HEADING.finditer(html))
    sections: list[Section] = []
    moved: dict[str, str] = {}

    def anchored(match: re.Match[str]) -> str:
        anchor, heading = next(names), _folded(match["inner"])
        if not heading:
            return match["inner"]
        if former := _ID.search(match["attributes"]):
            moved.setdefault(former[1], anchor)
        rank = level[int(match[1])]
        sections.append(Section(heading, anchor, rank))
        attributes = _ID.sub("", match["attributes"])
        return f'<h{rank} id="{anchor}"{attributes}>{match["inner"]}</h{rank}>'

    html = _HEADING.sub(anchored, html)
    if moved:
        html = _TO_ANCHOR.sub(lambda match: f'href="#{moved.get(match[1], match[1])}"', html)
    return html, tuple(sections)


def anchors(headings: Iterable[str]) -> Iterator[str]:
    """An anchor for each heading, in order: its slug, with "-2", "-3" ... where the slug was given before."""
    given: set[str] = set()
    last: dict[str, int] = {}
    for heading in headings:
        name = base = slug(heading)
        count = last.get(base, 1)
        while name in given:
            count += 1
            name = f"{base}-{count}"
        last[base] = count
        given.add(name)
        yield name


def slug(text: str) -> str:
    """A heading as an anchor: letters, marks and digits of all scripts, in small letters, with hyphens between words.

    >>> slug("L’été à Paris : 3 idées !")
    'l-été-à-paris-3-idées'
    """
    kept = "".join(
        char if unicodedata.category(char)[0] in "LMN" else " " for char in unicodedata.normalize("NFC", text.lower())
    )
    words = "-".join(kept.split())
    if len(words) > _LONGEST_ANCHOR:
        words = words[:_LONGEST_ANCHOR].rpartition("-")[0] or words[:_LONGEST_ANCHOR]
    return words or "section"


def without_title(html: str, title: str, *, page: bool = False) -> tuple[str, str | None]:
    """The HTML without its first heading, if that is the title again; and the heading, if it is another.

    The only <h1> of a web page, with no text before it, is the page's headline, even where metadata word it otherwise.
    """
    match = _HEADING.search(html)
    heading = _folded(match["inner"]) if match else ""
    if not match or not heading:
        return html, None
    same = alike(heading, title)
    headline = page and match[1] == "1" and html.count("<h1") == 1 and not to_text(html[: match.start()])
    if not same and not headline:
        return html, None
    return html[: match.start()] + html[match.end() :], None if same else heading


def first_heading(html: str) -> str | None:
    """The text of the first <h1>, if there is only one; else of a heading that everything else follows."""
    tops = [match for match in _HEADING.finditer(html) if match[1] == "1"]
    first = _HEADING.search(html)
    if len(tops) == 1:
        return _folded(tops[0]["inner"]) or None
    if first and not to_text(html[: first.start()]):
        return _folded(first["inner"]) or None
    return None


def lead(html: str) -> str | None:
    """The first paragraph as plain text, if there is more to the article; captions and other scraps are passed over.

    Where nothing is marked as a paragraph, the blocks of the text are taken for paragraphs.
    """
    found = [
        (text, match.end())
        for match in _PARAGRAPH.finditer(html)
        if "<br" not in match[1] and (text := _folded(match[1]))
    ]
    if not found and "<p" not in html:
        blocks = [block for block in to_text(_HEADING.sub("", html)).split("\n\n") if "\n" not in block]
        found = [(block, len(html) - (len(blocks) > 1)) for block in blocks]
    for text, end in found:
        if (len(text) >= _LEAD or ends_sentence(text)) and any(map(str.isalpha, text)):
            return text if end < len(html) or len(found) > 1 else None
    return None


def first_sentence(text: str, limit: int = 100) -> str:
    """The first sentence of a plain text without its full stop, cut after a word at `limit` characters."""
    line = excerpt(text, 4 * limit)
    for match in re.finditer(r"[.!?…。！？؟۔।]+[\"'”’»)\]」』]*(?=\s|$)|[。！？]", line):
        before = line[: match.start()].rpartition(" ")[2]
        # "M. Martin", "J. K.", "z. B." and "3." end no sentence.
        if match[0][0] == "." and _ABBREVIATED.fullmatch(before.strip("(«\"'“„")):
            continue
        sentence = line[: match.end()]
        return excerpt(sentence.removesuffix(".").removesuffix("。") or sentence, limit)
    return excerpt(line, limit)


def alike(one: str, other: str) -> bool:
    """Whether two texts differ in nothing but case, blanks and punctuation."""
    return slug(one) == slug(other) and slug(one) != "section"


def _folded(html: str) -> str:
    return " ".join(to_text(html).split("\n")).strip()
