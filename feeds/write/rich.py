"""What extensions of feeds say of an entry, made fit to be passed on: podcasts, places, licences, credits. Pure.

The archive keeps these elements as lines of text by their names (`feeds.parse.extras`), and whole where they are more
than that (`feeds.parse.extensions`). What is passed on is known by name, has what its definition asks for, and leads to
addresses that are absolute and safe to follow.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

from feeds.html import excerpt
from feeds.model import Entry, Extension
from feeds.write.podcast import ATTRIBUTE, LINE, joined, of_episode
from feeds.write.values import address, media_type, plain

_ITUNES = {
    one.lower(): one
    for one in ("itunes:subtitle", "itunes:summary", "itunes:episode", "itunes:season", "itunes:episodeType",
                "itunes:explicit", "itunes:block")
}  # fmt: skip
_EPISODES = frozenset({"full", "trailer", "bonus"})
_EXPLICIT = dict.fromkeys(("yes", "explicit", "true"), "true") | dict.fromkeys(("no", "clean", "false"), "false")
_POSITIVE = re.compile(r"0*[1-9][0-9]*")
_MEDIA = ("media:copyright", "media:credit", "media:keywords")
_MANY = 100_000
_GEO = {
    "point": (2, 2),
    "line": (4, _MANY),
    "polygon": (8, _MANY),
    "box": (4, 4),
}  # numbers
_NUMBER = re.compile(r"[+-]?[0-9]{1,4}(?:\.[0-9]{1,12})?")


class Answer(Struct, frozen=True):
    """Where what is answered lies, by its id: its address, media type, and its feed."""

    ref: str
    href: str | None
    type: str | None
    source: str | None


class Rich(Struct, frozen=True):
    """What extensions say of an entry: names with their prefixes, and texts on one line; `places` are those of GeoRSS.

    `podcast` is of the Podcast namespace and of Podlove's chapters, `itunes` is Apple's, for podcasts alone.
    """

    answers: tuple[Answer, ...] = ()

    podcast: tuple[Extension, ...] = ()
    itunes: tuple[tuple[str, str], ...] = ()
    media: tuple[tuple[str, str], ...] = ()
    places: tuple[tuple[str, str], ...] = ()
    licenses: tuple[str, ...] = ()


NOTHING = Rich()


def rich(entry: Entry, base: str) -> Rich:
    """What an entry's extensions say. `base` is what relative addresses start from."""
    extra = entry.extra
    if not extra and not entry.extensions and not entry.links:
        return NOTHING
    licenses = tuple(_licenses(entry, base))
    if not extra and not entry.extensions:
        return Rich(licenses=licenses) if licenses else NOTHING
    return Rich(
        answers=tuple(_answers(entry, base)),
        podcast=of_episode(extra, entry.extensions, base),
        itunes=(
            *(
                ("itunes:title", text)
                for one in entry.extensions
                if one.name == "itunes:title" and (text := plain(one.text))
            ),
            *((name, text) for key, name in _ITUNES.items() if (text := _itunes(name, extra.get(key)))),
        ),
        media=tuple(dict.fromkeys((name, text) for name in _MEDIA for text in _credits(entry, name))),
        places=tuple(_places(extra)),
        licenses=licenses,
    )


def _itunes(name: str, text: str | None) -> str:
    """What an element says, as Apple asks for it; nothing where it says something else."""
    text = plain((text or "").partition("\n")[0])
    match name:
        case "itunes:episode" | "itunes:season":
            return text if _POSITIVE.fullmatch(text) else ""
        case "itunes:episodeType":
            return text.lower() if text.lower() in _EPISODES else ""
        case "itunes:explicit":
            return _EXPLICIT.get(text.lower(), "")
        case "itunes:block":
            return "Yes" if text.lower() == "yes" else ""
    return excerpt(text, 255 if name == "itunes:subtitle" else 4000)


def _credits(entry: Entry, name: str) -> Iterator[str]:
    """Those beside what an entry shows, and those inside of it."""
    yield from _lines(entry.extra, name)
    yield from (text for one in entry.extensions if one.name == name and (text := plain(one.text)))


def _answers(entry: Entry, base: str) -> Iterator[Answer]:
    """What is said of what an entry answers beside its id (RFC 4685 section 3)."""
    for one in entry.extensions:
        given = dict(one.attributes)
        if one.name == "thr:in-reply-to" and (ref := given.get("ref", "").strip()):
            href, source = (address(joined(base, given.get(name, ""))) for name in ("href", "source"))
            kind = media_type(given["type"]) if "type" in given and href else None
            yield Answer(ref, href if "href" in given else None, kind, source if "source" in given else None)


def _lines(extra: Mapping[str, str], name: str) -> Iterable[str]:
    """The texts under a name; attributes alone are none."""
    lines = (plain(line) for line in extra.get(name, "").split("\n"))
    return dict.fromkeys(line for line in lines if line and not LINE.fullmatch(line))


def _places(extra: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Points, lines and areas as GeoRSS Simple has them (http://docs.opengeospatial.org/cs/17-002r1/17-002r1.html)."""
    said = [(shape, line) for shape in _GEO for line in extra.get(f"georss:{shape}", "").split("\n")]
    said.append(("point", extra.get("georss:where", "")))
    said.append(("point", f"{extra.get('geo:lat', '')} {extra.get('geo:long', '')}"))
    said.append(("point", extra.get("geo:point", "")))
    found: dict[tuple[str, str], None] = {}
    for shape, text in said:
        numbers = text.replace(",", " ").split()
        least, most = _GEO[shape]
        whole = least <= len(numbers) <= most and len(numbers) % 2 == 0 and all(map(_NUMBER.fullmatch, numbers))
        if whole and all(abs(float(one)) <= (180 if place % 2 else 90) for place, one in enumerate(numbers)):
            found[shape, " ".join(numbers)] = None
    yield from found


def _licenses(entry: Entry, base: str) -> Iterable[str]:
    """The addresses of the licences that an entry is under, each once (RFC 4946, Creative Commons' module)."""
    said = [one.href for one in entry.links if one.rel == "license"]
    for name in ("creativecommons:license", "cc:license"):
        for line in entry.extra.get(name, "").split("\n"):
            attribute = ATTRIBUTE.fullmatch(line)
            said.append(attribute[2] if attribute else line)
    found = (address(joined(base, one)) for one in said if one)
    return dict.fromkeys(one for one in found if one and one.startswith(("http://", "https://")))
