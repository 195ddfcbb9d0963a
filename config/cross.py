"""Checks what no single type can say: names that must differ, numbers that belong together, folders that exist."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from config.locate import KeyPath
from config.problem import Finding, key_text
from config.redact import printable
from config.settings import Channel, Folder, Http, Schedule, Settings, Site, Source
from config.words import closest

# As far as a slip can be told from an address; what feeds take is a little less (RFC 5322 section 3.4.1).
# What can only be meant as an IP address.
_NUMERIC = re.compile(r"[0-9.]+|.*:.*")
_WORD = re.compile(r"[^\W_]")
_SHORTEST = 16  # characters of a token: 64 bits, if they are hexadecimal digits
_MAIL = re.compile(r"[^\s@<>]+@[^\s@<>]+")

T = TypeVar("T")


def cross_check(settings: Settings, places: Mapping[str, Sequence[int]]) -> list[Finding]:
    """All that is wrong between settings; `places` tells the numbers that the elements of lists have in the file.

    Looks at the disk only to see whether the folders exist.
    """
    sources = _placed("sources", settings.sources, places)
    folders = _placed("folders", settings.folders, places)
    channels = _placed("channels", settings.channels, places)
    return [
        *_site(settings.site),
        *_storage(settings),
        *_schedule(settings.schedule),
        *_http(settings.http),
        *_push(settings),
        *_access(settings),
        *_sources(sources),
        *_folders(folders, settings),
        *_repeated([((*path, "name"), channel.name) for path, channel in channels], "the name"),
        *_feeds(channels, settings),
        *_searches(channels),
        *_links(channels),
        *_drips(channels),
        *_media(channels),
        *_passwords(channels, settings.site),
    ]


def _placed(name: str, elements: Sequence[T], places: Mapping[str, Sequence[int]]) -> list[tuple[KeyPath, T]]:
    numbers = places.get(name, range(len(elements)))
    return [((name, number), element) for number, element in zip(numbers, elements, strict=True)]


def _site(site: Site) -> Iterator[Finding]:
    path = ("site", "base_url")
    if fault := _address_fault(site.base_url):
        yield Finding(path, *fault)
    elif "@" in urlsplit(site.base_url).netloc:
        yield Finding(path, "holds a user name, which every feed would make public", "take out all up to the @")
    elif "?" in site.base_url or "#" in site.base_url:
        yield Finding(path, "goes on after the path, so no address can be built on it", "end it before the ? or #")
    if not site.author:
        reason = "is empty, but an Atom feed wants an author (RFC 4287 section 4.1.1)"
        yield Finding(("site", "author"), reason, "name the person or group that publishes", "warning")
    if site.email and not _MAIL.fullmatch(site.email.strip()):
        reason = f"is no mail address, so feeds will leave it out: {printable(site.email)}"
        yield Finding(("site", "email"), reason, 'write for example email = "ann@example.org"', "warning")


def _storage(settings: Settings) -> Iterator[Finding]:
    public = os.path.realpath(settings.public_path)
    if _lies_in(os.path.realpath(settings.root), public):
        reason = "holds the configuration itself, which would be published with it"
        yield Finding(("storage", "public"), reason, 'name a folder of its own, such as "public"')
    elif _lies_in(os.path.realpath(settings.archive_path), public):
        reason = "lies in the folder storage.public, where everybody could download it"
        yield Finding(("storage", "archive"), reason, 'move it out of there, such as to "backissue.sqlite"')
    mirror = settings.storage.mirror
    if mirror and "://" not in mirror and not Path(mirror).is_absolute():
        reason = f"is no address of a place: {printable(mirror)}"
        yield Finding(("storage", "mirror"), reason, 'write for example "s3://bucket/path" or "file:///srv/www"')


def _schedule(schedule: Schedule) -> Iterator[Finding]:
    pairs = (("minimum", "interval"), ("interval", "maximum"), ("minimum", "maximum"))
    for low, high in pairs:
        least, most = getattr(schedule, low), getattr(schedule, high)
        if least > most:
            # The defaults agree with each other, so one of the two differs from its default: blame what was written.
            blamed = low if least != getattr(Schedule(), low) else high
            reason = f"{low} is {least} minutes, but {high} only {most}"
            yield Finding(("schedule", blamed), reason, "keep to minimum <= interval <= maximum")
            return


def _http(http: Http) -> Iterator[Finding]:
    for number, place in enumerate(http.allow_private):
        try:
            ip_network(place, strict=False)
        except ValueError:
            if "/" in place or _NUMERIC.fullmatch(place):
                reason = f"is no network: {printable(place)}"
                yield Finding(("http", "allow_private", number), reason, 'write for example "10.0.0.0/8"')


def _push(settings: Settings) -> Iterator[Finding]:
    path, own = (("push", "address"), True) if settings.push.address else (("site", "base_url"), False)
    if fault := _address_fault(settings.push_address):
        if own:
            yield Finding(path, *fault)
    elif own and ("?" in settings.push_address or "#" in settings.push_address):
        yield Finding(path, "goes on after the path, so no address can be built on it", "end it before the ? or #")
    elif not settings.push.enabled:
        return
    elif _is_own(settings.push_address) and not settings.http.allow_private_addresses:
        reason = "is an address of this machine or network, which hubs cannot reach"
        yield Finding(path, reason, "give push.address a public one, or set push.enabled = false", "warning")


def _access(settings: Settings) -> Iterator[Finding]:
    token, host = settings.http.token, settings.serve.host
    if token and len(token) < _SHORTEST:
        reason = f"is so short that it could be guessed: it has fewer than {_SHORTEST} characters"
        yield Finding(("http", "token"), reason, "take what 'openssl rand -hex 32' prints", "warning")
    try:
        others = not token and not ip_address(host).is_loopback
    except ValueError:  # a name, which stands for what it stands for when somebody listens there
        return
    if others:
        reason = "is open to other machines, which 'serve' and 'run' refuse as long as there is no token"
        yield Finding(("serve", "host"), reason, "set http.token to a long secret, or listen on 127.0.0.1", "warning")


def _is_own(url: str) -> bool:
    """Whether an address that can be used leads to no place of the public internet, so far as can be told unasked."""
    host = urlsplit(url).hostname or ""
    try:
        return not ip_address(host).is_global
    except ValueError:
        return host == "localhost" or host.endswith((".localhost", ".local", ".internal")) or "." not in host


def _sources(sources: Sequence[tuple[KeyPath, Source]]) -> Iterator[Finding]:
    usable = []
    for path, source in sources:
        if fault := _address_fault(source.url):
            yield Finding((*path, "url"), *fault)
        else:
            usable.append(((*path, "url"), _address_key(source.url)))
    yield from _repeated(usable, "the address")


def _folders(folders: Sequence[tuple[KeyPath, Folder]], settings: Settings) -> Iterator[Finding]:
    public = os.path.realpath(settings.public_path)
    real = [((*path, "path"), os.path.realpath(Path(settings.root, folder.path))) for path, folder in folders]
    for path, folder in real:
        if _lies_in(folder, public):
            reason = "lies in the folder storage.public, so what is published would be taken in again"
            yield Finding(path, reason, "name the folder that the articles are written in")
        elif not _is_folder(folder):
            yield Finding(path, f"there is no folder {printable(folder)}", "make it, or correct the path", "warning")
    yield from _repeated(real, "the folder")


def _feeds(channels: Sequence[tuple[KeyPath, Channel]], settings: Settings) -> Iterator[Finding]:
    """Feeds that a channel asks for by a name or address that nothing in the file has."""
    names = [name for source in settings.sources for name in (source.title, source.url)]
    names = [name for name in (*names, *(folder.source for folder in settings.folders)) if name]
    known = {_filter_key(name) for name in names}
    for path, channel in channels:
        for number, feed in enumerate(channel.feeds):
            if _filter_key(feed) not in known:
                reason = f"names no source or folder of this file: {printable(feed)}"
                meant = closest(feed, names)
                remedy = f"did you mean {printable(meant)}?" if meant else "correct it, or add the source"
                yield Finding((*path, "feeds", number), reason, remedy, "warning")


def _searches(channels: Sequence[tuple[KeyPath, Channel]]) -> Iterator[Finding]:
    for path, channel in channels:
        if channel.search and not _WORD.search(channel.search):
            yield Finding((*path, "search"), "holds no word to look for", "give one or more words, or leave it empty")


def _links(channels: Sequence[tuple[KeyPath, Channel]]) -> Iterator[Finding]:
    for path, channel in channels:
        if channel.link == "page" and not channel.pages:
            yield Finding(
                (*path, "link"), "leads to pages, but the channel has none", "set pages = true, or take it out"
            )
        if channel.image and (fault := _address_fault(channel.image)):
            yield Finding((*path, "image"), *fault)


def _passwords(channels: Sequence[tuple[KeyPath, Channel]], site: Site) -> Iterator[Finding]:
    host = urlsplit(site.base_url).hostname if _address_fault(site.base_url) is None else ""
    for path, channel in channels:
        if channel.password and site.base_url.startswith("http://") and not _is_own(site.base_url) and host:
            reason = "goes over the network in the open, as site.base_url begins with http://"
            yield Finding((*path, "password"), reason, "serve the site by https", "warning")


def _drips(channels: Sequence[tuple[KeyPath, Channel]]) -> Iterator[Finding]:
    for path, channel in channels:
        if channel.drip and channel.kind != "entries":
            yield Finding((*path, "drip"), f"is of a channel of {channel.kind}, which has none", "take it out")
        if channel.drip_starts and not channel.drip:
            yield Finding((*path, "drip_starts"), "names days, but drip is empty", 'write for example drip = "1 day"')
        for number, day in enumerate(channel.drip_starts):
            if not _is_day(day):
                yield Finding((*path, "drip_starts", number), f"is no day: {printable(day)}", "correct it")


def _media(channels: Sequence[tuple[KeyPath, Channel]]) -> Iterator[Finding]:
    for path, channel in channels:
        if channel.media != "no" and channel.kind != "entries":
            yield Finding((*path, "media"), f"is of a channel of {channel.kind}, which shows none", "take it out")


def _is_day(text: str) -> bool:
    try:
        return bool(date.fromisoformat(text))
    except ValueError:
        return False


def _repeated(keys: Iterable[tuple[KeyPath, str]], what: str) -> Iterator[Finding]:
    first: dict[str, KeyPath] = {}
    for path, key in keys:
        if key in first:
            yield Finding(path, f"repeats {what} of {key_text(first[key][:-1])}", "change or remove one of the two")
        first.setdefault(key, path)


def _address_fault(url: str) -> tuple[str, str] | None:
    try:
        parts = urlsplit(url)
        usable = parts.hostname is not None and (parts.port is None or parts.port > 0)
    except ValueError:
        usable = False
    return None if usable else (f"is no usable address: {printable(url)}", "check its host and port")


def _address_key(url: str) -> str:
    """What two spellings of one address have in common: scheme and host in lower case, no default port, a path.

    Only what RFC 3986 section 6.2.2.1 and 6.2.3 call equivalent is made equal.
    """
    parts = urlsplit(url)
    scheme, user, host = parts.scheme.lower(), *_user_and_host(parts.netloc)
    host = host.removesuffix(":").removesuffix({"http": ":80", "https": ":443"}.get(scheme, ":"))
    return parts._replace(scheme=scheme, netloc=user + host, path=parts.path or "/", fragment="").geturl()


def _filter_key(name: str) -> str:
    """Filters compare names without regard to case and spacing."""
    return " ".join(unicodedata.normalize("NFC", name).casefold().split())


def _user_and_host(netloc: str) -> tuple[str, str]:
    user, at, host = netloc.rpartition("@")
    return user + at, host.lower()


def _lies_in(path: str, folder: str) -> bool:
    return Path(path).is_relative_to(folder)


def _is_folder(path: str) -> bool:
    try:
        return Path(path).is_dir()
    except OSError:  # a name too long for the file system
        return False
