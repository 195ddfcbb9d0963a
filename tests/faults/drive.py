"""Passes over many feeds, some of which have a fault each time; what of it was not as it should be, in sentences.

The feeds are asked by a process of its own (`tests.support.faulted`), so that its handles are its own, and so that it
trusts the authority of the tests and nobody else.
"""

from __future__ import annotations

import json
import os
import random
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct

from tests.support.authority import Authority
from tests.support.faults import DOMAIN, FAULTS, PORTS, Publisher

ROOT = Path(__file__).resolve().parents[2]
_WEEK = 8 * 86_400.0  # seconds, and a little more
_CUT = ("length-too-small", "length-missing")  # documents that look whole until they are read
_SPARE_HANDLES = 4  # the database and its log; no more with more feeds
_ERRNO = {"name-unknown": socket.EAI_NONAME, "name-later": socket.EAI_AGAIN}


class Outcome(Struct, frozen=True):
    """What a drive came to: sentences on what was wrong, requests by fault, how many handles and threads there were."""

    wrong: list[str]
    asked: dict[str, int]
    handles: list[int]
    threads: list[int]


def drive(folder: Path, *, feeds: int, share: int, seed: int, passes: int, seconds: float) -> Outcome:
    """Make that many passes, of which the last has no faults; `share` of the feeds in a hundred have one in the others.

    `seconds` is for how long a client puts up with silence.
    """
    dice = random.Random(seed)
    hosts = [f"f{number}.{DOMAIN}" for number in range(feeds)]
    plan = [_drawn(hosts, share, dice)]
    fixed = {host: FAULTS[fault].place for host, fault in plan[0].items()}
    for _ in range(passes - 2):
        plan.append(_drawn_again(hosts, share, dice, fixed))
    plan.append({})
    authority, strangers = Authority(folder), Authority(folder, "strangers")
    command = [sys.executable, "-m", "tests.support.faulted", str(folder / "a.sqlite"), str(seconds)]
    environment = {**os.environ, "SSL_CERT_FILE": str(authority.path)}
    pipes: Any = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with Publisher(authority, strangers) as publisher:
        secure = {host: place or ("tls" if dice.random() < 0.5 else "") for host, place in _places(hosts, fixed)}
        urls = {host: publisher.url(host, secure[host]) for host in hosts}
        with subprocess.Popen(command, cwd=ROOT, env=environment, **pipes) as process:
            try:
                return _drive(publisher, process, urls, plan)
            finally:
                process.kill()


def _drive(
    publisher: Publisher, process: subprocess.Popen[str], urls: Mapping[str, str], plan: list[dict[str, str]]
) -> Outcome:
    wrong: list[str] = []
    known: dict[str, list[object]] = {host: [] for host in urls}  # the entries that the archive has
    first = _said(process, list(urls.values()))
    handles, threads = [first["handles"]], [first["threads"]]
    for number, faults in enumerate(plan):
        publisher.bodies = {host: _body(host, _count(host, number)) for host in urls}
        publisher.turn(faults)
        failing = {host: _ERRNO[fault] for host, fault in faults.items() if fault in _ERRNO}
        told = _said(process, failing)
        for host, url in urls.items():
            fault, feed = faults.get(host, ""), told["feeds"][url]
            line = _judged(host, fault, feed, known[host], _count(host, number))
            known[host] = feed["entries"]
            wrong += [f"pass {number + 1}, {host} ({fault or 'no fault'}): {line}: {feed}"] if line else []
        handles.append(told["handles"])
        threads.append(told["threads"])
        if left := _left_open(publisher):
            wrong.append(f"pass {number + 1}: {left} connections were left open")
    wrong += [f"handles grew from {handles[0]} to {handles[1:]}"] if max(handles) > handles[0] + _SPARE_HANDLES else []
    wrong += [f"handles grew from pass to pass: {handles}"] if handles[-1] > handles[1] else []
    wrong += [f"threads grew from {threads[0]} to {threads[1:]}"] if max(threads) > threads[0] else []
    asked = Counter(fault for faults in plan for fault in faults.values())
    return Outcome(wrong, dict(sorted(asked.items())), handles, threads)


def _judged(host: str, fault: str, feed: dict[str, Any], known: list[object], shown: int) -> str:
    """What is wrong with a feed, if anything is; the archive had those entries of it before."""
    entries, error, expected = feed["entries"], feed["error"] or "", FAULTS[fault] if fault else None
    right = sorted(_entry(host, number) for number in range(shown))
    if not 0 < feed["wait"] <= _WEEK:
        return "is not asked again in time"
    if fault in _CUT:
        # What came whole is kept; half an entry is not taken for one, nor what was cut off for gone.
        whole = [entry for entry in right if entry in entries]
        return "" if whole == entries and all(entry in entries for entry in known) else "half of it was stored"
    if expected and expected.said:
        if entries != known:
            return "what it had before was not kept as it was"
        if fault == "not-modified" and known:
            return ""  # it was asked that way, and is found out by its next answer
        if not any(one in error for one in expected.said.split("|")) or not feed["failures"]:
            return f"should be said to fail: {expected.said!r}"
        return "" if feed["status"] == expected.status else f"the status should be {expected.status}"
    if error or feed["failures"]:
        return "should be well"
    return "" if entries == right else "was not stored as it was served"


def _left_open(publisher: Publisher) -> int:
    """How many connections the servers have a while after a pass; they hear of an end when it reaches them."""
    end = time.monotonic() + 20
    while publisher.open and time.monotonic() < end:
        time.sleep(0.01)
    return publisher.open


def _said(process: subprocess.Popen[str], line: object) -> Any:
    assert process.stdin is not None and process.stdout is not None
    print(json.dumps(line), file=process.stdin, flush=True)
    return json.loads(process.stdout.readline())


def _drawn(hosts: list[str], share: int, dice: random.Random) -> dict[str, str]:
    """Which hosts have which fault: each kind equally often, in a random order."""
    chosen = dice.sample(hosts, len(hosts) * share // 100)
    kinds = list(FAULTS)
    dice.shuffle(kinds)
    return {host: kinds[number % len(kinds)] for number, host in enumerate(chosen)}


def _drawn_again(hosts: list[str], share: int, dice: random.Random, fixed: Mapping[str, str]) -> dict[str, str]:
    """The same for a later pass: where a feed is asked stays as it is."""
    found = {}
    for host in dice.sample(hosts, len(hosts) * share // 100):
        place = fixed.get(host, "")
        if place == "refused":
            continue  # there a server listens by now
        kinds = [name for name, fault in FAULTS.items() if fault.place == (place if place in PORTS else "")]
        found[host] = dice.choice(kinds)
    # A proxy serves all of its hosts rightly, or none.
    return found | {host: place for host, place in fixed.items() if place in PORTS and place in found.values()}


def _places(hosts: list[str], fixed: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    return ((host, fixed.get(host, "")) for host in hosts)


def _count(host: str, number: int) -> int:
    """How many entries a feed has at a pass: every other feed gets one more each time."""
    return 3 + (number if int(host.partition(".")[0][1:]) % 2 else 0)


def _entry(host: str, number: int) -> list[Any]:
    return [f"Entry {number} of {host}", f"<p>Text of entry {number} of {host}. {'It goes on. ' * 20}</p>", 1, None]


def _body(host: str, count: int) -> bytes:
    items = []
    for number in reversed(range(count)):
        title, text, *_ = _entry(host, number)
        items.append(
            f"<item><guid>https://{host}/{number}</guid><link>https://{host}/{number}</link><title>{title}</title>"
            f"<description><![CDATA[{text}]]></description></item>"
        )
    head = f"<title>{host}</title><link>https://{host}/</link><description>d</description>"
    return f'<rss version="2.0"><channel>{head}{"".join(items)}</channel></rss>'.encode()
