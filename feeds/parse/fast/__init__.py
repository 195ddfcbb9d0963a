"""The fast path: well-formed RSS and Atom by one lxml tree, without feedparser.

bytes ─tree.plant→ head, entries ─groups.of→ their children by field ─words (texts), head, entry→ ParsedFeed

It gives what the careful path gives, field for field, or raises Declined before it has given anything: at XML that is
not well-formed, at formats other than RSS 0.90 to 2.0 and Atom 0.3 and 1.0, and at whatever it does not fully
understand. `groups` says which field an element belongs to, `setting` is what holds for a whole head or entry (its base
and its language), and `words` and `xhtml` are feedparser's way with texts.
"""

from __future__ import annotations

from config.settings import Limits
from feeds.model import ParsedFeed
from feeds.parse.fast.entry import read_entry
from feeds.parse.fast.head import language_of, read_head, read_tombstones
from feeds.parse.fast.setting import Setting
from feeds.parse.fast.tree import plant
from feeds.parse.limits import check_count, check_tree
from feeds.parse.values import Problems, tell_charset

_LIMITS = Limits()


def read(body: bytes, url: str, content_type: str | None = None, limits: Limits = _LIMITS) -> ParsedFeed:
    """The feed in a document that came from `url`; raises Declined where the careful path has to read it.

    Raises TooMuch where it breaks a limit.
    """
    document = plant(body, content_type)
    check_count(len(document.entries), limits)
    check_tree(document.root, len(body), limits)
    problems = Problems()
    tell_charset(document.charset, problems)
    if not document.is_clean:
        problems.add("something stands before the XML")
    setting = Setting.of(document, url, language_of(document))
    return ParsedFeed(
        format=document.format,
        feed=read_head(document, setting, problems),
        entries=tuple(
            [read_entry(one, document, setting, problems, number) for number, one in enumerate(document.entries, 1)]
        ),
        tombstones=read_tombstones(document.fields),
        charset=document.charset,
        problems=problems.told(),
        parser="fast",
    )
