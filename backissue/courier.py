"""Takes in what hubs deliver as it comes, beside the passes of `run`."""

from __future__ import annotations

import threading
from collections.abc import Callable

from archive.push import Desk

_WATCH = 0.2  # seconds between two looks at whether to stop


class Courier:
    """Runs `work` whenever something lies on the desk, in a thread of its own; a context manager.

    An error of `work` goes to `failed`; the next delivery is taken in all the same. Its end waits for the work under
    way, which whoever sets `stop` has told to end.
    """

    def __init__(
        self, desk: Desk, work: Callable[[], None], stop: threading.Event, *, failed: Callable[[BaseException], None]
    ) -> None:
        self._desk = desk
        self._work = work
        self._stop = stop
        self._failed = failed
        self._thread = threading.Thread(target=self._go_on, name="backissue-courier", daemon=True)

    def __enter__(self) -> Courier:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._thread.join()

    def _go_on(self) -> None:
        while not self._stop.is_set():
            if self._desk.wait(_WATCH):
                try:
                    self._work()
                except Exception as error:
                    self._failed(error)
