"""Addresses of documents: what a person types, what is asked, and where a redirect leads."""

from __future__ import annotations

import base64
import re
from ipaddress import IPv6Address
from typing import NamedTuple
from urllib.parse import quote, urljoin, urlsplit

from yarl import URL

from archive.fetch.address import is_odd_number
from archive.fetch.errors import FetchError
from config.redact import printable

_BLANKS = " \t\r\n\v\f\u00a0\u200b\u2060\ufeff"
_WRAPPERS = "<>\"'“”‘’«»"
_FEED = re.compile(r"feed:(?://)?", re.IGNORECASE)
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):(?![0-9])", re.IGNORECASE | re.ASCII)
_AUTHORITY_END = re.compile(r"[/?#\\]")
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?", re.ASCII)
_PORTS = {"http": 80, "https": 443}
# RFC 3986: what may stand in an address as it is; "%" is kept, so that what is encoded already stays so.
_URI = re.compile(r"[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]+", re.ASCII)
_PATH_SAFE = "/:@!$&'()*+,;=~%"
_QUERY_SAFE = _PATH_SAFE + "?[]"
_EXAMPLE = "write it like https://example.org/feed"


class Target(NamedTuple):
    """An address to ask: without credentials and fragment, which are not part of what is asked."""

    url: URL
    user: str | None = None
    password: str | None = None

    @property
    def authorization(self) -> str | None:
        """The Authorization field that the credentials make (Basic, RFC 7617)."""
        if self.user is None and self.password is None:
            return None
        pair = f"{self.user or ''}:{self.password or ''}"
        return "Basic " + base64.b64encode(pair.encode()).decode("ascii")

    def with_credentials(self, url: URL) -> str:
        """Another address with this one's credentials."""
        return str(url if self.user is None else url.with_user(self.user).with_password(self.password))


def normalise(text: str) -> str:
    """The address that a person means: https:// where no scheme is given (http:// on this machine), feed: taken off.

    The host comes in lower case and as ASCII (IDNA), a default port and the fragment are dropped, and what may not
    stand in an address is percent-encoded. Raises FetchError ("address"), one line with the remedy.
    """
    typed = text.strip(_BLANKS).strip(_WRAPPERS).strip(_BLANKS)
    if not typed:
        raise _nonsense(text, "is empty")
    if any("\ud800" <= sign <= "\udfff" for sign in typed):
        raise _nonsense(text, "holds half a character")
    scheme, rest = _scheme(text, _FEED.sub("", typed, count=1) if _FEED.match(typed) else typed)
    authority = _AUTHORITY_END.split(rest, maxsplit=1)[0]
    if re.search(r"\s", authority):
        raise _nonsense(text, "has a blank in its host name")
    try:
        parts = urlsplit(f"{scheme or 'https'}://{rest}")
        host, port = _host(parts.hostname or "", "[" in parts.netloc), parts.port
    except ValueError:
        raise _nonsense(text, "has no proper host name") from None
    if scheme is None:
        if "@" in authority:
            raise _nonsense(text, "looks like an e-mail address", "start it with https:// if it is a web address")
        if not (_is_here(host) or "." in host or ":" in host or port):
            raise _nonsense(text, "is no web address")
        scheme = "http" if _is_here(host) else "https"
    user = f"{quote(parts.netloc.rpartition('@')[0], safe=_PATH_SAFE)}@" if "@" in parts.netloc else ""
    where = f"[{host}]" if ":" in host else host
    gate = f":{port}" if port and port != _PORTS[scheme] else ""
    query = f"?{quote(parts.query, safe=_QUERY_SAFE)}" if parts.query else ""
    return f"{scheme}://{user}{where}{gate}{quote(parts.path, safe=_PATH_SAFE) or '/'}{query}"


def target(text: str) -> Target:
    """What to ask for a full http or https address; raises ValueError for any other text.

    An address that is proper as it stands is sent to the letter, for some are signed.
    """
    url = URL(text, encoded=bool(_URI.fullmatch(text)))
    if url.scheme not in _PORTS or not url.raw_host or is_odd_number(url.raw_host):
        raise ValueError("no http or https address")
    return Target(url.with_user(None).with_fragment(None), url.user, url.password)


def redirected(url: URL, location: str) -> URL:
    """Where a Location field leads (RFC 9110 section 10.2.2); credentials in it are dropped. Raises ValueError."""
    return target(urljoin(str(url), location.strip())).url


def keeps_credentials(old: URL, new: URL) -> bool:
    """Whether a redirect stays with the server that the credentials were meant for, or only turns to its https side."""
    if old.raw_host != new.raw_host:
        return False
    upgraded = (old.scheme, old.port, new.scheme, new.port) == ("http", 80, "https", 443)
    return upgraded or (old.scheme, old.port) == (new.scheme, new.port)


def _scheme(text: str, typed: str) -> tuple[str | None, str]:
    """The scheme that was given, if any, and what stands behind the two slashes."""
    if typed.startswith("//"):
        return None, typed[2:]
    if typed.startswith(("/", ".", "~", "\\")):
        raise _nonsense(text, "looks like a file")
    match = _SCHEME.match(typed)
    if not match:
        return None, typed
    scheme, rest = match[1].lower(), typed[match.end() :]
    if scheme not in _PORTS:
        raise _nonsense(text, f"starts with {scheme[:20]}:, which is no web address", "start it with https://")
    if not rest.startswith("//"):
        raise _nonsense(text, f"lacks the two slashes after {scheme}:")
    return scheme, rest[2:]


def _host(name: str, bracketed: bool) -> str:
    """A host as it goes on the wire, IPv6 addresses without their brackets; raises ValueError."""
    if bracketed:
        return IPv6Address(name).compressed
    host = name if name.isascii() else URL(f"http://{name}/").raw_host or ""
    host = host.lower().removesuffix(".")
    labels = host.split(".")
    if is_odd_number(host) or len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise ValueError(host)
    return host


def _is_here(host: str) -> bool:
    return host == "localhost" or host.endswith(".localhost") or host == "::1" or bool(re.match(r"127\.", host))


def _nonsense(text: str, reason: str, remedy: str = _EXAMPLE) -> FetchError:
    return FetchError(printable(text), "address", reason, remedy)
