"""A WebSub hub on 127.0.0.1, written from the W3C Recommendation of 2018-01-23, in a process of its own.

    python tests/support/hub.py --lease 60

It imports nothing of ours, so that nothing can be wrong on both sides. It prints its address as a line of JSON and
goes on until SIGTERM. Subscribers and publishers talk to / as the Recommendation says; a test talks to the rest:

    GET  /log        what happened so far, as JSON
    POST /behave     JSON of settings for what comes next: see `Manners`
    POST /deliver    JSON: topic, body, content_type: distribute just that, as it was fetched
    POST /visit      JSON: address: what a GET there answers, to see what a stranger gets

`Hub`, further down, starts and ends it for a test.
"""

from __future__ import annotations

import argparse
import hmac
import json
import secrets
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlencode

RETRIES = (0.2, 0.4, 0.8, 1.6, 3.2)  # seconds before each further try of a delivery


@dataclass
class Manners:
    """How the hub behaves; what a test changes holds from then on."""

    lease: int = 864_000  # the most it grants
    method: str = "sha256"  # None signs nothing
    denies: bool = False
    reason: str = "not for you"
    forges: bool = False  # signs with a secret that is not the subscriber's
    verifies: bool = True
    challenge: bool = True  # False asks without one
    refuses: int = 0  # the status that subscription requests get instead of 202
    redirects: str = ""  # another hub, for 307


@dataclass
class Subscription:
    """One of a callback to a topic (section 5.1): a further request overrides it once it is verified."""

    callback: str
    topic: str
    secret: str | None
    expires: float


@dataclass
class State:
    """What the hub knows."""

    manners: Manners = field(default_factory=Manners)
    subscriptions: dict[tuple[str, str], Subscription] = field(default_factory=dict)
    log: list[dict[str, Any]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, what: str, **facts: Any) -> None:
        """Write down that something happened."""
        with self.lock:
            self.log.append({"what": what, "time": time.time(), **facts})


def ask(address: str, body: bytes | None = None, headers: Mapping[str, str] | None = None) -> tuple[int, bytes]:
    """The status and body of an answer; status 0 where there is none. Redirects are no success (section 5.3.1)."""
    request = urllib.request.Request(address, data=body, headers=dict(headers or {}))
    opener = urllib.request.build_opener(_NoRedirect)
    try:
        with opener.open(request, timeout=10) as answer:
            return answer.status, answer.read(1_000_000)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read(1_000_000)
    except OSError:
        return 0, b""


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: Any) -> None:
        return None


def with_query(callback: str, parameters: Mapping[str, str]) -> str:
    """The callback's own query is kept (section 5.1.1)."""
    return f"{callback}{'&' if '?' in callback else '?'}{urlencode(parameters)}"


class Handler(BaseHTTPRequestHandler):
    """One request."""

    state: State
    address: str
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path != "/log":
            return self._say(404, "no such page")
        with self.state.lock:
            return self._say(200, json.dumps(self.state.log))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        if self.path == "/behave":
            for name, value in json.loads(body).items():
                assert hasattr(self.state.manners, name), name
                setattr(self.state.manners, name, value)
            return self._say(200, "so be it")
        if self.path == "/deliver":
            said = json.loads(body)
            self._distribute(said["topic"], said["body"].encode(), said["content_type"])
            return self._say(202, "under way")
        if self.path == "/visit":
            status, answer = ask(json.loads(body)["address"])
            return self._say(200, json.dumps([status, answer.decode("latin-1")]))
        if self.headers.get_content_type() != "application/x-www-form-urlencoded":
            return self._say(415, "a form is wanted")
        form = {name: values[0] for name, values in parse_qs(body.decode(), keep_blank_values=True).items()}
        mode = form.get("hub.mode")
        if mode == "publish":
            topic = form.get("hub.url") or form.get("hub.topic", "")
            self._say(202, "thank you")
            return self._fetch_and_distribute(topic)
        if mode in ("subscribe", "unsubscribe"):
            return self._request(mode, form)
        return self._say(400, "hub.mode is none that is known")

    def _request(self, mode: str, form: dict[str, str]) -> None:
        """Section 5.1.2: 202 first, whatever comes of it then."""
        manners = self.state.manners
        agent = self.headers.get("User-Agent")
        self.state.note(
            "request", mode=mode, agent=agent, lease=form.get("hub.lease_seconds"), topic=form.get("hub.topic")
        )
        if manners.refuses:
            return self._say(manners.refuses, "not now")
        if manners.redirects:
            return self._say(307, "over there", Location=manners.redirects)
        callback, topic, secret = form.get("hub.callback", ""), form.get("hub.topic", ""), form.get("hub.secret")
        if not callback.startswith(("http://", "https://")) or "#" in callback or not topic:
            return self._say(400, "hub.callback and hub.topic are wanted")
        if secret is not None and len(secret.encode()) >= 200:
            return self._say(400, "hub.secret is to be less than 200 bytes")
        lease = form.get("hub.lease_seconds", str(manners.lease))
        if not lease.isdigit() or int(lease) < 1:
            return self._say(400, "hub.lease_seconds is no positive number")
        self._say(202, "wait for it")
        if not manners.verifies:
            return None
        if mode == "subscribe" and manners.denies:
            status, _ = ask(
                with_query(callback, {"hub.mode": "denied", "hub.topic": topic, "hub.reason": manners.reason})
            )
            with self.state.lock:
                self.state.subscriptions.pop((callback, topic), None)
            return self.state.note("denied", callback=callback, topic=topic, status=status)
        return self._verify(mode, callback, topic, secret, min(int(lease), manners.lease))

    def _verify(self, mode: str, callback: str, topic: str, secret: str | None, lease: int) -> None:
        """Section 5.3."""
        challenge = secrets.token_urlsafe(24) + " &?é"
        parameters = {"hub.mode": mode, "hub.topic": topic, "hub.lease_seconds": str(lease)}
        if self.state.manners.challenge:
            parameters["hub.challenge"] = challenge
        asked = time.time()
        status, body = ask(with_query(callback, parameters))
        agreed = 200 <= status < 300 and body == challenge.encode()
        if agreed:
            with self.state.lock:
                if mode == "subscribe":
                    self.state.subscriptions[callback, topic] = Subscription(callback, topic, secret, asked + lease)
                else:
                    self.state.subscriptions.pop((callback, topic), None)
        self.state.note(
            "verified" if agreed else "not verified", mode=mode, callback=callback, topic=topic, status=status
        )

    def _fetch_and_distribute(self, topic: str) -> None:
        with urllib.request.urlopen(topic, timeout=10) as answer:
            body, kind = answer.read(), answer.headers.get("Content-Type", "application/octet-stream")
        self._distribute(topic, body, kind)

    def _distribute(self, topic: str, body: bytes, kind: str) -> None:
        with self.state.lock:
            wanted = [one for one in self.state.subscriptions.values() if one.topic == topic]
        for one in wanted:
            if one.expires > time.time():  # leases are enforced (section 5.3.1)
                threading.Thread(target=self._deliver, args=(one, body, kind), daemon=True).start()
            else:
                self.state.note("expired", callback=one.callback, topic=topic)

    def _deliver(self, one: Subscription, body: bytes, kind: str) -> None:
        """Section 7: tried again until it is taken, or there is nobody any more."""
        manners = self.state.manners
        headers = {"Content-Type": kind, "Link": f'<{self.address}>; rel="hub", <{one.topic}>; rel="self"'}
        if one.secret is not None and manners.method:
            key = secrets.token_bytes(16) if manners.forges else one.secret.encode()
            headers["X-Hub-Signature"] = f"{manners.method}={hmac.new(key, body, manners.method).hexdigest()}"
        for pause in (*RETRIES, None):
            status, _ = ask(one.callback, body, headers)
            self.state.note("delivery", callback=one.callback, topic=one.topic, status=status, size=len(body))
            if 200 <= status < 300:
                return
            if status == 410:
                with self.state.lock:
                    self.state.subscriptions.pop((one.callback, one.topic), None)
                self.state.note("ended", callback=one.callback, topic=one.topic)
                return
            if pause is not None:
                time.sleep(pause)
        self.state.note("given up", callback=one.callback, topic=one.topic)

    def _say(self, status: int, text: str, **headers: str) -> None:
        body = text.encode()
        self.send_response(status)
        for name, value in {"Content-Type": "text/plain", "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: there is /log."""


def main() -> None:
    """Serve until the process is ended."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--lease", type=int, default=Manners.lease)
    options = parser.parse_args()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Handler.state = State(Manners(lease=options.lease))
    Handler.address = f"http://127.0.0.1:{server.server_address[1]}/"
    print(json.dumps({"address": Handler.address}), flush=True)
    server.serve_forever()


class Hub:
    """The process, for a test; a context manager that ends it by its id."""

    def __init__(self, *, lease: int = Manners.lease) -> None:
        command = [sys.executable, __file__, "--lease", str(lease)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout
        self.address: str = json.loads(self._process.stdout.readline())["address"]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        assert self._process.stdout
        self._process.stdout.close()
        self._process.wait(10)

    def log(self, what: str | None = None) -> list[dict[str, Any]]:
        """What happened, in order; only such things if a word is given."""
        told = json.loads(ask(f"{self.address}log")[1])
        return [one for one in told if what in (None, one["what"])]

    def behave(self, **manners: Any) -> None:
        """Change how the hub behaves."""
        assert manners.keys() <= {one.name for one in fields(Manners)}
        self._post("behave", manners)

    def publish(self, topic: str) -> None:
        """Tell the hub, as publishers do, that there is something new."""
        form = urlencode({"hub.mode": "publish", "hub.url": topic}).encode()
        assert ask(self.address, form, {"Content-Type": "application/x-www-form-urlencoded"})[0] == 202

    def deliver(self, topic: str, body: bytes, content_type: str = "application/rss+xml") -> None:
        """Have just that distributed."""
        self._post("deliver", {"topic": topic, "body": body.decode(), "content_type": content_type})

    def _post(self, path: str, value: object) -> None:
        status, _ = ask(f"{self.address}{path}", json.dumps(value).encode(), {"Content-Type": "application/json"})
        assert status in (200, 202)


if __name__ == "__main__":
    main()
