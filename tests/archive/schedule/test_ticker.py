"""The clock of `run`, in real seconds, though few of them."""

from __future__ import annotations

import threading
import time

from archive.schedule.ticker import Ticker


def ignored(error: BaseException) -> None:
    raise AssertionError from error


def test_it_begins_at_once() -> None:
    tick = threading.Event()
    with Ticker(tick.set, 3600, failed=ignored):
        assert tick.wait(10)


def test_it_goes_on() -> None:
    ticks = threading.Semaphore(0)
    start = time.monotonic()
    with Ticker(lambda: ticks.release(), 0.1, failed=ignored):
        assert all(ticks.acquire(timeout=10) for _ in range(3))
    assert time.monotonic() - start > 0.15


def test_it_can_be_asked_for_a_tick_at_once() -> None:
    ticks = threading.Semaphore(0)
    with Ticker(lambda: ticks.release(), 3600, failed=ignored) as ticker:
        for _ in range(3):
            assert ticks.acquire(timeout=10)
            ticker.now()


def test_no_run_overlaps_another() -> None:
    under_way, most, runs = 0, 0, 0
    lock = threading.Lock()

    def work() -> None:
        nonlocal under_way, most, runs
        with lock:
            under_way, runs = under_way + 1, runs + 1
            most = max(most, under_way)
        time.sleep(0.12)
        with lock:
            under_way -= 1

    with Ticker(work, 0.05, failed=ignored):
        time.sleep(0.5)
    assert most == 1
    assert 1 <= runs <= 5


def test_an_error_is_told_and_the_next_tick_comes() -> None:
    told: list[BaseException] = []
    ticks = threading.Semaphore(0)

    def work() -> None:
        ticks.release()
        raise ValueError(len(told))

    with Ticker(work, 0.05, failed=told.append):
        assert all(ticks.acquire(timeout=5) for _ in range(3))
    assert len(told) >= 2
    assert all(isinstance(error, ValueError) for error in told)


def test_the_end_waits_for_the_run_under_way() -> None:
    began, ended = threading.Event(), threading.Event()

    def work() -> None:
        began.set()
        time.sleep(0.3)
        ended.set()

    with Ticker(work, 60, failed=ignored):
        assert began.wait(5)
    assert ended.is_set()
    assert not [thread for thread in threading.enumerate() if "APScheduler" in thread.name]
