"""What a token opens: a pass on demand, how all goes, and other machines."""

from __future__ import annotations

import json
import subprocess
import urllib.error
import urllib.request
from typing import Any

import pytest

from backissue.errands import Errands
from tests.support.home import Home, put_feeds, rss, wait_for
from tests.support.server import FeedServer

TOKEN = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def secured(home: Home) -> Home:
    """A home with a token, whose `run` looks for work when it is told to."""
    home.write("token", TOKEN + "\n")
    home.configure(
        '[site]\nauthor = "Ann"\n[http]\nallow_private_addresses = true\ntoken = "${file:token}"\n'
        "[schedule]\ntick = 80000.0\n"
    )
    return home


def started(home: Home, *words: str) -> tuple[subprocess.Popen[str], str]:
    process = home.start(*words, "--port", "0", "--json")
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, process.communicate()
    return process, json.loads(line)["address"]


def ask(address: str, method: str = "GET", token: str | None = TOKEN, **fields: str) -> tuple[int, Any]:
    """The status, and what a JSON body holds, else its text."""
    headers = {name.replace("_", "-"): value for name, value in fields.items()}
    headers |= {"Authorization": f"Bearer {token}"} if token else {}
    try:
        with urllib.request.urlopen(urllib.request.Request(address, method=method, headers=headers)) as answer:
            status, kind, body = answer.status, answer.headers["Content-Type"], answer.read()
    except urllib.error.HTTPError as error:
        status, kind, body = error.code, error.headers["Content-Type"], error.read()
    return status, json.loads(body) if kind == "application/json" else body.decode()


def test_a_pass_on_demand(secured: Home, feed_server: FeedServer) -> None:
    urls = put_feeds(feed_server, 3)
    for url in urls:
        secured("add", url)
    secured.write("ferry.txt", "The ferry is back")
    secured("ingest", "ferry.txt")
    secured("remove", "3")
    _, address = started(secured, "run")
    wait_for(lambda: ask(f"{address}-/status")[1]["passes"]["done"])  # the one at the start
    asked = len(feed_server.requests)
    feed_server.put("/0", rss("Feed 0", "item-0", "news"))

    assert ask(f"{address}-/refresh", "POST") == (202, {"feeds": []})
    wait_for(lambda: ask(f"{address}-/status")[1]["passes"]["done"] == 2)
    assert len(feed_server.requests) == asked  # nothing was due

    assert ask(f"{address}-/refresh?feed=1", "POST") == (202, {"feeds": [1]})
    wait_for(lambda: "news" in ask(f"{address}all/feed.json", token=None)[1])
    assert ask(f"{address}-/refresh?feed={urls[1]}&feed=1", "POST")[1] == {"feeds": [2, 1]}
    wait_for(lambda: len(feed_server.asked("/1")) == 2)

    for name, said in (("99", "is no feed"), ("3", "was removed"), ("4", "holds articles"), ("%00", "is no feed")):
        status, text = ask(f"{address}-/refresh?feed={name}", "POST")
        assert (status, said in text) == (404, True), text
    for query in ("?x=1", "?feed", "?feed=%ff", "?" + "feed=1&" * 200):
        assert ask(f"{address}-/refresh{query}", "POST")[0] == 400


def test_only_the_token_opens(secured: Home, feed_server: FeedServer) -> None:
    secured("add", put_feeds(feed_server, 1)[0].replace("http://", "http://ann:word@"))
    secured("publish")
    _, address = started(secured, "serve")

    for path, method in (("metrics", "GET"), ("-/status", "GET"), ("-/refresh", "POST"), ("-/", "GET"), ("-/x", "GET")):
        for token in (None, "", TOKEN[:-1], TOKEN + "0", "${file:token}"):
            status, text = ask(f"{address}{path}", method, token)
            assert (status, "http.token" in text, TOKEN in text) == (401, True, False)
    for fields in ({"origin": "https://evil.example"}, {"sec_fetch_site": "cross-site"}, {"origin": "null"}):
        assert ask(f"{address}-/refresh", "POST", **fields)[0] == 403
    assert ask(f"{address}all/feed.json", token=None)[0] == 200
    assert "backissue_feeds" in ask(f"{address}metrics")[1]
    status, told = ask(f"{address}-/status")
    assert (status, told["passes"], told["totals"]["entries"]) == (200, None, 1)
    assert "word" not in json.dumps(told)
    assert ask(f"{address}-/refresh", "POST")[0] == 409
    assert [ask(f"{address}-/{name}", "PUT")[0] for name in ("status", "refresh")] == [405, 405]
    assert ask(f"{address}-/x")[0] == 404


def test_without_a_token_there_is_nothing_to_open(home: Home) -> None:
    home("archive")
    _, address = started(home, "serve")

    for token in (None, "", "x"):
        assert ask(f"{address}-/status", token=token)[0] == 404
        assert ask(f"{address}-/refresh", "POST", token=token)[0] == 405
        assert ask(f"{address}metrics", token=token)[0] == 200


@pytest.mark.parametrize("command", ["serve", "run"])
@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", ""])
def test_other_machines_are_served_only_where_there_is_a_token(
    command: str, host: str, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    if host:
        monkeypatch.setenv("BACKISSUE_SERVE__HOST", host)
    words = () if host else ("--host", "0.0.0.0")
    subject = f"[{host}]:0" if ":" in host else f"{host or '0.0.0.0'}:0"

    refused = home(command, "--port", "0", *words, code=1)

    line = f"Error: {subject}: other machines could reach it, and there is no token (http.token); set "
    assert refused.stderr.startswith(line)
    assert refused.stderr.count("\n") == 1
    if (command, host) in (("run", "0.0.0.0"), ("serve", "")):
        home("archive")
        monkeypatch.setenv("BACKISSUE_HTTP__TOKEN", TOKEN)
        _, address = started(home, command, *words)
        port = address.rstrip("/").rpartition(":")[2]
        assert ask(f"http://127.0.0.1:{port}/-/status")[0] == 200


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.1.2.3"])
def test_this_machine_needs_no_token(host: str, home: Home) -> None:
    _, address = started(home, "serve", "--host", host)
    assert ask(address)[0] == 503  # nothing is published


@pytest.mark.parametrize(
    ("variables", "warned"),
    [
        ({"HTTP__TOKEN": "short"}, "BACKISSUE_HTTP__TOKEN: is so short that it could be guessed"),
        ({"SERVE__HOST": "0.0.0.0"}, "BACKISSUE_SERVE__HOST: is open to other machines"),
        ({"SERVE__HOST": "0.0.0.0", "HTTP__TOKEN": TOKEN}, None),
        ({"SERVE__HOST": "::1"}, None),
        ({"SERVE__HOST": "localhost"}, None),
    ],
)
def test_the_check_tells_beforehand(
    variables: dict[str, str], warned: str | None, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(f"BACKISSUE_{name}", value)
    told = home("check", "--config-only").output

    assert (warned in told) if warned else ("warning" not in told), told


def test_errands() -> None:
    errands = Errands()
    assert (errands.waiting(), errands.take()) == (False, [])
    errands.leave([])
    assert (errands.waiting(), errands.take(), errands.waiting()) == (True, [], False)
    errands.leave([3, 1])
    errands.leave([3])
    assert (errands.take(), errands.take()) == ([1, 3], [])
