"""The published files over HTTP: what a good static server gives, for files that are replaced while they are read.

A plain ASGI callable, not a router: every address is a file, and nine of ten requests end in a 304 or in bytes that lie
ready. It can be mounted beside the routes of a Starlette application.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.types import Receive, Scope, Send

from backissue.web.conditional import entity_tags, evaluate, range_applies
from backissue.web.files import File, Files
from backissue.web.former import Delta, Former, wanted
from backissue.web.media import Media, for_people, is_xml_feed
from backissue.web.negotiate import coding
from backissue.web.notes import note
from backissue.web.paths import relative
from backissue.web.private import HEADERS, Guard
from backissue.web.ranges import Slice, requested
from backissue.web.ready import Ready
from backissue.web.reply import Headers, Reply, deliver, http_date
from config.errors import reason_of
from config.settings import Schedule

_FIELDS = {
    name.encode(): name
    for name in (
        "a-im",
        "accept",
        "accept-encoding",
        "authorization",
        "if-match",
        "if-modified-since",
        "if-none-match",
        "if-range",
        "if-unmodified-since",
        "range",
    )
}
_FOREVER = b"public, max-age=31536000, immutable"
# A published page needs no script: whatever slipped through the cleaning of an entry is not run (CSP level 3). What
# pages say of themselves (`feeds.write.elsewhere`) is stricter where pictures of others are not to be shown.
_POLICY = b"default-src 'none'; img-src *; media-src *; style-src 'self'; base-uri 'none'; form-action 'none'"
_NOTE_POLICY = b"default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
# What a stranger made runs nothing, loads nothing and is no part of this site, whoever opens it.
_INERT = [(b"content-security-policy", b"default-src 'none'; style-src 'unsafe-inline'; sandbox")]
_SHOWN = ("image/", "audio/", "video/")
_RETRY = b"30"  # seconds, for those who come before anything is published

_log = logging.getLogger(__name__)


def app(
    public: Path,
    *,
    max_age: int = 900,
    memory: int = 64_000_000,
    links: Callable[[str], bytes] | None = None,
    guard: Guard | None = None,
    now: Callable[[], float] = time.time,
) -> Site:
    """The ASGI application that serves the published folder, which need not exist yet.

    `max_age` is for how many seconds a live document counts as fresh, `memory` how many bytes of files are kept at
    hand, `links` gives the Link field of a document by its path, b"" for one without a past
    (`backissue.web.memento`), `guard` knows private channels, `now` is the clock in seconds since 1970. Every answer
    has its own Date, so the server should add none.
    """
    return Site(Files(public, memory), max_age, links, guard or Guard(), now)


def freshness(schedule: Schedule) -> int:
    """For how many seconds a live document is fresh under that schedule: a quarter of its interval.

    Readers that go by it (RFC 9111 section 4.2) wait that long before asking again; a minute at least, an hour at most.
    """
    return schedule.fresh


class Site:
    """The application. `at_once` answers what lies ready, for a server that asks it first (`backissue.web.server`)."""

    def __init__(
        self,
        files: Files,
        max_age: int,
        links: Callable[[str], bytes] | None,
        guard: Guard,
        now: Callable[[], float],
    ) -> None:
        self._files = files
        self._guard = guard
        self._links = links
        self._former = Former()
        self.at_once = Ready(files, now)
        # RFC 5861: who holds a copy that is a little too old may show it while asking again, or while we are down.
        self._live = b"public, max-age=%d, stale-while-revalidate=%d, stale-if-error=86400" % (max_age, max_age)
        self._now = now

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request (ASGI 3)."""
        if scope["type"] != "http":
            raise NotImplementedError(f"Backissue speaks HTTP, not {scope['type']}")
        at, fields = int(self._now()), _fields(scope)
        try:
            reply = await self._document(scope, fields, at)
        except HTTPException as refusal:
            reply = self._refusal(refusal, scope, fields)
        except OSError as error:
            reason = reason_of(error)
            _log.error("%s: cannot be read (%s); give this user access", error.filename or scope["path"], reason)
            reply = self._refusal(HTTPException(500), scope, fields)
        await deliver(reply, at, receive, send)

    async def _document(self, scope: Scope, fields: Mapping[str, str], at: int) -> Reply:
        """The answer where there is a document. Raises HTTPException if there is none, OSError if none can be read."""
        method = scope["method"]
        if method not in ("GET", "HEAD"):
            raise HTTPException(405, headers={"Allow": "GET, HEAD"})
        private = self._guard.of(relative(_target(scope)))
        if private and not private.admits(fields.get("authorization")):
            raise HTTPException(401, headers={"WWW-Authenticate": private.challenge})
        file = await self._file(scope)
        chosen = coding(fields.get("accept-encoding"), file.codings)
        if chosen is None:
            raise HTTPException(406, headers={"Vary": "Accept-Encoding"})
        if file.media.live:
            await self._former.learn(file)
        if file.standing == "withdrawn" and file.body is not None:
            return await self._withdrawn(file, chosen, method, HEADERS if private else [])
        etag, modified = file.etag(chosen), min(file.modified, at)  # never later than Date: RFC 9110 section 8.8.2.1
        shown = for_people(file.media, fields.get("accept"))
        if shown:  # another representation, so that no cache takes one for the other
            etag = f'{etag[:-1]}-xml"'
        headers = guiding = self._guiding(file, etag, private=private is not None)
        outcome = evaluate(fields, etag, modified, at)
        if outcome == 304:
            return Reply(304, headers)
        if outcome == 412:
            raise HTTPException(412)
        headers = guiding + _describing(shown or file.media, modified if modified < at else None)
        if "a-im" in fields and "range" not in fields and (delta := await self._delta(file, fields, chosen)):
            headers = self._of_delta(headers, delta, chosen)
            return Reply(226, headers, delta.body if method == "GET" else b"")
        if chosen != "identity":
            body = await self._files.encoded(file, chosen)
            headers += [(b"content-encoding", chosen.encode()), _length(len(body))]
            if modified < at and not shown:
                self._learn(scope, file, chosen, guiding, headers)
            return Reply(200, headers, body if method == "GET" else b"")
        status, part = 200, Slice(0, file.size)
        # Range means something to GET alone (RFC 9110 section 14.2).
        if "range" in fields and method == "GET" and range_applies(fields, etag, modified, at):
            status, part = _ranged(fields["range"], file.size)
        headers += _placing(status, part, file.size)
        if status == 200 and modified < at and file.body is not None and not shown:
            self._learn(scope, file, chosen, guiding, headers)
        if method == "HEAD":
            return Reply(status, headers)
        if file.body is not None:
            return Reply(status, headers, file.body[part.start : part.stop])
        handle = await self._files.open(file)
        if handle is None:  # replaced in this instant: begin again with the new one
            return await self._document(scope, fields, at)
        return Reply(status, headers, handle=handle, part=part)

    async def _withdrawn(self, file: File, chosen: str, method: str, beside: Headers) -> Reply:
        """The page of an entry that was taken back, which says so: conditions and ranges are of no account here."""
        body = await self._files.encoded(file, chosen)
        headers = [(b"cache-control", self._live), (b"vary", b"Accept-Encoding"), *_describing(file.media, None)]
        if chosen != "identity":
            headers.append((b"content-encoding", chosen.encode()))
        return Reply(410, [*headers, *beside, _length(len(body))], body if method == "GET" else b"")

    async def _delta(self, file: File, fields: Mapping[str, str], chosen: str) -> Delta | None:
        """What a subscriber lacks, if it is one that can make use of it."""
        if not file.media.live or "if-none-match" not in fields or not wanted(fields["a-im"]):
            return None
        return await self._former.delta(file, [tag for _, tag in entity_tags(fields["if-none-match"])], chosen)

    def _of_delta(self, headers: Headers, delta: Delta, chosen: str) -> Headers:
        """The headers of a 226: its entity tag is that of the whole document, which the subscriber has now.

        Caches that know nothing of it must not keep it; those that do know that `im` takes no-store back (RFC 3229
        section 10.8.1).
        """
        headers = [(name, value) for name, value in headers if name != b"cache-control"]
        headers += [(b"cache-control", b"no-store, im, " + self._live), (b"im", b"feed")]
        headers.append((b"delta-base", f'"{delta.base}"'.encode("latin-1")))
        if chosen != "identity":
            headers.append((b"content-encoding", chosen.encode()))
        return [*headers, _length(len(delta.body))]

    def _learn(self, scope: Scope, file: File, chosen: str, unchanged: Headers, full: Headers) -> None:
        if not scope["query_string"] and not self._guard.of(file.path):  # the server does not ask who is there
            self.at_once.learn(_target(scope), file, chosen, unchanged, full)

    async def _file(self, scope: Scope) -> File:
        """The file that is asked for; of a folder, its index. Raises HTTPException and OSError."""
        path = relative(_target(scope))
        file = await self._files.file(f"{path}index.html" if path[-1:] in ("", "/") else path)
        if file == "folder" and isinstance(self._files.look(f"{path}/index.html"), tuple):
            # Relative, so that it also holds behind a proxy that puts this site below a path of its own.
            query = "?" + scope["query_string"].decode("latin-1") if scope["query_string"] else ""
            raise HTTPException(301, headers={"Location": f"./{quote(path.rpartition('/')[2])}/{query}"})
        if not isinstance(file, File):
            raise HTTPException(404)
        return file

    def _guiding(self, file: File, etag: str, *, private: bool) -> Headers:
        """The fields that a 304 has as well as a 200, for caches to go by (RFC 9110 section 15.4.5)."""
        past = self._links(file.path) if self._links and (file.media.live or file.media.entry) else b""
        caching = _FOREVER if file.standing == "closed" or file.media.copy else self._live
        headers = [
            (b"etag", etag.encode()),
            (b"cache-control", caching.replace(b"public", b"private") if private else caching),
            (b"vary", _varying(file.media, remembered=bool(past))),
        ]
        if past:
            headers.append((b"link", past))
        if private:
            headers += HEADERS
        elif file.media.feed:
            # On a 304, too: browsers check it on every answer that comes over the network (Fetch, "CORS check").
            headers.append((b"access-control-allow-origin", b"*"))
        return headers

    def _refusal(self, refusal: HTTPException, scope: Scope, fields: Mapping[str, str]) -> Reply:
        """The answer where there is no document: a redirect, or a short page for people."""
        status = refusal.status_code
        extra = [(name.lower().encode(), value.encode("latin-1")) for name, value in (refusal.headers or {}).items()]
        if status == 404 and not self._published():
            # Unlike a 404, this tells readers to keep the feed and caches to keep nothing.
            status, extra = 503, [(b"retry-after", _RETRY)]
        html = "text/html" in fields.get("accept", "").lower()
        # Browsers take a backslash for a slash (WHATWG URL Standard, "path state").
        depth = _target(scope).replace(b"\\", b"/").count(b"/") - 1
        type, body = note(status, html=html, home="../" * depth or "./")
        vary = ["Accept", *(value.decode() for name, value in extra if name == b"vary")]
        headers = [
            (b"content-type", type.encode()),
            _length(len(body)),
            (b"cache-control", b"no-store" if status >= 400 else b"public, max-age=3600"),
            (b"content-security-policy", _NOTE_POLICY),
            (b"vary", ", ".join(vary).encode()),
            (b"x-content-type-options", b"nosniff"),
            *(field for field in extra if field[0] != b"vary"),
        ]
        return Reply(status, headers, body if scope["method"] != "HEAD" else b"")

    def _published(self) -> bool:
        try:
            return self._files.look("index.html") is not None
        except OSError:
            return True


def _fields(scope: Scope) -> dict[str, str]:
    """The header fields that matter here; several of one name are joined (RFC 9110 section 5.3)."""
    found: dict[str, str] = {}
    for raw, value in scope["headers"]:
        name = _FIELDS.get(raw)
        if name:
            text = value.decode("latin-1")
            found[name] = f"{found[name]}, {text}" if name in found else text
    return found


def _target(scope: Scope) -> bytes:
    """The path as it was sent, below the place where this application is mounted."""
    raw: bytes = scope.get("raw_path") or quote(scope["path"]).encode()
    return raw.removeprefix(quote(scope.get("root_path", "")).encode())


def _varying(media: Media, *, remembered: bool) -> bytes:
    """The fields that an answer depends on."""
    fields = [b"Accept-Encoding"]
    fields += [b"A-IM"] if media.live else []
    fields += [b"Accept"] if is_xml_feed(media) else []
    fields += [b"Accept-Datetime"] if remembered else []
    return b", ".join(fields)


def _describing(media: Media, modified: int | None) -> Headers:
    """What a document is, in whatever coding it comes.

    `modified` is None in the second of the change itself: a further change could come within it, and readers built
    on libcurl throw away what is no newer than what they have, whatever its entity tag (RFC 9110 section 8.8.2.2).
    """
    headers = [(b"content-type", media.type.encode()), (b"x-content-type-options", b"nosniff")]
    if modified is not None:
        headers.append((b"last-modified", http_date(modified)))
    if media.copy:
        headers += _INERT
        # What a browser would open as a document of this site is saved instead; an <img> shows it all the same.
        if not media.type.startswith(_SHOWN) or "svg" in media.type:
            headers.append((b"content-disposition", b"attachment"))
    elif media.page:
        headers.append((b"content-security-policy", _POLICY))
    return headers


def _ranged(value: str, size: int) -> tuple[int, Slice]:
    """The status and the part for a Range field. Raises HTTPException 416."""
    wanted = requested(value, size)
    if wanted == "none":
        raise HTTPException(416, headers={"Content-Range": f"bytes */{size}"})
    return (200, Slice(0, size)) if wanted == "all" else (206, wanted)


def _placing(status: int, part: Slice, size: int) -> Headers:
    """How long the body is, and where in the file it stands."""
    headers = [_length(part.stop - part.start), (b"accept-ranges", b"bytes")]
    if status == 206:
        headers.append((b"content-range", b"bytes %d-%d/%d" % (part.start, part.stop - 1, size)))
    return headers


def _length(size: int) -> tuple[bytes, bytes]:
    return b"content-length", b"%d" % size
