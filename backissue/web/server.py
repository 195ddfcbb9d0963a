"""Listens and serves an ASGI application with uvicorn: in the foreground until a signal, or in a thread for a while."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import os
import signal
import socket
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future
from ipaddress import ip_address
from types import FrameType
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from backissue.web.crowd import Crowd, fitted
from backissue.web.log import logged
from backissue.web.protocol import AtOnce, protocol
from config.errors import BackissueError, reason_of
from config.settings import Serve

_GRACE = 1.0  # seconds that answers under way may take once the server is to end
_BACKLOG = 2048
_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_LACKING = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)
_LIMITS = Serve()

_log = logging.getLogger(__name__)


class ServeError(BackissueError):
    """The address cannot be listened on."""


def serve(
    app: ASGIApp,
    host: str,
    port: int,
    *,
    ready: Callable[[str], None] | None = None,
    stop: threading.Event | None = None,
    log: Callable[[str], None] | None = None,
    at_once: AtOnce | None = None,
    limits: Serve = _LIMITS,
    open_to_others: bool = True,
) -> None:
    """Serve until Ctrl-C, SIGTERM or `stop`, then return; what is under way has a second to end.

    Port 0 takes a free one. `ready` gets the real address ("http://127.0.0.1:8080/") once requests are answered, `log`
    a line for each of them. What `at_once` knows the answer to never reaches the application, unless there is a log.
    `limits` bound what clients may take; the process's limit of file handles is raised for them, if need be.
    `open_to_others` is as for `listen`. Signals are heeded in the main thread only. Raises ServeError.
    """
    sockets = listen(host, port, open_to_others=open_to_others)
    crowd = Crowd(fitted(limits))
    _run(app, sockets, ready or (lambda address: None), stop or threading.Event(), log, at_once, crowd)


@contextlib.contextmanager
def running(
    app: ASGIApp,
    host: str,
    port: int,
    *,
    log: Callable[[str], None] | None = None,
    at_once: AtOnce | None = None,
    limits: Serve = _LIMITS,
) -> Iterator[str]:
    """The server in a thread of its own for as long as the block runs; gives its address. Raises ServeError.

    >>> with running(app(Path("public")), "127.0.0.1", 0) as address: ...  # doctest: +SKIP
    """
    sockets = listen(host, port)
    started: Future[str] = Future()
    stop = threading.Event()

    def work() -> None:
        try:
            _run(app, sockets, started.set_result, stop, log, at_once, Crowd(limits))
        except BaseException as error:
            if started.done():
                raise
            started.set_exception(error)

    thread = threading.Thread(target=work, name="backissue-web", daemon=True)
    thread.start()
    try:
        yield started.result()
    finally:
        stop.set()
        thread.join()


def listen(host: str, port: int, *, open_to_others: bool = True) -> list[socket.socket]:
    """Sockets on every address that the host stands for, all on one port. Raises ServeError.

    A name such as localhost often stands for two; where this machine lacks one of them, the other is enough. Unless
    `open_to_others`, none of them may be an address that other machines can reach.
    """
    subject = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    if not 0 <= port <= 65535:
        raise ServeError(subject, "a port is a number from 0 to 65535", "choose another with --port")
    try:
        if "\0" in host:  # the system's resolver would read no further
            raise ValueError
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, ValueError):
        remedy = "give a name or address of this machine with --host"
        raise ServeError(subject, "the host is not known", remedy) from None
    if not open_to_others and not all(_is_own(str(address[0])) for *_, address in found):
        reason = "other machines could reach it, and there is no token (http.token)"
        raise ServeError(subject, reason, "set BACKISSUE_HTTP__TOKEN to a long secret, or listen on 127.0.0.1")
    sockets: list[socket.socket] = []
    lacking: OSError | None = None
    try:
        for family, kind, protocol, _, address in dict.fromkeys(found):
            chosen = sockets[0].getsockname()[1] if sockets else port
            try:
                sockets.append(_bound(family, kind, protocol, (address[0], chosen, *address[2:])))
            except OSError as error:
                if error.errno not in _LACKING:
                    raise
                lacking = error
        if lacking and not sockets:
            raise lacking
    except OSError as error:
        for one in sockets:
            one.close()
        raise ServeError(subject, *_explained(error)) from error
    return sockets


def _is_own(address: str) -> bool:
    """Whether only this machine reaches an address (RFC 6890): 127.0.0.0/8 and ::1."""
    return ip_address(address).is_loopback


def _explained(error: OSError) -> tuple[str, str]:
    if error.errno == errno.EADDRINUSE:
        return "the port is taken", "choose another with --port"
    if error.errno in (errno.EACCES, errno.EPERM):
        return "this user may not listen there", "choose a port above 1023 with --port"
    if error.errno in _LACKING:
        return "this machine does not have that address", "choose one it has with --host"
    return reason_of(error), "choose another address with --host and --port"


def _bound(family: int, kind: int, protocol: int, address: tuple[str | int, ...]) -> socket.socket:
    bound = socket.socket(family, kind, protocol)
    try:
        if os.name == "posix":  # elsewhere it would take the port away from another program
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        bound.bind(address)
        bound.listen(_BACKLOG)
    except BaseException:
        bound.close()
        raise
    return bound


def _run(
    app: ASGIApp,
    sockets: list[socket.socket],
    ready: Callable[[str], None],
    stop: threading.Event,
    log: Callable[[str], None] | None,
    at_once: AtOnce | None,
    crowd: Crowd,
) -> None:
    settings = uvicorn.Config(
        logged(app, log) if log else app,
        http=protocol(None if log else at_once, crowd),
        interface="asgi3",
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="critical",  # what goes wrong is told by `backissue.web.protocol`, in one line
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=log is not None,
        backlog=_BACKLOG,
    )
    _Server(settings, ready, stop, crowd).run(sockets=sockets)


class _Server(uvicorn.Server):
    """uvicorn's server with another end: signals are heeded, not raised again, and nobody is waited for much longer."""

    def __init__(
        self, config: uvicorn.Config, ready: Callable[[str], None], stop: threading.Event, crowd: Crowd
    ) -> None:
        super().__init__(config)
        self._ready = ready
        self._stop = stop
        self._crowd = crowd

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        asyncio.get_running_loop().set_exception_handler(_told)
        await super().startup(sockets)
        self._ready(_address(sockets or []))

    async def on_tick(self, counter: int) -> bool:
        self._crowd.look(self.server_state.connections)
        return await super().on_tick(counter) or self._stop.is_set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        end = asyncio.get_running_loop().call_later(_GRACE, self._abort)
        await super().shutdown(sockets)
        end.cancel()

    def _abort(self) -> None:
        for connection in list(self.server_state.connections):
            connection.transport.abort()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self.should_exit = True

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self.handle_exit) for number in _SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def _told(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """What went wrong in the loop itself, in one line: too many open files, mostly, which pass."""
    error = context.get("exception")
    _log.warning("the server goes on after a fault: %s (%s)", context.get("message", "of its own"), error)
    _log.debug("the fault in full", exc_info=error)


def _address(sockets: Sequence[socket.socket]) -> str:
    host, port = sockets[0].getsockname()[:2]
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"
