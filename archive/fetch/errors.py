"""Why an address gave no document, in plain words."""

from __future__ import annotations

import errno
import socket
import ssl
from datetime import datetime
from typing import Literal, NamedTuple

import aiohttp
from aiohttp.http_exceptions import HttpProcessingError

from archive.fetch.address import PrivateAddressError
from archive.fetch.decode import TooLargeError, UndecodableError
from archive.fetch.headers import HeadTooLargeError
from config.errors import BackissueError
from config.redact import masked

Kind = Literal[
    "dns",
    "refused",
    "timeout",
    "tls",
    "too-large",
    "redirects",
    "address",
    "protocol",
    "decode",
    "robots",
    "resting",
    "down",
]

# What goes wrong while asking: all of it becomes a FetchError. ValueError is how URL and host names complain.
FAILURES = (
    aiohttp.ClientError,
    HttpProcessingError,
    OSError,
    ValueError,
    TooLargeError,
    HeadTooLargeError,
    UndecodableError,
)
_LONGEST = 200
_UNREACHABLE = {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EADDRNOTAVAIL, errno.ENETDOWN, errno.EHOSTDOWN}
_LATER = "try again later"
# How aiohttp says that a head is too large.
_MORE = ("Got more than", "Too many headers")


class FetchError(BackissueError):
    """An address gave no document. `kind` says why in one word; the message never holds a password.

    `until` is given where it was not asked at all, as its host wants no visit before then (aware UTC).
    """

    def __init__(
        self, url: str, kind: Kind, reason: str, remedy: str | None = None, *, until: datetime | None = None
    ) -> None:
        super().__init__(shown(url), reason, remedy)
        self.kind = kind
        self.until = until


class Limits(NamedTuple):
    """What an answer is held to: seconds for all, to connect, between two pieces; bytes; redirects; the head's size."""

    total: float
    connect: float
    silence: float
    size: int
    redirects: int
    head: int
    fields: int


def shown(url: str) -> str:
    """An address for a message: on one line, not too long, without credentials."""
    text = "".join(letter if letter.isprintable() else "�" for letter in masked(url))
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def failure(error: BaseException, asked: str, at: str, limits: Limits) -> FetchError:
    """The error to show for one of `FAILURES`. `at` is the address that failed, `asked` or a later one."""
    kind, reason, remedy = _explained(error, limits)
    return FetchError(asked, kind, reason if at == asked else f"redirected to {shown(at)}: {reason}", remedy)


def _explained(error: BaseException, limits: Limits) -> tuple[Kind, str, str | None]:
    match error:
        case TooLargeError():
            remedy = "raise http.max_bytes if it is worth it"
            return "too-large", f"is larger than {limits.size:,} bytes", remedy
        case HeadTooLargeError():
            return _large_head(limits)
        case UndecodableError():
            return "decode", str(error), "tell the site's owner"
        case aiohttp.ConnectionTimeoutError():
            return "timeout", f"accepted no connection within {limits.connect:g} s", _LATER
        case PrivateAddressError() | aiohttp.ClientConnectorDNSError(os_error=PrivateAddressError()):
            cause = getattr(error, "os_error", error)
            return "address", str(cause), f'add "{shown(cause.host)}" to http.allow_private if you trust it'
        case aiohttp.ClientConnectorDNSError(os_error=cause):
            return _unresolved(cause)
        case aiohttp.ClientConnectorCertificateError(certificate_error=cause):
            return _distrusted(cause)
        case ssl.SSLCertVerificationError():
            return _distrusted(error)
        case aiohttp.ClientSSLError() | ssl.SSLError():
            return "tls", "no secure connection could be made", "check whether the address should start with http://"
        case aiohttp.SocketTimeoutError() if limits.silence < limits.total:
            return "timeout", f"sent nothing for {limits.silence:g} s", "try again later, or raise http.silence"
        case TimeoutError():
            return "timeout", f"took longer than {limits.total:g} s", "try again later, or raise http.timeout"
        case aiohttp.ServerDisconnectedError():
            return "protocol", "the server closed the connection without an answer", _LATER
        # Found while the body was being read: in its trailers.
        case aiohttp.ClientPayloadError(__cause__=HttpProcessingError(message=text)) if text.startswith(_MORE):
            return _large_head(limits)
        case aiohttp.ClientPayloadError():
            return "protocol", "the answer broke off before its end", _LATER
        case aiohttp.ClientResponseError(message=text) | HttpProcessingError(message=text) if text.startswith(_MORE):
            return _large_head(limits)
        case aiohttp.ClientResponseError() | HttpProcessingError():
            return "protocol", "what came back is no proper HTTP answer", "check the address and its port"
        case aiohttp.InvalidURL() | ValueError():
            return "address", "is no address that can be asked", "write it like https://example.org/feed"
        case OSError():
            return _unconnected(error)
        case _:
            return "protocol", "the connection failed", _LATER


def _large_head(limits: Limits) -> tuple[Kind, str, str | None]:
    reason = f"the head of its answer is larger than {limits.head:,} bytes, or has more than {limits.fields} lines"
    return "too-large", reason, "raise http.header_bytes or http.header_fields if it is worth it"


def _unresolved(error: OSError) -> tuple[Kind, str, str | None]:
    if error.errno in {socket.EAI_NONAME, socket.EAI_FAIL, getattr(socket, "EAI_NODATA", None)}:
        return "dns", "no such host", "check the address"
    return "dns", "the host's name could not be looked up", "check the network connection and the address"


def _distrusted(error: BaseException) -> tuple[Kind, str, str | None]:
    why = getattr(error, "verify_message", "") or "it could not be verified"
    return "tls", f"its certificate is not trusted ({why})", "tell the site's owner"


def _unconnected(error: OSError) -> tuple[Kind, str, str | None]:
    match error.errno:
        case errno.ECONNREFUSED:
            return "refused", "the server refused the connection", "check the address and its port, or try again later"
        case code if code in _UNREACHABLE:
            return "refused", "the server cannot be reached", "check the network connection, or try again later"
        case errno.ETIMEDOUT:
            return "timeout", "the server did not react in time", _LATER
        case errno.ECONNRESET | errno.EPIPE | errno.ECONNABORTED:
            return "protocol", "the server cut the connection", _LATER
        case _:
            return "refused", f"no connection could be made ({error.strerror or 'unknown reason'})", _LATER
